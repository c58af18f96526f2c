// What is said of a try's time and of a request's headers.

import { expect, test } from "vitest";
import { parts } from "../../src/features/queue/attempt-messages";
import { toClear, words } from "../../src/features/queue/menu-messages";
import { headersOf } from "../../src/features/queue/request-messages";
import type { QueueCountsByState, Timing } from "../../src/state/types";

const timing = (more: Partial<Timing>): Timing => ({
  name: null,
  connect: null,
  secure: false,
  reused: false,
  firstByte: null,
  total: 210,
  ...more,
});

test("a new connection tells its parts, the handshake not apart from the rest", () => {
  expect(parts(timing({ name: 0, connect: 34, secure: true, firstByte: 120 }))).toEqual([
    ["Finding the name", "less than 1 ms"],
    ["Connecting", "34 ms, including TLS"],
    ["First byte", "120 ms after it began"],
  ]);
  expect(parts(timing({ connect: 34, firstByte: 1200 }))).toEqual([
    ["Connecting", "34 ms"],
    ["First byte", "1.2 s after it began"],
  ]);
});

test("an open connection is called that, with or without an answer", () => {
  expect(parts(timing({ reused: true, firstByte: 80 }))[0]).toEqual([
    "Connecting",
    "The connection was open already",
  ]);
  expect(parts(timing({ reused: true }))).toEqual([
    ["Connecting", "The connection was open already"],
    ["First byte", "None came"],
  ]);
});

test("a server that was not reached had no connection", () => {
  expect(parts(timing({ name: 5000 }))).toEqual([
    ["Finding the name", "5 s"],
    ["Connecting", "No connection was made"],
    ["First byte", "None came"],
  ]);
});

test("the account's secret stands in no header, and it is said once that one goes out", () => {
  const request = { method: "PATCH", url: "", body: null, key: "", user: null };
  expect(headersOf({ ...request, headers: ["Accept: a"], signedIn: true })).toEqual([
    "Accept: a",
    "Authorization: ••••",
  ]);
  const told = ["authorization: ••••"];
  expect(headersOf({ ...request, headers: told, signedIn: true })).toEqual(told);
  expect(headersOf({ ...request, headers: ["Accept: a"], signedIn: false })).toEqual(["Accept: a"]);
});

test("clearing the queue names what it takes, and leaves what is on the wire or in conflict", () => {
  const counts: QueueCountsByState = {
    queued: 12,
    sealed: 3,
    uncertain: 1,
    conflicted: 2,
    parked: 1,
    confirmed: 90,
    superseded: 0,
    combined: 0,
    cancelled: 0,
    discarded: 4,
  };
  expect(toClear(counts)).toBe(14);
  const said = words.askClearText(counts, Date.UTC(2026, 11, 21));
  expect(said).toMatch(/^12 wait, 1 needs you, 1 was sent and is not confirmed\. /);
});
