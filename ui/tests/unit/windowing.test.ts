import { describe, expect, test } from "vitest";
import { LONGEST, reveal, slice } from "../../src/components/windowing";

const view = (more: Partial<Parameters<typeof slice>[0]> = {}) => ({
  total: 100_000,
  row: 36,
  height: 600,
  scroll: 0,
  spare: 3,
  ...more,
});

test("only the rows in view and a few beside them exist", () => {
  expect(slice(view())).toEqual({ first: 0, end: 20, spacer: 3_600_000, origin: 0 });
  expect(slice(view({ scroll: 36_000 }))).toMatchObject({ first: 997, end: 1020 });
});

test("the end of the list is reached and never passed", () => {
  const last = slice(view({ scroll: 3_600_000 - 600 }));
  expect(last.end).toBe(100_000);
  expect(slice(view({ scroll: 99_999_999 })).end).toBe(100_000);
});

test("an empty list has nothing, a short one everything", () => {
  expect(slice(view({ total: 0 }))).toMatchObject({ first: 0, end: 0 });
  expect(slice(view({ total: 3 }))).toMatchObject({ first: 0, end: 3, spacer: 108 });
});

describe("above the height that engines allow", () => {
  const million = (scroll: number) => view({ total: 5_000_000, scroll });
  test("the spacer stays within it", () => expect(slice(million(0)).spacer).toBe(LONGEST));
  test("the first and the last row are still reached", () => {
    expect(slice(million(0)).first).toBe(0);
    const end = slice(million(LONGEST - 600));
    expect(end.end).toBe(5_000_000);
    const bottom = end.origin + 5_000_000 * 36;
    expect(bottom, "the last row ends where the spacer ends").toBeCloseTo(LONGEST, 3);
  });
  test("rows in view stand inside the view", () => {
    for (const scroll of [50_000, 123_456, 7_654_321, LONGEST - 700]) {
      const { first, origin } = slice(million(scroll));
      const top = origin + (first + 3) * 36;
      expect(top, `at ${scroll}`).toBeGreaterThan(scroll - 36.1);
      expect(top, `at ${scroll}`).toBeLessThanOrEqual(scroll + 36.1);
    }
  });
  test("a row is brought into view", () => {
    const at = reveal(million(0), 2_500_000);
    const { first, end } = slice(million(at));
    expect(first).toBeLessThanOrEqual(2_500_000);
    expect(end).toBeGreaterThan(2_500_000);
  });
});

test("a row in view moves nothing; one outside moves just enough", () => {
  expect(reveal(view({ scroll: 360 }), 12)).toBe(360);
  expect(reveal(view({ scroll: 360 }), 5)).toBe(180);
  expect(reveal(view({ scroll: 0 }), 20)).toBe(21 * 36 - 600);
});
