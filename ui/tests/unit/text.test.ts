import { expect, test } from "vitest";
import { pieces } from "../../src/features/conflicts/marks";
import { monday, tomorrow } from "../../src/features/conflicts/later";
import { cut, line, sentenceOf, visible } from "../../src/features/shared/text";
import { shown } from "../../src/features/shared/value";

test("characters that hide or turn text are shown by their code", () => {
  expect(visible("a\u202Egnp.exe\u0000")).toBe("a⟦U+202E⟧gnp.exe⟦U+0000⟧");
  expect(visible("line\nbreak\ttab"), "line breaks and tabs stay").toBe("line\nbreak\ttab");
  expect(visible("مرحبا 👩‍🌾"), "right-to-left text and joined emoji stay").toBe("مرحبا 👩‍🌾");
});

test("a pile of marks on one letter is cut, and letters that need several stay", () => {
  expect(visible(`Z${"\u0301".repeat(50)}!`)).toBe(`Z${"\u0301".repeat(4)}…!`);
  expect(visible("क्ष्म्य Việt שָׁלוֹם")).toBe("क्ष्म्य Việt שָׁלוֹם");
});

test("what a program said is one sentence with one end", () => {
  expect(sentenceOf(" stopped\n  at line 4 ", 50)).toBe("stopped at line 4.");
  expect(sentenceOf("choose by hand.", 50), "it has its end already").toBe("choose by hand.");
  expect(sentenceOf("very long", 4)).toBe("very…");
  expect(sentenceOf("a\u202Eb", 50)).toBe("a⟦U+202E⟧b.");
});

test("a cut never leaves half a character", () => {
  expect(cut("ab👍cd", 3)).toBe("ab…");
  expect(cut("abc", 3)).toBe("abc");
});

test("a row's text is one line of bounded length", () => {
  const text = line("x\n".repeat(1_000_000));
  expect(text.length).toBeLessThan(300);
  expect(text).not.toContain("\n");
});

test.each([
  [null, "absent", "not there"],
  ["null", "null", "empty (null)"],
  ['""', "empty", "empty text"],
  ["true", "boolean", "Yes"],
  ["1.10", "number", "1.10"],
  ["12345678901234567890", "number", "12345678901234567890"],
  ['"a"', "text", "a"],
  ['{"a":1.10}', "json", '{"a":1.10}'],
  ["{broken", "broken", "{broken"],
])("%s is shown as %s: %s", (text, kind, words) => expect(shown(text)).toEqual({ kind, text: words }));

test("raw shows the stored literal", () => expect(shown('"a"', true)).toEqual({ kind: "json", text: '"a"' }));

test("marks lead from one text to the other and give up on what is too long", () => {
  const parts = pieces("Call first", "Call first, after 5 pm") ?? [];
  const side = (drop: string) => parts.filter((part) => part.kind !== drop).map((part) => part.text);
  expect(side("added").join("")).toBe("Call first");
  expect(side("removed").join("")).toBe("Call first, after 5 pm");
  expect(pieces("a", "b".repeat(5000))).toBeUndefined();
});

test("later is nine in the morning, tomorrow or on Monday, never today", () => {
  const saturday = new Date(2026, 10, 21, 14, 5).getTime();
  expect(new Date(tomorrow(saturday)).toString()).toBe(new Date(2026, 10, 22, 9).toString());
  expect(new Date(monday(saturday)).toString()).toBe(new Date(2026, 10, 23, 9).toString());
  const mondayItself = new Date(2026, 10, 23, 8).getTime();
  expect(new Date(monday(mondayItself)).toString()).toBe(new Date(2026, 10, 30, 9).toString());
});
