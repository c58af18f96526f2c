import { cached, locale } from "./locale";

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size in decimal units: `840 B`, `38 kB` (`0.4 kB` below one), `1.2 MB`. */
export function bytes(n: number): string {
  if (n < 100) return `${number(0).format(n)} B`;
  let value = n / 1000;
  let unit = 1;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  // kB are whole unless they are few; from MB one decimal.
  const digits = unit === 1 ? (value < 9.95 ? 1 : 0) : 1;
  return `${number(digits).format(value)} ${units[unit]}`;
}

function number(digits: number): Intl.NumberFormat {
  return cached(
    `bytes${digits}`,
    () => new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
}
