import { beforeEach, expect, test } from "vitest";
import { useLocale } from "../../src/components/format/locale";
import { ledger } from "../../src/features/overview/messages";
import { activity, attention, ofLink, sentence } from "../../src/features/shared/messages";
import type { Activity, Attention, Ledger, Sentence } from "../../src/state/types";
import { collection, link } from "../mock/makers";

const NOW = Date.UTC(2026, 10, 21, 14, 5, 30);
const server = "erp.example.com";
beforeEach(() => useLocale({ locale: "en-GB", zone: "UTC" }));

const said: [Sentence, string][] = [
  [{ id: "cannotSave", fault: "disk_full" }, "New changes can't be saved: the disk is full."],
  [{ id: "storeDamaged", intact: null }, "Sending is stopped: the local store failed its check."],
  [
    { id: "storeDamaged", intact: Date.UTC(2026, 10, 21, 13, 0) },
    "Sending is stopped: the local store failed its check. A copy from 13:00 is intact.",
  ],
  [{ id: "paused", waiting: 14 }, "Paused. 14 changes are saved on this computer and wait until you resume."],
  [{ id: "signIn", server, waiting: 14 }, "Sign in again to erp.example.com. 14 changes are waiting for it."],
  [
    { id: "offlineWaiting", waiting: 14 },
    "Offline. 14 changes are saved on this computer and go out by themselves.",
  ],
  [
    { id: "offlineNothing", lastContact: Date.UTC(2026, 10, 21, 8, 30) },
    "Offline. Everything you changed has been sent. Last contact 08:30.",
  ],
  [{ id: "sending", done: 3, total: 14, server }, "Sending 3 of 14 changes to erp.example.com."],
  [{ id: "needYou", needsYou: 3, others: 11 }, "3 changes need you. The other 11 go out by themselves."],
  [{ id: "conflicts", conflicts: 2 }, "2 records changed in two places. Nothing was overwritten."],
  [
    { id: "busy", server, waiting: 4, at: Date.UTC(2026, 10, 21, 14, 32) },
    "erp.example.com is busy. 4 changes go out at 14:32.",
  ],
  [
    { id: "removals", server, wouldRemove: 180 },
    "180 records were deleted on erp.example.com. Nothing is removed here until you answer.",
  ],
  [
    { id: "removals", server, wouldRemove: 1 },
    "1 record was deleted on erp.example.com. Nothing is removed here until you answer.",
  ],
  [{ id: "unreadable", rows: 3 }, "3 records from the server can't be read."],
  [{ id: "unreadable", rows: 1 }, "1 record from the server can't be read."],
  [{ id: "waitsForNetwork", waiting: 14 }, "14 changes are waiting for an unmetered network."],
  [{ id: "checking", server }, "Checking erp.example.com."],
  [{ id: "upToDate", asOf: NOW }, "Up to date, as of 14:05. Everything you changed is on the server."],
];

test.each(said)("%o says: %s", (given, text) => expect(sentence(given, NOW)).toBe(text));

test("one change is one, in every sentence that counts", () => {
  const one: Sentence[] = [
    { id: "paused", waiting: 1 },
    { id: "signIn", server, waiting: 1 },
    { id: "offlineWaiting", waiting: 1 },
    { id: "sending", done: 0, total: 1, server },
    { id: "needYou", needsYou: 1, others: 1 },
    { id: "needYou", needsYou: 1, others: 0 },
    { id: "conflicts", conflicts: 1 },
    { id: "busy", server, waiting: 1, at: NOW },
    { id: "waitsForNetwork", waiting: 1 },
  ];
  for (const given of one) expect(sentence(given, NOW)).not.toMatch(/\b1 (changes|records)\b/);
});

const lines: [Activity, string][] = [
  [{ id: "cannotSave" }, "Can't save changes"],
  [{ id: "paused", waiting: 14 }, "Paused · 14 waiting"],
  [{ id: "offline", waiting: 14 }, "Offline · 14 saved on this computer"],
  [{ id: "someUnreachable", unreachable: 1, of: 3 }, "1 of 3 servers unreachable"],
  [{ id: "syncing", done: 3, total: 14 }, "Sending 3 of 14"],
  [{ id: "checking", server }, "Checking erp.example.com"],
  [{ id: "waiting", waiting: 4, next: Date.UTC(2026, 10, 21, 14, 32) }, "4 waiting · next at 14:32"],
  [{ id: "nothingWaiting" }, "Nothing waiting"],
  [{ id: "upToDate", asOf: NOW }, "Up to date, as of 14:05"],
];
test.each(lines)("%o reads: %s", (given, text) => expect(activity(given, NOW)).toBe(text));

const none: Attention = { conflicts: 0, needsYou: 0, removals: 0, unreadable: 0, signIn: [] };

// The words and their order are those of words.rs, which the tray and the command line say.
test.each<[Partial<Attention>, string[]]>([
  [{}, []],
  [
    { conflicts: 2, needsYou: 3, removals: 1, unreadable: 3, signIn: [server] },
    [
      "2 conflicts",
      "3 need you",
      "1 collection asks before removing",
      "3 records can't be read",
      "Sign in to erp.example.com",
    ],
  ],
  [
    { conflicts: 1, needsYou: 1, removals: 2, unreadable: 1 },
    ["1 conflict", "1 needs you", "2 collections ask before removing", "1 record can't be read"],
  ],
])("%o waits for a person as: %j", (some, texts) =>
  expect(attention({ ...none, ...some }).map((one) => one.text)).toEqual(texts),
);

test("a connection's own part is counted from its collections", () => {
  const asks = { wouldRemove: 180, of: 200, atLeast: false, since: NOW };
  const collections = [
    { ...collection("a", "A", 1), asks, unreadable: 2 },
    { ...collection("b", "B", 1), asks, unreadable: 1 },
    collection("c", "C", 1),
  ];
  expect(ofLink(link("L", server, { conflicts: 4, collections }))).toEqual({
    ...none,
    conflicts: 4,
    removals: 2,
    unreadable: 3,
  });
});

test("the ledger names every part that is not 0 and no other", () => {
  const book: Ledger = {
    since: Date.UTC(2026, 10, 16),
    saved: 1204,
    confirmed: 1180,
    notConfirmed: 0,
    waiting: 14,
    conflicts: 2,
    needsYou: 3,
    superseded: 0,
    combined: 0,
    cancelled: 0,
    discarded: 5,
    balanced: true,
  };
  expect(ledger(book)).toBe(
    "Since 16 Nov 2026: 1,204 saved = 1,180 confirmed + 14 waiting + 2 in conflict + 3 need you + 5 discarded",
  );
});
