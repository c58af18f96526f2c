import { describe, expect, test } from "vitest";
import {
  at,
  check,
  edits,
  isInteger,
  isNumber,
  keys,
  pretty,
  put,
  quote,
  read,
  textAt,
  unquote,
  write,
} from "../../src/state/json";

describe("numbers keep their literals", () => {
  test.each([
    "12345678901234567890",
    "1.10",
    "-0.0",
    "1e400",
    "1E+2",
    "0.1000000000000000055511151231257827",
  ])("%s comes back as it was written", (literal) => {
    expect(write(read(literal) ?? null)).toBe(literal);
    expect(write(read(`{"a":[${literal}]}`) ?? null)).toBe(`{"a":[${literal}]}`);
    expect(textAt(`{"a":{"b":${literal}}}`, "/a/b")).toBe(literal);
  });
  test("pretty text keeps them too", () => expect(pretty('{"a":1.10}')).toBe('{\n  "a": 1.10\n}'));
});

test("what is no JSON is told with its place, and never thrown", () => {
  expect(read("{")).toBeUndefined();
  expect(check('{"a":1').ok).toBe(false);
  expect(read('{"a":1,"a":2}'), "a doubled key with two values is none").toBeUndefined();
  expect(pretty("<html>")).toBe("<html>");
});

test("128 levels are read and written", () => {
  const deep = "[".repeat(128) + "]".repeat(128);
  expect(write(read(deep) ?? null)).toBe(deep);
});

describe("paths", () => {
  test("keys are unescaped in the right order", () =>
    expect(keys("/a~1b/~0c/~01")).toEqual(["a/b", "~c", "~1"]));
  test("what is not there is undefined, what is null is null", () => {
    const value = read('{"a":null,"b":[1,2]}');
    expect(at(value, "/a")).toBeNull();
    expect(at(value, "/x")).toBeUndefined();
    expect(at(value, "/a/x")).toBeUndefined();
    expect(at(value, "/b/length")).toBeUndefined();
    expect(at(value, "/constructor")).toBeUndefined();
  });
  test("setting makes the objects on the way and leaves the original as it was", () => {
    const before = read('{"a":{"x":1.10}}') ?? null;
    expect(write(put(before, "/a/b/c", read("2.20")))).toBe('{"a":{"x":1.10,"b":{"c":2.20}}}');
    expect(write(put(before, "/a/x", undefined))).toBe('{"a":{}}');
    expect(write(before)).toBe('{"a":{"x":1.10}}');
  });
  test("rows of a list are set and taken by their place", () => {
    const before = read('{"a":[1,{"b":2},3]}') ?? null;
    expect(write(put(before, "/a/1/b", read("9")))).toBe('{"a":[1,{"b":9},3]}');
    expect(write(put(before, "/a/0", undefined))).toBe('{"a":[{"b":2},3]}');
  });
  test("a key called __proto__ is a key and nothing else", () => {
    const after = put(read("{}") ?? null, "/__proto__", read('"x"'));
    expect(write(after)).toBe('{"__proto__":"x"}');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

test("edits lead from one document to the other, field by field, and see a changed literal", () => {
  const from = read('{"a":1,"b":{"c":1.1,"d":[1]},"e/f":0}') ?? null;
  const to = read('{"a":1,"b":{"c":1.10,"d":[1,2]},"g":null}') ?? null;
  const found = edits(from, to);
  expect(found).toEqual([
    { path: "/e~1f", set: null },
    { path: "/b/c", set: "1.10" },
    { path: "/b/d", set: "[1,2]" },
    { path: "/g", set: "null" },
  ]);
  const applied = found.reduce(
    (value, edit) => put(value, edit.path, edit.set === null ? undefined : read(edit.set)),
    from,
  );
  expect(edits(applied, to)).toEqual([]);
});

test("number literals are told from what only looks like one", () => {
  expect(["1", "-1.5e3", "0"].every(isNumber)).toBe(true);
  expect(["", "01", "1.", ".5", "NaN", "1,5", " 1", "0x1", "Infinity"].some(isNumber)).toBe(false);
  expect([isInteger("12"), isInteger("1.0")]).toEqual([true, false]);
});

test("strings are quoted and unquoted", () => {
  const text = 'a "quoted"\n\u2028 line';
  expect(unquote(quote(text))).toBe(text);
  expect(unquote("1")).toBeUndefined();
  expect(unquote(null)).toBeUndefined();
});
