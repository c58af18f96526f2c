// In the sheet of a group: what the fields started as, a value of one's own for all, and ticks over many rows at once.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { calls, Harness, type Opening } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(async () => {
  expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
  await window.closePages();
});
afterAll(() => window.stop());

const at = (...parts: string[]) => `#/conflicts/group?shape=${encodeURIComponent(JSON.stringify(parts))}`;
const invoices = at("ERPNext", "invoices", "both_updated", "/remarks", "/status");

async function sheet(opening: Partial<Opening> = {}): Promise<Page> {
  const page = await window.open({ scenario: "alike", at: invoices, ...opening });
  await page.getByRole("grid", { name: "Conflicts of this group" }).waitFor();
  return page;
}

const group = (page: Page, field: string) => page.getByRole("radiogroup", { name: field });
const radio = (page: Page, field: string, side: string | RegExp) =>
  group(page, field).getByRole("radio", { name: side });
const heads = (page: Page) => page.getByRole("columnheader").allTextContents();
const row = (page: Page, number: number) => page.locator(`[aria-rowindex="${number + 1}"]`);
const tick = (page: Page, number: number) => row(page, number).getByRole("checkbox");
const selected = (page: Page, n: number) => page.getByText(`${n} of 12 selected`).waitFor();
const isFocused = (page: Page, number: number) =>
  row(page, number).evaluate((one) => one === document.activeElement);

test("what the fields started as stands before both sides, can be hidden, and can be chosen", async () => {
  const page = await sheet();
  expect(await heads(page)).toEqual(["Choose", "Record", "Field", "Started as", "Mine", "Server", "Result"]);
  expect(await row(page, 1).getByRole("gridcell").nth(3).textContent()).toMatch(
    /Remarks:\s*Call first\s*Status:\s*open/,
  );
  const grid = page.getByRole("grid");
  await grid.evaluate((node) => (node.scrollTop = 1e6));
  // A long one is shown from where the first side departs from it.
  await row(page, 10).getByText("…warehouse. Ring the bell.").waitFor();
  await grid.evaluate((node) => (node.scrollTop = 0));
  await radio(page, "Status", "Started as").check();
  await expect.poll(() => row(page, 1).getByRole("gridcell").nth(6).textContent()).toMatch(/Status:\s*open/);
  const base = page.getByRole("checkbox", { name: "Started as" });
  await base.uncheck();
  expect(await heads(page)).toEqual(["Choose", "Record", "Field", "Mine", "Server", "Result"]);
  expect(await radio(page, "Remarks", "Started as").count()).toBe(0);
  expect(await radio(page, "Status", "Started as").isChecked(), "what is chosen stays in view").toBe(true);
  await base.check();
  await radio(page, "Remarks", "Mine").check();
  await page.getByRole("button", { name: /^Apply to/ }).click();
  expect((await calls(page, "resolve_group"))[0]).toMatchObject({
    choices: [
      { path: "/remarks", choice: "mine" },
      { path: "/status", choice: "base" },
    ],
  });
});

test("where there was no start, none is shown or chosen", async () => {
  const page = await sheet({
    scenario: "alike-deleted",
    at: at("ERPNext", "invoices", "updated_here_deleted_there"),
  });
  expect(await page.getByRole("checkbox", { name: "Started as" }).count()).toBe(0);
  expect(await page.getByRole("radio", { name: "Started as" }).count()).toBe(0);
  expect(await heads(page)).not.toContain("Started as");
  expect(await page.getByRole("button", { name: /^Edit/ }).count(), "and nothing can be typed").toBe(0);
});

// proves D10
test("a value of one's own is typed once and stored in all", async () => {
  const page = await sheet();
  await page.getByRole("button", { name: "Edit Status" }).click();
  const editor = page.getByRole("textbox", { name: "Result of Status" });
  await expect.poll(() => editor.evaluate((one) => one === document.activeElement)).toBe(true);
  await editor.fill("M S e");
  await window.shot(page, "group-typing");
  expect(await window.axe(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "12 conflicts of the same shape" }).waitFor();
  expect(await editor.count(), "Escape closes the editor alone").toBe(0);
  await page.getByText("Choose for 2 more fields.").waitFor();
  await page.getByRole("button", { name: "Edit Status" }).click();
  await editor.fill("to be sent again");
  await page.keyboard.press("Control+Enter");
  const own = radio(page, "Status", "Edited: to be sent again");
  expect(await own.isChecked()).toBe(true);
  await expect.poll(() => own.evaluate((one) => one === document.activeElement)).toBe(true);
  expect(await page.getByRole("grid").getByText("to be sent again").count()).toBeGreaterThan(3);
  await radio(page, "Status", "Mine").check();
  await own.check();
  await radio(page, "Remarks", "Server").check();
  await window.shot(page, "group-typed");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Apply to 10 of 12" }).click();
  await page.getByText("10 conflicts decided.").waitFor();
  expect((await calls(page, "resolve_group"))[0]).toMatchObject({
    choices: [
      { path: "/remarks", choice: "server" },
      { path: "/status", choice: { json: '"to be sent again"' } },
    ],
  });
});

test("what is no text is typed by its literal; rows of lists and secrets have no value of one's own", async () => {
  const patterns = [
    "/address/city",
    "/custom_weighted_average_valuation_rate_per_stock_unit",
    "/items/*/qty",
    "/key",
    "/paid",
    "/terms",
  ];
  const page = await sheet({
    scenario: "alike-mixed",
    at: at("ERPNext", "invoices", "both_updated", ...patterns),
    height: 1000,
  });
  expect(
    await page
      .getByRole("button", { name: /^Edit/ })
      .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label"))),
  ).toEqual([
    "Edit City",
    "Edit Weighted average valuation rate per stock unit after discounts",
    "Edit Paid",
    "Edit Terms",
  ]);
  await page.getByRole("button", { name: "Edit Paid" }).click();
  const editor = page.getByRole("textbox", { name: "Result of Paid" });
  const use = page.getByRole("button", { name: "Use", exact: true });
  expect(await use.isDisabled(), "nothing is no value").toBe(true);
  await editor.fill("yes");
  await page.getByText("This is no value that can be stored.").waitFor();
  expect(await use.isDisabled()).toBe(true);
  expect(await window.axe(page)).toEqual([]);
  await editor.fill("true");
  await use.click();
  expect(await radio(page, "Paid", "Edited: Yes").isChecked()).toBe(true);
});

test("the keys of the resolver work in a choice", async () => {
  const page = await sheet();
  await radio(page, "Status", "Mine").focus();
  await page.keyboard.press("s");
  expect(await radio(page, "Status", "Server").isChecked()).toBe(true);
  await expect
    .poll(() => radio(page, "Status", "Server").evaluate((one) => one === document.activeElement))
    .toBe(true);
  await page.keyboard.press("o");
  expect(await radio(page, "Status", "Started as").isChecked()).toBe(true);
  await page.keyboard.press("m");
  expect(await radio(page, "Status", "Mine").isChecked()).toBe(true);
  await page.keyboard.press("e");
  await page.getByRole("textbox", { name: "Result of Status" }).waitFor();
});

test("with Shift, a press does to all rows between what was done to the last one", async () => {
  const page = await sheet();
  await tick(page, 2).uncheck();
  await selected(page, 9);
  await tick(page, 4).click({ modifiers: ["Shift"] });
  await selected(page, 7);
  expect(await tick(page, 3).isChecked()).toBe(false);
  expect(await page.evaluate(() => getSelection()?.toString()), "no text is marked").toBe("");
  await tick(page, 1).click({ modifiers: ["Shift"] });
  await selected(page, 6);
  await tick(page, 1).check();
  await row(page, 3)
    .getByText("Atelier Dupont")
    .or(row(page, 3).getByRole("link"))
    .first()
    .click({
      modifiers: ["Shift"],
    });
  await selected(page, 9);
  expect(await page.evaluate(() => location.hash), "a link is not followed").toContain("group");
  await row(page, 4)
    .locator(".tick")
    .click({ modifiers: ["Shift"] });
  await selected(page, 10);
  await window.shot(page, "group-range");
});

test("with Shift, Space reaches back to the last tick and the arrows go on and back", async () => {
  const page = await sheet();
  await row(page, 1).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => isFocused(page, 3)).toBe(true);
  await page.keyboard.press("Shift+Space");
  await selected(page, 7);
  await page.keyboard.press("Shift+ArrowUp");
  await selected(page, 9);
  await page.keyboard.press("Shift+ArrowUp");
  await selected(page, 10);
  await expect.poll(() => isFocused(page, 1)).toBe(true);
  await page.keyboard.press("Shift+ArrowUp");
  expect(await isFocused(page, 1), "the first row is the end").toBe(true);
  await page.keyboard.press("Shift+ArrowDown");
  await selected(page, 9);
  await page.keyboard.press("Shift+ArrowDown");
  await selected(page, 8);
  expect(await page.getByRole("status").getByText("8 of 12 selected").count(), "it is said").toBe(1);
});

test("the queue takes Shift in the same way", async () => {
  const page = await window.open({ scenario: "big", at: "#/queue" });
  await row(page, 2).getByRole("checkbox").check();
  await row(page, 5)
    .getByRole("checkbox")
    .click({ modifiers: ["Shift"] });
  await page.getByText("4 selected (of").waitFor();
  await row(page, 5).focus();
  await page.keyboard.press("Shift+ArrowDown");
  await page.getByText("5 selected (of").waitFor();
  await page.keyboard.press("End");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-rowindex")))
    .toBe("100001");
  await page.locator('[aria-rowindex="100001"]').getByRole("checkbox").waitFor();
  await page.keyboard.press("Shift+Space");
  await page.getByText("99,999 selected (of").waitFor();
});

for (const theme of ["light", "dark"] as const)
  test(`a typed value and the start stand in order in ${theme}, at 880 and at 320 px`, async () => {
    const page = await sheet({ theme });
    await page.getByRole("button", { name: "Edit Status" }).click();
    await page
      .getByRole("textbox", { name: "Result of Status" })
      .fill("to be sent again, with long words ".repeat(4));
    await page.getByRole("button", { name: "Use", exact: true }).click();
    await radio(page, "Remarks", "Started as").check();
    await window.shot(page, `group-typed-${theme}`);
    for (const [width, height] of [
      [880, 560],
      [320, 800],
    ] as const) {
      await page.setViewportSize({ width, height });
      await window.shot(page, `group-typed-${theme}-${width}`);
      expect(await window.axe(page)).toEqual([]);
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll("html, main, .sheet, .sheet .content, .grid")]
          .filter((node) => node.scrollWidth > node.clientWidth + 1)
          .map((node) => `${node.tagName}.${node.className}`),
      );
      expect(wide, `${width} px`).toEqual([]);
    }
    await page.getByRole("button", { name: "Edit Remarks" }).click();
    await window.shot(page, `group-typing-${theme}-narrow`);
    await page.keyboard.press("Escape");
    await page.getByRole("grid").evaluate((node) => node.scrollIntoView());
    await window.shot(page, `group-typed-${theme}-narrow-rows`);
  });
