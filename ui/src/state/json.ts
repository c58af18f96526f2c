// Documents cross as JSON text and keep their number literals: 12345678901234567890 and 1.10 stay as they were written.

import { isLosslessNumber, parse, stringify, type LosslessNumber } from "lossless-json";

/** A JSON value whose numbers still have their literals. */
export type Json = null | boolean | string | LosslessNumber | Json[] | { [key: string]: Json };

/** Reads JSON text; undefined when it is none (a doubled key counts as none). */
export function read(text: string): Json | undefined {
  try {
    return parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Reads JSON text or says at which place it stops making sense. */
export function check(text: string): { ok: true; value: Json } | { ok: false; why: string } {
  try {
    return { ok: true, value: parse(text) as Json };
  } catch (thrown) {
    return { ok: false, why: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** The text of a value, its number literals kept; indented when `indent` is given. */
export function write(value: Json, indent?: number): string {
  return stringify(value, undefined, indent) ?? "null";
}

/** Pretty text of JSON text; text that is no JSON comes back as it is. */
export function pretty(text: string): string {
  const value = read(text);
  return value === undefined ? text : write(value, 2);
}

/** What kind of value a text holds. */
export type Kind = "null" | "boolean" | "string" | "number" | "array" | "object";

export function kindOf(value: Json): Kind {
  if (value === null) return "null";
  if (isLosslessNumber(value)) return "number";
  if (Array.isArray(value)) return "array";
  return typeof value as "boolean" | "string" | "object";
}

/** The value at a JSON Pointer, or undefined where nothing is. */
export function at(value: Json | undefined, pointer: string): Json | undefined {
  let here: Json | undefined = value;
  for (const key of keys(pointer)) {
    if (here === null || here === undefined || typeof here !== "object" || isLosslessNumber(here))
      return undefined;
    if (Array.isArray(here)) here = /^\d+$/.test(key) ? here[Number(key)] : undefined;
    else here = Object.hasOwn(here, key) ? here[key] : undefined;
  }
  return here;
}

/** The text of the value at a JSON Pointer of a document's text. */
export function textAt(document: string, pointer: string): string | undefined {
  const found = at(read(document), pointer);
  return found === undefined ? undefined : write(found);
}

/** The keys of a JSON Pointer. */
export function keys(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether a text is one JSON number literal. */
export function isNumber(text: string): boolean {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);
}

/** Whether a text is one JSON whole number. */
export function isInteger(text: string): boolean {
  return /^-?(0|[1-9]\d*)$/.test(text);
}

/** The JSON text of a string. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** The string that a JSON text holds, or undefined when it holds something else. */
export function unquote(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined) return undefined;
  const value = read(text);
  return typeof value === "string" ? value : undefined;
}

/** A copy of `document` with the value at a JSON Pointer set, or taken away for undefined; objects on the way are made. */
export function put(document: Json, pointer: string, value: Json | undefined): Json {
  const [key, ...rest] = keys(pointer);
  if (key === undefined) return value ?? null;
  const below = rest.map((k) => `/${escape(k)}`).join("");
  if (Array.isArray(document)) {
    const items = [...document];
    const index = Number(key);
    if (rest.length === 0 && value === undefined) items.splice(index, 1);
    else items[index] = put(items[index] ?? {}, below, value);
    return items;
  }
  const isObject = document !== null && typeof document === "object" && !isLosslessNumber(document);
  const fields: { [key: string]: Json } = isObject ? { ...document } : {};
  if (rest.length === 0 && value === undefined) delete fields[key];
  else define(fields, key, put(Object.hasOwn(fields, key) ? (fields[key] ?? null) : {}, below, value));
  return fields;
}

/** Sets a key as a plain one, also when it is called `__proto__`. */
function define(fields: { [key: string]: Json }, key: string, value: Json): void {
  Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A key as it stands in a JSON Pointer. */
export function escape(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** One edit of a field: a new value as JSON text, or null to take the field away. */
export type Edit = { path: string; set: string | null };

/** The edits that turn one document into another: objects field by field, everything else whole. */
export function edits(from: Json, to: Json, at = ""): Edit[] {
  if (kindOf(from) === "object" && kindOf(to) === "object") {
    const before = from as { [key: string]: Json };
    const after = to as { [key: string]: Json };
    const gone = Object.keys(before)
      .filter((key) => !Object.hasOwn(after, key))
      .map((key) => ({ path: `${at}/${escape(key)}`, set: null }));
    const changed = Object.entries(after).flatMap(([key, value]) => {
      const path = `${at}/${escape(key)}`;
      return Object.hasOwn(before, key)
        ? edits(before[key] as Json, value, path)
        : [{ path, set: write(value) }];
    });
    return [...gone, ...changed];
  }
  const text = write(to);
  return text === write(from) ? [] : [{ path: at, set: text }];
}
