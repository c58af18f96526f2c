// What a person does with what needs them, in a real browser over the core of memory.

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

/** What was copied: the browser's own clipboard is not asked. */
async function watchClipboard(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const copied: string[] = [];
    Object.assign(globalThis, { copied });
    navigator.clipboard.writeText = (text) => {
      copied.push(text);
      return Promise.resolve();
    };
  });
  return () => page.evaluate(() => (globalThis as unknown as { copied: string[] }).copied);
}

test("forty-one refusals of one cause are one line, opened by one press and sent again by one", async () => {
  const page = await window.open({ scenario: "refused", at: "#/queue" });
  const line = page.getByText("41 refused: Due date is before posting date");
  await line.waitFor();
  await page.getByText("1 needs you: customers 'c1', which it refers to, was discarded").waitFor();
  await page.getByRole("button", { name: "Show" }).first().click();
  expect(page.url()).toContain("group=cause");
  await page.getByRole("link", { name: "Invoice 41", exact: true }).waitFor();
  await page.getByRole("button", { name: "Send 41 now" }).click();
  await page.getByText("41 go again.").waitFor();
  const sent = (await calls(page, "retry")).at(-1)?.ids as string[];
  expect(new Set(sent).size).toBe(41);
  await expect.poll(() => line.count()).toBe(0);
  await page.getByText("1 refused: Too large").waitFor();
});

test("a refused change is put right at the field that the server named", async () => {
  const page = await window.open({ scenario: "refused", at: "#/queue/0190-1041" });
  await page.getByRole("link", { name: "Edit" }).click();
  const said = "The server didn't accept this: “Due date is before posting date”. Your change is kept.";
  await page.getByText(said).waitFor();
  const due = page.getByLabel("Due date");
  expect(await due.getAttribute("aria-describedby")).toMatch(/-error$/);
  await expect.poll(() => due.evaluate((node) => node === document.activeElement)).toBe(true);
  await due.fill("2027-01-31");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved on this computer. It goes out again.").waitFor();
  expect((await calls(page, "update_record"))[0]?.edits).toEqual([
    { path: "/due_date", set: '"2027-01-31"' },
  ]);
  await expect.poll(() => page.getByText(said).count()).toBe(0);
});

test("discarding tells what depends on it, and both go together unless told otherwise", async () => {
  const page = await window.open({ scenario: "refused", at: "#/queue?state=waiting" });
  await page.getByRole("checkbox", { name: /New customer/ }).check();
  await page.getByRole("button", { name: "Discard 1" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("They stay in Trash until 21 Dec 2026.").waitFor();
  await dialog.getByText("“Their first order” stays, and needs you").waitFor();
  expect(await dialog.getByRole("radio", { name: "Discard these 2 together" }).isChecked()).toBe(true);
  expect(await window.axe(page)).toEqual([]);
  await window.shot(page, "queue-discard-together");
  await dialog.getByRole("radio", { name: "Only this one" }).check();
  await dialog.getByText("It stays in Trash until 21 Dec 2026.").waitFor();
  await dialog.getByRole("radio", { name: "Discard these 2 together" }).check();
  await dialog.getByRole("button", { name: "Discard 2" }).click();
  await page.getByText("2 moved to Trash.").waitFor();
  expect((await calls(page, "discard"))[0]?.ids).toHaveLength(2);
});

test("what was discarded is put back, at once or from Trash", async () => {
  const page = await window.open({ scenario: "refused", at: "#/queue?state=waiting", running: true });
  const discard = async () => {
    await page.getByRole("checkbox", { name: /New customer/ }).check();
    await page.getByRole("button", { name: "Discard 1" }).click();
    await page.getByRole("dialog").getByRole("radio", { name: "Only this one" }).check();
    await page.getByRole("dialog").getByRole("button", { name: "Discard 1" }).click();
    await page.getByText("1 moved to Trash.").first().waitFor();
  };
  await discard();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("1 put back.").waitFor();
  await discard();
  await page.getByRole("radio", { name: /Trash 1/ }).check();
  await page.getByText("New · Deleted for good on 21 Dec 2026").waitFor();
  await window.shot(page, "queue-trash");
  expect(await window.axe(page)).toEqual([]);
  await page.getByText("New customer").click();
  await page.getByRole("complementary").getByText("Deleted for good on 21 Dec 2026.").waitFor();
  await page.getByRole("complementary").getByRole("button", { name: "Put back" }).click();
  await expect.poll(async () => (await calls(page, "restore_changes")).length).toBe(2);
});

test("a change is copied as curl, as JSON, as its id and as a command", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue/0190-1041" });
  const copied = await watchClipboard(page);
  for (const item of ["Copy as curl", "Copy id", "Copy CLI command", "Export JSON"]) {
    await page.getByRole("complementary").getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: item }).click();
    await page.getByText("Copied.").first().waitFor();
  }
  await expect.poll(async () => (await copied()).length).toBe(4);
  const [curl, id, command, json] = await copied();
  expect(curl).toMatch(/^# secrets removed\n/);
  expect([id, command]).toEqual(["0190-1041", "tidemarkctl queue show 0190-1041"]);
  expect(JSON.parse(json ?? "")).toHaveProperty("changes");
});

test("all that match are a second step, frozen, and told by number", async () => {
  const page = await window.open({ scenario: "refused", at: "#/queue?state=needs_you" });
  await page.getByRole("checkbox", { name: /Invoice 1$/ }).check();
  await page.getByText("1 selected (of 43 shown)").waitFor();
  await page.getByRole("button", { name: "Select all 43 that match" }).click();
  await page.getByText("43 selected (of 43 shown)").waitFor();
  await page.evaluate(() => {
    const world = (globalThis as unknown as { world: World }).world;
    world.changes.splice(0, 3);
  });
  await page.getByRole("button", { name: "Send now" }).last().click();
  await page.getByRole("dialog").getByRole("button", { name: "Send 43 now" }).click();
  await page.getByText("40 sent again, 3 had already gone.").waitFor();
});

test("a change is moved first within the rules, and the rule is said", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?state=waiting" });
  await page.getByRole("checkbox", { name: /Customer order 9/ }).check();
  const first = page.getByRole("button", { name: "Move first" });
  expect(await first.getAttribute("title")).toContain("The order of one record's changes stays.");
  await first.click();
  await page.getByText("1 moved first.").waitFor();
  expect((await calls(page, "set_priority"))[0]).toMatchObject({ priority: 9 });
});

test("held changes are let go together", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?state=waiting" });
  for (const name of [/Customer order 8/, /Customer order 9/])
    await page.getByRole("checkbox", { name }).check();
  await page
    .getByRole("group", { name: /2 selected/ })
    .getByRole("button", { name: "Hold" })
    .click();
  await page.getByText("2 are on hold.").waitFor();
  await page.getByRole("radio", { name: /On hold 3/ }).check();
  for (const name of [/Customer order 8/, /Customer order 9/])
    await page.getByRole("checkbox", { name }).check();
  await page.getByRole("button", { name: "Stop holding" }).click();
  await page.getByText("2 go out again.").waitFor();
  expect((await calls(page, "hold")).map((one) => one.held)).toEqual([true, false]);
});

test("an attempt says what was decided, and whether the server asked for it", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue/0190-1042" });
  await page.getByText("decided: try again in 1 min 59 s (the server asked)").waitFor();
});

test("a place in line is told anew, in the list and of the open change, when one before it has gone", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?state=waiting", running: true });
  const row = page.getByRole("row").filter({ hasText: "Customer order 3 " });
  await row.getByText("Position 4").waitFor();
  await row.getByText("Customer order 3 ").click();
  const inspector = page.getByRole("complementary", { name: "One change" });
  await inspector.getByText(/In line for .*, position 4\./).waitFor();
  const leave = (howMany: number) =>
    page.evaluate((gone) => {
      const world = (globalThis as unknown as { world: World }).world;
      world.changes = world.changes.filter(({ row }) => row.position === null || row.position > gone);
      for (const { row } of world.changes) if (row.position !== null) row.position -= gone;
      return world.tell();
    }, howMany);
  await leave(2);
  await row.getByText("Position 2").waitFor();
  await inspector.getByText(/In line for .*, position 2\./).waitFor();
  await leave(1);
  await row.getByText("Next", { exact: true }).waitFor();
  await inspector.getByText(/Next in line for /).waitFor();
});

test("what a change depends on and what waits for it are one press away", async () => {
  const page = await window.open({ scenario: "refused", at: "#/queue?state=waiting" });
  await page.getByText("New customer").click();
  const inspector = page.getByRole("complementary", { name: "One change" });
  await inspector.getByRole("heading", { name: "Waited on by" }).waitFor();
  expect(await window.axe(page)).toEqual([]);
  await inspector.getByRole("link", { name: /Change \d+ · Their first order/ }).click();
  await inspector.getByRole("heading", { name: "Depends on" }).waitFor();
  await inspector.getByRole("link", { name: /Change \d+ · New customer/ }).waitFor();
});

test("a request is shown pretty or as it goes out, and its secret by neither", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue/0190-1042" });
  const inspector = page.getByRole("complementary", { name: "One change" });
  await inspector.getByText("PATCH https://erp.example.com/api/customers/CUST-88").last().waitFor();
  await inspector.getByText("Headers", { exact: true }).click();
  await inspector.getByText("Authorization: ••••").waitFor();
  await inspector.getByText("Body, 20 B").click();
  const panel = inspector.getByRole("tabpanel");
  expect(await panel.textContent()).toContain('{\n  "phone": "555-0199"\n}');
  await inspector.getByRole("tab", { name: "Raw" }).click();
  await expect.poll(() => panel.textContent()).toContain('{"phone":"555-0199"}');
  await window.shot(page, "queue-request");
  expect(await window.axe(page)).toEqual([]);
  await inspector.getByRole("link", { name: "Customer 8" }).click();
  await expect.poll(() => page.url()).toContain("#/records/ERPNext/customers/CUST-88");
});
