// Every screen in its states and both themes: nothing is wrong for axe, nothing breaks the policy, and there is a picture.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Harness, type Theme } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(() => window.closePages());
afterAll(() => window.stop());

type Case = { name: string; scenario: string; at?: string; wait: string; width?: number; height?: number };

const cases: Case[] = [
  { name: "first-run", scenario: "first-run", wait: "Try with sample data" },
  { name: "overview-calm", scenario: "calm", wait: "Everything you changed is on the server" },
  { name: "overview-busy", scenario: "busy", wait: "Needs you (" },
  { name: "overview-offline", scenario: "offline", wait: "go out by themselves" },
  { name: "overview-offline-for-days", scenario: "offline-for-days", wait: "last contact 10 days ago" },
  { name: "overview-comparing", scenario: "comparing", wait: "Couldn't compare, tries again" },
  { name: "overview-paused", scenario: "paused", wait: "Changes are still saved" },
  { name: "overview-disk-full", scenario: "disk-full", wait: "the disk is full" },
  { name: "overview-damaged", scenario: "damaged", wait: "A copy from 13:00 is intact" },
  { name: "overview-put-back", scenario: "put-back", wait: "may have been sent already" },
  { name: "store-shut", scenario: "shut", wait: "A copy from 13:00 is intact" },
  { name: "overview-unbalanced", scenario: "unbalanced", wait: "unaccounted for" },
  { name: "records", scenario: "busy", at: "#/records/ERPNext/invoices", wait: "SINV-00401" },
  { name: "record-form", scenario: "busy", at: "#/records/ERPNext/invoices/SINV-00402", wait: "Due date" },
  {
    name: "record-conflict",
    scenario: "busy",
    at: "#/records/ERPNext/invoices/SINV-00401",
    wait: "changed in two places",
  },
  { name: "record-new", scenario: "busy", at: "#/records/ERPNext/invoices?new=1", wait: "New record in" },
  {
    name: "record-offline",
    scenario: "offline",
    at: "#/records/ERPNext/invoices/SINV-00406",
    wait: "Save here",
  },
  { name: "records-empty", scenario: "empty", at: "#/records", wait: "No records here yet" },
  {
    name: "records-no-match",
    scenario: "busy",
    at: "#/records/ERPNext/invoices?search=rosi",
    wait: "Searching only",
  },
  { name: "records-broken", scenario: "broken", at: "#/records", wait: "can't be read" },
  { name: "queue", scenario: "busy", at: "#/queue", wait: "Trying 14:07" },
  { name: "queue-offline", scenario: "offline", at: "#/queue", wait: "Goes out when" },
  { name: "queue-paused", scenario: "paused", at: "#/queue", wait: "Nothing is sent" },
  { name: "queue-empty", scenario: "calm", at: "#/queue", wait: "Last change confirmed" },
  { name: "queue-no-match", scenario: "busy", at: "#/queue?search=zzz", wait: "No change matches" },
  { name: "queue-broken", scenario: "broken", at: "#/queue", wait: "can't be read" },
  { name: "queue-refused", scenario: "refused", at: "#/queue", wait: "41 refused: Due date is before" },
  { name: "queue-causes", scenario: "refused", at: "#/queue?group=cause", wait: "Send 41 now" },
  { name: "queue-causes-none", scenario: "calm", at: "#/queue?group=cause", wait: "Nothing needs you." },
  { name: "queue-causes-broken", scenario: "broken", at: "#/queue?group=cause", wait: "can't be read" },
  {
    name: "record-edit",
    scenario: "refused",
    at: "#/records/ERPNext/invoices/SINV-00401?change=0190-1041",
    wait: "The server didn't accept this",
  },
  { name: "queue-item", scenario: "busy", at: "#/queue/0190-1042", wait: "Same request on every try" },
  { name: "queue-group", scenario: "group", at: "#/queue/0190-1042", wait: "Restore 3 changes" },
  { name: "conflicts", scenario: "busy", at: "#/conflicts", wait: "2 to choose" },
  { name: "conflicts-empty", scenario: "calm", at: "#/conflicts", wait: "Nothing is overwritten" },
  { name: "resolver", scenario: "busy", at: "#/conflicts/1", wait: "Choose for 2 more fields" },
  { name: "resolver-deleted", scenario: "busy", at: "#/conflicts/2", wait: "Keep deleted" },
  { name: "resolver-offline", scenario: "offline", at: "#/conflicts/1", wait: "Choose for 2 more fields" },
  { name: "connections", scenario: "busy", at: "#/connections", wait: "Go offline" },
  { name: "connections-offline", scenario: "offline", at: "#/connections", wait: "Tries again at" },
  {
    name: "connections-stopped",
    scenario: "stopped",
    at: "#/connections",
    wait: "Another account (optional)",
  },
  { name: "connections-incoming", scenario: "incoming", at: "#/connections", wait: "3 could not be read" },
  { name: "overview-incoming", scenario: "incoming", wait: "3 records can't be read." },
  {
    name: "removals-list",
    scenario: "incoming",
    at: "#/connections/removals/Sample/notes",
    wait: "Note 1 of the year 2019",
  },
  {
    name: "removals-many",
    scenario: "incoming",
    at: "#/connections/removals/ERPNext/customers",
    wait: "CUST-80",
  },
  {
    name: "removals-broken",
    scenario: "no-lists",
    at: "#/connections/removals/Sample/notes",
    wait: "The records can't be shown: The local store can't be read.",
  },
  { name: "unreadable", scenario: "incoming", at: "#/connections/unreadable", wait: "no field 'id'" },
  {
    name: "unreadable-beginning",
    scenario: "incoming",
    at: "#/connections/unreadable/2",
    wait: "Only the beginning is kept: 3.9 kB of 84 kB.",
  },
  {
    name: "unreadable-no-text",
    scenario: "incoming",
    at: "#/connections/unreadable/1",
    wait: "newer ones took the room",
  },
  {
    name: "unreadable-gone",
    scenario: "incoming",
    at: "#/connections/unreadable/99",
    wait: "is not listed any more",
  },
  {
    name: "unreadable-many",
    scenario: "unreadable",
    at: "#/connections/unreadable?link=Sample&collection=notes",
    wait: "666 rows",
  },
  {
    name: "unreadable-none",
    scenario: "calm",
    at: "#/connections/unreadable",
    wait: "Everything that came could be read.",
  },
  {
    name: "unreadable-broken",
    scenario: "no-lists",
    at: "#/connections/unreadable",
    wait: "The rows can't be listed: The local store can't be read.",
  },
  { name: "connections-scheduled", scenario: "scheduled", at: "#/connections", wait: "Waits until 22:00" },
  { name: "overview-scheduled", scenario: "scheduled", wait: "waiting for an unmetered network" },
  { name: "overview-sign-in", scenario: "stopped", wait: "Sign in again to" },
  { name: "connections-add", scenario: "busy", at: "#/connections/add", wait: "Find collections" },
  { name: "settings", scenario: "busy", at: "#/settings", wait: "Row height" },
  { name: "hostile-queue", scenario: "hostile", at: "#/queue", wait: "onerror" },
  { name: "hostile-records", scenario: "hostile", at: "#/records/ERPNext/invoices", wait: "onerror" },
  { name: "hostile-conflict", scenario: "hostile", at: "#/conflicts/2", wait: "To choose" },
  { name: "hostile-connections", scenario: "hostile", at: "#/connections", wait: "Remove 5 records here" },
  { name: "hostile-overview", scenario: "hostile", wait: "Needs you (" },
  {
    name: "hostile-removals",
    scenario: "hostile",
    at: "#/connections/removals/Sample/notes",
    wait: "onerror",
  },
  { name: "hostile-unreadable", scenario: "hostile", at: "#/connections/unreadable/4", wait: "⟦U+202E⟧" },
  {
    name: "narrow-connections",
    scenario: "incoming",
    at: "#/connections",
    wait: "Show which",
    width: 320,
    height: 640,
  },
  {
    name: "narrow-removals",
    scenario: "incoming",
    at: "#/connections/removals/Sample/notes",
    wait: "Note 1 of",
    width: 320,
    height: 640,
  },
  {
    name: "narrow-unreadable",
    scenario: "incoming",
    at: "#/connections/unreadable",
    wait: "Try all again",
    width: 320,
    height: 640,
  },
  {
    name: "narrow-unreadable-text",
    scenario: "incoming",
    at: "#/connections/unreadable/2",
    wait: "Only the beginning",
    width: 320,
    height: 640,
  },
  { name: "small-overview", scenario: "stopped", wait: "Needs you (", width: 880, height: 560 },
  { name: "narrow-overview", scenario: "busy", wait: "Needs you (", width: 320, height: 640 },
  { name: "narrow-queue", scenario: "busy", at: "#/queue", wait: "Trying 14:07", width: 320, height: 640 },
  {
    name: "narrow-causes",
    scenario: "refused",
    at: "#/queue?group=cause",
    wait: "Send 41 now",
    width: 320,
    height: 640,
  },
  {
    name: "narrow-resolver",
    scenario: "busy",
    at: "#/conflicts/1",
    wait: "Choose for 2 more",
    width: 320,
    height: 640,
  },
  {
    name: "small-record",
    scenario: "busy",
    at: "#/records/ERPNext/invoices/SINV-00402",
    wait: "Due date",
    width: 880,
    height: 560,
  },
  {
    name: "small-resolver",
    scenario: "busy",
    at: "#/conflicts/1",
    wait: "Choose for 2 more",
    width: 880,
    height: 560,
  },
];

describe.each<Theme>(["light", "dark"])("in the %s theme", (theme) => {
  test.each(cases)("$name is sound for axe and keeps the policy", async (one) => {
    const page = await window.open({ ...one, theme });
    await page.getByText(one.wait).first().waitFor();
    await window.shot(page, `${one.name}-${theme}`);
    expect(await window.axe(page), "axe finds nothing").toEqual([]);
    expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
    expect(await page.title(), "a value that is a script did not run").not.toBe("owned");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, "nothing sticks out of the window sideways").toBeLessThanOrEqual(0);
  });
});

test.each([
  ["#/records/ERPNext/invoices", "loading-records"],
  ["#/queue", "loading-queue"],
  ["#/conflicts", "loading-conflicts"],
  ["#/conflicts/decided", "loading-decided"],
  ["#/connections/removals/Sample/notes", "loading-removals"],
  ["#/connections/unreadable", "loading-unreadable"],
])("%s shows grey shapes once reading takes longer than 300 ms", async (at, name) => {
  const page = await window.open({ scenario: "loading", at, stopped: true });
  await page.locator("h1").waitFor();
  expect(await page.getByRole("img", { name: "Loading" }).count(), "no flash of grey before").toBe(0);
  await page.clock.runFor(400);
  await page.getByRole("img", { name: "Loading" }).waitFor();
  await window.shot(page, name);
  // axe waits by timers of the page.
  await page.clock.resume();
  expect(await window.axe(page)).toEqual([]);
});
