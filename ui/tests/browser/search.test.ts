// What is done while a typed search still waits for typing to rest, in a real browser over the core of memory.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { calls, Harness } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(async () => {
  expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
  await window.closePages();
});
afterAll(() => window.stop());

const field = (page: Page) => page.getByRole("searchbox");
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text }).first();
const place = (page: Page) => new URL(page.url()).hash;

/** What lists were asked for, in order. */
const searches = async (page: Page, command: string) =>
  (await calls(page, command)).map((args) => (args.filter as { search: string | null }).search);

test("a record opened before a typed search is made stays open, and the search is made with it", async () => {
  const page = await window.open({ scenario: "busy", at: "#/records/ERPNext/invoices", stopped: true });
  await row(page, "SINV-00410").waitFor();
  await field(page).fill("00410");
  await row(page, "SINV-00410").click();
  await page.clock.runFor(1000);
  expect(place(page)).toBe("#/records/ERPNext/invoices/SINV-00410?search=00410");
  expect(await field(page).inputValue()).toBe("00410");
});

test("a change opened before a typed search is made stays open, and the search is made with it", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?state=waiting", stopped: true });
  await row(page, "Customer order 3 ").waitFor();
  await field(page).fill("order 3");
  await row(page, "Customer order 3 ").click();
  await page.clock.runFor(1000);
  expect(place(page)).toMatch(/^#\/queue\/[^?]+\?state=waiting&search=order\+3$/);
});

test.each(["queue", "records"])(
  "a typed search of the %s does not come back for who has left",
  async (screen) => {
    const page = await window.open({ scenario: "busy", at: `#/${screen}`, stopped: true });
    await field(page).fill("rossi");
    await page
      .getByRole("navigation")
      .getByRole("link", { name: /^Overview/ })
      .click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.clock.runFor(1000);
    expect(place(page)).toBe("#/overview");
  },
);

test("groups chosen before a typed search is made are of everything, and nothing is searched for", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue", stopped: true });
  await field(page).fill("rossi");
  await page.getByLabel("Group").selectOption("record");
  await page.clock.runFor(1000);
  expect(place(page)).toBe("#/queue?group=record");
  expect(await field(page).inputValue()).toBe("");
});

test("the search field says what is searched for, wherever the address came from", async () => {
  const page = await window.open({ scenario: "busy", at: "#/records/ERPNext/invoices?search=00410" });
  await row(page, "SINV-00410").waitFor();
  expect(await field(page).inputValue()).toBe("00410");
  await page.evaluate(() => (location.hash = "#/records/ERPNext/invoices"));
  await expect.poll(() => field(page).inputValue()).toBe("");
});

test("a word is searched for once, when typing rests", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue", stopped: true });
  await field(page).pressSequentially("rossi");
  expect(await searches(page, "list_queue")).not.toContain("r");
  await page.clock.runFor(150);
  await expect.poll(async () => (await searches(page, "list_queue")).at(-1)).toBe("rossi");
});
