// The result of one field is typed in the resolver, by keyboard alone.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Harness } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(async () => {
  expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
  await window.closePages();
});
afterAll(() => window.stop());

for (const theme of ["light", "dark"] as const)
  test(`the editor takes the focus and gives it back to the field in ${theme}, at 320 px too`, async () => {
    const page = await window.open({ scenario: "busy", at: "#/conflicts/1", theme });
    const row = page.locator('[data-path="/remarks"]');
    const editor = page.getByRole("textbox", { name: "Result of Remarks" });
    const isOnEdit = () =>
      row.getByRole("button", { name: "Edit Remarks" }).evaluate((one) => one === document.activeElement);
    await row.getByRole("radio", { name: /^Mine/ }).focus();
    await page.keyboard.press("e");
    await expect.poll(() => editor.evaluate((one) => one === document.activeElement)).toBe(true);
    await window.shot(page, `resolver-edit-${theme}`);
    expect(await window.axe(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 900 });
    await editor.scrollIntoViewIfNeeded();
    await window.shot(page, `resolver-edit-${theme}-narrow`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
    await page.setViewportSize({ width: 1200, height: 780 });
    await page.keyboard.press("Escape");
    await expect.poll(isOnEdit).toBe(true);
    expect(await editor.count()).toBe(0);
    await page.keyboard.press("e");
    await editor.fill("Ring twice");
    await page.keyboard.press("Control+Enter");
    await row.getByText("Ring twice").waitFor();
    await expect.poll(isOnEdit).toBe(true);
    await page.keyboard.press("ArrowUp");
    await expect
      .poll(() =>
        page.evaluate(() => document.activeElement?.closest("[data-path]")?.getAttribute("data-path")),
      )
      .toBe("/due_date");
  });
