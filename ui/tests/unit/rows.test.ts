import { expect, test, vi } from "vitest";
import { everyRow, MOST_PAGES, PAGE, pagesFor, Rows, type Ask } from "../../src/state/rows.svelte";

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

test("a list that goes stale faster than it is read still comes, and is read once more at the end", async () => {
  let version = 0;
  const waiting: (() => void)[] = [];
  const rows = new Rows<string>(async (offset, limit) => {
    const now = version;
    await new Promise<void>((done) => waiting.push(done));
    return list(10, `${now}: `)(offset, limit);
  });
  const next = async () => {
    waiting.shift()?.();
    await settled();
  };
  const first = rows.refresh();
  for (version = 1; version <= 4; version += 1) void rows.refresh();
  version = 5;
  await next();
  expect(rows.at(0), "what was asked for meanwhile does not drop the answer").toBe("0: 0");
  let over = false;
  void first.then(() => (over = true));
  await settled();
  expect([over, waiting.length], "one more question, which the first waits for too").toEqual([false, 1]);
  await next();
  expect([rows.at(0), over, waiting.length]).toEqual(["5: 0", true, 0]);
});

test("another question does not wait for the one before", async () => {
  const rows = new Rows<string>(() => new Promise(() => {}));
  void rows.refresh();
  rows.ask(list(2, "other "));
  await settled();
  expect(rows.at(0)).toBe("other 0");
  await rows.refresh();
  expect(rows.total).toBe(2);
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

/** A list that tells places, whose rows the test moves. */
const placed =
  (rows: () => string[]): Ask<string> =>
  (offset, limit, after) => {
    const all = rows();
    const start = after === undefined ? offset : all.findIndex((row) => row > after);
    const page = start < 0 ? [] : all.slice(start, start + limit);
    const last = page.at(-1);
    return Promise.resolve({
      rows: page,
      total: all.length,
      next: last !== undefined && last !== all.at(-1) ? last : null,
    });
  };
const named = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => String(from + i).padStart(6, "0"));

// proves A13
test("the page after one that is held is asked for after its place, and a jump at an offset", async () => {
  let all = named(0, 10_000);
  const ask = vi.fn(placed(() => all));
  const rows = new Rows(ask);
  const asked = () => ask.mock.lastCall?.slice(0, 3);
  rows.show(0, 20);
  await settled();
  expect(asked()).toEqual([0, PAGE, undefined]);
  all = all.slice(3);
  rows.show(190, 210);
  await settled();
  expect(asked()).toEqual([PAGE, PAGE, "000199"]);
  expect([rows.at(199), rows.at(200)], "no row that stands still is left out").toEqual(["000199", "000200"]);
  rows.show(5000, 5020);
  await settled();
  expect(asked()).toEqual([5000, PAGE, undefined]);
  rows.show(190, 210);
  await settled();
  ask.mockClear();
  await rows.refresh();
  expect(ask.mock.calls, "places of before a refresh are not used again").toEqual([
    [0, PAGE, undefined],
    [PAGE, PAGE, "000202"],
  ]);
  expect([rows.at(0), rows.at(199), rows.at(200)]).toEqual(["000003", "000202", "000203"]);
});

test("every row of a list with places is read once, though rows leave in between", async () => {
  let all = named(0, 2_500);
  const ask = placed(() => all);
  const rows = await everyRow<string>((offset, limit, after) => {
    const page = ask(offset, limit, after);
    all = all.slice(100);
    return page;
  });
  expect(rows).toEqual(named(0, 2_500));
});
