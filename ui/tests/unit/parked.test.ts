import { beforeEach, describe, expect, test } from "vitest";
import { useLocale } from "../../src/components/format/locale";
import { title } from "../../src/features/queue/group-messages";
import { attempt, next, reason, whatOf, words as queue } from "../../src/features/queue/messages";
import { fate, restored } from "../../src/features/queue/trash-messages";
import { failingField } from "../../src/state/failing-field";
import type { AttemptView, CauseGroup, ChangeRow, Consequence, FormField } from "../../src/state/types";
import { change } from "../mock/makers";
import { NOW, World } from "../mock/world";

beforeEach(() => useLocale({ locale: "en-GB", zone: "UTC" }));

const field = (path: string, label: string): FormField => ({
  path,
  label,
  kind: "text",
  required: false,
  readOnly: false,
  secret: false,
  choices: [],
  refersTo: null,
});
const form = [
  field("/item_group", "Item Group"),
  field("/item", "Item"),
  field("/due_date", "Due date"),
  { ...field("/buyer", "Buyer"), refersTo: "customers" },
];

describe("the field that a refusal is about", () => {
  test.each([
    ["Item Group is required", ["/due_date"], "/item_group"],
    ["item_group: this field is required", ["/due_date"], "/item_group"],
    ["Item is locked", ["/due_date"], "/item"],
    ["Items are locked", ["/due_date"], "/due_date"],
    ["Due date and item differ", ["/item", "/due_date"], "/due_date"],
    ["no", ["/item/0/qty"], "/item"],
    ["customers 'c1', which it refers to, was discarded", ["/item", "/buyer"], "/buyer"],
    ["no", ["/other"], undefined],
    ["", [], undefined],
  ])("“%s” of a change to %j is %s", (words, changed, path) =>
    expect(failingField(form, changed, words)).toBe(path),
  );
});

const group = (more: Partial<CauseGroup>): CauseGroup => ({
  key: "k",
  link: "erp",
  class: "permanent",
  status: 417,
  words: "Item Group is required",
  count: 41,
  example: "1",
  exampleTitle: "Hinge",
  ...more,
});

test("a cause is called by its number and the server's words", () => {
  expect(title(group({}))).toBe("41 refused: Item Group is required");
  expect(title(group({ words: "" }))).toBe("41 refused: 417");
  expect(title(group({ status: null, count: 1 }))).toBe("1 needs you: Item Group is required");
  expect(title(group({ words: "a\nb" })), "on one line").not.toContain("\n");
});

test("what was decided here is not put into the server's mouth", () => {
  const refused = { kind: "refused", class: "permanent", words: "It was discarded" } as const;
  expect(reason({ ...refused, status: null }, "erp")).toBe("It was discarded");
  expect(reason({ ...refused, status: 422 }, "erp")).toBe("The server refused: “It was discarded”");
});

test.each<[string, Partial<ChangeRow>, string]>([
  ["tried again", { state: "trying_again", nextAt: NOW + 100_000 }, "Tries again at 14:07, in 1 min 40 s."],
  [
    "unconfirmed",
    { state: "not_confirmed", nextAt: NOW + 100_000 },
    "We check with erp at 14:07, in 1 min 40 s, before repeating it.",
  ],
  [
    "just decided",
    { state: "on_hold", nextAt: NOW + 7000, reason: { kind: "undo", until: NOW + 7000 } },
    "Goes out at 14:05, in 7 s.",
  ],
  [
    "held by a person, whatever its time was",
    { state: "on_hold", nextAt: NOW + 100_000, reason: { kind: "held" } },
    "Nothing until you stop holding it.",
  ],
  ["fourth in line", { state: "waiting", position: 4 }, "In line for erp, position 4."],
  ["first in line", { state: "waiting", position: 1 }, "Next in line for erp."],
])("what happens next to a change that is %s is one sentence", (_, some, words) => {
  const { row } = change(new World(), { reason: null, nextAt: null, ...some });
  expect(next(row, { name: "erp", offline: false, nextTry: null }, NOW)).toBe(words);
});

test("a request says what it sends, and nothing of a record", () => {
  const { row } = change(new World(), {
    operation: "request",
    collection: "",
    record: "POST /invoices/12/submit",
    title: "Submit invoice 12",
  });
  expect(whatOf(row)).toBe("Request POST /invoices/12/submit");
  expect(queue.titled("Submit invoice 12", ""), "in no collection").toBe("Submit invoice 12");
  const gone = { kind: "refused", class: "permanent", status: 404, words: "no such path" } as const;
  expect(whatOf({ ...row, state: "needs_you", reason: gone })).toBe(
    "Request POST /invoices/12/submit · The server refused: “no such path”",
  );
  expect(reason({ kind: "may_have_been_sent" }, "erp", "request")).toContain("Only you can find out");
});

test("an attempt says what was decided after it", () => {
  const tried: AttemptView = {
    number: 3,
    startedAt: NOW,
    endedAt: NOW + 1200,
    status: 503,
    class: "throttled",
    words: "Too many requests",
    excerpt: null,
    retryAt: NOW + 1200 + 1_800_000,
    serverAsked: true,
    key: "k",
    timing: null,
    network: null,
    requestId: null,
  };
  const said = (more: Partial<AttemptView>) => attempt({ ...tried, ...more }, () => "14:02:11");
  expect(said({})).toBe(
    "14:02:11 · 503 · 1.2 s · “Too many requests” · decided: try again in 30 min (the server asked)",
  );
  expect(said({ serverAsked: false })).not.toContain("asked");
  expect(said({ retryAt: null, class: "permanent" })).toContain("decided: wait for you");
  expect(said({ retryAt: null, class: null })).toContain("accepted");
});

test("every fate is told, and what was put back by number", () => {
  const one: Consequence = {
    id: "1",
    number: 1041,
    collection: "orders",
    title: "Order",
    operation: "create",
    fate: "goes_too",
  };
  const fates = ["goes_too", "goes_out_alone", "will_not_fit", "needs_you"] as const;
  const said = fates.map((which) => fate({ ...one, fate: which }));
  expect(new Set(said).size).toBe(4);
  expect(said.every((words) => words.startsWith("Change 1,041 of “Order”"))).toBe(true);
  const reasons = [{ id: "1", number: 1, why: "its connection was removed" }];
  expect(restored({ done: 38, alreadyGone: 2, refused: 3, reasons })).toBe(
    "38 put back. 2 had already gone. 3 stay in Trash: its connection was removed.",
  );
});

test("a change in Trash says when it goes for good", () => {
  const { row } = change(new World(), { state: "in_trash", goneAt: NOW });
  expect(whatOf(row)).toBe("Update: remarks · Deleted for good on 21 Nov 2026");
});

test("a row that needs a person says why, shortly", () => {
  const words = "Item Group is required ".repeat(20);
  const refused = { kind: "refused", class: "permanent", status: 417, words } as const;
  const { row } = change(new World(), { state: "needs_you", reason: refused });
  const said = whatOf(row);
  expect(said).toMatch(/^Update: remarks · The server refused: “Item Group/);
  expect(said.length).toBeLessThan(90);
});
