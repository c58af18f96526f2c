// Strings from servers are shown as text, with what cannot be seen made visible and what is too long cut.

/** Characters of a value that a row shows at most. */
export const ROW_CHARS = 200;
/** Characters of a value that a panel shows before it is asked for the whole. */
export const PANEL_CHARS = 2000;

/* eslint-disable no-control-regex -- control characters are what this is about */
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
/* eslint-enable no-control-regex */

/** Marks over and under one letter; a pile of them would paint over its neighbours. */
const piled = /(\p{M}{4})\p{M}+/gu;

/** Shows characters that have no picture or change the reading order as their code: `⟦U+202E⟧`. */
export function visible(text: string): string {
  return text
    .replace(piled, "$1…")
    .replace(hidden, (char) => `⟦U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟧`);
}

/** Cuts a text at `most` characters, never inside a surrogate pair. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return `${text.slice(0, end)}…`;
}

/** One line for a row: visible, cut, without line breaks. */
export function line(text: string): string {
  return visible(cut(text, ROW_CHARS).replace(/\s+/g, " "));
}

/** What a program said, as a sentence in one line: visible, cut, ended. */
export function sentenceOf(text: string, most: number): string {
  const said = visible(cut(text.trim(), most).replace(/\s+/g, " "));
  return /[.…!?]$/.test(said) ? said : `${said}.`;
}

/** A text that keeps its reading direction to itself, where an element of its own would be one too many. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}
