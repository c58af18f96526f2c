import { beforeEach, expect, test } from "vitest";
import { useLocale } from "../../src/components/format/locale";
import { ledger } from "../../src/features/overview/messages";
import { activity, attention, ofLink, sentence } from "../../src/features/shared/messages";
import type { Activity, Attention, Ledger, Sentence } from "../../src/state/types";
import words from "../../../tests/fixtures/words.json";
import { collection, link } from "../mock/makers";

const server = "erp.example.com";
beforeEach(() => useLocale({ locale: "en-GB", zone: "UTC" }));

/** What is said of what; the test of words.rs, which the tray and the command line say, reads the same file. */
const said = words as unknown as {
  now: number;
  sentences: [Sentence, string][];
  activities: [Activity, string][];
  attention: [Attention, string[]][];
};

test.each(said.sentences)("%o says: %s", (given, text) => expect(sentence(given, said.now)).toBe(text));
test.each(said.activities)("%o reads: %s", (given, text) => expect(activity(given, said.now)).toBe(text));
test.each(said.attention)("%o waits for a person as: %j", (given, texts) =>
  expect(attention(given).map((one) => one.text)).toEqual(texts),
);

const none: Attention = { conflicts: 0, needsYou: 0, removals: 0, unreadable: 0, signIn: [] };

test("a connection's own part is counted from its collections", () => {
  const asks = { wouldRemove: 180, of: 200, atLeast: false, since: said.now };
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
