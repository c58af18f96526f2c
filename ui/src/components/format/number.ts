import { cached, locale } from "./locale";

const grouped = () => cached("count", () => new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }));

/** A count with the locale's grouping, always exact: `1,204`. */
export function exact(n: number): string {
  return grouped().format(n);
}

/** A count for people: exact up to 99,999, then in thousands (`100k`), then in millions (`1.2M`). */
export function count(n: number): string {
  if (Math.abs(n) < 100_000) return exact(n);
  if (Math.abs(n) < 1_000_000) return `${exact(Math.floor(n / 1000))}k`;
  const millions = cached(
    "millions",
    () =>
      new Intl.NumberFormat(locale(), {
        maximumFractionDigits: 1,
        roundingMode: "trunc",
      } as Intl.NumberFormatOptions),
  );
  return `${millions.format(n / 1_000_000)}M`;
}

const plurals = () => cached("plural", () => new Intl.PluralRules(locale()));

/** The forms of one sentence; `#` stands for the formatted count. */
export type Forms = { zero?: string; one: string; other: string; two?: string; few?: string; many?: string };

/** Chooses the plural form of a sentence for `n` and puts the count in place of `#`. */
export function plural(n: number, forms: Forms): string {
  const form = n === 0 && forms.zero !== undefined ? forms.zero : (forms[plurals().select(n)] ?? forms.other);
  return form.replaceAll("#", () => count(n));
}

/** Joins parts with the locale's list words: `a, b, and c`. */
export function list(parts: string[]): string {
  return cached("list", () => new Intl.ListFormat(locale(), { type: "conjunction" })).format(parts);
}
