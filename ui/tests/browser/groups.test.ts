// Conflicts of one shape, looked at and decided together.

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

const shape = { link: "ERPNext", collection: "invoices", conflictType: "both_updated" };
const paths = ["/remarks", "/status"];
const at = (...parts: string[]) => `#/conflicts/group?shape=${encodeURIComponent(JSON.stringify(parts))}`;
const invoices = at("ERPNext", "invoices", "both_updated", ...paths);

async function sheet(opening: Partial<Opening> = {}): Promise<Page> {
  const page = await window.open({ scenario: "alike", at: invoices, ...opening });
  await page.getByRole("grid", { name: "Conflicts of this group" }).waitFor();
  return page;
}

const apply = (page: Page) => page.getByRole("button", { name: /^Apply to/ });
const radio = (page: Page, field: string, side: string) =>
  page.getByRole("radiogroup", { name: field }).getByRole("radio", { name: side });
const inWorld = (page: Page, change: (world: World) => void) =>
  page.evaluate(`(${change.toString()})(globalThis.world)`);

test("the list says which conflicts have the same shape, and leads to them and back", async () => {
  const page = await window.open({ scenario: "alike", at: "#/conflicts" });
  const lines = page.getByRole("list", { name: "Conflicts of the same shape" }).getByRole("listitem");
  await lines.first().waitFor();
  expect((await lines.allTextContents()).map((text) => text.replace(/\s+/g, " ").trim())).toEqual([
    "Same shape: Sales invoices · remarks, status · Both edited 12 Review as a group",
    "Same shape: Customers · phone · Both edited 2 Review as a group",
  ]);
  await window.shot(page, "groups-list");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("button", { name: /^Review as a group: Sales invoices.*12 conflicts/ }).click();
  await page.getByRole("heading", { name: "12 conflicts of the same shape" }).waitFor();
  await page.goBack();
  await page.getByRole("grid", { name: "Open conflicts" }).waitFor();
});

test("G on a conflict leads to its group, or says that it is alone", async () => {
  const page = await window.open({ scenario: "alike", at: "#/conflicts" });
  await page.getByRole("list", { name: "Conflicts of the same shape" }).waitFor();
  await page.locator('[aria-rowindex="14"]').focus();
  await page.keyboard.press("g");
  await page.getByText("No other conflict has the same shape.").waitFor();
  await page.locator('[aria-rowindex="15"]').focus();
  await page.keyboard.press("g");
  await page.getByRole("heading", { name: "2 conflicts of the same shape" }).waitFor();
});

// proves D10
test("nothing is chosen at first, what is warned is unticked, and one press decides the rest", async () => {
  const page = await sheet({ running: true });
  expect(await apply(page).isDisabled()).toBe(true);
  await page.getByText("Choose for 2 more fields.").waitFor();
  await page.getByText("10 of 12 selected").waitFor();
  await page.getByText("2 need a look.").waitFor();
  await window.shot(page, "group-unchosen");
  await page.getByRole("button", { name: "Show the next one" }).click();
  await page.getByText("Your change may be in already").waitFor();
  await page.getByRole("button", { name: "Show the next one" }).click();
  await page.getByText("Put off until Mon").waitFor();
  await window.shot(page, "group-left-out");
  expect(await window.axe(page)).toEqual([]);
  await radio(page, "Remarks", "Mine").check();
  await page.getByText("Choose for 1 more field.").waitFor();
  await radio(page, "Status", "Server").check();
  await page.getByRole("grid").evaluate((node) => (node.scrollTop = 0));
  // By its place: another of the same name, unticked already, is in view until the list has scrolled.
  await page.locator('[aria-rowindex="6"]').getByRole("checkbox", { name: "Bäckerei Lang" }).uncheck();
  await page.getByRole("button", { name: "Apply to 9 of 12" }).waitFor();
  await window.shot(page, "group-chosen");
  expect(await window.axe(page)).toEqual([]);
  await apply(page).click();
  await page.getByText("9 conflicts decided. They go out at 14:0").waitFor();
  await page.getByRole("heading", { name: "3 conflicts of the same shape" }).waitFor();
  const sent = await calls(page, "resolve_group");
  expect(sent).toHaveLength(1);
  expect(sent[0]).toEqual({
    shape: { ...shape, paths },
    members: [1, 2, 3, 4, 6, 7, 8, 9, 10].map((conflict) => ({ conflict, seen: "3" })),
    choices: [
      { path: "/remarks", choice: "mine" },
      { path: "/status", choice: "server" },
    ],
  });
  await window.shot(page, "group-held");
  await page.getByRole("button", { name: "Undo all" }).click();
  await page.getByRole("heading", { name: "12 conflicts of the same shape" }).waitFor();
  expect(await calls(page, "undo_resolutions")).toEqual([{ ids: [1, 2, 3, 4, 6, 7, 8, 9, 10] }]);
  await page.getByRole("button", { name: "Apply to 9 of 12" }).waitFor();
  expect(await radio(page, "Remarks", "Mine").isChecked(), "choices and ticks are as they were").toBe(true);
});

// proves D10
test("by keyboard alone, from the list to the group and back by Undo", async () => {
  const page = await window.open({ scenario: "alike", at: "#/conflicts", running: true });
  await page.getByRole("list", { name: "Conflicts of the same shape" }).waitFor();
  await page.locator('[aria-rowindex="2"]').focus();
  await page.keyboard.press("g");
  await page.getByRole("heading", { name: "12 conflicts of the same shape" }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.id);
  // The heading is read first.
  await expect.poll(focused).toBe("group-title");
  await page.keyboard.press("Tab");
  // From the first, what they started as, to the next.
  await page.keyboard.press("ArrowRight");
  expect(await radio(page, "Remarks", "Mine").isChecked()).toBe(true);
  await page.keyboard.press("Shift+S");
  expect(await radio(page, "Status", "Server").isChecked()).toBe(true);
  expect(await radio(page, "Remarks", "Mine").isChecked(), "what is chosen stays").toBe(true);
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.getAttribute("role") === "row")) break;
  }
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Apply to 9 of 12" }).waitFor();
  await page.keyboard.press("j");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-rowindex")))
    .toBe("3");
  await page.keyboard.press("x");
  await page.getByRole("button", { name: "Apply to 8 of 12" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /Nordwind GmbH/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Apply to 8 of 12" }).waitFor();
  await page.keyboard.press("Control+Enter");
  await page.getByText("8 conflicts decided.").waitFor();
  await expect.poll(focused).toBe("group-title");
  await page.keyboard.press("Control+z");
  await page.getByRole("heading", { name: "12 conflicts of the same shape" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("grid", { name: "Open conflicts" }).waitFor();
});

// proves D10
test("what moved meanwhile is refused by itself, stays, and says why", async () => {
  const page = await sheet({ running: true });
  await page.getByRole("button", { name: "Select all" }).click();
  await page.getByText("12 of 12 selected").waitFor();
  await page.keyboard.press("Shift+M");
  await radio(page, "Remarks", "Mine").check();
  await radio(page, "Status", "Mine").check();
  await inWorld(page, (world) => {
    world.conflicts = world.conflicts.map((one) => (one.id === 3 ? { ...one, server_version: "4" } : one));
  });
  await apply(page).click();
  await page.getByText("11 conflicts decided.").waitFor();
  await page.getByRole("heading", { name: "1 conflict of the same shape" }).waitFor();
  await page
    .getByRole("listitem")
    .filter({ hasText: /Sakura KK.*: the record changed again on the server while you were choosing\./s })
    .waitFor();
  await page.getByText("0 of 1 selected").waitFor();
  await page.getByText("Select at least one conflict.").waitFor();
  await window.shot(page, "group-refused");
  expect(await window.axe(page)).toEqual([]);
});

test("where all are refused, all stay and nothing is held", async () => {
  const page = await sheet({ running: true });
  await radio(page, "Remarks", "Mine").check();
  await radio(page, "Status", "Mine").check();
  await inWorld(page, (world) => {
    world.conflicts = world.conflicts.map((one) => ({ ...one, server_version: "4" }));
  });
  await apply(page).click();
  await page.getByText("None of the 10 was decided:").waitFor();
  await page.getByText("and 7 more").waitFor();
  await page.getByText("0 of 12 selected").waitFor();
  expect(await page.getByText(/conflicts decided/).count()).toBe(0);
  await window.shot(page, "group-refused-all");
});

test("a whole decision that is refused says why and keeps what was chosen", async () => {
  const page = await sheet();
  await radio(page, "Remarks", "Mine").check();
  await radio(page, "Status", "Mine").check();
  await inWorld(page, (world) => {
    world.refuses.set("resolve_group", {
      code: "store",
      message: "The disk is full.",
      hint: "Free some room.",
    });
  });
  await apply(page).click();
  await page.getByText("The disk is full. Free some room.").waitFor();
  await page.getByRole("button", { name: "Apply to 10 of 12" }).waitFor();
  expect(await apply(page).isDisabled()).toBe(false);
});

test("a press is taken once", async () => {
  const page = await sheet();
  await radio(page, "Remarks", "Mine").check();
  await radio(page, "Status", "Mine").check();
  await inWorld(page, (world) => void world.hangs.add("resolve_group"));
  await apply(page).click();
  await page.getByText("Applying to 10 conflicts.").waitFor();
  expect(await apply(page).isDisabled()).toBe(true);
  await page.keyboard.press("Control+Enter");
  expect(await calls(page, "resolve_group")).toHaveLength(1);
});

test("a server that moves while it is looked at is told at the row", async () => {
  const page = await sheet({ running: true });
  await inWorld(page, (world) => {
    world.conflicts = world.conflicts.map((one) => (one.id === 2 ? { ...one, server_version: "4" } : one));
    void world.tell();
  });
  await page.getByText("Changed again on the server").waitFor();
  await page.getByText("9 of 12 selected").waitFor();
});

test("records that were deleted on the server are brought back or left deleted together", async () => {
  const page = await sheet({
    scenario: "alike-deleted",
    at: at("ERPNext", "invoices", "updated_here_deleted_there"),
  });
  await page.getByText("Choose what becomes of the records.").waitFor();
  await radio(page, "The record", "Keep deleted").check();
  await window.shot(page, "group-deleted");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Apply to 6 of 6" }).click();
  await page.getByText("6 conflicts decided.").waitFor();
  expect((await calls(page, "resolve_group"))[0]).toMatchObject({
    choices: [{ path: "", choice: "server" }],
  });
  expect(await page.evaluate(() => location.hash), "nothing is left here").toBe("#/conflicts");
});

test("rows of lists, secrets and many fields are shown line by line", async () => {
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
  await page.getByText("3 of 4 selected").waitFor();
  await page.getByText("Paid: Only spaces differ", { exact: true }).waitFor();
  await page.getByText("and 3 more", { exact: true }).waitFor();
  await page.locator("h1").focus();
  await page.keyboard.press("Shift+M");
  expect(await page.getByText('"b"').count(), "a secret is never shown").toBe(0);
  await window.shot(page, "group-mixed");
  expect(await window.axe(page)).toEqual([]);
  await page.setViewportSize({ width: 320, height: 900 });
  await window.shot(page, "group-mixed-narrow");
  await page.setViewportSize({ width: 1200, height: 780 });
  await apply(page).click();
  expect((await calls(page, "resolve_group"))[0]).toMatchObject({
    choices: patterns.map((path) => ({ path, choice: "mine" })),
  });
});

test("where nothing is to choose, both changes are kept", async () => {
  const page = await sheet({ scenario: "alike-mixed", at: at("ERPNext", "invoices", "both_updated") });
  await page.getByText("Apply keeps both").waitFor();
  await window.shot(page, "group-nothing");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Apply to 3 of 3" }).click();
  expect(await calls(page, "resolve_group")).toHaveLength(1);
});

test("what was chosen becomes a rule, and the group is found again as it was", async () => {
  const page = await sheet();
  await radio(page, "Status", "Server").check();
  await page.getByRole("link", { name: "Make this a rule Status" }).click();
  expect(await page.getByLabel("Field", { exact: true }).inputValue()).toBe("/status");
  await page.goBack();
  await page.getByText("Choose for 1 more field.").waitFor();
  expect(await radio(page, "Status", "Server").isChecked()).toBe(true);
});

test("after one conflict the bar says that others have the same shape", async () => {
  const page = await window.open({ scenario: "alike", at: "#/conflicts/1", running: true });
  await page.getByRole("button", { name: "Mine", exact: true }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("11 others have the same shape (remarks, status).").waitFor();
  await window.shot(page, "group-offered");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Review as a group" }).click();
  await page.getByRole("heading", { name: "11 conflicts of the same shape" }).waitFor();
});

test("offline, the results wait until the server can be reached", async () => {
  const page = await sheet({ scenario: "alike-offline", running: true });
  await page.getByText("You can decide now. Results go out later.").waitFor();
  await radio(page, "Remarks", "Mine").check();
  await radio(page, "Status", "Mine").check();
  await apply(page).click();
  await page
    .getByText(
      "10 conflicts decided. Saved on this computer. They go out when erp.example.com can be reached.",
    )
    .waitFor();
  await window.shot(page, "group-offline");
});

test.each([
  [
    "a group that is gone",
    "alike",
    at("ERPNext", "invoices", "both_updated", "/gone"),
    "Nothing of this shape",
  ],
  ["an address that names none", "alike", "#/conflicts/group?shape=x", "Nothing of this shape"],
  ["a group that cannot be read", "broken", invoices, "These conflicts can't be read."],
])("%s says so", async (_what, scenario, address, wait) => {
  const page = await window.open({ scenario, at: address });
  await page.getByText(wait).waitFor();
  await window.shot(page, `group-${scenario === "broken" ? "broken" : "gone"}`);
  expect(await window.axe(page)).toEqual([]);
  if (scenario !== "broken") return;
  await inWorld(page, (world) => world.refuses.clear());
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Nothing of this shape").waitFor();
});

test("a group that takes its time shows grey shapes", async () => {
  const page = await window.open({ scenario: "loading", at: invoices, stopped: true });
  await page.locator("h1").waitFor();
  await page.clock.runFor(400);
  await page.getByRole("img", { name: "Loading" }).waitFor();
});

// proves D10
test("5,000 are scrolled, applied and taken back, each by one call", async () => {
  const page = await sheet({ scenario: "alike-many", running: true });
  await page.getByText("4,950 of 5,000 selected").waitFor();
  await page.getByText("50 need a look.").waitFor();
  const pages = await calls(page, "list_group_members");
  expect(pages.every((one) => Number(one.limit) <= 500)).toBe(true);
  const grid = page.getByRole("grid");
  for (const row of [0, 900, 4999, 10, 2500]) {
    await grid.evaluate((node, index) => {
      const height = node.querySelector<HTMLElement>('[role="row"][tabindex]')?.offsetHeight ?? 0;
      node.scrollTop = index * height;
    }, row);
    await page.locator(`[aria-rowindex="${Math.min(row, 4996) + 2}"]`).waitFor();
    const nodes = await grid.evaluate((node) => node.querySelectorAll("*").length);
    expect(nodes, `nodes at row ${row}`).toBeLessThanOrEqual(400);
  }
  await window.shot(page, "group-many");
  await page.getByRole("button", { name: "Select all" }).click();
  await radio(page, "Remarks", "Server").check();
  await radio(page, "Status", "Mine").check();
  const nodes = await grid.evaluate((node) => node.querySelectorAll("*").length);
  expect(nodes, "nodes with a result in each row").toBeLessThanOrEqual(400);
  await page.getByRole("button", { name: "Apply to 5,000 of 5,000" }).click();
  await page.getByText("5,000 conflicts decided.").waitFor();
  const sent = await calls(page, "resolve_group");
  expect(sent).toHaveLength(1);
  expect((sent[0]?.members as unknown[]).length).toBe(5000);
  await page.getByRole("button", { name: "Undo all" }).click();
  await page.getByText("5,000 of 5,000 selected").waitFor();
  const undone = await calls(page, "undo_resolutions");
  expect(undone).toHaveLength(1);
  expect((undone[0]?.ids as unknown[]).length).toBe(5000);
});

test("while rows are still read, all means them too and nothing is applied yet", async () => {
  const page = await window.open({ scenario: "alike-many", at: "#/conflicts", running: true });
  await inWorld(page, (world) => {
    // The second page of the group does not come before it is let.
    const find = world.hangs.has.bind(world.hangs);
    let asked = 0;
    world.hangs.has = (command) => (command === "list_group_members" && ++asked > 1 ? true : find(command));
  });
  await page.getByRole("button", { name: /^Review as a group/ }).click();
  await page.getByText("Reading 500 of 5,000").waitFor();
  await page.getByRole("button", { name: "Select all" }).click();
  await page.getByText("500 of 5,000 selected").waitFor();
  await radio(page, "Remarks", "Server").check();
  await radio(page, "Status", "Mine").check();
  expect(await apply(page).isDisabled()).toBe(true);
  await window.shot(page, "group-reading");
  expect(await window.axe(page)).toEqual([]);
});

for (const theme of ["light", "dark"] as const)
  test(`list and group stand in order in ${theme}, at 880 and at 320 px`, async () => {
    const page = await sheet({ theme });
    await radio(page, "Remarks", "Mine").check();
    await radio(page, "Status", "Server").check();
    await page.getByText("2 need a look.").waitFor();
    await window.shot(page, `group-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    const fits = async (what: string) =>
      expect(
        await page.evaluate(() => {
          const wide = [...document.querySelectorAll("main, .sheet, .sheet .content, .grid, .groups")].filter(
            (node) => node.scrollWidth > node.clientWidth + 1,
          );
          return [
            document.documentElement.scrollWidth > innerWidth,
            ...wide.map((node) => `${node.tagName}.${node.className}`),
          ].filter(Boolean);
        }),
        what,
      ).toEqual([]);
    await page.setViewportSize({ width: 880, height: 560 });
    await window.shot(page, `group-${theme}-small`);
    await fits("880 px");
    await page.setViewportSize({ width: 320, height: 800 });
    await window.shot(page, `group-${theme}-narrow`);
    expect(await window.axe(page)).toEqual([]);
    await fits("320 px");
    await page.getByRole("grid").evaluate((node) => node.scrollIntoView());
    await page.getByRole("grid").evaluate((node) => (node.scrollTop = 1e6));
    await window.shot(page, `group-${theme}-narrow-rows`);
    await page.setViewportSize({ width: 320, height: 240 });
    await page.getByRole("button", { name: /^Apply to/ }).scrollIntoViewIfNeeded();
    await window.shot(page, `group-${theme}-zoomed`);
    await fits("at 400 %");
    await page.setViewportSize({ width: 320, height: 800 });
    await page.evaluate(() => (location.hash = "#/conflicts"));
    await page.getByRole("list", { name: "Conflicts of the same shape" }).waitFor();
    await window.shot(page, `groups-list-${theme}-narrow`);
    await fits("the list");
    expect(await window.axe(page)).toEqual([]);
  });

test("with the system's own colours the sides are still told apart", async () => {
  const page = await sheet({ forcedColors: true });
  await radio(page, "Remarks", "Mine").check();
  await window.shot(page, "group-forced");
});
