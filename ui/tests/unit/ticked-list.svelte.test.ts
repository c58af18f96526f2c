import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RefusedError } from "../../src/ipc/client";
import { TickedList } from "../../src/state/ticked-list.svelte";
import { toasts } from "../../src/state/toasts.svelte";

type Fruit = { id: number; kind: string };
type Filter = { kind: string | null };

/** What the core would hold. */
let fruits: Fruit[];
/** What the core was asked for, in order. */
let asked: string[];
/** Called before each answer. */
let before: (what: string) => Promise<void> | void;
beforeEach(() => {
  fruits = Array.from({ length: 700 }, (_, i) => ({ id: i + 1, kind: i % 2 === 0 ? "apple" : "pear" }));
  asked = [];
  before = () => {};
});
afterEach(() => {
  toasts.list = [];
});

class Basket extends TickedList<Fruit, Filter, string> {
  constructor() {
    super(
      { kind: null },
      (filter) => async (offset, limit) => {
        asked.push(`${filter.kind ?? "all"} from ${offset}`);
        await before("list");
        const all = fruits.filter((fruit) => filter.kind === null || fruit.kind === filter.kind);
        return { rows: all.slice(offset, offset + Math.min(limit, 300)), total: all.length };
      },
      async (id) => {
        asked.push(`read ${id}`);
        await before(`read ${id}`);
        const found = fruits.find((fruit) => fruit.id === id);
        if (!found) throw new RefusedError({ code: "not_found", message: "It is gone.", hint: "" });
        return `${found.kind} ${id}`;
      },
    );
  }

  eat = (ids: number[]) =>
    this.act(() => {
      fruits = fruits.filter((fruit) => !ids.includes(fruit.id));
      return Promise.resolve(ids.length);
    });
}

const refused = () => Promise.reject(new RefusedError({ code: "store", message: "broken", hint: "" }));
const settled = () => new Promise((done) => setTimeout(done));

test("a tick makes another set, so that a set that was taken stays as it was", () => {
  const basket = new Basket();
  basket.tick(1, true);
  const taken = basket.ticked;
  basket.tick(2, true);
  basket.tick(1, false);
  expect([[...taken], [...basket.ticked]]).toEqual([[1], [2]]);
  basket.untick();
  expect(basket.ticked.size).toBe(0);
});

test("all rows of the filter are ticked, page by page, and none where the core refuses", async () => {
  const basket = new Basket();
  basket.setFilter({ kind: "pear" });
  await settled();
  asked = [];
  await basket.tickAll();
  expect(basket.ticked.size).toBe(350);
  expect(basket.ticked.has(1), "an apple").toBe(false);
  expect(asked).toEqual(["pear from 0", "pear from 300"]);
  basket.untick();
  basket.tick(2, true);
  before = refused;
  await basket.tickAll();
  expect([...basket.ticked], "what was ticked stays").toEqual([2]);
  expect(toasts.list.map((told) => told.text)).toEqual(["broken"]);
});

test("another filter is another list without ticks, and the same filter is the same list", async () => {
  const basket = new Basket();
  basket.setFilter({ kind: "pear" });
  await settled();
  basket.tick(2, true);
  basket.setFilter({ kind: "pear" });
  expect([basket.ticked.size, asked]).toEqual([1, ["pear from 0"]]);
  basket.setFilter({ kind: "apple" });
  await settled();
  expect([basket.ticked.size, basket.rows.total, basket.rows.at(0)?.id]).toEqual([0, 350, 1]);
});

test("while a row is read, the one before is not shown in its place", async () => {
  const basket = new Basket();
  await basket.open(1);
  expect(basket.detail).toBe("apple 1");
  const opening = basket.open(2);
  expect(basket.detail).toBeUndefined();
  await opening;
  expect(basket.detail).toBe("pear 2");
  const again = basket.refresh();
  expect(basket.detail, "the same row stays while it is read again").toBe("pear 2");
  await again;
});

test("the answer about a row that was left is dropped, and so is its refusal", async () => {
  const basket = new Basket();
  let late = () => {};
  before = (what) => (what === "read 1" ? new Promise((done) => (late = done)) : undefined);
  const left = basket.open(1);
  await basket.open(2);
  late();
  await left;
  expect(basket.detail).toBe("pear 2");
  before = (what) => (what === "read 999" ? new Promise((done) => (late = done)) : undefined);
  const gone = basket.open(999);
  await basket.open(2);
  late();
  await gone;
  expect([basket.detail, basket.detailError]).toEqual(["pear 2", undefined]);
});

test("a row that has gone says so until another is opened", async () => {
  const basket = new Basket();
  await basket.open(1);
  await basket.eat([1]);
  expect([basket.detail, basket.detailError?.code]).toEqual([undefined, "not_found"]);
  await basket.open(undefined);
  expect(basket.detailError).toBeUndefined();
});

test("what is done to rows ends the ticks, and list and open row are read again", async () => {
  const basket = new Basket();
  basket.setFilter({ kind: "apple" });
  await settled();
  await basket.open(3);
  basket.tick(1, true);
  expect(await basket.eat([1])).toBe(1);
  expect([basket.ticked.size, basket.rows.total, basket.rows.at(0)?.id]).toEqual([0, 349, 3]);
  expect(asked.filter((what) => what === "read 3")).toHaveLength(2);
});

test("a screen's list follows its address and what goes stale", async () => {
  const basket = new Basket();
  const address = $state<{ kind: string | null; open: number | undefined; stale: number }>({
    kind: null,
    open: 1,
    stale: 0,
  });
  const end = $effect.root(() =>
    basket.follow(
      () => ({ kind: address.kind }),
      () => address.open,
      () => address.stale,
    ),
  );
  const came = async () => {
    flushSync();
    await settled();
    return asked.splice(0);
  };
  expect(await came(), "each is asked for once at first").toEqual(["all from 0", "read 1"]);
  address.kind = "pear";
  expect(await came()).toEqual(["pear from 0"]);
  address.open = 2;
  expect(await came()).toEqual(["read 2"]);
  address.stale += 1;
  expect(await came()).toEqual(["pear from 0", "read 2"]);
  basket.tick(2, true);
  expect(await came(), "a tick is no cause to ask").toEqual([]);
  end();
});

test("a reach over rows that are not held asks for them, and for no others", async () => {
  const basket = new Basket();
  await basket.rows.refresh();
  basket.range.toggle(10);
  asked = [];
  basket.range.reach(12);
  expect([...basket.ticked]).toEqual([11, 12, 13]);
  expect(asked, "these are here").toEqual([]);
  basket.range.reach(650);
  await settled();
  expect(basket.ticked.size).toBe(641);
  expect(asked).toEqual(["all from 12", "all from 312", "all from 612"]);
  basket.range.toggle(0);
  basket.untick();
  basket.range.reach(3);
  expect([...basket.ticked], "the ticks before are forgotten").toEqual([4]);
});

test("a reach that is answered after other rows were asked for ticks none of them", async () => {
  const basket = new Basket();
  await basket.rows.refresh();
  basket.range.toggle(0);
  basket.range.reach(690);
  basket.setFilter({ kind: "pear" });
  await settled();
  expect(basket.ticked.size).toBe(0);
});

test("a reach that is refused is told and ticks nothing more", async () => {
  const basket = new Basket();
  await basket.rows.refresh();
  basket.range.toggle(0);
  before = refused;
  basket.range.reach(690);
  await settled();
  expect([...basket.ticked]).toEqual([1]);
  expect(toasts.list.map((one) => one.text)).toEqual(["broken"]);
});
