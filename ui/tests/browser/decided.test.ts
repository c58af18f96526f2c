// What was decided and merged in the past 30 days: listed, shown field by field, and put back.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { World } from "../mock/world";
import { calls, Harness, type Opening } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(async () => {
  expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
  await window.closePages();
});
afterAll(() => window.stop());

const open = (opening: Partial<Opening> = {}): Promise<Page> =>
  window.open({ scenario: "decided", at: "#/conflicts/decided", ...opening });
/** Changes what the core holds, without telling the window. */
const inCore = (page: Page, change: (world: World) => void): Promise<void> =>
  page.evaluate(`(${String(change)})(globalThis.world)`);
const grid = (page: Page) => page.getByRole("grid", { name: "Decided in the past 30 days" });
const panel = (page: Page) => page.getByRole("complementary", { name: "What was decided" });
const button = (page: Page) => panel(page).getByRole("button", { name: "Put back", exact: true });
const isCutOff = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim());

test("the list stands beside the open conflicts and is reached from what was merged without asking", async () => {
  const page = await open({ at: "#/conflicts" });
  const views = page.getByRole("navigation", { name: "Which conflicts" });
  expect(await views.getByRole("link", { name: "Open 3" }).getAttribute("aria-current")).toBe("page");
  await window.shot(page, "conflicts-views");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("link", { name: "11 merged without asking this week" }).click();
  await grid(page).waitFor();
  expect(await page.evaluate(() => location.hash)).toBe("#/conflicts/decided");
  expect(await views.getByRole("link", { name: "Decided" }).getAttribute("aria-current")).toBe("page");
  await views.getByRole("link", { name: "Open 3" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("grid", { name: "Open conflicts" }).waitFor();
  expect(await focused(page), "the focus is not lost with the view").toContain("Open");
});

test("each row says when, what, from where, how and how many fields, newest first", async () => {
  const page = await open();
  await page.getByText("9 decided in the past 30 days").waitFor();
  const cells = async (row: number) =>
    (await grid(page).getByRole("row").nth(row).getByRole("gridcell").allTextContents()).map((text) =>
      text.replace(/[\u2068\u2069]/g, "").trim(),
    );
  expect(await cells(1)).toEqual([
    "just now",
    "Rossi SRL",
    "Sales invoices · ERPNext",
    "By you",
    "",
    "2 fields",
  ]);
  expect((await cells(3))[3]).toBe("Merged by itself");
  expect((await cells(4))[3]).toBe("By a rule");
  expect((await cells(5))[3]).toBe("By a hook");
  expect((await cells(6)).slice(3)).toEqual(["By a hook", "Put back", "2 fields"]);
  expect((await cells(7)).slice(3)).toEqual(["Ended by itself", "", "No field"]);
  expect((await cells(9))[2]).toBe("orders · Old server");
  await grid(page).getByRole("link", { name: "Blue Ltd" }).first().click();
  expect(await page.evaluate(() => location.hash)).toBe("#/records/ERPNext/invoices/SINV-00401");
});

// proves D9
test("what putting back makes is in view before it is done, and afterwards it says what was made", async () => {
  const page = await open();
  await grid(page).getByText("By you").nth(1).click();
  expect(await page.evaluate(() => location.hash), "it can be linked").toBe("#/conflicts/decided/conflict-1");
  await panel(page).getByText("By you, Sat, 21 Nov 2026, 07:05").waitFor();
  await panel(page)
    .getByText(
      "A new change brings back what the server had in 2 fields. Nothing else of the record changes.",
    )
    .waitFor();
  const row = panel(page).getByRole("row", { name: "Due date" });
  const values = await row.getByRole("cell").allTextContents();
  expect(values.map((text) => text.trim())).toEqual(["2026-12-15", "2026-12-07"]);
  await window.shot(page, "decided-open");
  expect(await window.axe(page)).toEqual([]);
  expect(await calls(page, "put_back"), "looking changes nothing").toEqual([]);
  await button(page).focus();
  await page.keyboard.press("Enter");
  await page.getByText("2 fields of Blue Ltd are put back. The change is saved on this computer").waitFor();
  expect(await calls(page, "put_back")).toEqual([{ id: "conflict-1" }]);
  await panel(page).getByText("It was put back by a change of its own.").waitFor();
  await panel(page).getByText("What putting it back made").waitFor();
  expect(await focused(page), "the focus is not lost with the button").toContain("Blue Ltd");
  await grid(page).getByRole("row", { selected: true }).getByTitle("By you; put back").waitFor();
  await window.shot(page, "decided-put-back");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("button", { name: "See the change" }).click();
  expect(await page.evaluate(() => location.hash)).toMatch(/^#\/queue\/0190-/);
});

test("where it cannot be put back, the button is off and says why", async () => {
  const page = await open({ at: "#/conflicts/decided/conflict-3" });
  await panel(page).getByText("The record was changed again since then: /due_date.").waitFor();
  expect(await button(page).isDisabled()).toBe(true);
  const why = (await button(page).getAttribute("aria-describedby")) ?? "";
  expect(await page.locator(`[id="${why}"]`).textContent()).toContain("Change these fields of the record");
  await panel(page).getByRole("row", { name: "Due date Changed again since" }).waitFor();
  await panel(page).getByText("What putting it back would make").waitFor();
  await window.shot(page, "decided-cannot");
  expect(await window.axe(page)).toEqual([]);
});

test("what was let go is mine, a record that is gone is made again, and what brings nothing shows nothing", async () => {
  const page = await open({ at: "#/conflicts/decided/conflict-4" });
  await panel(page).getByText("A new change brings back what you had in 2 fields.").waitFor();
  await page.evaluate(() => void (location.hash = "#/conflicts/decided/conflict-7"));
  await panel(page).getByText("A new change makes the record again, as it was on the server.").waitFor();
  await button(page).click();
  await page.getByText("Blue Ltd is made again.").waitFor();
  await page.evaluate(() => void (location.hash = "#/conflicts/decided/conflict-6"));
  await panel(page).getByText("It ended by itself, so there is no decision to put back.").waitFor();
  expect(await panel(page).getByRole("table").count()).toBe(0);
  await page.evaluate(() => void (location.hash = "#/conflicts/decided/conflict-8"));
  await panel(page).getByText("Its connection was removed.").waitFor();
  expect(await panel(page).getByRole("link").count(), "its record is nowhere to be opened").toBe(0);
});

test("what is held is undone instead, and its conflict opens again", async () => {
  const page = await open({ at: "#/conflicts/decided/conflict-9" });
  await panel(page).getByText("It is held and was not sent yet.").waitFor();
  expect(await button(page).isDisabled()).toBe(true);
  await panel(page).getByRole("button", { name: "Undo the decision" }).click();
  await page.getByText("The decision is undone. The conflict is open again.").waitFor();
  expect(await calls(page, "undo_resolution")).toEqual([{ id: 9 }]);
  expect(await page.evaluate(() => location.hash)).toBe("#/conflicts/9");
});

test("where the record moved meanwhile, putting back is refused, says why, and the reason stays", async () => {
  const page = await open({ at: "#/conflicts/decided/conflict-1" });
  await button(page).waitFor();
  await inCore(page, (world) => {
    const found = world.decisions.find((one) => one.id === "conflict-1");
    if (found)
      found.cannot = {
        code: "unfinished",
        sentence: "A change of the record is not confirmed yet.",
        hint: "Wait until it is confirmed, or look at it in the queue.",
      };
  });
  await button(page).click();
  await panel(page).getByText("A change of the record is not confirmed yet.").waitFor();
  expect(await button(page).isDisabled()).toBe(true);
  await page.getByText("A change of the record is not confirmed yet.").nth(1).waitFor();
});

test("by keys: through the list, into a row, and back to it", async () => {
  const page = await open();
  await grid(page).getByRole("row").nth(1).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-rowindex") === "4");
  await page.keyboard.press("Enter");
  await panel(page).getByText("Merged by itself,").waitFor();
  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "detached" });
  expect(await page.evaluate(() => location.hash)).toBe("#/conflicts/decided");
});

test("nothing decided, not to be read, no longer there", async () => {
  const empty = await open({ scenario: "busy" });
  await empty.getByText("Nothing was decided or merged in the past 30 days.").waitFor();
  await window.shot(empty, "decided-none");
  expect(await window.axe(empty)).toEqual([]);
  const broken = await open({ scenario: "no-lists" });
  await broken.getByText("What was decided can't be listed: The local store can't be read.").waitFor();
  await window.shot(broken, "decided-broken");
  const gone = await open({ at: "#/conflicts/decided/merge-99" });
  await panel(gone).getByText("This is no longer listed: it was decided more than 30 days ago.").waitFor();
});

test("thousands are read a page at a time, and many fields a part at a time", async () => {
  const page = await open({ scenario: "decided-long" });
  await page.getByText("5,000 decided in the past 30 days").waitFor();
  await grid(page).getByRole("row").nth(1).focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-rowindex") === "5001");
  await grid(page).locator('[aria-rowindex="5001"]').getByText("By you").waitFor();
  expect(await grid(page).getByRole("row").count()).toBeLessThan(100);
  expect((await calls(page, "list_decisions")).every(({ limit }) => Number(limit) <= 200)).toBe(true);
  await page.evaluate(() => void (location.hash = "#/conflicts/decided/conflict-1"));
  await panel(page).getByText("in 250 fields").waitFor();
  expect(await panel(page).getByRole("row").count(), "with its heading").toBe(101);
  await window.shot(page, "decided-long");
  await panel(page).getByRole("button", { name: "Show 150 more fields" }).click();
  expect(await panel(page).getByRole("row").count()).toBe(201);
});

for (const theme of ["light", "dark"] as const)
  test(`list and panel stand in order in ${theme} and at 320 px`, async () => {
    const page = await open({ theme });
    await grid(page).waitFor();
    await window.shot(page, `decided-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await grid(page).getByText("Merged by itself").click();
    await panel(page).getByText("A new change brings back").waitFor();
    await window.shot(page, `decided-open-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 800 });
    await window.shot(page, `decided-open-${theme}-narrow`);
    expect(await isCutOff(page), "nothing is cut off at the side").toBe(false);
    await page.getByRole("button", { name: "Back", exact: true }).click();
    await grid(page).getByText("Put back").waitFor();
    await window.shot(page, `decided-${theme}-narrow`);
    expect(await isCutOff(page)).toBe(false);
    expect(await window.axe(page)).toEqual([]);
  });
