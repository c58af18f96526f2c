import { expect, test } from "vitest";
import { href, parse } from "../../src/state/router.svelte";
import { filterOf } from "../../src/state/queue.svelte";

test("an address goes there and back, whatever the id holds", () => {
  for (const id of ["1041", "a/b", "..", "x y?z#w", "%2F", "ü", "\u202E"]) {
    const to = href("records", ["link", "things", id], { show: "changed" });
    expect(parse(to)).toEqual({
      screen: "records",
      parts: ["link", "things", id],
      query: { show: "changed" },
    });
  }
});

test("empty filters are left out", () =>
  expect(href("queue", [], { state: "", search: null })).toBe("#/queue"));

test("what is unknown is the Overview, and a broken escape does not throw", () => {
  expect(parse("#/nowhere/1").screen).toBe("overview");
  expect(parse("").screen).toBe("overview");
  expect(parse("#/queue/%E0%A4%A").parts).toEqual(["%E0%A4%A"]);
});

test("a filter with a made-up state is no filter", () => {
  expect(filterOf({ state: "nonsense" }).state).toBeNull();
  expect(filterOf({ state: "needs_you", search: "x" })).toEqual({
    state: "needs_you",
    link: null,
    collection: null,
    search: "x",
    sort: null,
  });
});
