// A secret of a record is masked, shown for ten seconds to whoever asks, and changed without being read.

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

const at = "#/records/ERPNext/invoices/SINV-00410";
const open = () => window.open({ scenario: "secret", at, stopped: true });
const field = (page: Page) => page.getByLabel("Bank PIN");
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function reads(page: Page, text: string) {
  await field(page).filter({ hasText: text }).waitFor();
}

// proves E6
test("a secret is masked until it is asked for, and ten seconds later it is masked again", async () => {
  const page = await open();
  await reads(page, "••••");
  expect(await page.locator("body").textContent(), "it is nowhere on the page").not.toContain("4711");
  expect(await calls(page, "record_secret")).toEqual([]);
  await button(page, "Show for 10 s").click();
  await reads(page, "4711");
  expect(await calls(page, "record_secret")).toEqual([
    { link: "ERPNext", collection: "invoices", id: "SINV-00410", path: "/pin" },
  ]);
  await page.clock.runFor(9_000);
  await reads(page, "4711");
  await page.clock.runFor(1_500);
  await reads(page, "••••");
});

test.each(["light", "dark"] as const)("a secret can be read and reached by everybody: %s", async (theme) => {
  const page = await window.open({ scenario: "secret", at, theme });
  await reads(page, "••••");
  await window.shot(page, `record-secret-masked-${theme}`);
  expect(await window.axe(page)).toEqual([]);
  await button(page, "Show for 10 s").click();
  await reads(page, "4711");
  await window.shot(page, `record-secret-shown-${theme}`);
  await button(page, "Change").click();
  await field(page).fill("1234");
  await window.shot(page, `record-secret-typed-${theme}`);
  expect(await window.axe(page)).toEqual([]);
});

// proves E6
test("a typed secret is in no draft, and that is said", async () => {
  const page = await open();
  await button(page, "Change").click();
  await field(page).fill("1234");
  await page.clock.runFor(300);
  await page.getByText("Secret values are kept only when they are saved.").waitFor();
  await page.getByLabel("Remarks").fill("Ring twice");
  await page.clock.runFor(300);
  await page.getByText("A draft is kept on this computer, without the secret values.").waitFor();
});

// proves E6
test("a new value is saved unread, and a secret that nobody touched is not sent", async () => {
  const page = await open();
  await page.getByLabel("Remarks").fill("Ring twice");
  await button(page, "Save").click();
  await page.getByText("Saved on this computer.").waitFor();
  await button(page, "Change").click();
  await field(page).fill("1234");
  expect(await field(page).getAttribute("type"), "nobody reads along").toBe("password");
  await button(page, "Save").click();
  await expect.poll(() => calls(page, "update_record").then((made) => made.length)).toBe(2);
  expect((await calls(page, "update_record")).map((made) => made.edits)).toEqual([
    [{ path: "/remarks", set: '"Ring twice"' }],
    [{ path: "/pin", set: '"1234"' }],
  ]);
  await reads(page, "••••");
});

// proves E6
test("what is left empty, and a mask in the JSON tab, change nothing", async () => {
  const page = await open();
  await button(page, "Change").click();
  await field(page).fill("1");
  await page.getByText("Not saved yet").waitFor();
  await field(page).fill("");
  expect(await button(page, "Save").isDisabled(), "the old one stays").toBe(true);
  await button(page, "Keep the old one").click();
  await reads(page, "••••");
  await page.getByRole("tab", { name: "JSON" }).click();
  const json = page.getByRole("textbox", { name: "JSON" });
  await json.fill((await json.inputValue()).replace("Call first", "Ring twice"));
  await button(page, "Use this text").click();
  await button(page, "Save").click();
  await page.getByText("Saved on this computer.").waitFor();
  expect((await calls(page, "update_record"))[0]?.edits).toEqual([{ path: "/remarks", set: '"Ring twice"' }]);
});
