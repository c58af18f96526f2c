// What lists and refusals of the core have in common.

/** Rows that the core hands over at a time, whatever was asked for. */
const MOST = 500;

export const refuse = (code: string, message: string, hint = "") => Promise.reject({ code, message, hint });

export const page = <T>(rows: T[], offset: number, limit: number) => ({
  rows: rows.slice(offset, offset + Math.min(limit, MOST)),
  total: rows.length,
});

export function made<T>(total: number, offset: number, limit: number, make: (index: number) => T) {
  const rows: T[] = [];
  for (let i = offset; i < Math.min(total, offset + limit, offset + MOST); i += 1) rows.push(make(i));
  return { rows, total };
}

const PLACE = "place ";

/** Where a page begins that is asked for at an offset or after a place; undefined: the place is none. */
export function startOf(args: Record<string, unknown>): number | undefined {
  if (typeof args.offset === "number" && args.after === null) return args.offset;
  const place = args.offset === null ? String(args.after) : "";
  return place.startsWith(PLACE) ? Number(place.slice(PLACE.length)) : undefined;
}

/** A page that tells the place it ends at. */
export function placed<T>(offset: number, page: { rows: T[]; total: number }) {
  const end = offset + page.rows.length;
  return { ...page, next: end < page.total ? `${PLACE}${end}` : null };
}
