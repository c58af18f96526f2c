// What a person does about removals that are asked about, and about rows that could not be read.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { World } from "../mock/world";
import { calls, Harness } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(async () => {
  expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
  await window.closePages();
});
afterAll(() => window.stop());

/** Changes what the core holds, without telling the window. */
const inCore = (page: Page, change: (world: World) => void): Promise<void> =>
  page.evaluate(`(${String(change)})(globalThis.world)`);
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim());
const notes = (page: Page) => page.getByRole("group", { name: "Notes", exact: true });

test("an answer is for the number that was asked, and the other question stays", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections" });
  await notes(page).getByText("127.0.0.1:8090 deleted 180 of 2,300 records in").waitFor();
  await notes(page).getByText("Nothing is removed here, and nothing new comes in").waitFor();
  await notes(page).getByRole("button", { name: "Remove 180 records here" }).click();
  await page.getByText("Removing 180 records here.").waitFor();
  await notes(page).waitFor({ state: "detached" });
  expect(await calls(page, "allow_removals")).toEqual([{ link: "Sample", collection: "notes", number: 180 }]);
  expect(await focused(page), "the focus is not lost with the button").toBe("Sample");
  await page.getByRole("group", { name: "Customers" }).getByText("deleted at least 1,240 of 5,000").waitFor();
  await page.getByTestId("status-capsule").getByText("1 collection asks before removing").waitFor();
});

test("an answer for a number that moved is refused, and the new number can be answered", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections" });
  await notes(page).waitFor();
  await inCore(page, (world) =>
    world.ask("Sample", "notes", { wouldRemove: 240, of: 2300, atLeast: false, since: world.snapshot().at }),
  );
  await notes(page).getByRole("button", { name: "Remove 180 records here" }).click();
  await notes(page)
    .getByRole("alert")
    .getByText("240 records would be removed by now, not 180. Nothing was removed;")
    .waitFor();
  await notes(page).getByText("deleted 240 of 2,300 records").waitFor();
  await window.shot(page, "removals-moved");
  expect(await window.axe(page)).toEqual([]);
  await notes(page).getByRole("button", { name: "Remove 240 records here" }).click();
  await page.getByText("Removing 240 records here.").waitFor();
  expect((await calls(page, "allow_removals")).map((one) => one.number)).toEqual([180, 240]);
});

test("a question that was answered elsewhere goes, and says so", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections" });
  await notes(page).waitFor();
  await inCore(page, (world) => world.ask("Sample", "notes", null));
  await notes(page).getByRole("button", { name: "Remove 180 records here" }).click();
  await page.getByText("nothing is to be removed from 'notes' that needs an answer").waitFor();
  await notes(page).waitFor({ state: "detached" });
});

test("looking again asks the server for that collection alone", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections" });
  await notes(page).getByRole("button", { name: "Look again" }).click();
  await page.getByText("Asking 127.0.0.1:8090 again.").waitFor();
  expect(await calls(page, "force_sync")).toEqual([{ link: "Sample", collection: "notes" }]);
});

test("the records of a question are looked through, and answered where they are seen", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections" });
  await notes(page).getByRole("button", { name: "Show which" }).click();
  const dialog = page.getByRole("dialog", { name: /180 records would be removed from/ });
  const grid = dialog.getByRole("grid", { name: "Records that would be removed here" });
  await grid.getByText("NOTE-1", { exact: true }).waitFor();
  expect(await grid.getAttribute("aria-rowcount")).toBe("181");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.waitForURL(/#\/connections$/);
  expect(await focused(page)).toBe("Show which");

  await notes(page).getByRole("button", { name: "Show which" }).click();
  await inCore(page, (world) => {
    world.ask("Sample", "notes", { wouldRemove: 181, of: 2300, atLeast: false, since: world.snapshot().at });
    world.removals.get("Sample/notes")?.unshift({ record: "NEWLY-GONE", title: "One more" });
  });
  await dialog.getByRole("button", { name: "Remove 180 records here" }).click();
  const moved = page.getByRole("dialog", { name: /181 records would be removed from/ });
  await moved.getByRole("alert").getByText("181 records would be removed by now").waitFor();
  await moved.getByText("NEWLY-GONE").waitFor();
  await moved.getByRole("button", { name: "Remove 181 records here" }).click();
  await moved.waitFor({ state: "detached" });
  await page.waitForURL(/#\/connections$/);
  expect(await focused(page)).toBe("Sample");
});

test("all of very many records come in pages as they are scrolled", async () => {
  const page = await window.open({
    scenario: "incoming",
    at: "#/connections/removals/ERPNext/customers",
  });
  const grid = page.getByRole("dialog").getByRole("grid");
  await grid.getByText("CUST-80", { exact: true }).waitFor();
  expect(await calls(page, "list_removals")).toEqual([
    { link: "ERPNext", collection: "customers", offset: 0, limit: 200 },
  ]);
  await grid.evaluate((node) => (node.scrollTop = node.scrollHeight));
  await grid.getByText("CUST-1319", { exact: true }).waitFor();
  expect(await page.getByText("are shown").count(), "all that are asked about are listed").toBe(0);
});

test("Overview leads to the question and to the rows", async () => {
  const page = await window.open({ scenario: "incoming" });
  await page.getByRole("heading", { name: "Needs you (5)" }).waitFor();
  await page
    .getByTestId("first-sentence")
    .getByText("1,240 records were deleted on erp.example.com. Nothing is removed here until you answer.")
    .waitFor();
  await page.getByRole("link", { name: "Show Notes" }).click();
  await page.getByRole("dialog", { name: /180 records would be removed/ }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "Show 3 records can't be read." }).click();
  await page.getByRole("heading", { name: "Could not be read" }).waitFor();
  expect(await page.getByRole("grid").getAttribute("aria-rowcount"), "the number told is the rows").toBe("4");
});

test("the header and the reader's region say it in the words of the tray", async () => {
  const page = await window.open({ scenario: "incoming", running: true });
  await page.clock.runFor(1000);
  await page
    .getByTestId("live-status")
    .getByText("Nothing waiting. 2 collections ask before removing. 3 records can't be read")
    .waitFor({ state: "attached" });
  await page.getByTestId("status-capsule").click();
  await page
    .getByRole("dialog", { name: "Status" })
    .getByText("nothing waiting · 1 collection asks before removing · 3 records can't be read")
    .waitFor();
});

test("no connection has a tick while something of it waits for a person", async () => {
  const calm = await window.open({ scenario: "calm" });
  await calm.getByTestId("first-sentence").waitFor();
  expect(await calm.locator("nav .lucide-check").count()).toBe(2);
  for (const scenario of ["incoming", "unreadable"]) {
    const page = await window.open({ scenario });
    await page.getByText("Needs you (").waitFor();
    expect(await page.locator("nav .lucide-check").count(), scenario).toBe(0);
    await page
      .getByRole("link", { name: "Connections", exact: false })
      .first()
      .getByText("can't be read")
      .waitFor();
  }
});

test("a row that could not be read is opened from its collection, by keys, with its text as text", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections" });
  await page.getByRole("link", { name: "Show Notes" }).click();
  await page.getByRole("grid").waitFor();
  expect((await calls(page, "list_unreadable"))[0]).toEqual({
    link: "Sample",
    collection: "notes",
    offset: 0,
    limit: 200,
  });
  await page.getByRole("row").nth(1).focus();
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary");
  await panel.getByText('{"id":"NOTE-3","title":12,"tags":["a","b"],').waitFor();
  await panel.getByText("its JSON is broken at line 1, column 31").waitFor();
  expect(await panel.getByText("Only the beginning").count(), "all of it is here").toBe(0);
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Show those of all connections" }).click();
  await expect.poll(() => calls(page, "list_unreadable").then((all) => all.at(-1)?.link)).toBe(null);
});

test("all are asked for again, and the result says what became of each", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections/unreadable" });
  await page.getByRole("button", { name: "Try all again" }).click();
  await page.getByText("1 could be read, 1 still can't, 1 has no id to ask for.").waitFor();
  expect(await calls(page, "read_again")).toEqual([{ ids: [3, 2, 1] }]);
  await page.getByText("2 rows").waitFor();
  await page.getByTestId("status-capsule").getByText("2 records can't be read").waitFor();
});

test("what cannot be asked for is not asked for, and one row can be tried alone", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections/unreadable/2" });
  const panel = page.getByRole("complementary");
  await panel.getByText("It names no record").waitFor();
  expect(await panel.getByRole("button", { name: "Try again" }).isDisabled()).toBe(true);
  await page.getByRole("row", { name: /NOTE-3/ }).click();
  await panel.getByRole("heading", { name: "NOTE-3" }).waitFor();
  await panel.getByRole("button", { name: "Try again" }).click();
  await page.getByText("1 could be read.").waitFor();
  await panel.getByText("This row is not listed any more").waitFor();
});

test("ticked rows are forgotten after one question", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections/unreadable" });
  await page.getByRole("checkbox", { name: "Select the row of No id" }).check();
  await page.getByRole("row", { name: /NOTE-1/ }).focus();
  await page.keyboard.press("x");
  await page.getByRole("group", { name: "2 selected (of 3 shown)" }).waitFor();
  await window.shot(page, "unreadable-ticked");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Forget 2" }).click();
  const dialog = page.getByRole("dialog", { name: "Forget 2 rows?" });
  await dialog.getByText("You hear no more of them. Nothing changes on the server.").waitFor();
  await window.shot(page, "unreadable-forget");
  expect(await window.axe(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Keep" }).click();
  expect(await calls(page, "forget_unreadable")).toEqual([]);
  await page.getByRole("button", { name: "Forget 2" }).click();
  await dialog.getByRole("button", { name: "Forget 2" }).click();
  await page.getByText("2 forgotten.").waitFor();
  expect(await calls(page, "forget_unreadable")).toEqual([{ ids: [2, 1] }]);
  await page.getByText("1 row", { exact: true }).waitFor();
});

test("a thousand rows are asked for in parts, with a way to stop", async () => {
  const page = await window.open({ scenario: "unreadable", at: "#/connections/unreadable" });
  await inCore(page, (world) => void world.hangs.add("read_again"));
  await page.getByRole("button", { name: "Try all again" }).click();
  await page.getByText("Asked for 0 of 1,000").waitFor();
  expect(await page.getByRole("button", { name: "Try all again" }).isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Stop" }).click();
  await window.shot(page, "unreadable-asking");
  expect(await window.axe(page)).toEqual([]);
  const [asked] = await calls(page, "read_again");
  expect(asked?.ids).toHaveLength(20);
});

test("a refusal of the store is told, and nothing is lost", async () => {
  const page = await window.open({ scenario: "incoming", at: "#/connections/unreadable/3" });
  await inCore(page, (world) => {
    for (const command of ["read_again", "forget_unreadable", "allow_removals"])
      world.refuses.set(command, { code: "store", message: "The disk is full.", hint: "Make room." });
  });
  const panel = page.getByRole("complementary");
  await panel.getByRole("button", { name: "Forget" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Forget 1" }).click();
  await page.getByText("The disk is full. Make room.").waitFor();
  await panel.getByText('{"id":"NOTE-3"').waitFor();
  expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("4");
});
