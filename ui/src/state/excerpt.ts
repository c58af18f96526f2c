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

/** Where a text begins of which so much stands in another one too. */
const startOf = (text: string, same: number) => (same > SAME ? wordsBefore(text, same) : 0);

const short = (whole: string | null, text: string, start: number) =>
  whole === null || (start === 0 && text.length <= MOST) ? whole : quote(from(text, start));

/** The JSON texts of both sides, shortened to where they differ; a shortened one is the JSON text of a string. */
export function excerpts(mine: string | null, server: string | null): [string | null, string | null] {
  const [a, b] = [unquote(mine), unquote(server)];
  const [left, right] = a !== undefined && b !== undefined ? [a, b] : [mine ?? "", server ?? ""];
  const start = startOf(left, sameStart(left, right));
  return [short(mine, left, start), short(server, right, start)];
}

/** The JSON text that both sides started as, shortened to where the first of them departs from it. */
export function startExcerpt(base: string | null, sides: (string | null)[]): string | null {
  const text = unquote(base);
  const others = sides.filter((side) => side !== null).map((side) => unquote(side));
  const whole = text ?? base ?? "";
  if (text === undefined || others.length === 0 || others.includes(undefined)) return short(base, whole, 0);
  const same = others.map((other) => sameStart(text, other ?? ""));
  return short(base, whole, startOf(text, Math.min(...same)));
}
