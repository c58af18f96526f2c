// A record is edited, made and deleted, in a real browser over the core of memory.

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

test("a record is edited without a form element, which WebKitGTK would keep with all that stands in it", async () => {
  const page = await window.open({ scenario: "offline", at: "#/records/ERPNext/invoices/SINV-00410" });
  await page.getByLabel("Remarks").waitFor();
  expect(await page.locator("main form").count()).toBe(0);
});

test("an edit sends only the touched field, and long numbers keep every digit", async () => {
  const page = await window.open({ scenario: "offline", at: "#/records/ERPNext/invoices/SINV-00410" });
  await page.getByLabel("Remarks").fill("Ring twice");
  await page.getByText("Not saved yet").waitFor();
  await page.getByRole("button", { name: "Save here" }).click();
  await page.getByText("Saved on this computer. Goes out when erp.example.com can be reached.").waitFor();
  expect((await calls(page, "update_record"))[0]?.edits).toEqual([{ path: "/remarks", set: '"Ring twice"' }]);
  await page.getByRole("tab", { name: "JSON" }).click();
  const text = await page.getByRole("textbox", { name: "JSON" }).inputValue();
  expect(text).toContain("12345678901234567890");
  expect(text).toContain("109.10");
  await page.getByRole("tab", { name: "Changes" }).click();
  await page.getByRole("cell", { name: "Ring twice" }).waitFor();
});

// proves C2
test("a save says so within one frame, and that it is saved only after the core has said so", async () => {
  const at = "#/records/ERPNext/invoices/SINV-00410";
  const page = await window.open({ scenario: "offline", at, running: true });
  await page.getByLabel("Remarks").fill("Ring twice");
  await page.evaluate(
    () => void (globalThis as unknown as { world: World }).world.hangs.add("update_record"),
  );
  const said = page.locator("footer").getByRole("status");
  const button = await page.getByRole("button", { name: "Save here" }).elementHandle();
  const status = await said.elementHandle();
  const next = await page.evaluate(
    async ([button, status]) => {
      (button as HTMLButtonElement).click();
      await new Promise(requestAnimationFrame);
      return status?.textContent?.trim();
    },
    [button, status],
  );
  expect(next).toBe("Saving");
  // However long the disk takes: nothing is called saved before.
  await page.clock.runFor(60_000);
  expect((await said.textContent())?.trim()).toBe("Saving");
});

test("a number is sent as it was typed, and what is no number is not sent", async () => {
  const page = await window.open({ scenario: "calm", at: "#/records/ERPNext/invoices/SINV-00410" });
  await page.getByLabel("Total").fill("much");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("This is a number, such as 12.50.").waitFor();
  expect(await page.getByLabel("Total").inputValue(), "it is there to be put right").toBe("much");
  expect(await calls(page, "update_record")).toEqual([]);
  await page.getByLabel("Total").fill("12345678901234567890.10");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved on this computer.").waitFor();
  expect((await calls(page, "update_record"))[0]?.edits).toEqual([
    { path: "/total", set: "12345678901234567890.10" },
  ]);
});

test("a record is made, and deleted after one question", async () => {
  const page = await window.open({ scenario: "calm", at: "#/records/ERPNext/invoices" });
  await page.getByRole("button", { name: "New" }).click();
  await page.getByRole("combobox", { name: "Customer" }).fill("CUST-81");
  await page.getByLabel("Total").fill("1.10");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("heading", { name: /NEW-/ }).waitFor();
  expect((await calls(page, "create_record"))[0]?.document).toBe(
    '{\n  "customer": "CUST-81",\n  "total": 1.10\n}',
  );
  await page.getByRole("complementary").getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("Deleted on this computer.").waitFor();
  expect(await calls(page, "delete_record")).toHaveLength(1);
});

test("a record that moves under unsaved edits keeps them and says so", async () => {
  const page = await window.open({
    scenario: "calm",
    at: "#/records/ERPNext/invoices/SINV-00410",
    running: true,
  });
  await page.getByLabel("Remarks").fill("Mine");
  await page.evaluate(async () => {
    const world = (globalThis as unknown as { world: World }).world;
    const record = world.record("ERPNext", "invoices", "SINV-00410");
    if (record?.document)
      record.document = record.document.replace("Call first", "Theirs").replace("2026-11-30", "2026-12-24");
    if (record) record.revision += 1;
    await world.tell();
  });
  await page.clock.runFor(1000);
  await page.getByText("Changed on the server just now by Anna K. (2 fields).").waitFor();
  expect(await page.getByLabel("Remarks").inputValue(), "what was typed stays").toBe("Mine");
  expect(await page.getByLabel("Due date").inputValue(), "what was not touched follows").toBe("2026-12-24");
  await page.getByRole("button", { name: "Keep editing" }).click();
});

test("a draft is still there after the record was left", async () => {
  const page = await window.open({ scenario: "calm", at: "#/records/ERPNext/invoices/SINV-00410" });
  await page.getByLabel("Remarks").fill("Half a thought");
  await page.keyboard.press("Escape");
  await page.getByText("SINV-00410").click();
  expect(await page.getByLabel("Remarks").inputValue()).toBe("Half a thought");
});
