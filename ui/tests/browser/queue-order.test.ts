// The queue in the order of a column and in groups, and how long a try took, in a real browser over the core of memory.

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

const heading = (page: Page, name: string) => page.getByRole("columnheader", { name });
const press = (page: Page, name: string) => heading(page, name).getByRole("button").click();
const sorts = async (page: Page) =>
  (await calls(page, "list_queue")).map((one) => (one.filter as { sort: unknown }).sort);
/** The records that the first rows are of. */
const shown = (page: Page, rows: number) =>
  page
    .getByRole("row")
    .evaluateAll(
      (all, upto) =>
        all
          .slice(1, upto + 1)
          .map((row) => row.querySelectorAll('[role="gridcell"]')[2]?.textContent?.split(" · ")[0]),
      rows,
    );
const group = (page: Page, by: string) => page.getByLabel("Group").selectOption(by);

test.each(themes)("a heading sorts one way, the other way, and then as usual again (%s)", async (theme) => {
  const page = await window.open({ scenario: "busy", at: "#/queue", theme });
  await page.locator('[aria-rowindex="2"]').waitFor();
  expect(await heading(page, "State").getAttribute("aria-sort"), "the usual order is by state").toBe(
    "ascending",
  );
  await page.getByRole("checkbox", { name: /Hinge, steel/ }).check();
  await press(page, "Size");
  await expect.poll(() => heading(page, "Size").getAttribute("aria-sort")).toBe("descending");
  expect(await heading(page, "State").getAttribute("aria-sort")).toBeNull();
  await expect.poll(async () => (await shown(page, 1))[0]).toContain("Blue Ltd");
  expect(page.url()).toContain("sort=-size");
  expect((await sorts(page)).at(-1)).toEqual({ by: "size", descending: true });
  await window.shot(page, `queue-sorted-${theme}`);
  expect(await window.axe(page)).toEqual([]);
  // By keys: the heading is reached by Tab and pressed as any button.
  await heading(page, "Size").getByRole("button").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => heading(page, "Size").getAttribute("aria-sort")).toBe("ascending");
  await page.getByText("1 selected").waitFor();
  await page.keyboard.press("Space");
  await expect.poll(() => heading(page, "State").getAttribute("aria-sort")).toBe("ascending");
  expect((await sorts(page)).at(-1)).toBeNull();
  await press(page, "Record");
  await expect
    .poll(async () => (await shown(page, 3)).join())
    .toMatch(/^.?Blue Ltd.?,.?Blue Ltd.?,.?Customer 8.?$/);
});

test("an address opens a list in its order, and a filter keeps it", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?sort=-saved" });
  await page.locator('[aria-rowindex="2"]').waitFor();
  expect(await sorts(page)).toEqual([{ by: "saved", descending: true }]);
  await page.getByRole("radio", { name: /^Waiting/ }).check();
  await expect.poll(async () => (await shown(page, 1))[0]).toContain("Customer order 9");
  expect(await heading(page, "Saved").getAttribute("aria-sort")).toBe("descending");
});

test("what is too much to be sorted is shown in the usual order, and it is said", async () => {
  const page = await window.open({ scenario: "big", at: "#/queue?sort=record" });
  await expect.poll(() => heading(page, "Record").getAttribute("aria-sort")).toBe("ascending");
  await page.evaluate(() => {
    const world = (globalThis as unknown as { world: World }).world;
    world.bigQueue = 1_000_000;
    return world.tell();
  });
  const said = "1,000,000 changes are too many to sort by Record. They are in the usual order";
  await page.getByText(said).waitFor();
  expect(
    await heading(page, "Record").getAttribute("aria-sort"),
    "no order is claimed that is none",
  ).toBeNull();
  await window.shot(page, "queue-too-many");
  expect(await window.axe(page)).toEqual([]);
  await press(page, "Saved");
  await expect.poll(() => heading(page, "Saved").getAttribute("aria-sort")).toBe("descending");
  expect(await page.getByText(said).count()).toBe(0);
  await press(page, "Record");
  await page.getByRole("button", { name: "Keep the usual order" }).click();
  await expect.poll(() => page.getByText(said).count()).toBe(0);
  expect(page.url()).not.toContain("sort=");
});

test.each(themes)(
  "the changes of one record are one group, and are sent, held and discarded as one (%s)",
  async (theme) => {
    const page = await window.open({ scenario: "busy", at: "#/queue", theme });
    await page.evaluate(() => {
      const world = (globalThis as unknown as { world: World }).world;
      for (const { row } of world.changes) {
        if (row.title.startsWith("Customer order"))
          Object.assign(row, { record: "SO-1", title: "One order" });
      }
      const [first] = world.changes.filter(({ row }) => row.record === "SO-1");
      if (first) first.row.state = "needs_you";
    });
    await group(page, "record");
    const card = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "One order" }) });
    await card.getByText("Sales invoices · erp.example.com · 9 changes · 1 needs you").waitFor();
    await expect(
      await page
        .getByRole("region", { name: "What is not confirmed, by record" })
        .getByRole("heading")
        .first()
        .textContent(),
      "the most changed first",
    ).toBe("One order");
    await card.getByRole("button", { name: "Show" }).click();
    expect(await card.getByRole("link", { name: /^Change \d+$/ }).count()).toBe(9);
    await window.shot(page, `queue-by-record-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await card.getByRole("button", { name: "Send 9 now" }).click();
    await page.getByText("9 go again.").waitFor();
    await card.getByRole("button", { name: "Hold" }).click();
    await page.getByText("9 are on hold.").waitFor();
    const same = (await calls(page, "retry"))[0]?.ids;
    expect((await calls(page, "hold"))[0]).toEqual({ ids: same, held: true });
    expect(same).toHaveLength(9);
    await card
      .getByRole("link", { name: /^Change \d+$/ })
      .first()
      .click();
    await page.getByRole("complementary", { name: "One change" }).getByText("In words").waitFor();
    expect(await card.count(), "the groups stay beside the open change").toBe(1);
    await page.keyboard.press("Escape");
    await card.getByRole("button", { name: "Discard 9" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard 9" }).click();
    // What has gone leaves the groups.
    await expect.poll(() => card.count()).toBe(0);
  },
);

test("a long queue is grouped a stretch at a time, and how far is said", async () => {
  const page = await window.open({ scenario: "big", at: "#/queue?group=record" });
  await page.getByText("5,000 of 100,000 changes are grouped here.").waitFor();
  await page.getByText("1,000 more are of records with no more changes than these.").waitFor();
  await page.getByRole("button", { name: "Group the next ones" }).click();
  await page.getByRole("heading", { name: "Order 5000" }).waitFor();
  expect((await calls(page, "list_by_record")).at(-1)).toEqual({ after: 5000 });
  await page.getByRole("button", { name: "Group the first ones" }).click();
  await page.getByRole("heading", { name: "Order 0" }).waitFor();
});

test.each(themes)("the changes of one server are one group, and one list (%s)", async (theme) => {
  const page = await window.open({ scenario: "busy", at: "#/queue?state=waiting", theme });
  await page.locator('[aria-rowindex="2"]').waitFor();
  await page.evaluate(() => {
    const world = (globalThis as unknown as { world: World }).world;
    // Two of them go to the other server.
    for (const { row } of world.changes.slice(-4, -2)) row.link = "Sample";
    return world.tell();
  });
  await group(page, "server");
  expect(page.url(), "a group is of all that is not confirmed").not.toContain("state=");
  const card = page
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name: "erp.example.com" }) });
  await card
    .getByText(/^ERPNext · \d+ waiting · 1 sending · 1 not confirmed · 1 in conflict · 1 needs you$/)
    .waitFor();
  await window.shot(page, `queue-by-server-${theme}`);
  expect(await window.axe(page)).toEqual([]);
  await card.getByRole("button", { name: /^Send \d+ now$/ }).click();
  await page.getByText(/go again\.$/).waitFor();
  const sent = (await calls(page, "retry"))[0]?.ids as string[];
  expect(sent).toHaveLength(14);
  expect(await card.getByRole("button", { name: "Send 14 now" }).count()).toBe(1);
  await card.getByRole("link", { name: "All in one list" }).click();
  await page.locator('[aria-rowindex="2"]').waitFor();
  expect((await calls(page, "list_queue")).at(-1)).toMatchObject({ filter: { link: "ERPNext" } });
  await page.getByRole("button", { name: "Only ERPNext: show all again" }).click();
  await expect
    .poll(async () => (await calls(page, "list_queue")).at(-1))
    .toMatchObject({ filter: { link: null } });
});

test("a filter and a search leave the groups, which are of everything", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?group=record" });
  await page.getByRole("heading", { name: "Hinge, steel" }).waitFor();
  await page.getByRole("radio", { name: /^Needs you/ }).check();
  await page.getByRole("row").filter({ hasText: "Hinge, steel" }).waitFor();
  await group(page, "record");
  await page.getByRole("heading", { name: "Hinge, steel" }).waitFor();
  await page.getByRole("searchbox", { name: "Search records" }).fill("rossi");
  await page.getByRole("row").filter({ hasText: "Rossi SRL" }).first().waitFor();
  expect(page.url()).not.toContain("group=");
});

test.each(["record", "server", "cause"])("groups by %s fit a narrow window", async (by) => {
  const page = await window.open({ scenario: "busy", at: `#/queue?group=${by}`, width: 360, height: 700 });
  await page.getByRole("button", { name: "Show" }).first().waitFor();
  await window.shot(page, `queue-by-${by}-narrow`);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  expect(wider, "nothing is to be scrolled sideways").toBe(false);
  expect(await window.axe(page)).toEqual([]);
});

test.each(themes)(
  "a try tells when it began, how long it took and what it waited for (%s)",
  async (theme) => {
    const page = await window.open({ scenario: "busy", at: "#/queue", theme, height: 1000 });
    await page.evaluate(() => {
      const world = (globalThis as unknown as { world: World }).world;
      // The first try was made with another request.
      const first = world.changes.find(({ row }) => row.title === "Customer 8")?.attempts.at(-1);
      if (first) first.key = "0190f3a2-7c1e-7d2a-9b1c-bbbbbbbbbbbb";
      location.hash = "#/queue/0190-1042";
    });
    const inspector = page.getByRole("complementary", { name: "One change" });
    const tries = inspector.getByRole("group").filter({ hasText: "503" });
    await tries.nth(0).locator("summary").focus();
    await page.keyboard.press("Enter");
    const row = (at: number, name: string) => tries.nth(at).getByRole("row", { name });
    await row(0, "Began").getByText("14:01:30.000").waitFor();
    await row(0, "Answered").getByText("14:01:31.200").waitFor();
    await row(0, "Total").getByText("1.2 s").waitFor();
    await row(0, "Connecting").getByText("The connection was open already").waitFor();
    await row(0, "First byte").getByText("1.2 s after it began").waitFor();
    expect(await row(0, "Finding the name").count(), "nothing was looked up").toBe(0);
    await row(0, "Waited before").getByText("3 min 59 s since #2 was answered").waitFor();
    await tries.nth(0).getByText("PATCH https://erp.example.com/api/customers/CUST-88").waitFor();
    await tries.nth(0).getByText("Train Wi-Fi").waitFor();
    await tries.nth(0).getByText("Headers").last().click();
    await tries.nth(0).getByText("retry-after: 1800").waitFor();
    await tries.nth(0).getByText("set-cookie: ••••").waitFor();
    await tries.nth(0).getByLabel("Answer").getByText("Too many requests").waitFor();
    const bar = (at: number) =>
      row(at, "Total")
        .locator(".bar span")
        .evaluate((node) => node.getBoundingClientRect().width);
    await tries.nth(2).locator("summary").click();
    expect((await bar(0)) / (await bar(2)), "as long as it took, beside the longest").toBeCloseTo(3, 1);
    expect(await row(2, "Waited before").count(), "nothing came before the first").toBe(0);
    await tries.nth(2).getByText("Of this one only the whole was measured.").waitFor();
    expect(await row(2, "Connecting").count(), "nothing is made up").toBe(0);
    await tries.nth(1).locator("summary").click();
    await row(1, "Finding the name").getByText("3 ms").waitFor();
    await row(1, "Connecting").getByText("34 ms, including TLS").waitFor();
    await tries.nth(2).getByText("The request of this try is no longer kept.").waitFor();
    await window.shot(page, `queue-timing-${theme}`);
    expect(await window.axe(page)).toEqual([]);
  },
);

test("a pause says what still works", async () => {
  const page = await window.open({ scenario: "paused", at: "#/queue" });
  const said =
    "Paused. Nothing is sent. Changes are still saved. Reads still work, from the copy on this computer";
  await page.getByText(said).waitFor();
  expect(await page.getByRole("row").count(), "the rows stay").toBeGreaterThan(5);
  await page.getByRole("button", { name: "Resume" }).last().click();
  await expect.poll(() => page.getByText(said).count()).toBe(0);
});
