import { expect, test } from "vitest";
import { place } from "../../src/components/float";

const view = { width: 1000, height: 700 };
const box = (left: number, top: number) => ({ left, top, right: left + 100, bottom: top + 32 });

test("a layer hangs below its anchor, from the chosen corner", () => {
  expect(place(box(50, 100), { width: 200, height: 100 }, view, "start")).toEqual({ left: 50, top: 136 });
  expect(place(box(500, 100), { width: 200, height: 100 }, view, "end")).toEqual({ left: 400, top: 136 });
});

test("a layer without room below goes above, and stays inside at the sides", () => {
  expect(place(box(50, 650), { width: 200, height: 100 }, view, "start").top).toBe(546);
  expect(place(box(950, 100), { width: 200, height: 100 }, view, "start").left).toBe(792);
  expect(place(box(0, 100), { width: 200, height: 100 }, view, "end").left).toBe(8);
});
