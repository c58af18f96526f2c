// Which field of a form a server's refusal is about.

import type { FormField } from "../ipc/client";

const plain = (text: string) =>
  text
    .toLocaleLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** Whether the words name the field by its label, by the last key of its path, or by what it refers to, as whole words. */
function names(words: string, field: FormField): boolean {
  const last = field.path.slice(field.path.lastIndexOf("/") + 1);
  return [field.label, last, field.refersTo ?? ""]
    .map(plain)
    .some((name) => name !== "" && ` ${words} `.includes(` ${name} `));
}

/**
 * The path of the field that a refusal is about: the one that the server names, among the changed ones first; else the only
 * changed one, else the first. Undefined where the form has none of them.
 */
export function failingField(fields: FormField[], changed: string[], words: string): string | undefined {
  const said = plain(words);
  const touched = fields.filter((field) =>
    changed.some((path) => path === field.path || path.startsWith(`${field.path}/`)),
  );
  const longest = (found: FormField[]) => [...found].sort((a, b) => b.label.length - a.label.length)[0]?.path;
  const named = (among: FormField[]) => longest(among.filter((field) => names(said, field)));
  return named(touched) ?? named(fields) ?? touched[0]?.path;
}
