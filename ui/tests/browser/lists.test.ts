// Long lists: what exists in the page, what is held and what is asked for stay small, whatever is scrolled.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { calls, Harness } from "./harness";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(() => window.closePages());
afterAll(() => window.stop());

test.each([
  ["#/queue", "list_queue", 1200, 780],
  ["#/queue", "list_queue", 1920, 1080],
  ["#/records/ERPNext/invoices", "list_records", 1200, 780],
  ["#/records/ERPNext/invoices", "list_records", 1920, 1080],
])(
  "100,000 rows of %s scroll with at most 400 nodes and pages of 200 (%s, %i × %i)",
  async (at, command, width, height) => {
    const page = await window.open({ scenario: "big", at, width, height });
    const grid = page.getByRole("grid");
    await page.locator('[aria-rowindex="2"]').waitFor();
    expect(await grid.getAttribute("aria-rowcount")).toBe("100001");
    for (const row of [0, 900, 50_000, 99_999, 10, 77_777]) {
      await grid.evaluate((node, index) => (node.scrollTop = index * 36), row);
      const shown = Math.min(row, 99_999 - 8);
      await page.locator(`[aria-rowindex="${shown + 2}"]:not([aria-busy])`).waitFor();
      const nodes = await grid.evaluate((node) => node.querySelectorAll("*").length);
      expect(nodes, `nodes of the list at row ${row}`).toBeLessThanOrEqual(400);
    }
    const log = await calls(page, command);
    for (const one of log) expect(one.limit, "pages of 200").toBeLessThanOrEqual(200);
    expect(log.length, "jumps ask for what is in view, not for what lies between").toBeLessThanOrEqual(16);
  },
);

test("a list is walked by keys and the row with the focus is never taken away", async () => {
  const page = await window.open({ scenario: "big", at: "#/queue" });
  await page.locator('[aria-rowindex="2"]').focus();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-rowindex"));
  await page.keyboard.press("ArrowDown");
  await expect.poll(focused).toBe("3");
  await page.keyboard.press("End");
  await expect.poll(focused).toBe("100001");
  await page.keyboard.press("Home");
  await expect.poll(focused).toBe("2");
  await page.keyboard.press("PageDown");
  await expect.poll(focused).not.toBe("2");
  const at = await focused();
  await page.getByRole("grid").evaluate((node) => (node.scrollTop = 2_000_000));
  await page.locator('[aria-rowindex="55557"]').waitFor();
  expect(await focused(), "the focus stays where the person left it").toBe(at);
  expect(
    await page.getByRole("grid").locator('[role=row][tabindex="0"]').count(),
    "one row is reached by Tab",
  ).toBe(1);
});

test("keys that come faster than frames each go a row further", async () => {
  const page = await window.open({ scenario: "big", at: "#/queue" });
  await page.locator('[aria-rowindex="2"]').focus();
  await page.evaluate(() => {
    const press = () =>
      document.activeElement?.dispatchEvent(
        new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }),
      );
    for (let times = 0; times < 5; times += 1) press();
  });
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-rowindex"));
  await expect.poll(focused).toBe("7");
});

test("a row's inspector gives the focus back to the row", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue" });
  await page.locator('[aria-rowindex="4"]').focus();
  await page.keyboard.press("Enter");
  await page.getByRole("complementary").getByText("In words").waitFor();
  await page.getByRole("complementary").getByRole("button", { name: "Close (Esc)" }).focus();
  await page.keyboard.press("Escape");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-rowindex")))
    .toBe("4");
});

test("the panel's width moves by keys within its bounds", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue/0190-1042" });
  const grip = page.getByRole("separator", { name: "Width of the panel" });
  await grip.focus();
  await page.keyboard.press("Home");
  expect(await grip.getAttribute("aria-valuenow")).toBe("640");
  await page.keyboard.press("ArrowLeft");
  expect(await grip.getAttribute("aria-valuenow")).toBe("640");
  await page.keyboard.press("End");
  expect(await grip.getAttribute("aria-valuenow")).toBe("320");
});
