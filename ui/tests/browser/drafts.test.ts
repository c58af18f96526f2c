// What is typed into a record and not saved, in a real browser over the core of memory.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { DraftEdit } from "../../src/ipc/client";
import type { World } from "../mock/world";
import { calls, Harness, type Theme } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(async () => {
  expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
  await window.closePages();
});
afterAll(() => window.stop());

const LIST = "#/records/ERPNext/invoices";
const RECORD = `${LIST}/SINV-00410`;
const KEPT = "A draft is kept on this computer.";

type Mocked = { world: World };

const remarks = (page: Page) => page.getByLabel("Remarks");
const go = (page: Page, at: string) => page.evaluate((at) => void (location.hash = at), at);
const kept = (page: Page) => calls(page, "keep_draft");

/** Puts a draft on the disk of the core of memory, as one of an earlier day. */
const put = (page: Page, id: string, edits: DraftEdit[]) =>
  page.evaluate(
    ([id, edits]) => {
      const { world } = globalThis as unknown as Mocked;
      world.drafts.set(JSON.stringify(["ERPNext", "invoices", id]), { edits, at: Date.now() });
    },
    [id, edits] as const,
  );

const refuse = (page: Page, command: string) =>
  page.evaluate((command) => {
    const { world } = globalThis as unknown as Mocked;
    world.refuses.set(command, {
      code: "store",
      message: "There is no room on the disk",
      hint: "Make room.",
    });
  }, command);

test("what is typed is kept once typing rests, with what stood there, and is told", async () => {
  const page = await window.open({ scenario: "offline", at: RECORD, stopped: true });
  await remarks(page).fill("Ring tw");
  await page.clock.runFor(299);
  await remarks(page).fill("Ring twice");
  await page.clock.runFor(299);
  expect(await kept(page)).toEqual([]);
  expect(await page.getByText(KEPT).count(), "nothing is said that is not so").toBe(0);
  await page.clock.runFor(1);
  await page.getByText(KEPT).waitFor();
  const [one, ...more] = await kept(page);
  expect(more).toEqual([]);
  expect(one).toMatchObject({ link: "ERPNext", collection: "invoices", id: "SINV-00410" });
  expect(one?.edits).toEqual([
    { path: "/remarks", set: '"Ring twice"', before: expect.anything() as unknown },
  ]);
  await remarks(page).fill("Ring thrice");
  expect(await page.getByText(KEPT).count()).toBe(0);
  await page.getByRole("button", { name: "Undo my edits" }).click();
  await page.clock.runFor(300);
  await expect.poll(async () => (await kept(page)).at(-1)?.edits).toEqual([]);
});

test("who leaves a form leaves a draft at once, and finds it", async () => {
  const page = await window.open({ scenario: "offline", at: RECORD, stopped: true });
  await remarks(page).fill("Ring twice");
  await go(page, "#/overview");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await expect.poll(async () => (await kept(page)).length).toBe(1);
  await go(page, RECORD);
  await remarks(page).waitFor();
  expect(await remarks(page).inputValue()).toBe("Ring twice");
  await page.getByText(KEPT).waitFor();
});

test("a draft of an earlier day stands in the form, and what changed under it is said before it is saved over", async () => {
  const page = await window.open({ scenario: "offline", at: LIST });
  await page.getByText("SINV-00410").first().waitFor();
  await put(page, "SINV-00410", [
    { path: "/remarks", set: '"Ring twice"', before: '"what stood there then"' },
    { path: "/total", set: "12,", before: "109.10" },
  ]);
  await go(page, RECORD);
  await page.getByText("Changed on the server after you typed this (1 field).").waitFor();
  expect(await remarks(page).inputValue()).toBe("Ring twice");
  expect(await page.getByLabel("Total").inputValue(), "as it was typed").toBe("12,");
  await page.getByRole("button", { name: "Keep editing" }).click();
  await expect.poll(async () => (await kept(page)).length).toBe(1);
  const [one] = (await kept(page))[0]?.edits as DraftEdit[];
  expect(one?.path).toBe("/remarks");
  expect(one?.before, "it was seen what stands there now").not.toBe('"what stood there then"');
});

test("what is saved is no draft any more, and what was typed meanwhile is one", async () => {
  const page = await window.open({ scenario: "offline", at: RECORD, stopped: true });
  await remarks(page).fill("Ring twice");
  await page.clock.runFor(300);
  await page.getByText(KEPT).waitFor();
  await page.evaluate(() => {
    const written = new Promise((done) => addEventListener("written", done, { once: true }));
    (globalThis as unknown as Mocked).world.waits.set("update_record", written);
  });
  await page.getByRole("button", { name: "Save here" }).click();
  await page.getByText("Saving", { exact: true }).waitFor();
  await page.getByLabel("Total").fill("7.10");
  await page.clock.runFor(10_000);
  expect((await kept(page)).length, "nothing is written beside the save, which would take it away").toBe(1);
  await page.evaluate(() => void dispatchEvent(new Event("written")));
  await page.getByText("Not saved yet").waitFor();
  await page.clock.runFor(300);
  await page.getByText(KEPT).waitFor();
  expect((await calls(page, "update_record"))[0]).toMatchObject({ fromForm: true });
  expect(((await kept(page)).at(-1)?.edits as DraftEdit[]).map((edit) => edit.path)).toEqual(["/total"]);
});

test("a new record is saved with its draft, and the next one is empty", async () => {
  const page = await window.open({ scenario: "calm", at: LIST });
  await page.getByRole("button", { name: "New" }).click();
  await page.getByRole("combobox", { name: "Customer" }).fill("CUST-81");
  await page.getByText(KEPT).waitFor();
  expect((await kept(page)).at(-1)).toMatchObject({ id: null });
  await page.getByLabel("Total").fill("1.10");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("heading", { name: /NEW-/ }).waitFor();
  expect((await calls(page, "create_record"))[0]).toMatchObject({ fromForm: true });
  await page.getByRole("button", { name: "New" }).click();
  await page.getByRole("heading", { name: /^New record/ }).waitFor();
  expect(await page.getByRole("combobox", { name: "Customer" }).inputValue()).toBe("");
});

test("a draft that cannot be kept says so, and stays in the form", async () => {
  const page = await window.open({ scenario: "offline", at: RECORD });
  await refuse(page, "keep_draft");
  await remarks(page).fill("Ring twice");
  await page.getByText("No draft of it is kept: There is no room on the disk").waitFor();
  expect(await page.getByText(KEPT).count()).toBe(0);
  await go(page, "#/overview");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await go(page, RECORD);
  await remarks(page).waitFor();
  expect(await remarks(page).inputValue(), "as long as the window lives").toBe("Ring twice");
});

test.each(["light", "dark"] as Theme[])(
  "drafts are listed, also where the record is not (%s)",
  async (theme) => {
    const page = await window.open({ scenario: "offline", at: LIST, theme });
    await page.getByText("SINV-00410").first().waitFor();
    await put(page, "SINV-00410", [{ path: "/remarks", set: '"Ring twice"', before: null }]);
    await put(page, "SINV-00001", [{ path: "/remarks", set: '"Was it paid?"', before: '"open"' }]);
    await put(page, "", [{ path: "/customer", set: '"CUST-81"', before: null }]);
    await page.getByRole("radio", { name: "Drafts" }).check();
    await expect.poll(() => page.getByRole("gridcell", { name: "Draft", exact: true }).count()).toBe(3);
    await page.getByRole("row").filter({ hasText: "SINV-00001" }).click();
    await page.getByText("This record is not on this computer.").waitFor();
    await page.getByRole("cell", { name: "Was it paid?" }).waitFor();
    await window.shot(page, `drafts-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await page.getByRole("button", { name: "Discard the draft" }).click();
    await page.getByText("The draft is discarded.").waitFor();
    await expect.poll(() => page.getByRole("gridcell", { name: "Draft", exact: true }).count()).toBe(2);
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    await expect.poll(() => page.getByRole("gridcell", { name: "Draft", exact: true }).count()).toBe(3);
    expect((await kept(page)).at(-1)?.edits, "as it was").toEqual([
      { path: "/remarks", set: '"Was it paid?"', before: '"open"' },
    ]);
    await page.getByRole("row").filter({ hasText: "New record in Sales invoices" }).click();
    await expect.poll(() => page.getByRole("combobox", { name: "Customer" }).inputValue()).toBe("CUST-81");
    await window.shot(page, `draft-new-${theme}`);
  },
);

test("a draft of a record that was deleted here is shown and can be discarded", async () => {
  const page = await window.open({ scenario: "offline", at: LIST });
  await page.getByText("SINV-00405").first().waitFor();
  await put(page, "SINV-00405", [{ path: "/remarks", set: '"Ring twice"', before: null }]);
  await go(page, `${LIST}/SINV-00405`);
  await page.getByText("You deleted this record here.").waitFor();
  await page.getByRole("cell", { name: "Ring twice" }).waitFor();
  await page.getByRole("button", { name: "Discard the draft" }).click();
  await page.getByText("The draft is discarded.").waitFor();
  expect((await kept(page)).at(-1)).toMatchObject({ id: "SINV-00405", edits: [] });
});

test("removing a connection names the forms that were not saved, and asks again where more are than it named", async () => {
  const page = await window.open({ scenario: "calm", at: "#/connections" });
  await page.getByRole("heading", { name: "ERPNext" }).waitFor();
  await put(page, "SINV-00410", [{ path: "/remarks", set: '"Ring twice"', before: null }]);
  await page.getByRole("button", { name: "More: ERPNext" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await window.shot(page, "draft-removal");
  await page.getByText("1 record has edits that you did not save. They are lost.").waitFor();
  expect((await calls(page, "remove_link")).map((args) => args.force)).toEqual([false]);
  await page.getByRole("dialog").getByRole("button", { name: "Remove anyway" }).click();
  await page.getByText("ERPNext is removed.").waitFor();
  expect((await calls(page, "remove_link")).map((args) => args.force)).toEqual([false, false, true]);
});
