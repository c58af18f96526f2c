// The page frees its memory by loading itself anew, and only where nobody sees it and nothing is lost by it.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { World } from "../mock/world";
import { Harness } from "./harness";

const RECORD = "#/records/ERPNext/invoices/SINV-00410";

let window: Harness;
beforeAll(async () => void (window = await Harness.start()));
afterEach(async () => {
  expect(window.takeProblems(), "no error, no warning, no breach of the policy").toEqual([]);
  await window.closePages();
});
afterAll(() => window.stop());

/** The window with so many places, an even number, opened in it, the last of them the Overview. */
async function opened(places: number, scenario = "busy"): Promise<Page> {
  const page = await window.open({ scenario, stopped: true });
  await page.evaluate(async (places) => {
    (globalThis as unknown as { navigation: EventTarget }).navigation.addEventListener(
      "navigate",
      (event) => {
        if ((event as unknown as { navigationType: string }).navigationType === "reload")
          sessionStorage.setItem(String(sessionStorage.length), "loaded");
      },
    );
    for (let left = places; left > 0; left -= 1) {
      const come = new Promise((done) => addEventListener("hashchange", done, { once: true }));
      location.hash = left % 2 === 0 ? "#/conflicts" : "#/overview";
      await come;
    }
  }, places);
  return page;
}

const hide = (page: Page, hidden = true) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.hasFocus = () => !hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

/** How often the page asked to be loaded anew, counted where a load does not reach. */
const loads = (page: Page) => page.evaluate(() => sessionStorage.length);

test("a page in which much was opened is loaded anew after five minutes hidden, at the same place", async () => {
  const page = await opened(100);
  await page.evaluate(() => (location.hash = "#/queue?state=waiting"));
  await hide(page);
  await page.clock.runFor(4 * 60_000 + 59_000);
  expect(await loads(page), "not yet").toBe(0);
  const loaded = page.waitForEvent("load");
  await page.clock.runFor(1_000);
  await loaded;
  expect(await loads(page)).toBe(1);
  expect(new URL(page.url()).hash).toBe("#/queue?state=waiting");
  expect(await page.locator("main h1").textContent()).toBe("Queue");
});

test("a page that is seen again in time, or in which little was opened, stays", async () => {
  const page = await opened(100);
  await hide(page);
  await page.clock.runFor(4 * 60_000);
  await hide(page, false);
  await page.clock.runFor(20 * 60_000);
  expect(await loads(page), "it was seen").toBe(0);
  const fresh = await opened(98);
  await hide(fresh);
  await fresh.clock.runFor(20 * 60_000);
  expect(await loads(fresh), "nothing to free").toBe(0);
});

test("an edit of a record that was left does not keep it: it is on disk", async () => {
  const page = await opened(100);
  await page.evaluate((at) => (location.hash = at), RECORD);
  await page.getByLabel("Remarks").fill("Ring twice");
  await page.evaluate(() => (location.hash = "#/overview"));
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await hide(page);
  await page.clock.runFor(4 * 60_000 + 59_000);
  const loaded = page.waitForEvent("load");
  await page.clock.runFor(1_000);
  await loaded;
  expect(await loads(page)).toBe(1);
});

const inUse: Record<string, (page: Page) => Promise<void>> = {
  "an edit of a record that could not be kept on disk": async (page) => {
    await page.evaluate(() => {
      const { world } = globalThis as unknown as { world: World };
      world.refuses.set("keep_draft", { code: "store", message: "There is no room", hint: "" });
    });
    await page.evaluate((at) => (location.hash = at), RECORD);
    await page.getByLabel("Remarks").fill("Ring twice");
    await page.evaluate(() => (location.hash = "#/overview"));
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  },
  "a document that is no document yet": async (page) => {
    await page.evaluate((at) => (location.hash = at), RECORD);
    await page.getByRole("tab", { name: "JSON" }).click();
    await page.getByRole("textbox", { name: "JSON" }).fill('{"half":');
  },
  "what is typed for a connection": async (page) => {
    await page.evaluate(() => (location.hash = "#/connections/add"));
    await page.getByLabel("Account (optional)").fill("anna");
  },
  "choices of a conflict that was left": async (page) => {
    await page.evaluate(() => (location.hash = "#/conflicts/1"));
    await page.getByRole("radio", { name: /^Mine 2026-12-15/ }).check();
    await page.evaluate(() => (location.hash = "#/overview"));
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  },
  "a question that is asked": async (page) => {
    await page.evaluate((at) => (location.hash = at), RECORD);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").waitFor();
  },
  "what nobody has read yet": async (page) => {
    await inUse["a question that is asked"]?.(page);
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("Deleted on this computer.").waitFor();
  },
};

test.each(Object.entries(inUse))("%s is never lost by it", async (_, act) => {
  const page = await opened(100);
  await act(page);
  await hide(page);
  await page.clock.runFor(20 * 60_000);
  expect(await loads(page)).toBe(0);
});
