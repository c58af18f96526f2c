// The person's language and zone, in one place, so that every Intl object agrees.

let chosen: { locale?: string; zone?: string } = {};

/** Overrides the system's language and zone; tests and the settings use it. */
export function useLocale(next: { locale?: string; zone?: string }): void {
  chosen = next;
  cache.clear();
}

/**
 * The language tag every formatter uses. The words of the window are English, so a month's name must be English too:
 * the person's own English is taken if there is one, else the British one (day first, 24 hours).
 */
export function locale(): string {
  if (chosen.locale) return chosen.locale;
  const wanted = typeof navigator === "undefined" ? [] : navigator.languages;
  return wanted.find((tag) => tag.toLowerCase().startsWith("en-")) ?? "en-GB";
}

/** The time zone, or undefined for the system's. */
export function zone(): string | undefined {
  return chosen.zone;
}

const cache = new Map<string, unknown>();

/** Makes a formatter once per key: Intl objects are dear to build. */
export function cached<T>(key: string, make: () => T): T {
  const found = cache.get(key);
  if (found !== undefined) return found as T;
  const made = make();
  cache.set(key, made);
  return made;
}
