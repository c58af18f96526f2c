import { expect, test, vi } from "vitest";
import { MOST_PAGES, PAGE, pagesFor, Rows, type Ask } from "../../src/state/rows.svelte";

const list =
  (total: number, name = ""): Ask<string> =>
  (offset, limit) =>
    Promise.resolve({
      rows: Array.from(
        { length: Math.max(0, Math.min(limit, total - offset)) },
        (_, i) => `${name}${offset + i}`,
      ),
      total,
    });
const settled = () => new Promise((done) => setTimeout(done));

test("the pages of a range", () => {
  expect(pagesFor(0, 20, 1000)).toEqual([0]);
  expect(pagesFor(190, 210, 1000)).toEqual([0, 1]);
  expect(pagesFor(0, 20, 0)).toEqual([0]);
  expect(pagesFor(5000, 5020, 1000)).toEqual([4]);
});

test("jumps read what is in view, and never more than 600 rows are held", async () => {
  const ask = vi.fn(list(100_000));
  const rows = new Rows(ask);
  for (const at of [0, 99_980, 50_000, 400, 70_000, 199]) {
    rows.show(at, at + 20);
    await settled();
    expect(rows.at(at)).toBe(String(at));
    expect(rows.held).toBeLessThanOrEqual(PAGE * MOST_PAGES);
  }
  expect(rows.total).toBe(100_000);
  expect(ask.mock.calls.every(([, limit]) => limit === PAGE)).toBe(true);
});

test("a page that is on its way is not asked for again", async () => {
  const ask = vi.fn(list(1000));
  const rows = new Rows(ask);
  rows.show(0, 20);
  rows.show(1, 21);
  await settled();
  expect(ask).toHaveBeenCalledTimes(1);
});

test("a refresh keeps the old rows until the new ones are there", async () => {
  const rows = new Rows(list(10, "old "));
  rows.show(0, 10);
  await settled();
  let answer: (page: { rows: string[]; total: number }) => void = () => {};
  rows.ask(() => new Promise((done) => (answer = done)));
  expect(rows.at(0), "another question drops them at once").toBeUndefined();
  answer({ rows: ["new 0"], total: 1 });
  await settled();
  void rows.refresh();
  expect(rows.at(0), "the same question keeps them").toBe("new 0");
});

test("an answer to an earlier question is dropped", async () => {
  let late: (page: { rows: string[]; total: number }) => void = () => {};
  const rows = new Rows<string>(() => new Promise((done) => (late = done)));
  rows.show(0, 10);
  rows.ask(list(2, "now "));
  await settled();
  late({ rows: ["too late"], total: 99 });
  await settled();
  expect([rows.at(0), rows.total]).toEqual(["now 0", 2]);
});

test("a refusal is told, and the rows that were there stay", async () => {
  const rows = new Rows(list(3, "kept "));
  rows.show(0, 3);
  await settled();
  let fails = true;
  rows.ask((offset, limit) =>
    fails ? Promise.reject({ code: "store", message: "broken", hint: "" }) : list(3)(offset, limit),
  );
  await settled();
  expect(rows.error?.code).toBe("store");
  expect(rows.loaded).toBe(true);
  fails = false;
  await rows.refresh();
  expect(rows.error).toBeUndefined();
});
