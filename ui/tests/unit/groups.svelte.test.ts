import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pathsText, shapeText } from "../../src/features/conflicts/group-messages";
import type { ConflictShape } from "../../src/ipc/client";
import { fits, groupAt, nameOf, shapeOf, shapes } from "../../src/state/conflict-shapes.svelte";
import { excerpts, startExcerpt } from "../../src/state/excerpt";
import { GroupSheet, sheetOf } from "../../src/state/group-sheet.svelte";
import { parse } from "../../src/state/router.svelte";
import { alike, alikeMany, alikeMixed } from "../mock/alike";
import { answer } from "../mock/core";
import { NOW, World } from "../mock/world";

const invoices: ConflictShape = {
  link: "ERPNext",
  collection: "invoices",
  conflictType: "both_updated",
  paths: ["/remarks", "/status"],
};

let world: World;
/** Called before each answer. */
let before: (command: string) => Promise<void> | void;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  world = new World();
  alike(world);
  before = () => {};
  mockIPC(
    async (command, args) => {
      await before(command);
      return answer(world, command, (args ?? {}) as Record<string, unknown>);
    },
    { shouldMockEvents: true },
  );
});
afterEach(() => {
  vi.useRealTimers();
  clearMocks();
});

const asked = (command: string) =>
  world.log.filter((one) => one.command === command).map((one) => one.args as Record<string, unknown>);

async function read(shape = invoices): Promise<GroupSheet> {
  const sheet = new GroupSheet(shape);
  await sheet.read();
  return sheet;
}

const ids = (rows: { row: { id: number } }[]) => rows.map(({ row }) => row.id);

describe("a shape", () => {
  test("goes into an address and comes back, whatever its names hold", () => {
    const odd = { ...invoices, link: 'a "b" &?#/%', paths: ["/a~1b/*", "/ü"] };
    expect(shapeOf(parse(groupAt(odd)).query.shape)).toEqual(odd);
    for (const broken of [undefined, "", "x", "{}", '["a","b","c"]', '["a","b",1]', '["a"]'])
      expect(shapeOf(broken), broken).toBeUndefined();
  });

  test("means any row of a list by its star", () => {
    expect(fits("/items/7/qty", "/items/*/qty")).toBe(true);
    expect(fits("/items/a~1b/qty", "/items/*/qty")).toBe(true);
    expect(fits("/items/7", "/items/*/qty")).toBe(false);
    expect(fits("/items/7/rate", "/items/*/qty")).toBe(false);
  });

  test("is said in words, and not too many", () => {
    expect(shapeText(invoices)).toBe("remarks, status · Both edited");
    expect(shapeText({ ...invoices, paths: [] })).toBe("Both edited");
    expect(pathsText({ ...invoices, paths: ["/items/*/qty"] })).toBe("items › qty");
    const many = ["/a", "/b", "/c", "/d", "/e", "/f"];
    expect(pathsText({ ...invoices, paths: many })).toBe("a, b, c, d and 2 more");
    expect(pathsText({ ...invoices, paths: many.slice(0, 5) }), "no more than it takes").toBe(
      "a, b, c, d, e",
    );
  });

  test("is found of an open conflict", async () => {
    await shapes.read();
    expect(shapes.list.map((group) => group.conflicts)).toEqual([12, 2]);
    expect((await shapes.ofId(4))?.shape).toEqual(invoices);
    expect(await shapes.ofId(13), "alone of its kind").toBeNull();
  });
});

describe("an excerpt", () => {
  const same = "The customer asked for the goods to be delivered. ";

  test("leaves short values as they are", () => {
    expect(excerpts('"a"', null)).toEqual(['"a"', null]);
    expect(excerpts("1.10", "1.20")).toEqual(["1.10", "1.20"]);
  });

  test("begins where the sides differ", () =>
    expect(excerpts(JSON.stringify(`${same}Ring twice.`), JSON.stringify(`${same}Ask for Anna.`))).toEqual([
      '"…delivered. Ring twice."',
      '"…delivered. Ask for Anna."',
    ]));

  test("keeps the words before a difference, and where one side ends sooner", () => {
    const [mine, server] = excerpts(JSON.stringify(`${same}A b c 1`), JSON.stringify(`${same}A b c`));
    expect([mine, server]).toEqual(['"…A b c 1"', '"…A b c"']);
  });

  test("never cuts a letter of two halves, and ends", () => {
    const [mine, server] = excerpts(
      JSON.stringify("😀".repeat(30) + "a".repeat(1000)),
      JSON.stringify("😀".repeat(30) + "😁".repeat(1000)),
    );
    for (const side of [mine, server]) {
      expect(() => encodeURIComponent(JSON.parse(side ?? "") as string)).not.toThrow();
      expect(side?.length).toBeLessThan(500);
    }
  });

  test("of what both started as begins where the first side departs from it", () => {
    const [base, mine, server] = [`${same}Ring.`, `${same}Ring twice.`, `${same}Ask.`].map((text) =>
      JSON.stringify(text),
    ) as [string, string, string];
    expect(startExcerpt(base, [mine, server])).toBe('"…delivered. Ring."');
    expect(startExcerpt(base, [mine, '"Other"']), "one side has nothing of it").toBe(base);
    expect(startExcerpt(base, [mine, null])).toBe('"…Ring."');
    expect(startExcerpt(null, [mine, server])).toBeNull();
    expect(startExcerpt("1.10", ["1.20", '"a"'])).toBe("1.10");
  });

  test("of a long value that is no text is text", () => {
    const [mine] = excerpts(JSON.stringify({ a: "x".repeat(1000) }), null);
    expect(mine?.startsWith('"{')).toBe(true);
  });
});

describe("a sheet", () => {
  test("chooses nothing and leaves out what is warned", async () => {
    const sheet = await read();
    expect(sheet.undecided).toEqual(["/remarks", "/status"]);
    expect(ids(sheet.leftOut)).toEqual([11, 12]);
    expect(sheet.ticked).toHaveLength(10);
    expect(sheet.canApply).toBe(false);
    sheet.choose("/status", "server");
    sheet.chooseRest("mine");
    expect([...sheet.choices].sort()).toEqual([
      ["/remarks", "mine"],
      ["/status", "server"],
    ]);
    expect(sheet.canApply).toBe(true);
    sheet.tickAll(false);
    expect(sheet.canApply, "nothing is ticked").toBe(false);
  });

  test("applies nothing before every row is read, and all means those too", async () => {
    alikeMany(world, 1200);
    let go = () => {};
    let pages = 0;
    before = (command) =>
      command === "list_group_members" && ++pages === 2 ? new Promise((done) => (go = done)) : undefined;
    const sheet = new GroupSheet(invoices);
    const reading = sheet.read();
    await vi.waitFor(() => expect(pages).toBe(2));
    sheet.chooseRest("mine");
    sheet.tickAll(true);
    expect([sheet.rows.length, sheet.total, sheet.canApply]).toEqual([500, 1200, false]);
    go();
    await reading;
    expect([sheet.ticked.length, sheet.total, sheet.canApply]).toEqual([1200, 1200, true]);
    expect(asked("list_group_members").map(({ offset, limit }) => [offset, limit])).toEqual([
      [0, 500],
      [500, 500],
      [1000, 500],
    ]);
  });

  test("decides on the versions that were shown, in one call", async () => {
    const sheet = await read();
    sheet.chooseRest("server");
    const pending = sheet.apply();
    expect(await sheet.apply(), "a second press is none").toBeUndefined();
    expect((await pending)?.done).toHaveLength(10);
    expect(asked("resolve_group")).toHaveLength(1);
    expect(asked("resolve_group")[0]?.members).toContainEqual({ conflict: 1, seen: "3" });
    expect(ids(sheet.rows)).toEqual([11, 12]);
  });

  test("unticks what moved while it was shown, whatever was ticked", async () => {
    const sheet = await read();
    sheet.tickAll(true);
    world.conflicts = world.conflicts.map((one) => (one.id === 2 ? { ...one, server_version: "4" } : one));
    await sheet.read();
    expect(ids(sheet.leftOut)).toEqual([2]);
    sheet.tick(2, true);
    await sheet.read();
    expect(ids(sheet.ticked), "once it was looked at, it may be ticked").toContain(2);
  });

  test("keeps what was refused, with its words, until it is gone", async () => {
    const sheet = await read();
    sheet.chooseRest("mine");
    world.conflicts = world.conflicts.map((one) => (one.id === 3 ? { ...one, server_version: "4" } : one));
    await sheet.apply();
    const [left] = sheet.leftOut;
    expect(left && sheet.warnings(left)).toMatchObject([{ why: "refused", refused: { code: "moved" } }]);
    world.conflicts = world.conflicts.filter((one) => one.id !== 3);
    await vi.waitFor(async () => {
      await sheet.read();
      expect(sheet.refusals.size).toBe(0);
    });
  });

  test("tells of what has another shape by now, which is no row any more", async () => {
    const sheet = await read();
    sheet.chooseRest("mine");
    world.conflicts = world.conflicts.filter((one) => one.id !== 3);
    await sheet.apply();
    await vi.waitFor(() => expect(ids(sheet.rows)).toEqual([11, 12]));
    await sheet.read();
    expect([...sheet.refusals.values()]).toMatchObject([
      { title: "Sakura KK", refused: { message: "conflict 3 is settled already." } },
    ]);
  });

  test("keeps its rows where they cannot be read again, and says why", async () => {
    const sheet = await read();
    world.refuses.set("list_group_members", { code: "store", message: "broken", hint: "" });
    await sheet.read();
    expect([sheet.rows.length, sheet.error?.code]).toEqual([12, "store"]);
    world.refuses.clear();
    await sheet.read();
    expect(sheet.error).toBeUndefined();
  });

  test("decides 10,000 at once at most", async () => {
    alikeMany(world, 10_001);
    const sheet = await read();
    sheet.tickAll(true);
    sheet.chooseRest("mine");
    expect([sheet.ticked.length, sheet.going]).toEqual([10_001, 10_000]);
    await sheet.apply();
    expect((asked("resolve_group")[0]?.members as unknown[]).length).toBe(10_000);
    expect(ids(sheet.rows)).toEqual([10_001]);
  });

  test("can go back to what all started as, and has a value of one's own", async () => {
    const sheet = await read();
    const field = () => sheet.rows[0]?.fields[1];
    const result = () => {
      const one = field();
      return one && sheet.result(one);
    };
    expect([sheet.hasBase, field()?.pattern]).toEqual([true, "/status"]);
    sheet.choose("/status", "base");
    expect(result()).toEqual({ text: field()?.base });
    sheet.type("/status", '"void"');
    expect(result()).toEqual({ text: '"void"' });
    sheet.choose("/status", "mine");
    expect(sheet.typed.get("/status"), "it is there to be chosen again").toBe('"void"');
    sheet.type("/status", '"void"');
    sheet.choose("/remarks", "base");
    await sheet.apply();
    expect(asked("resolve_group")[0]?.choices).toEqual([
      { path: "/remarks", choice: "base" },
      { path: "/status", choice: { json: '"void"' } },
    ]);
  });

  test("takes a text as text, another value by its literal, and for rows and secrets none", async () => {
    const sheet = await read();
    expect(["/remarks", "/status", "", "/items/*/qty"].map((path) => sheet.typing(path))).toEqual([
      "text",
      "text",
      "nothing",
      "nothing",
    ]);
    alikeMixed(world);
    await shapes.read();
    const mixed = await read(shapes.list[0]?.shape);
    expect(Object.fromEntries(mixed.paths.map((path) => [path, mixed.typing(path)]))).toMatchObject({
      "/address/city": "text",
      "/items/*/qty": "nothing",
      "/key": "nothing",
    });
    world.conflicts = world.conflicts.map((one, i) => ({
      ...one,
      fields: one.fields.map((field) => (i === 1 ? { ...field, local: "12" } : field)),
    }));
    await mixed.read();
    expect(mixed.typing("/address/city"), "one of them has a number there").toBe("value");
  });

  test("has no start where there is none", async () => {
    expect((await read({ ...invoices, conflictType: "created_on_both" })).hasBase).toBe(false);
    expect((await read({ ...invoices, conflictType: "no_base" })).hasBase).toBe(false);
  });

  test("holds little of long values", async () => {
    const long = JSON.stringify("x".repeat(100_000));
    for (const one of world.conflicts)
      one.fields = one.fields.map((field) => ({ ...field, local: long, server: `"y${long.slice(1)}` }));
    const sheet = await read();
    expect(JSON.stringify(sheet.rows.map((one) => one.fields)).length).toBeLessThan(24 * 1200);
  });

  test("is the same again for the same shape only", () => {
    const sheet = sheetOf(invoices);
    expect(sheetOf({ ...invoices })).toBe(sheet);
    expect(nameOf(sheetOf({ ...invoices, paths: [] }).shape)).not.toBe(nameOf(invoices));
    expect(sheetOf(invoices)).not.toBe(sheet);
  });
});
