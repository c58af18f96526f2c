// Instants are milliseconds since 1970, UTC. The present is always an argument, so that a test can stand still.

import { cached, locale, zone } from "./locale";
import { exact } from "./number";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function format(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return cached(key, () => new Intl.DateTimeFormat(locale(), { timeZone: zone(), ...options }));
}

/** The time of day: `14:05`. */
export function clock(at: number): string {
  return format("clock", { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** The time of day to the second: `14:02:11`. */
export function clockSeconds(at: number): string {
  return format("seconds", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);
}

/** The time of day to the millisecond: `14:02:11.204`. */
export function clockMillis(at: number): string {
  return format("millis", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  }).format(at);
}

/** Year, month and day in the person's zone, as one comparable number. */
function dayNumber(at: number): number {
  const parts = format("day", { year: "numeric", month: "numeric", day: "numeric" }).formatToParts(at);
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  return Date.UTC(part("year"), part("month") - 1, part("day")) / DAY;
}

/** A moment for lists: `just now`, `12 min ago`, `14:05`, `Tue 14:05`, `17 Nov 2026`. */
export function relative(at: number, now: number): string {
  const age = now - at;
  if (age >= -MINUTE && age < MINUTE) return "just now";
  if (age >= MINUTE && age < HOUR) return `${exact(Math.floor(age / MINUTE))} min ago`;
  const days = dayNumber(now) - dayNumber(at);
  if (days === 0) return clock(at);
  if (days > 0 && days < 7) {
    return format("weekday", { weekday: "short", hour: "2-digit", minute: "2-digit" })
      .format(at)
      .replace(",", "");
  }
  return date(at);
}

/** A date: `17 Nov 2026`. */
export function date(at: number): string {
  return format("date", { day: "numeric", month: "short", year: "numeric" }).format(at);
}

/** The day of the week: `Mon`. */
export function weekday(at: number): string {
  return format("day-name", { weekday: "short" }).format(at);
}

/** A date and a time, short, for sentences: `14:05` today, `17 Nov, 14:05` else. */
export function moment(at: number, now: number): string {
  if (dayNumber(now) === dayNumber(at)) return clock(at);
  const year = new Date(at).getUTCFullYear() === new Date(now).getUTCFullYear() ? undefined : "numeric";
  return format(`moment${year}`, {
    day: "numeric",
    month: "short",
    year,
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}

/** The full date and time for the resolver, where both sides need the same form: `Tue 17 Nov 2026, 14:05`. */
export function full(at: number): string {
  return format("full", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}

/** The ISO time with its zone, for titles and copying: `2026-11-17T14:05:00+01:00`. */
export function iso(at: number): string {
  const options: Intl.DateTimeFormatOptions = {
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  };
  const parts = cached(
    "iso",
    () => new Intl.DateTimeFormat("en-GB", { timeZone: zone(), ...options }),
  ).formatToParts(at);
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  const offset = part("timeZoneName").replace("GMT", "") || "+00:00";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}${offset}`;
}

/** A length of time in its two largest units: `40 s`, `1 min 40 s`, `3 h 12 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / SECOND));
  const [d, h, m] = [Math.floor(s / 86_400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  if (d > 0) return pair(d, "d", h, "h");
  if (h > 0) return pair(h, "h", m, "min");
  if (m > 0) return pair(m, "min", s % 60, "s");
  return `${exact(s)} s`;
}

/** The time one request took: `340 ms`, `1.2 s`. */
export function took(ms: number): string {
  if (ms < SECOND) return `${exact(ms)} ms`;
  return `${cached("took", () => new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 })).format(ms / SECOND)} s`;
}

function pair(a: number, au: string, b: number, bu: string): string {
  return b === 0 ? `${exact(a)} ${au}` : `${exact(a)} ${au} ${exact(b)} ${bu}`;
}
