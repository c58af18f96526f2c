// What a trial of a rule or a hook names is opened in its own place, and the form that is left for it is found again.

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

const SCRIPT = 'fn resolve(base, local, server, info) {\n    "local"\n}\n';
const SUMMARY = "In the last 30 days this would have decided 30 conflicts of 41; 1 differently from you.";

const hash = (page: Page) => page.evaluate(() => location.hash);
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim());
const script = (page: Page) => page.getByLabel("Script", { exact: true });
const rule = (page: Page) => page.getByLabel("Field", { exact: true });
const kept = (page: Page, what: "hook" | "rule") => page.getByText(`The ${what} that you began is kept.`);
const fault = (page: Page, name: RegExp | string) =>
  page.getByRole("form", { name: "Add a hook" }).getByRole("link", { name });

async function triedHook(at = "#/settings/hooks"): Promise<Page> {
  const page = await window.open({ scenario: "hooked", at, height: 1100 });
  await page.getByRole("button", { name: "Add a hook" }).click();
  await script(page).fill(SCRIPT);
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByText(SUMMARY).waitFor();
  return page;
}

test("a conflict that a hook would have decided otherwise is opened among what was decided", async () => {
  const page = await triedHook();
  await page.getByText("Show where it differs").click();
  await page.getByRole("link", { name: "Weber GmbH" }).click();
  const panel = page.getByRole("complementary", { name: "What was decided" });
  await panel.getByRole("link", { name: "Weber GmbH" }).waitFor();
  expect(await hash(page)).toBe("#/conflicts/decided/conflict-7");
  await kept(page, "hook").waitFor();
  await window.shot(page, "trial-example-opened");
  expect(await window.axe(page)).toEqual([]);
});

test("one that went wrong is opened where it stands by now: open or decided", async () => {
  const page = await triedHook();
  await fault(page, "Blue Ltd").focus();
  await page.keyboard.press("Enter");
  await page.getByText("The hook for this collection decided nothing").waitFor();
  expect(await hash(page)).toBe("#/conflicts/1");
  await page.goBack();
  await fault(page, /^Verwaltungsgesellschaft/).click();
  await page.getByRole("complementary", { name: "What was decided" }).waitFor();
  expect(await hash(page), "this one is not open").toBe("#/conflicts/decided/conflict-5");
});

test("the script that was typed is there again, with what it would do and the focus where it was", async () => {
  const page = await triedHook();
  await page.getByText("Show where it differs").click();
  await page.getByRole("link", { name: "Weber GmbH" }).click();
  await kept(page, "hook").waitFor();
  await page.goBack();
  await page.getByText(SUMMARY).waitFor();
  expect(await script(page).inputValue()).toBe(SCRIPT);
  await expect.poll(() => focused(page)).toBe("Weber GmbH");
  expect(await kept(page, "hook").count(), "who is back is not told how to come back").toBe(0);
  expect(await calls(page, "try_hook"), "it is not tried twice").toHaveLength(1);
  await window.shot(page, "trial-back");
  await page.getByRole("button", { name: "Set this hook" }).click();
  await page.getByText("The hook is set").waitFor();
  expect(await calls(page, "set_hook")).toHaveLength(1);
  await page.getByRole("navigation").getByRole("link", { name: "Overview" }).click();
  await page.getByRole("heading", { name: "Needs you" }).waitFor();
  expect(await kept(page, "hook").count(), "what is set is left behind").toBe(0);
});

test("from wherever the person went, the notice leads back to the form", async () => {
  const page = await triedHook("#/settings");
  await page.getByRole("navigation").getByRole("link", { name: "Queue" }).click();
  await kept(page, "hook").waitFor();
  await page.getByRole("button", { name: "Back to it" }).click();
  await script(page).waitFor();
  expect(await script(page).inputValue()).toBe(SCRIPT);
  await expect
    .poll(() =>
      page
        .getByRole("combobox", { name: "Connection", exact: true })
        .evaluate((one) => one === document.activeElement),
    )
    .toBe(true);
});

test("a form in which nothing was typed is closed behind who leaves, and a cancelled one stays away", async () => {
  const page = await window.open({ scenario: "hooked", at: "#/settings/hooks", height: 1100 });
  const away = async () => {
    await page.getByRole("navigation").getByRole("link", { name: "Queue" }).click();
    await page.getByRole("grid").waitFor();
    expect(await kept(page, "hook").count()).toBe(0);
    await page.goBack();
    await page.getByRole("list", { name: "Hooks" }).waitFor();
    expect(await script(page).count()).toBe(0);
  };
  await page.getByRole("button", { name: "Add a hook" }).click();
  await away();
  await page.getByRole("button", { name: "Add a hook" }).click();
  await script(page).fill(SCRIPT);
  await page.getByRole("button", { name: "Cancel" }).click();
  await away();
  await page.getByRole("button", { name: "Add a hook" }).click();
  expect(await script(page).inputValue(), "it begins anew").toBe("");
});

test("a script whose connection was removed meanwhile is kept, for another place", async () => {
  const page = await triedHook();
  await page.getByRole("navigation").getByRole("link", { name: "Queue" }).click();
  await page.evaluate(() => {
    const { world } = globalThis as unknown as { world: World };
    world.links = world.links.filter((one) => one.name !== "ERPNext");
    void world.tell();
  });
  await page.getByRole("navigation").getByText("ERPNext").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Back to it" }).click();
  expect(await script(page).inputValue()).toBe(SCRIPT);
  expect(await page.getByRole("combobox", { name: "Collection", exact: true }).inputValue()).toBe("notes");
  expect(await page.getByText(SUMMARY).count(), "it was tried for the other one").toBe(0);
  expect(await page.getByRole("button", { name: "Set this hook" }).isDisabled()).toBe(true);
});

test("the rule that a field asked for is found again as it was changed", async () => {
  const page = await window.open({ scenario: "ruled", at: "#/conflicts/1", height: 1100 });
  const row = page.locator('[data-path="/due_date"]');
  await row.getByRole("radio", { name: /^Server/ }).check();
  await row.getByRole("link", { name: /^Make this a rule/ }).click();
  await rule(page).fill("/city");
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByText("Show where it differs").click();
  await page.getByRole("link", { name: "Bäckerei Lang" }).click();
  await kept(page, "rule").waitFor();
  expect(await hash(page)).toBe("#/conflicts/decided/conflict-5");
  await page.goBack();
  expect(await rule(page).inputValue()).toBe("/city");
  await expect.poll(() => focused(page)).toBe("Bäckerei Lang");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Add a rule" }).click();
  expect(await rule(page).inputValue(), "it begins anew").toBe("");
});

test("a rule that another field asks for puts a begun one aside, and either comes back for the other", async () => {
  const page = await window.open({ scenario: "ruled", at: "#/settings" });
  const aside = page.getByText("The rule that you began before is kept.");
  await page.getByRole("button", { name: "Add a rule" }).click();
  await rule(page).fill("/city");
  await page.evaluate(() => void (location.hash = "#/conflicts/1"));
  const row = page.locator('[data-path="/due_date"]');
  await row.getByRole("radio", { name: /^Server/ }).check();
  await row.getByRole("link", { name: /^Make this a rule/ }).click();
  await aside.waitFor();
  expect(await rule(page).inputValue()).toBe("/due_date");
  await window.shot(page, "rule-put-aside");
  await rule(page).fill("/due");
  await page.getByRole("button", { name: "Back to it" }).last().click();
  await expect.poll(() => rule(page).inputValue()).toBe("/city");
  await page.getByRole("button", { name: "Back to it" }).last().click();
  await expect.poll(() => rule(page).inputValue()).toBe("/due");
});

test("a conflict that is no longer open leads to what was decided of it", async () => {
  const page = await window.open({ scenario: "hooked", at: "#/conflicts/7" });
  await page.getByText("This conflict is no longer open.").waitFor();
  await page.getByRole("link", { name: "See what was decided" }).click();
  await page.getByRole("complementary", { name: "What was decided" }).waitFor();
  expect(await hash(page)).toBe("#/conflicts/decided/conflict-7");
});

for (const theme of ["light", "dark"] as const)
  test(`what a trial names stands in order in ${theme} and at 320 px`, async () => {
    const page = await triedHook();
    await page.emulateMedia({ colorScheme: theme });
    await page.getByText("Show where it differs").click();
    await page.getByRole("button", { name: "Set this hook" }).scrollIntoViewIfNeeded();
    await window.shot(page, `trial-links-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 900 });
    await page.getByText("Show where it differs").evaluate((one) => one.scrollIntoView());
    await window.shot(page, `trial-links-${theme}-narrow`);
    expect(await window.axe(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
  });
