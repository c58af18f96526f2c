// Hooks for conflicts: listed, tried before they are set, and taken away in the settings; told of where one went wrong.

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

const SCRIPT = 'fn resolve(base, local, server, info) {\n    "local"\n}\n';
const invoices = { link: "ERPNext", collection: "invoices" };

const settings = (opening: Opening): Promise<Page> =>
  window.open({ at: "#/settings/hooks", height: 1100, ...opening });

async function form(page: Page) {
  await page.getByRole("button", { name: "Add a hook" }).click();
  return {
    script: page.getByLabel("Script", { exact: true }),
    collection: page.getByRole("combobox", { name: "Collection", exact: true }),
    look: page.getByRole("button", { name: "See what it would do" }),
    set: page.getByRole("button", { name: "Set this hook" }),
  };
}

const isFocused = (page: Page, name: string) =>
  page.getByRole("button", { name }).evaluate((one) => one === document.activeElement);

const isCutOff = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

test("without a hook it is said that people choose", async () => {
  const page = await settings({ scenario: "busy" });
  await page.getByText("No hooks. What rules leave, you choose.").waitFor();
  await window.shot(page, "settings-hooks-none");
});

test("without a connection there is nothing to make a hook for", async () => {
  const page = await settings({ scenario: "first-run" });
  await page.getByText("Connect a server first; a hook is for one of its collections.").waitFor();
  expect(await page.getByRole("button", { name: "Add a hook" }).count()).toBe(0);
});

test("hooks that cannot be listed say why, and those that are being read are no empty list", async () => {
  const page = await settings({ scenario: "no-lists" });
  await page.getByText("The hooks can't be listed: The local store can't be read.").waitFor();
  const loading = await settings({ scenario: "loading", running: true });
  await loading.getByRole("img", { name: "Loading" }).waitFor();
  expect(await loading.getByText("No hooks.").count()).toBe(0);
});

test("a script is shown as it was typed, and nothing in it is seen as something else", async () => {
  const page = await settings({ scenario: "hooked" });
  const list = page.getByRole("list", { name: "Hooks" });
  await list.getByText("9 lines").waitFor();
  await list.getByText("Set 14 Nov 2026").waitFor();
  await page.getByRole("button", { name: "Show the script for Sales invoices · ERPNext" }).click();
  const script = page.getByRole("region", { name: "the script for Sales invoices · ERPNext" });
  expect(await script.textContent()).toContain('    if local.grand_total > server.grand_total { "local" }');
  await window.shot(page, "settings-hooks-shown");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Show the script for Notes · Sample" }).click();
  await page.getByText("⟦U+202E⟧").waitFor();
  expect(await script.count(), "one is shown at a time").toBe(0);
  await page.getByRole("button", { name: "Hide the script for Notes · Sample" }).click();
  expect(await page.getByRole("region", { name: /^the script/ }).count()).toBe(0);
});

// proves D6
test("a hook is tried before it is set, and a trial holds for one script and one place only", async () => {
  const page = await settings({ scenario: "hooked" });
  const { script, collection, look, set } = await form(page);
  expect(
    await page
      .getByRole("combobox", { name: "Connection", exact: true })
      .evaluate((one) => one === document.activeElement),
  ).toBe(true);
  await collection.selectOption("Customers");
  await script.fill(SCRIPT);
  expect(await set.isDisabled(), "nothing is set untried").toBe(true);
  await page.getByText("See first what this script would do.").waitFor();
  await look.focus();
  await page.keyboard.press("Enter");
  await page
    .getByText("In the last 30 days this would have decided 30 conflicts of 41; 1 differently from you.")
    .waitFor();
  expect(await isFocused(page, "See what it would do"), "the focus stays").toBe(true);
  await page.getByText("2 conflicts that are open now end as soon as this is set.").waitFor();
  await page.getByText("12 older conflicts were left out, because it would have taken too long.").waitFor();
  await page.getByText("It went wrong with 3 conflicts, which stay for you to choose.").waitFor();
  await page.getByRole("link", { name: "Blue Ltd" }).waitFor();
  await page.getByText("at line 7, column 11: Property not found: grand_totl.").waitFor();
  await page.getByText("and 1 more").waitFor();
  await set.scrollIntoViewIfNeeded();
  await window.shot(page, "settings-hook-tried");
  expect(await window.axe(page)).toEqual([]);
  await script.press("End");
  await script.pressSequentially(" ");
  expect(await set.isDisabled(), "another script is tried anew").toBe(true);
  expect(await page.getByText("It went wrong").count(), "and nothing is said of it").toBe(0);
  await look.click();
  await collection.selectOption("Items");
  expect(await set.isDisabled(), "at another place it is tried anew").toBe(true);
  await script.fill(SCRIPT);
  await look.click();
  await set.click();
  await page.getByText("The hook is set.").waitFor();
  expect(await calls(page, "set_hook")).toEqual([
    { place: { link: "ERPNext", collection: "items" }, script: SCRIPT },
  ]);
  await page.getByRole("list", { name: "Hooks" }).getByText("Items · ERPNext", { exact: true }).waitFor();
  expect(await isFocused(page, "Add a hook")).toBe(true);
  expect(await page.evaluate(() => location.hash)).toBe("#/settings");
});

test("what comes for a script that was changed meanwhile says nothing about the new one", async () => {
  const page = await settings({ scenario: "hooked" });
  const { script, look, set } = await form(page);
  await page.evaluate(() => {
    const { world } = globalThis as unknown as { world: World };
    world.refuses.set("try_hook", { code: "invalid", message: "of the old one", hint: "" });
  });
  await script.fill("old");
  // Both in one task: the answer comes after the change.
  await look.evaluate((button) => {
    const area = document.querySelector("textarea");
    (button as HTMLElement).click();
    if (!area) return;
    area.value = "new";
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await look.waitFor();
  expect(await page.getByText("of the old one").count()).toBe(0);
  expect(await set.isDisabled()).toBe(true);
});

test("a script that is refused says at the field in which line, and stays to be mended", async () => {
  const page = await settings({ scenario: "hooked" });
  const { script, look, set } = await form(page);
  await page.evaluate(() =>
    (globalThis as unknown as { world: World }).world.refuses.set("try_hook", {
      code: "invalid",
      message: "the script cannot be used at line 2, column 5: Expecting '}'",
      hint: "Correct it and try it again; what was set before stays.",
    }),
  );
  await script.fill(SCRIPT);
  await look.click();
  await page.getByText("the script cannot be used at line 2, column 5: Expecting '}'. Correct it").waitFor();
  expect(await script.getAttribute("aria-invalid")).toBe("true");
  const described = (await script.getAttribute("aria-describedby")) ?? "";
  expect(await page.locator(`[id="${described.split(" ")[0]}"]`).textContent()).toContain("line 2, column 5");
  expect(await script.inputValue()).toBe(SCRIPT);
  expect(await set.isDisabled()).toBe(true);
  await window.shot(page, "settings-hook-refused");
  expect(await window.axe(page)).toEqual([]);
  await script.fill(`${SCRIPT}\n`);
  expect(await page.getByText("the script cannot be used").count(), "it was said of another").toBe(0);
});

test("a hook that stands in the way is named before it is replaced, and its script can be started from", async () => {
  const page = await settings({ scenario: "hooked" });
  const { script, collection, look, set } = await form(page);
  const notice = page.getByText(
    "This collection has a hook already (9 lines, set 14 Nov 2026). Setting this one replaces it.",
  );
  await notice.waitFor();
  await page.getByRole("button", { name: "Start from its script" }).click();
  expect(await script.inputValue()).toContain("fn has_total(record)");
  expect(await script.evaluate((one) => one === document.activeElement)).toBe(true);
  expect(await page.getByRole("button", { name: "Start from its script" }).count()).toBe(0);
  await window.shot(page, "settings-hook-replaces");
  await collection.selectOption("Items");
  expect(await notice.count()).toBe(0);
  await collection.selectOption("Sales invoices");
  await script.fill(SCRIPT);
  await look.click();
  await set.click();
  await page.getByText("The hook is set in place of the one before.").waitFor();
  expect(await page.getByRole("list", { name: "Hooks" }).getByRole("listitem").count()).toBe(2);
});

test("a hook is taken away by a button that names it, and can be set again at once", async () => {
  const page = await settings({ scenario: "hooked" });
  await page.getByRole("button", { name: "Remove the hook for Sales invoices · ERPNext" }).click();
  await page.getByText("The hook is removed. Conflicts from now on are decided without it.").waitFor();
  expect(await calls(page, "remove_hook")).toEqual([{ place: invoices }]);
  const list = page.getByRole("list", { name: "Hooks" });
  const row = list.getByText("Sales invoices · ERPNext", { exact: true });
  await row.waitFor({ state: "detached" });
  expect(await isFocused(page, "Add a hook")).toBe(true);
  await page.getByRole("button", { name: "Undo" }).click();
  await row.waitFor();
  const [again] = await calls(page, "set_hook");
  expect(again).toMatchObject({ place: invoices });
  expect(String(again?.script)).toContain("fn has_total(record)");
});

test("a conflict about which the hook went wrong says so above its fields and leads to the hooks", async () => {
  const page = await window.open({ scenario: "hooked", at: "#/conflicts/1", height: 900 });
  const notice = page.getByText(
    "The hook for this collection decided nothing: the hook stopped at line 7, column 11: Property not found: grand_totl.",
  );
  await notice.waitFor();
  await page.getByRole("link", { name: "Look at the hook" }).click();
  await page.getByRole("heading", { name: "Hooks", exact: true }).waitFor();
  expect(
    await page
      .getByRole("heading", { name: "Hooks", exact: true })
      .evaluate((one) => one === document.activeElement),
  ).toBe(true);
  const other = await window.open({ scenario: "hooked", at: "#/conflicts/3" });
  await other.getByText("2 to choose", { exact: false }).or(other.getByText("To choose")).first().waitFor();
  expect(await other.getByText("The hook for this collection").count(), "where none went wrong").toBe(0);
});

test("what a script throws is text, in one line and cut", async () => {
  const page = await window.open({ scenario: "hooked", at: "#/conflicts" });
  await page.evaluate(() => {
    const [first] = (globalThis as unknown as { world: World }).world.conflicts;
    if (first)
      first.hook_said = `the hook stopped: <img src=x onerror=alert(1)>\n\u202e${"very ".repeat(400)}`;
  });
  await page.evaluate(() => void (location.hash = "#/conflicts/1"));
  const said = page.getByText("The hook for this collection decided nothing");
  await said.waitFor();
  const text = (await said.textContent()) ?? "";
  expect(text).toContain("<img src=x onerror=alert(1)> ⟦U+202E⟧very");
  expect(text.length).toBeLessThan(600);
  await window.shot(page, "resolver-hook-said-long");
});

for (const theme of ["light", "dark"] as const) {
  test(`list, form and notice stand in order in ${theme} and at 320 px`, async () => {
    const page = await settings({ scenario: "hooked", theme });
    await page.getByRole("list", { name: "Hooks" }).waitFor();
    await window.shot(page, `settings-hooks-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 1000 });
    const heading = page.getByRole("heading", { name: "Hooks", exact: true });
    await page.getByRole("button", { name: "Show the script for Notes · Sample" }).click();
    await heading.evaluate((one) => one.scrollIntoView());
    await window.shot(page, `settings-hooks-${theme}-narrow`);
    expect(await isCutOff(page), "nothing is cut off at the side").toBe(false);
    const { script, look } = await form(page);
    await script.fill(SCRIPT);
    await look.click();
    await page.getByText("It went wrong").waitFor();
    await page.getByRole("form", { name: "Add a hook" }).evaluate((one) => one.scrollIntoView());
    await window.shot(page, `settings-hook-form-${theme}-narrow`);
    expect(
      await page.evaluate(() => document.documentElement.scrollTop),
      "the window itself does not scroll",
    ).toBe(0);
    await page.getByRole("button", { name: "Set this hook" }).scrollIntoViewIfNeeded();
    await window.shot(page, `settings-hook-form-${theme}-narrow-foot`);
    expect(await isCutOff(page), "nothing is cut off at the side").toBe(false);
    expect(await window.axe(page)).toEqual([]);
  });

  test(`the notice in the resolver is quiet in ${theme} and at 320 px`, async () => {
    const page = await window.open({ scenario: "hooked", at: "#/conflicts/1", theme });
    await page.getByText("The hook for this collection").waitFor();
    await window.shot(page, `resolver-hook-said-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 900 });
    await window.shot(page, `resolver-hook-said-${theme}-narrow`);
    expect(await isCutOff(page)).toBe(false);
  });
}
