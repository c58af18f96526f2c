// Two values side by side in a row of a list: only as much of them as tells them apart.

import { quote, unquote } from "./json";

/** What both begin with is left out from here on. */
const SAME = 40;
/** Whole words of what is the same stay within so many characters, so that the difference is read in its place. */
const BEFORE = 12;
/** No more than this is kept of a value. */
const MOST = 400;

function sameStart(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at += 1;
  return at;
}

/** Where the last words before a difference begin. */
function wordsBefore(text: string, difference: number): number {
  const before = text.slice(difference - BEFORE, difference);
  const space = before.search(/\s/);
  return space < 0 ? difference - BEFORE : difference - BEFORE + space + 1;
}

const low = (text: string, at: number) => /[\udc00-\udfff]/.test(text.charAt(at));

function from(text: string, start: number): string {
  const first = low(text, start) ? start - 1 : start;
  const end = first + MOST;
  const part = text.slice(first, low(text, end) ? end - 1 : end);
  return `${start > 0 ? "…" : ""}${part}${part.length < text.length - first ? "…" : ""}`;
}

/** The JSON texts of both sides, shortened to where they differ; a shortened one is the JSON text of a string. */
export function excerpts(mine: string | null, server: string | null): [string | null, string | null] {
  const [a, b] = [unquote(mine), unquote(server)];
  const [left, right] = a !== undefined && b !== undefined ? [a, b] : [mine ?? "", server ?? ""];
  const same = sameStart(left, right);
  const start = same > SAME ? wordsBefore(left, same) : 0;
  const short = (whole: string | null, text: string) =>
    whole === null || (start === 0 && text.length <= MOST) ? whole : quote(from(text, start));
  return [short(mine, left), short(server, right)];
}
