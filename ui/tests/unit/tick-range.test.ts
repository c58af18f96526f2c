import { beforeEach, expect, test } from "vitest";
import { TickRange } from "../../src/state/tick-range";

let ticked: Set<number>;
let ids: number[];
let range: TickRange;
beforeEach(() => {
  ticked = new Set();
  ids = Array.from({ length: 10 }, (_, i) => i + 100);
  range = new TickRange({
    idAt: (index) => ids[index],
    isTickedAt: (index) => ticked.has(index),
    tickRows: (first, last, on) => {
      for (let index = first; index <= last; index += 1) {
        if (on) ticked.add(index);
        else ticked.delete(index);
      }
    },
  });
});
const now = () => [...ticked].sort((a, b) => a - b);

test("what was done to the last row is done up to another, in both directions", () => {
  range.toggle(4);
  range.reach(6);
  expect(now()).toEqual([4, 5, 6]);
  range.toggle(5);
  range.reach(3);
  expect(now(), "the last one was unticked").toEqual([6]);
});

test("a row that has the state already keeps it", () => {
  range.toggle(6);
  range.toggle(4);
  range.reach(6);
  expect(now()).toEqual([4, 5, 6]);
});

test("without a last row, and where another stands in its place, only the row itself is ticked", () => {
  range.reach(3);
  expect(now()).toEqual([3]);
  range.toggle(5);
  ids = [1, ...ids];
  range.reach(8);
  expect(now()).toEqual([3, 5, 8]);
  range.forget();
  range.reach(1);
  expect(now()).toEqual([1, 3, 5, 8]);
});

test("the arrows tick what they go over, and give back what they leave", () => {
  ticked = new Set([4]);
  range.sweep(2, 3);
  range.sweep(3, 4);
  range.sweep(4, 5);
  expect(now()).toEqual([2, 3, 4, 5]);
  range.sweep(5, 4);
  range.sweep(4, 3);
  expect(now(), "4 was ticked before").toEqual([2, 3, 4]);
  range.sweep(3, 2);
  range.sweep(2, 1);
  expect(now(), "past the first one it goes on").toEqual([1, 2, 4]);
  range.reach(0);
  expect(now()).toEqual([0, 1, 2, 4]);
});

test("a tick in between begins another way", () => {
  range.sweep(2, 3);
  range.toggle(3);
  range.sweep(3, 2);
  expect(now(), "nothing is given back").toEqual([2, 3]);
});
