import { beforeEach, expect, test } from "vitest";
import { useLocale } from "../../src/components/format/locale";
import { contactTime, linkState } from "../../src/features/frame/messages";
import { link } from "../mock/makers";
import { NOW } from "../mock/world";

const DAY = 86_400_000;
beforeEach(() => useLocale({ locale: "en-GB", zone: "UTC" }));

// proves E5
test("after days without a server the last contact is told with its day and how many days ago it was", () => {
  const said = (days: number, more: object) => {
    const away = link("L", "erp.example.com", { lastContact: NOW - days * DAY, ...more });
    return linkState(away, NOW);
  };
  const offline = { connectivity: "offline" as const, offlineSince: NOW };
  expect(said(0.9, offline)).not.toContain("last contact");
  expect(said(1, offline)).toMatch(/^Offline since \d\d:\d\d, last contact 1 day ago$/);
  expect(said(10, offline)).toMatch(/, last contact 10 days ago$/);
  expect(said(10, { connectivity: "unknown" })).toBe("Not checked yet, last contact 10 days ago");
  expect(said(10, { lastContact: null, connectivity: "unknown" })).toBe("Not checked yet");
});

// proves F3
test("a link whose collection is compared says so, and that a try of it failed", () => {
  const said = (more: object) => linkState(link("L", "erp.example.com", more), NOW);
  expect(said({ state: "live" })).toMatch(/^Reached /);
  expect(said({ state: "repairing", syncing: true })).toBe("Comparing");
  expect(said({ state: "repairing" })).toBe("Comparing");
  expect(said({ state: "degraded_poll" })).toBe("Couldn't compare, tries again");
  expect(said({ state: "degraded_poll", connectivity: "offline", offlineSince: NOW })).toMatch(/^Offline /);
  expect(said({ state: "paused", paused: true })).toBe("Paused");
});

// proves E5
test("a time of another day is not told as one of today", () => {
  const at = (lastContact: number | null) => contactTime(link("L", "erp.example.com", { lastContact }), NOW);
  expect(at(NOW)).toMatch(/^\d\d:\d\d$/);
  expect(at(NOW - 10 * DAY)).toMatch(/\d+ \w+.*\d\d:\d\d$/);
  expect(at(null)).toBe("");
});
