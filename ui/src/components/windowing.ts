// The arithmetic of a list of which only the rows in view exist. Pure: numbers in, numbers out.

/** Engines clamp the height of an element (WebKit and Blink near 33.5 million px); above this the scroll position is scaled. */
export const LONGEST = 16_000_000;

export interface View {
  /** Rows of the whole list. */
  total: number;
  /** Height of each row in px. */
  row: number;
  /** Height of the part of the list that is in view, in px. */
  height: number;
  /** How far the list is scrolled, in px of the spacer. */
  scroll: number;
  /** Rows kept ready above and below. */
  spare: number;
}

export interface Slice {
  /** First row that exists. */
  first: number;
  /** One past the last row that exists. */
  end: number;
  /** Height of the spacer that gives the scroll bar its length. */
  spacer: number;
  /** Where row 0 would stand inside the spacer; row `i` stands `i * row` px below. */
  origin: number;
}

/** Which rows exist at a scroll position, and where they stand. */
export function slice(view: View): Slice {
  const { real, spacer, top } = position(view);
  const first = Math.max(0, Math.floor(top / view.row) - view.spare);
  const end = Math.min(view.total, Math.ceil((top + view.height) / view.row) + view.spare);
  const scroll = Math.max(0, Math.min(view.scroll, spacer - view.height));
  return { first, end: Math.max(first, end), spacer, origin: real > spacer ? scroll - top : 0 };
}

/** The scroll position that brings a row into view, or the present one when it is there already. */
export function reveal(view: View, index: number): number {
  const { real, spacer, top } = position(view);
  const start = index * view.row;
  let wanted = top;
  if (start < top) wanted = start;
  else if (start + view.row > top + view.height) wanted = start + view.row - view.height;
  if (wanted === top) return view.scroll;
  if (real <= spacer) return wanted;
  return (wanted / Math.max(1, real - view.height)) * (spacer - view.height);
}

function position(view: View): { real: number; spacer: number; top: number } {
  const real = view.total * view.row;
  const spacer = Math.min(real, LONGEST);
  const room = Math.max(0, spacer - view.height);
  const scroll = Math.max(0, Math.min(view.scroll, room));
  const top = real > spacer ? (scroll / room) * (real - view.height) : scroll;
  return { real, spacer, top };
}
