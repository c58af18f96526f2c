import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { useLocale } from "../../src/components/format/locale";
import {
  removals as removalWords,
  unreadable as words,
} from "../../src/features/connections/incoming-messages";
import { RefusedError } from "../../src/ipc/client";
import { readingAgain, removals, Unreadable } from "../../src/state/incoming.svelte";
import { Queue } from "../../src/state/queue.svelte";
import { status } from "../../src/state/status.svelte";
import { toasts } from "../../src/state/toasts.svelte";
import { answer } from "../mock/core";
import { scenarios } from "../mock/scenarios";
import { NOW, World } from "../mock/world";

let world: World;
/** Does something before the core answers a command. */
let before: (command: string) => void;
beforeEach(() => {
  useLocale({ locale: "en-GB", zone: "UTC" });
  world = new World();
  before = () => {};
  mockIPC(
    (command, args) => {
      before(command);
      return answer(world, command, (args ?? {}) as Record<string, unknown>);
    },
    { shouldMockEvents: true },
  );
});
afterEach(() => {
  toasts.list = [];
  clearMocks();
});

const asked = (command: string) => world.log.filter((one) => one.command === command).map((one) => one.args);
const parts = () => (asked("read_again") as { ids: number[] }[]).map((one) => one.ids.length);
const refusal = { code: "store" as const, message: "The disk is full.", hint: "" };

describe("an answer to the deletion guard", () => {
  beforeEach(async () => {
    scenarios.incoming?.(world);
    await status.readAnew();
  });

  test("that is taken ends the question", async () => {
    expect(await removals.allow("Sample", "notes", 180)).toBeUndefined();
    expect(status.collection("Sample", "notes")?.asks).toBeNull();
  });

  test("for a number that moved is refused, and the new number is known at once", async () => {
    world.ask("Sample", "notes", { wouldRemove: 240, of: 2300, atLeast: false, since: NOW });
    const why = await removals.allow("Sample", "notes", 180);
    expect([why?.code, why?.message]).toEqual(["moved", "240 records would be removed by now, not 180."]);
    expect(status.collection("Sample", "notes")?.asks?.wouldRemove).toBe(240);
  });
});

describe("rows that could not be read", () => {
  let unread: Unreadable;
  beforeEach(async () => {
    scenarios.unreadable?.(world);
    unread = new Unreadable();
    await unread.rows.refresh();
  });

  test("are all ticked, though the core hands over 500 at a time", async () => {
    await unread.tickAll();
    expect(unread.ticked.size).toBe(1000);
  });

  test("are asked for in parts of 20, and what each came to is one sum", async () => {
    world.mended = 30;
    const ids = Array.from({ length: 50 }, (_, i) => 1000 - i);
    const nameless = world.unreadable.filter(({ row }) => ids.includes(row.id) && row.record === null).length;
    expect(await unread.readAgain(ids)).toEqual({ read: 30, still: 20 - nameless, nameless });
    expect(parts()).toEqual([20, 20, 10]);
    expect(unread.rows.total, "the list is read anew").toBe(970);
  });

  test("are asked for no further once it is stopped, and what was done is told", async () => {
    before = (command) => {
      if (command === "read_again" && parts().length === 1) readingAgain.stop();
    };
    const came = await unread.readAgain(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(parts()).toEqual([20, 20]);
    expect((came?.read ?? 0) + (came?.still ?? 0) + (came?.nameless ?? 0)).toBe(40);
    expect(readingAgain.at).toBeUndefined();
  });

  test("keep what was done when the core refuses half way", async () => {
    before = (command) => {
      if (command === "read_again" && parts().length === 1) world.refuses.set("read_again", refusal);
    };
    const came = await unread.readAgain(Array.from({ length: 100 }, (_, i) => i + 1));
    expect((came?.still ?? 0) + (came?.nameless ?? 0)).toBe(20);
    expect(toasts.list.map((told) => told.text)).toEqual(["The disk is full."]);
  });

  test("stay open and listed when forgetting them is refused", async () => {
    await unread.open(7);
    world.refuses.set("forget_unreadable", refusal);
    expect(await unread.forget([7])).toBeUndefined();
    expect([unread.detail?.row.id, unread.rows.total]).toEqual([7, 1000]);
    world.refuses.clear();
    expect(await unread.forget([7, 4711])).toBe(1);
    expect([unread.detail, unread.detailError?.code]).toEqual([undefined, "not_found"]);
  });

  test("of other places are another list, and its ticks begin anew", () => {
    unread.tick(1, true);
    unread.setFilter({ link: "Sample", collection: null });
    expect(unread.ticked.size).toBe(0);
    expect(asked("list_unreadable").at(-1)).toMatchObject({ link: "Sample", collection: null });
  });
});

test("all changes that match are ticked, though the core hands over 500 at a time", async () => {
  scenarios.big?.(world);
  world.bigQueue = 1200;
  const queue = new Queue();
  await queue.tickAll();
  expect(queue.ticked.size).toBe(1200);
});

describe("the words", () => {
  const asks = { wouldRemove: 123_456, of: 2_000_000, atLeast: false, since: NOW };

  test("name the whole number, however great, and a label as it is", () => {
    expect(removalWords.asks("h", "C#", asks)).toBe(
      "h deleted 123,456 of 2,000,000 records in \u2068C#\u2069.",
    );
    expect(removalWords.asks("h", "C#", { ...asks, wouldRemove: 1, of: 1, atLeast: true })).toBe(
      "h deleted at least 1 of 1 record in \u2068C#\u2069.",
    );
    expect([removalWords.allow(123_456), removalWords.allow(1)]).toEqual([
      "Remove 123,456 records here",
      "Remove 1 record here",
    ]);
  });

  test("say that some have gone", () => {
    expect(removalWords.some(1000, asks)).toBe(
      "1,000 of 123,456 are shown; the others are not here any more.",
    );
    expect(removalWords.some(170, { ...asks, wouldRemove: 180 })).toBe(
      "170 of 180 are shown; the others are not here any more.",
    );
  });

  test("tell what reading again came to, without what is 0", () => {
    expect(words.came({ read: 1, still: 2, nameless: 1 })).toBe(
      "1 could be read, 2 still can't, 1 has no id to ask for.",
    );
    expect(words.came({ read: 0, still: 0, nameless: 3 })).toBe("3 have no id to ask for.");
    expect(words.came({ read: 0, still: 0, nameless: 0 })).toBe("These rows were not there any more.");
  });

  test("of a refusal end before its hint begins", () => {
    const said = (message: string, hint: string) => new RefusedError({ message, hint }).message;
    expect(said("there is no such row", "Look at the list.")).toBe("there is no such row.");
    expect(said("The disk is full.", "Make room.")).toBe("The disk is full.");
    expect(said("read-only", "")).toBe("read-only");
  });
});
