import { beforeEach, describe, expect, test } from "vitest";
import { bytes } from "../../src/components/format/bytes";
import { useLocale } from "../../src/components/format/locale";
import { count, exact, list, plural } from "../../src/components/format/number";
import {
  clock,
  date,
  duration,
  full,
  iso,
  moment,
  relative,
  took,
  weekday,
} from "../../src/components/format/time";

const NOW = Date.UTC(2026, 10, 21, 14, 5, 30);
const MINUTE = 60_000;
const DAY = 86_400_000;

beforeEach(() => useLocale({ locale: "en-GB", zone: "UTC" }));

describe("counts", () => {
  test.each([
    [0, "0"],
    [1204, "1,204"],
    [99_999, "99,999"],
    [100_000, "100k"],
    [999_999, "999k"],
    [1_250_000, "1.2M"],
  ])("%i reads %s", (n, text) => expect(count(n)).toBe(text));
  test("the exact count is always there", () => expect(exact(1_250_000)).toBe("1,250,000"));
  test("a sentence takes the form of its count", () => {
    const forms = { zero: "nothing", one: "# change", other: "# changes" };
    expect([0, 1, 2, 100_000].map((n) => plural(n, forms))).toEqual([
      "nothing",
      "1 change",
      "2 changes",
      "100k changes",
    ]);
  });
  test("a count that looks like a pattern is put in as it is", () => {
    expect(plural(2, { one: "#", other: "# of $&" })).toBe("2 of $&");
  });
  test("parts are joined by the language", () => expect(list(["a", "b", "c"])).toBe("a, b and c"));
});

test.each([
  [0, "0 B"],
  [99, "99 B"],
  [400, "0.4 kB"],
  [2100, "2.1 kB"],
  [38_000, "38 kB"],
  [999_600, "1.0 MB"],
  [1_234_567, "1.2 MB"],
  [8_000_000_000, "8.0 GB"],
])("%i bytes read %s", (n, text) => expect(bytes(n)).toBe(text));

describe("times", () => {
  test.each([
    [0, "just now"],
    [59_000, "just now"],
    [MINUTE, "1 min ago"],
    [59 * MINUTE, "59 min ago"],
    [3 * 60 * MINUTE, "11:05"],
    [DAY, "Fri 14:05"],
    [6 * DAY, "Sun 14:05"],
    [7 * DAY, "14 Nov 2026"],
    [-30_000, "just now"],
  ])("%i ms ago reads %s", (age, text) => expect(relative(NOW - age, NOW)).toBe(text));

  test("a time of yesterday within the hour is still so many minutes ago", () => {
    const midnight = Date.UTC(2026, 10, 21, 0, 10);
    expect(relative(midnight - 20 * MINUTE, midnight)).toBe("20 min ago");
  });
  test("days are those of the person's zone", () => {
    useLocale({ locale: "en-GB", zone: "Asia/Tokyo" });
    expect(relative(Date.UTC(2026, 10, 20, 15, 30), NOW), "already today in Tokyo").toBe("00:30");
  });
  test.each([
    [40_000, "40 s"],
    [100_000, "1 min 40 s"],
    [120_000, "2 min"],
    [11_520_000, "3 h 12 min"],
    [2 * DAY + 4 * 3_600_000, "2 d 4 h"],
    [-5, "0 s"],
  ])("%i ms last %s", (ms, text) => expect(duration(ms)).toBe(text));
  test("requests take", () => expect([took(340), took(1234)]).toEqual(["340 ms", "1.2 s"]));
  test("the full time has its zone", () => {
    expect(iso(NOW)).toBe("2026-11-21T14:05:30+00:00");
    useLocale({ locale: "en-GB", zone: "Europe/Rome" });
    expect(iso(NOW)).toBe("2026-11-21T15:05:30+01:00");
  });
  test("the other forms", () => {
    expect(clock(NOW)).toBe("14:05");
    expect(date(NOW)).toBe("21 Nov 2026");
    expect(full(NOW)).toBe("Sat, 21 Nov 2026, 14:05");
    expect(weekday(NOW)).toBe("Sat");
    expect(moment(NOW - MINUTE, NOW)).toBe("14:04");
    expect(moment(NOW - 4 * DAY, NOW)).toBe("17 Nov, 14:05");
  });
});
