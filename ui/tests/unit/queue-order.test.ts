// The order that an address asks for, what a press on a heading makes of it, and what groups and tries say.

import { expect, test } from "vitest";
import { waitedBefore } from "../../src/features/queue/attempt-messages";
import { ofRecord, ofServer, unfinished } from "../../src/features/queue/group-messages";
import { filterOf, sortAfter, sortOf } from "../../src/state/queue.svelte";
import type { AttemptView } from "../../src/state/types";
import { link } from "../mock/makers";

test("an address names a column and its way; what is no column is no order", () => {
  expect(sortOf("size")).toEqual({ by: "size", descending: false });
  expect(sortOf("-record")).toEqual({ by: "record", descending: true });
  for (const word of [undefined, "", "-", "--size", "position", "constructor"])
    expect(sortOf(word)).toBeNull();
  expect(filterOf({ sort: "-saved" }).sort).toEqual({ by: "saved", descending: true });
});

test.each([
  ["record", ["record", "-record", null]],
  ["saved", ["-saved", "saved", null]],
  ["tries", ["-tries", "tries", null]],
  ["state", ["-state", null, "-state"]],
] as const)("three presses on %s", (column, expected) => {
  let sort: string | null = null;
  for (const word of expected) {
    sort = sortAfter(sortOf(sort ?? undefined), column);
    expect(sort).toBe(word);
  }
  expect(sortAfter({ by: "link", descending: true }, column)).toBe(expected[0]);
});

test("a group of a server tells its numbers, and no zeros", () => {
  const one = link("ERPNext", "erp.example.com");
  Object.assign(one.queue, { waiting: 14, needsYou: 3 });
  expect(ofServer(one)).toBe("ERPNext · 14 waiting · 3 need you");
  expect(unfinished(one)).toBe(17);
  Object.assign(one.queue, { sending: 1, notConfirmed: 1, inConflict: 1 });
  expect(unfinished(one)).toBe(20);
});

test("a group of a record tells that it has more than is told", () => {
  const group = {
    link: "l",
    collection: "c",
    record: "r",
    title: "t",
    ids: ["a", "b"],
    needsYou: 0,
    more: false,
  };
  expect(ofRecord(group, "Items", "erp")).toBe("Items · erp · 2 changes");
  expect(ofRecord({ ...group, more: true, needsYou: 1 }, "Items", "erp")).toBe(
    "Items · erp · the oldest 2 changes of more · 1 needs you",
  );
});

test("a try waited since the answer to the one before, or since that began", () => {
  const tried = (number: number, startedAt: number, endedAt: number | null) =>
    ({ number, startedAt, endedAt }) as AttemptView;
  expect(waitedBefore(tried(2, 100_000, null), tried(1, 10_000, 40_000))).toBe("1 min since #1 was answered");
  expect(waitedBefore(tried(2, 100_000, null), tried(1, 10_000, null))).toBe("1 min 30 s since #1 began");
  expect(waitedBefore(tried(2, 5_000, null), tried(1, 10_000, 40_000)), "a clock set back").toContain(
    "0 s since",
  );
  expect(waitedBefore(tried(1, 0, 1), undefined)).toBeUndefined();
});
