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
