import { mockIPC, clearMocks } from "@tauri-apps/api/mocks";
import { emit } from "@tauri-apps/api/event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { kept } from "../../src/state/conflicts.svelte";
import { RecordForm } from "../../src/state/record-form.svelte";
import { classText } from "../../src/features/conflicts/messages";
import { Resolver } from "../../src/state/resolver.svelte";
import { settings } from "../../src/state/settings.svelte";
import { status } from "../../src/state/status.svelte";
import { toasts } from "../../src/state/toasts.svelte";
import { answer } from "../mock/core";
import { scenarios } from "../mock/scenarios";
import { World } from "../mock/world";

let world: World;
beforeEach(() => {
  world = new World();
  scenarios.busy?.(world);
  mockIPC((command, args) => answer(world, command, (args ?? {}) as Record<string, unknown>), {
    shouldMockEvents: true,
  });
});
afterEach(() => {
  vi.useRealTimers();
  kept.clear();
  clearMocks();
});

describe("the status", () => {
  test("takes a newer snapshot and never an older one", async () => {
    const end = await status.start();
    const first = status.now;
    expect(first?.queueLength).toBe(16);
    const newer = { ...world.snapshot(), queueLength: 99 };
    await emit("sync-state-changed", newer);
    expect(status.now?.queueLength).toBe(99);
    await emit("sync-state-changed", first);
    expect(status.now?.queueLength, "an event that was overtaken changes nothing").toBe(99);
    end();
  });

  test("a storm of events asks the views once per quarter of a second", async () => {
    vi.useFakeTimers();
    const end = await status.start();
    const before = status.queue;
    for (let i = 0; i < 1000; i += 1) {
      await emit("queue-changed", { queueLength: i, changes: [], many: true });
    }
    expect(status.queue).toBe(before);
    vi.advanceTimersByTime(300);
    expect(status.queue).toBe(before + 1);
    end();
  });
});

describe("a form", () => {
  const place = { link: "ERPNext", collection: "invoices", id: "SINV-00410" };

  test("setting what is stored is no edit", async () => {
    const form = new RecordForm(place);
    await form.read();
    form.set("/total", "200.00");
    expect(form.dirty).toBe(true);
    form.set("/total", form.stored("/total"));
    expect(form.dirty).toBe(false);
  });

  test("another literal of the same number is an edit", async () => {
    const form = new RecordForm(place);
    await form.read();
    expect(form.stored("/total")).toBe("109.10");
    form.set("/total", "109.100");
    expect([...form.edits]).toEqual([["/total", "109.100"]]);
    form.reset();
  });

  test("the JSON tab's text becomes edits of just the fields that differ", async () => {
    const form = new RecordForm(place);
    await form.read();
    form.setDocument(form.preview().replace("Call first", "Ring").replace('"paid": false,', ""));
    expect([...form.edits]).toEqual([
      ["/paid", null],
      ["/remarks", '"Ring"'],
    ]);
    expect(form.preview()).toContain("12345678901234567890");
    form.reset();
  });

  test("an edit survives leaving the form, and a save that is refused loses nothing", async () => {
    const form = new RecordForm(place);
    await form.read();
    form.set("/remarks", '"Mine"');
    const again = new RecordForm(place);
    expect(again.text("/remarks")).toBe('"Mine"');
    await again.read();
    world.refuses.set("update_record", { code: "store", message: "The disk is full.", hint: "Make room." });
    expect(await again.save()).toBeUndefined();
    expect(again.refused?.message).toBe("The disk is full.");
    expect(again.dirty, "nothing that was typed is lost").toBe(true);
    world.refuses.clear();
    expect(await again.save()).toBeDefined();
    expect(again.dirty).toBe(false);
  });

  test("what the schema refuses is told before anything is sent", async () => {
    const form = new RecordForm({ link: "ERPNext", collection: "invoices" });
    await form.read();
    form.set("/serial", "1.5");
    form.set("/due_date", '"soon"');
    expect(form.problems().map((problem) => problem.words)).toEqual([
      "Customer is required.",
      "This is a date, such as 2026-11-30.",
      "This is a whole number, such as 12.",
    ]);
    form.reset();
  });
});

describe("the resolver", () => {
  test("opens with nothing chosen and applies only when everything is", async () => {
    const resolver = new Resolver(1);
    await resolver.read();
    expect([resolver.toChoose.length, resolver.undecided.length, resolver.canApply]).toEqual([2, 2, false]);
    resolver.takeAll("mine");
    expect(resolver.canApply).toBe(true);
    resolver.choose("/remarks", undefined);
    expect(resolver.canApply).toBe(false);
  });

  test("a result is the value of the side that was chosen", async () => {
    const resolver = new Resolver(1);
    await resolver.read();
    const [due] = resolver.toChoose;
    if (!due) throw new Error("a field to choose");
    expect(resolver.result(due)).toBeUndefined();
    for (const [side, text] of [
      ["mine", due.local],
      ["server", due.server],
      ["base", due.base],
    ] as const) {
      resolver.choose(due.path, side);
      expect(resolver.result(due)).toEqual({ text });
    }
    resolver.choose(due.path, { json: '"2027"' });
    expect(resolver.result(due)).toEqual({ text: '"2027"' });
  });

  test("what a rule decided stands among what was merged and needs no choice", async () => {
    const resolver = new Resolver(1);
    await resolver.read();
    const [due, remarks] = resolver.toChoose;
    if (!resolver.view || !due || !remarks) throw new Error("two fields to choose");
    const ruled = { ...due, rule: { policy: "server" as const }, undecided: false, result: due.server };
    const fields = resolver.view.fields.map((field) => (field.path === due.path ? ruled : field));
    resolver.view = { ...resolver.view, fields };
    expect(resolver.toChoose.map((field) => field.path)).toEqual([remarks.path]);
    const shown = resolver.merged.find((field) => field.path === due.path);
    expect(shown && resolver.result(shown)).toEqual({ text: due.server });
    expect(shown && classText(shown)).toBe("Decided by your rule: Server wins");
    resolver.choose(remarks.path, "mine");
    expect(resolver.canApply).toBe(true);
  });

  test("all for one side leaves what was chosen already when only the rest is meant", async () => {
    const resolver = new Resolver(1);
    await resolver.read();
    resolver.choose("/remarks", "server");
    resolver.takeAll("mine", true);
    expect([...resolver.choices]).toEqual([
      ["/remarks", "server"],
      ["/due_date", "mine"],
    ]);
  });

  test("choices outlive the resolver until they are applied", async () => {
    const resolver = new Resolver(1);
    await resolver.read();
    resolver.takeAll("server");
    const again = new Resolver(1);
    expect(again.choices.size).toBe(2);
    await again.read();
    expect(await again.apply()).toMatchObject({ conflict: 1 });
    expect(new Resolver(1).choices.size).toBe(0);
  });

  test("a whole record that one side deleted counts the fields the other changed", async () => {
    const resolver = new Resolver(2);
    await resolver.read();
    expect(resolver.changed.mine).toBe(3);
    expect(resolver.view?.changed.map((change) => change.path)).toEqual(["/due_date", "/remarks", "/city"]);
  });
});

test("a setting that the core refuses goes back and says why", async () => {
  await settings.start();
  world.refuses.set("update_settings", { code: "store", message: "read-only", hint: "" });
  await settings.set("density", "compact");
  expect(settings.now.density).toBe("default");
  expect(settings.refused).toEqual({ key: "density", why: "read-only" });
});

test("a toast stays ten seconds, longer while it is held, and there are three at most", () => {
  vi.useFakeTimers();
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  for (const text of ["a", "b", "c", "d"]) toasts.tell(text);
  expect(toasts.list.map((told) => told.text)).toEqual(["b", "c", "d"]);
  vi.advanceTimersByTime(9000);
  toasts.hold(true);
  vi.advanceTimersByTime(60_000);
  expect(toasts.list).toHaveLength(3);
  toasts.hold(false);
  vi.advanceTimersByTime(10_001);
  expect(toasts.list).toHaveLength(0);
});
