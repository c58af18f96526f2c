// How a JSON value is shown to people.

import { kindOf, read, write } from "../../state/json";

export type Shown =
  /** Not there at all, null, or an empty string: told in words. */
  | { kind: "absent" | "null" | "empty" | "broken"; text: string }
  | { kind: "text" | "number" | "boolean" | "json"; text: string };

/** Turns JSON text into what is shown; `raw` shows the stored literal. */
export function shown(text: string | null | undefined, raw = false): Shown {
  if (text === null || text === undefined) return { kind: "absent", text: "not there" };
  if (raw) return { kind: "json", text };
  const value = read(text);
  if (value === undefined) return { kind: "broken", text };
  switch (kindOf(value)) {
    case "null":
      return { kind: "null", text: "empty (null)" };
    case "boolean":
      return { kind: "boolean", text: value ? "Yes" : "No" };
    case "number":
      return { kind: "number", text: write(value) };
    case "string":
      return value === "" ? { kind: "empty", text: "empty text" } : { kind: "text", text: value as string };
    case "array":
    case "object":
      return { kind: "json", text: write(value) };
  }
}
