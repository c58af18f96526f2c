// Rules for conflicts in the settings: listed, tried before they are saved, and taken away.

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

async function settings(opening: Opening): Promise<Page> {
  const page = await window.open({ at: "#/settings", height: 1100, ...opening });
  await page.getByRole("heading", { name: "Rules" }).scrollIntoViewIfNeeded();
  return page;
}

test("without a rule it is said that people are asked", async () => {
  const page = await settings({ scenario: "busy" });
  await page.getByText("No rules. You are asked about every conflict.").waitFor();
  await window.shot(page, "settings-rules-none");
});

test("without a connection there is nothing to make a rule for", async () => {
  const page = await window.open({ scenario: "first-run", at: "#/settings" });
  await page.getByText("Connect a server first; a rule").waitFor();
  expect(await page.getByRole("button", { name: "Add a rule" }).count()).toBe(0);
});

// proves D10
test("a rule is tried before it is saved, and a trial holds for one rule only", async () => {
  const page = await settings({ scenario: "ruled" });
  await page.getByRole("button", { name: "Add a rule" }).click();
  expect(
    await page
      .getByRole("combobox", { name: "Connection", exact: true })
      .evaluate((one) => one === document.activeElement),
  ).toBe(true);
  await page.getByLabel("Field", { exact: true }).fill("/status");
  await page.getByRole("combobox", { name: "Rule", exact: true }).selectOption("Server wins");
  const save = page.getByRole("button", { name: "Save this rule" });
  expect(await save.isDisabled(), "nothing is saved untried").toBe(true);
  await page.getByLabel("Field", { exact: true }).press("Enter");
  await page
    .getByText("In the last 30 days this would have decided 34 conflicts of 41; 2 differently from you.")
    .waitFor();
  await page.getByText("1 conflict that is open now ends as soon as this is set.").waitFor();
  await page.getByText("Show where it differs").click();
  await page.getByText("Bäckerei Lang, decided").waitFor();
  await window.shot(page, "settings-rule-tried");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("combobox", { name: "Rule", exact: true }).selectOption("Mine wins");
  expect(await save.isDisabled(), "another rule is tried anew").toBe(true);
  await page.getByRole("button", { name: "See what it would do" }).click();
  await save.click();
  await page.getByText("The rule is saved.").waitFor();
  const set = {
    place: { link: "ERPNext", collection: "invoices", path: "/status" },
    rule: { policy: "local" },
  };
  expect(await calls(page, "set_rule")).toEqual([set]);
  await page.getByRole("list", { name: "Rules" }).getByText("/status", { exact: true }).waitFor();
  expect(
    await page.getByRole("button", { name: "Add a rule" }).evaluate((one) => one === document.activeElement),
  ).toBe(true);
});

// proves D10
test("what was chosen for a field becomes a rule, and the choice is kept meanwhile", async () => {
  const page = await window.open({ scenario: "busy", at: "#/conflicts/1", height: 1100 });
  const row = page.locator('[data-path="/remarks"]');
  expect(await row.getByRole("link").count(), "nothing is chosen yet").toBe(0);
  await row.getByRole("radio", { name: /^Server/ }).check();
  await window.shot(page, "resolver-make-a-rule");
  expect(await window.axe(page)).toEqual([]);
  await row.getByRole("link", { name: /^Make this a rule/ }).click();
  expect(await page.getByLabel("Field", { exact: true }).inputValue()).toBe("/remarks");
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByText("In the last 30 days you decided no conflict here").waitFor();
  await page.getByRole("button", { name: "Save this rule" }).click();
  await page.getByText("The rule is saved.").waitFor();
  expect(await calls(page, "set_rule")).toEqual([
    { place: { link: "ERPNext", collection: "invoices", path: "/remarks" }, rule: { policy: "server" } },
  ]);
  expect(await page.evaluate(() => location.hash), "it is not asked for again").toBe("#/settings");
  await page.goBack();
  expect(await row.getByRole("radio", { name: /^Server/ }).isChecked()).toBe(true);
});

test("rules that go by clocks stand under Advanced with a warning", async () => {
  const page = await settings({ scenario: "ruled" });
  await page.getByRole("button", { name: "Add a rule" }).click();
  const rule = page.getByRole("combobox", { name: "Rule", exact: true });
  expect(await rule.locator("option").allTextContents()).toEqual([
    "Mine wins",
    "Server wins",
    "Ask about each change",
  ]);
  await page.getByLabel("Advanced: also rules").check();
  await rule.selectOption("The later change of the record wins");
  await page.getByText("clocks differ").waitFor();
  await window.shot(page, "settings-rule-clocks");
  await page.getByLabel("Advanced: also rules").uncheck();
  expect(await rule.inputValue(), "it is no longer offered").toBe("client_wins");
  await page.getByLabel("Field", { exact: true }).fill("/status");
  expect(await rule.inputValue(), "a rule for a collection is none for a field").toBe("local");
});

test("a rule that is refused says why and stays to be mended", async () => {
  const page = await settings({ scenario: "ruled" });
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.evaluate(() =>
    (globalThis as unknown as { world: World }).world.refuses.set("try_rule", {
      code: "invalid",
      message: "'status' is no field",
      hint: "Name a field as '/status'.",
    }),
  );
  await page.getByLabel("Field", { exact: true }).fill("status");
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByText("'status' is no field. Name a field as '/status'.").waitFor();
  expect(await page.getByLabel("Field", { exact: true }).inputValue()).toBe("status");
});

test("a rule is taken away by a button that names it", async () => {
  const page = await settings({ scenario: "ruled" });
  await page
    .getByRole("button", { name: "Remove the rule Server wins for /remarks, Sales invoices · ERPNext" })
    .click();
  await page.getByText("The rule is removed. Conflicts from now on are decided without it.").waitFor();
  expect(await calls(page, "remove_rule")).toEqual([
    { place: { link: "ERPNext", collection: "invoices", path: "/remarks" } },
  ]);
  expect(await page.getByRole("list", { name: "Rules" }).getByRole("listitem").count()).toBe(2);
});

test("rules that cannot be listed say why", async () => {
  const page = await settings({ scenario: "no-lists" });
  await page.getByText("The rules can't be listed: The local store can't be read.").waitFor();
});

for (const theme of ["light", "dark"] as const)
  test(`the list stands in order in ${theme} and at 320 px`, async () => {
    const page = await settings({ scenario: "ruled", theme });
    await page.getByRole("list", { name: "Rules" }).waitFor();
    await window.shot(page, `settings-rules-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 900 });
    await page.getByRole("button", { name: "Add a rule" }).click();
    await page.getByRole("form", { name: "Add a rule" }).evaluate((form) => form.scrollIntoView());
    await window.shot(page, `settings-rules-${theme}-narrow`);
    expect(
      await page.evaluate(() => document.documentElement.scrollTop),
      "the window itself does not scroll",
    ).toBe(0);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(wide, "nothing is cut off at the side").toBe(false);
  });
