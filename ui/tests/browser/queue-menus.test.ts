// The menus at the head of the queue, and rows that are dragged, in a real browser over the core of memory.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { World } from "../mock/world";
import { calls, Harness, type Theme } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(async () => {
  expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
  await window.closePages();
});
afterAll(() => window.stop());

const themes: Theme[] = ["light", "dark"];

const menu = (page: Page, name: string) => page.locator("main").getByRole("button", { name, exact: true });
const item = (page: Page, name: string | RegExp) => page.getByRole("menuitem", { name });
async function choose(page: Page, of: string, name: string | RegExp): Promise<void> {
  await menu(page, of).first().click();
  await item(page, name).click();
}
const ids = async (page: Page, command: string) =>
  (await calls(page, command)).map((one) => one.ids as string[]);
/** Makes 30 more changes wait, some of them elsewhere. */
const many = (page: Page) =>
  page.evaluate(() => {
    const world = (globalThis as unknown as { world: World }).world;
    const model = world.changes.find(({ row }) => row.title === "Customer order 1");
    if (!model) return;
    for (let i = 0; i < 30; i += 1) {
      const elsewhere = i < 4 ? { link: "Sample", collection: "notes" } : {};
      const row = { ...model.row, ...elsewhere, id: `more-${i}`, number: 2000 + i, position: 20 + i };
      world.changes.push({ ...model, row });
    }
    return world.tell();
  });

test.each(themes)("the menus of the head are read, and reached by keys (%s)", async (theme) => {
  const page = await window.open({ scenario: "busy", at: "#/queue", theme });
  await many(page);
  await page
    .locator("main")
    .getByText(/42 waiting/)
    .waitFor();
  await menu(page, "Hold").focus();
  await page.keyboard.press("Enter");
  await item(page, "Hold all 41 that wait").waitFor();
  const selected = item(page, /Hold what is selected/);
  expect(await selected.getAttribute("aria-disabled"), "nothing is ticked").toBe("true");
  await expect.poll(() => selected.evaluate((node) => node === document.activeElement)).toBe(true);
  await page.getByRole("group", { name: "Hold what waits for" }).waitFor();
  expect(await window.axe(page)).toEqual([]);
  await window.shot(page, `queue-hold-${theme}`);
  await page.keyboard.press("End");
  expect(await page.evaluate(() => document.activeElement?.textContent.trim())).toBe("Stop holding all");
  await page.keyboard.press("Escape");
  await expect.poll(() => menu(page, "Hold").evaluate((node) => node === document.activeElement)).toBe(true);
  await menu(page, "More").first().click();
  await item(page, "Send again the 1 that needs you").waitFor();
  expect(await item(page, /Put back from Trash/).getAttribute("aria-disabled")).toBe("true");
  expect(await window.axe(page)).toEqual([]);
  await window.shot(page, `queue-more-${theme}`);
});

test("all that wait, those of one connection or of one collection are held, and many only after a word", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue" });
  await many(page);
  await choose(page, "Hold", "Sample (4)");
  await page.getByText("4 are on hold.").waitFor();
  expect((await ids(page, "hold"))[0]).toEqual(["more-0", "more-1", "more-2", "more-3"]);
  await choose(page, "Hold", "Customers · ERPNext");
  await page.getByText("1 is on hold.").waitFor();
  await choose(page, "Hold", "Hold all 36 that wait");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Hold 36 changes?").waitFor();
  expect(await window.axe(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Leave as it is" }).click();
  expect(await ids(page, "hold"), "nothing was done").toHaveLength(2);
  await choose(page, "Hold", "Hold all 36 that wait");
  await dialog.getByRole("button", { name: "Hold 36" }).click();
  await page.getByText("36 are on hold.").waitFor();
  await choose(page, "Hold", "Stop holding all");
  await dialog.getByRole("button", { name: "Stop holding 41" }).click();
  await page.getByText("41 go out again.").waitFor();
  const freed = (await ids(page, "hold")).at(-1);
  expect(freed, "what waits for another was held by nobody").not.toContain("0190-1054");
  expect((await calls(page, "hold")).map((one) => one.held)).toEqual([true, true, true, false]);
});

test("of many collections those where most waits are named, and that there are more is said", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue" });
  await page.evaluate(() => {
    const world = (globalThis as unknown as { world: World }).world;
    const model = world.changes.find(({ row }) => row.title === "Customer order 1");
    if (!model) return;
    for (let i = 0; i < 12; i += 1) {
      for (let n = 0; n <= i; n += 1) {
        const row = { ...model.row, id: `${i}-${n}`, number: 2000 + 20 * i + n, collection: `coll-${i}` };
        world.changes.push({ ...model, row });
      }
    }
    return world.tell();
  });
  await page
    .locator("main")
    .getByText(/90 waiting/)
    .waitFor();
  await menu(page, "Hold").click();
  const named = page.getByRole("group", { name: "Hold what waits in" }).getByRole("menuitem");
  await expect.poll(() => named.first().textContent()).toContain("coll-11 · ERPNext");
  await item(page, /6 more collections/).waitFor();
  expect(await item(page, /^coll-/).count()).toBe(7);
});

test("what is selected is held from the head, too", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?state=waiting" });
  await page.getByRole("checkbox", { name: /Customer order 9/ }).check();
  await choose(page, "Hold", "Hold the 1 selected");
  await page.getByText("1 is on hold.").waitFor();
  expect(await ids(page, "hold")).toHaveLength(1);
});

test("the queue is cleared for the number that was named, and asked about again for another", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue" });
  await choose(page, "More", "Discard all 14…");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Discard all 14 changes?").waitFor();
  await dialog
    .getByText(/12 wait, 1 needs you, 1 was sent and is not confirmed\. .* until 21 Dec 2026/)
    .waitFor();
  expect(await window.axe(page)).toEqual([]);
  await window.shot(page, "queue-clear");
  // One more is saved while the person reads.
  await page.evaluate(() => {
    const world = (globalThis as unknown as { world: World }).world;
    const model = world.changes.find(({ row }) => row.title === "Customer order 1");
    if (model) world.changes.push({ ...model, row: { ...model.row, id: "late", number: 3000 } });
  });
  await dialog.getByRole("button", { name: "Discard 14" }).click();
  await page.getByText("15 changes wait now, not 14.").waitFor();
  await dialog.getByRole("button", { name: "Discard 15" }).click();
  await page.getByText("15 moved to Trash.").waitFor();
  await expect.poll(() => dialog.count()).toBe(0);
  expect((await calls(page, "clear_queue")).map((one) => one.expected)).toEqual([14, 15]);
  await choose(page, "More", "Put back all 15 in Trash");
  await page.getByText("15 put back.").waitFor();
});

test("what is old and finished is removed, and how much that was is told", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue" });
  await choose(page, "More", "Remove what was finished more than 7 days ago");
  await page.getByText("12 finished changes were removed.").waitFor();
});

test("all that need a person are sent again after a word, and the list is exported whole", async () => {
  const page = await window.open({ scenario: "refused", at: "#/queue" });
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.resolve();
  });
  await choose(page, "More", "Export all 45 shown as JSON");
  await page.getByText("45 changes copied as JSON.").waitFor();
  expect((await ids(page, "export_changes"))[0]).toHaveLength(45);
  await choose(page, "More", "Send again all 43 that need you");
  await page.getByRole("dialog").getByRole("button", { name: "Send 43 now" }).click();
  await page.getByText("43 go again.").waitFor();
  expect(await calls(page, "reprocess_failed")).toHaveLength(1);
});

/** The grip of a row, once the pointer is on its row. */
async function grip(page: Page, title: string) {
  const row = page.getByRole("row").filter({ hasText: title });
  await row.hover();
  const box = await row.locator(".grip").boundingBox();
  if (!box) throw new Error("no grip");
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
async function lineAbove(page: Page, title: string): Promise<number> {
  const box = await page.getByRole("row").filter({ hasText: title }).first().boundingBox();
  return box?.y ?? 0;
}

test.each(themes)("a row is dragged before all that wait, and nowhere else (%s)", async (theme) => {
  const page = await window.open({ scenario: "busy", at: "#/queue", theme });
  const order = page.getByRole("row").filter({ hasText: "Customer order 6" });
  await order.waitFor();
  const from = await grip(page, "Customer order 6");
  expect(await order.locator(".grip").getAttribute("title")).toContain(
    "The order of one record's changes stays.",
  );
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x, (await lineAbove(page, "Customer order 3")) + 2, { steps: 4 });
  await page.getByText("It can only go before all that wait.").waitFor();
  await window.shot(page, `queue-drag-refused-${theme}`);
  expect(await window.axe(page)).toEqual([]);
  await page.mouse.up();
  await page.getByRole("status").getByText("It can only go before all that wait.").waitFor();
  expect(await calls(page, "set_priority"), "no other place is made up").toEqual([]);
  expect(page.url(), "a drag opens nothing").toMatch(/#\/queue$/);

  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  const first = await page.getByRole("row").filter({ hasText: "Rossi SRL" }).first().boundingBox();
  await page.mouse.move(from.x, (first?.y ?? 0) + 2, { steps: 4 });
  await page.locator(".place", { hasText: "Move first" }).waitFor();
  await window.shot(page, `queue-drag-${theme}`);
  await page.mouse.up();
  await page.getByText("1 moved first.").waitFor();
  expect(await ids(page, "set_priority")).toHaveLength(1);
});

test("what is selected is dragged together, and Esc lets it lie", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?state=waiting" });
  for (const name of [/Customer order 8/, /Customer order 9/])
    await page.getByRole("checkbox", { name }).check();
  const from = await grip(page, "Customer order 9");
  const top = await lineAbove(page, "Rossi SRL");
  const carry = async () => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x, top, { steps: 4 });
    await page.locator(".place").waitFor();
  };
  await carry();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator(".place").count()).toBe(0);
  await page.mouse.up();
  await page.getByText("2 selected").waitFor();
  expect(await calls(page, "set_priority")).toEqual([]);
  await carry();
  await page.mouse.up();
  await page.getByText("2 moved first.").waitFor();
});

test("what cannot be moved has no grip", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue" });
  const waits = page.getByRole("row").filter({ hasText: "Customer order 6" });
  const refused = page.getByRole("row").filter({ hasText: "Hinge, steel" });
  await waits.hover();
  await waits.locator(".grip").waitFor();
  await refused.hover();
  await expect.poll(() => waits.locator(".grip").count()).toBe(0);
  expect(await refused.locator(".grip").count()).toBe(0);
  // A sorted list has no order to change.
  await page.getByRole("columnheader", { name: "Size" }).getByRole("button").click();
  await page.getByRole("columnheader", { name: "Size" }).and(page.locator("[aria-sort]")).waitFor();
  await waits.hover();
  expect(await page.locator(".grip").count()).toBe(0);
});

test("in a queue of 100,000 a row is dragged along to the first", async () => {
  const page = await window.open({ scenario: "big", at: "#/queue?state=waiting" });
  await page.locator('[aria-rowindex="2"]').waitFor();
  await page.getByRole("grid").evaluate((node) => (node.scrollTop = 1200));
  const row = page.getByRole("row").filter({ hasText: "Order 40 " });
  await row.waitFor();
  const from = await grip(page, "Order 40 ");
  const box = await page.getByRole("grid").boundingBox();
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x, (box?.y ?? 0) + 36, { steps: 4 });
  await page.locator(".place", { hasText: "Move first" }).waitFor({ timeout: 15_000 });
  expect(await page.getByRole("grid").evaluate((node) => node.scrollTop)).toBe(0);
  expect(await page.getByRole("row").count(), "only rows in view exist").toBeLessThan(60);
  await page.mouse.up();
  await page.getByText("1 moved first.").waitFor();
  expect(await ids(page, "set_priority")).toEqual([["big-40"]]);
});
