// What a person does, step by step, in a real browser over the core of memory.

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

test("the first run starts with sample data and needs no second step", async () => {
  const page = await window.open({ scenario: "first-run" });
  await page.getByRole("button", { name: "Try with sample data" }).click();
  await page
    .getByTestId("first-sentence")
    .getByText("1 record changed in two places. Nothing was overwritten.")
    .waitFor();
  expect(await page.getByRole("link", { name: "Conflicts" }).first().textContent()).toContain("1");
});

test("a server is connected by address, account and ticks", async () => {
  const page = await window.open({ scenario: "first-run" });
  await page.getByRole("button", { name: "Connect a server" }).click();
  await page.getByRole("button", { name: "Find collections" }).click();
  await page.getByText("Give the server's address.").waitFor();
  await page.getByLabel("Kind of server").selectOption("kinto");
  await page.getByLabel("Address").fill("https://kinto.unreachable.example.com/v1");
  await page.getByLabel("Account (optional)").fill("anna");
  await page.getByLabel("Password or token (optional)").fill("s3cret");
  await page.getByRole("button", { name: "Find collections" }).click();
  await page.getByText("can't be reached: no such name").waitFor();
  await page.getByLabel("Address").fill("https://kinto.example.com/v1");
  await page.getByRole("button", { name: "Find collections" }).click();
  await page.getByText("This looks like Kinto 20.1.").waitFor();
  await page.getByText("1,204 records, 8.4 MB").waitFor();
  await page.getByLabel("Archive").uncheck();
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByText("is connected.").waitFor();
  const added = (await calls(page, "add_link"))[0]?.link as Record<string, unknown>;
  expect(added).toMatchObject({
    kind: "kinto",
    user: "anna",
    secret: "s3cret",
    collections: ["articles", "people"],
  });
});

test("a conflict is resolved by keyboard alone, and the result can be undone", async () => {
  const page = await window.open({ scenario: "busy", at: "#/conflicts", running: true });
  await page.getByRole("grid").waitFor();
  await page.getByRole("row").nth(1).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /Blue Ltd/ }).waitFor();
  await page.keyboard.press("n");
  await page.keyboard.press("m");
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  expect(await focused(), "the focus follows the choice").toBe("Mine 2026-12-15");
  await page.keyboard.press("n");
  await page.keyboard.press("s");
  await page.getByText("Result: 5 of 5 decided").waitFor();
  await page.keyboard.press("Control+Enter");
  await page.getByText(/Blue Ltd merged\. Sends in \d+ s\./).waitFor();
  const sent = (await calls(page, "resolve_conflict")).at(-1);
  expect(sent).toMatchObject({
    id: 1,
    resolution: {
      strategy: "manual",
      choices: [
        { path: "/due_date", choice: "mine" },
        { path: "/remarks", choice: "server" },
      ],
    },
    seen: "3",
  });
  await window.shot(page, "resolved-hold");
  await page.getByRole("heading", { name: /Nordwind GmbH/ }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("heading", { name: /Blue Ltd/ }).waitFor();
  expect(await calls(page, "undo_resolution")).toEqual([{ id: 1 }]);
});

test("the hold bar goes when the result is sent", async () => {
  const page = await window.open({ scenario: "busy", at: "#/conflicts/1", running: true });
  await page.getByRole("button", { name: "Mine", exact: true }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText(/Sends in/).waitFor();
  await page.clock.runFor(11_000);
  expect(await page.getByText(/Sends in/).count()).toBe(0);
});

test("apply stays off until every field is chosen, and an edited value is used as typed", async () => {
  const page = await window.open({ scenario: "busy", at: "#/conflicts/1" });
  const apply = page.getByRole("button", { name: "Apply" });
  expect(await apply.isDisabled()).toBe(true);
  await page.getByRole("radio", { name: /^Mine 2026-12-15/ }).check();
  await page.getByText("Choose for 1 more field.").waitFor();
  await page.getByRole("button", { name: "Edit Remarks" }).click();
  await page.getByRole("textbox", { name: "Result of Remarks" }).fill("Call both");
  await page.getByRole("button", { name: "Use", exact: true }).click();
  await page.getByText("Edited").waitFor();
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("The whole record as it will look").waitFor();
  await window.shot(page, "resolver-preview");
  expect(await window.axe(page)).toEqual([]);
  await apply.click();
  const sent = (await calls(page, "resolve_conflict")).at(-1)?.resolution as { choices: unknown[] };
  expect(sent.choices).toContainEqual({ path: "/remarks", choice: { json: '"Call both"' } });
});

test("what a rule decided is shown among what was merged, and is applied with a person's choice", async () => {
  const page = await window.open({ scenario: "ruled", at: "#/conflicts/1" });
  await page.getByText("Choose for 1 more field.").waitFor();
  await page.getByRole("button", { name: "Show Merged for you" }).click();
  await page.getByText("Decided by your rule: Server wins").waitFor();
  await window.shot(page, "resolver-ruled");
  expect(await window.axe(page)).toEqual([]);
  await page.getByRole("radio", { name: /^Mine 2026-12-15/ }).check();
  await page.getByRole("button", { name: "Apply" }).click();
  const sent = (await calls(page, "resolve_conflict")).at(-1)?.resolution as { choices: unknown[] };
  expect(sent.choices).toEqual([{ path: "/due_date", choice: "mine" }]);
});

test("going back keeps the choices, here and in the core", async () => {
  const page = await window.open({ scenario: "busy", at: "#/conflicts/1" });
  await page.getByRole("radio", { name: /^Server 2026-12-07/ }).check();
  await page.keyboard.press("Escape");
  await page.getByRole("grid").waitFor();
  await page.getByText("Started", { exact: true }).waitFor();
  await page.getByText("Blue Ltd").first().click();
  expect(await page.getByRole("radio", { name: /^Server 2026-12-07/ }).isChecked()).toBe(true);
});

test("a server that moved again is told, and the choices stay", async () => {
  const page = await window.open({ scenario: "busy", at: "#/conflicts/1" });
  await page.getByRole("button", { name: "Mine", exact: true }).click();
  await page.evaluate(() => {
    const world = (globalThis as unknown as { world: World }).world;
    world.refuses.set("resolve_conflict", { code: "moved", message: "The server moved.", hint: "" });
    const open = world.conflicts[0];
    if (!open) return;
    world.conflicts[0] = {
      ...open,
      server_version: "4",
      fields: open.fields.map((field) =>
        field.path === "/due_date" ? { ...field, server: '"2027-01-01"' } : field,
      ),
    };
  });
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("Changed again on the server (1 field). Your 2 choices are kept.").waitFor();
  expect(await page.getByRole("radio", { name: /^Mine 2026-12-15/ }).isChecked()).toBe(true);
  expect(await page.getByRole("radio", { name: /^Server 2027-01-01/ }).count()).toBe(1);
});

test("a record deleted there is brought back or left deleted in one press", async () => {
  const page = await window.open({ scenario: "busy", at: "#/conflicts/2" });
  await page.getByRole("button", { name: "Keep deleted" }).click();
  expect((await calls(page, "resolve_conflict")).at(-1)).toMatchObject({
    id: 2,
    resolution: { strategy: "server_wins" },
  });
});

test("refused changes are ticked, discarded after one question and found in Trash", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue" });
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByRole("checkbox", { name: /Hinge, steel/ }).check();
  await page.getByText("1 selected (of 1 shown)").waitFor();
  await page.getByRole("button", { name: "Discard 1" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("It stays in Trash until 21 Dec 2026.").waitFor();
  await window.shot(page, "queue-discard");
  expect(await window.axe(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Discard 1" }).click();
  await page.getByText("1 moved to Trash.").waitFor();
  await page.getByText("No change matches.").waitFor();
  await page.getByRole("radio", { name: /Trash 1/ }).check();
  await page.getByText("Hinge, steel").waitFor();
});

test("a group that was rolled back is restored as a whole", async () => {
  const page = await window.open({ scenario: "group", at: "#/queue" });
  await page.getByText("Rossi SRL").click();
  const part = page.getByTestId("transaction");
  await part.getByText("3 changes that belong together, sent in order.").waitFor();
  await part.getByText("The server refused one: “Stock is too low”. Your values are kept.").waitFor();
  await part.getByRole("button", { name: "Restore 3 changes" }).click();
  await page.getByText("3 changes are in the queue again.").waitFor();
  await part.getByRole("button").waitFor({ state: "detached" });
  expect(await calls(page, "restore_transaction")).toHaveLength(1);
});

test("the queue's filter is in the address, so that a notification can open it", async () => {
  const page = await window.open({ scenario: "busy", at: "#/queue?state=needs_you" });
  await page.getByRole("grid").waitFor();
  expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("2");
  await page.getByRole("radio", { name: /^All/ }).check();
  expect(page.url()).toMatch(/#\/queue$/);
});

test("the tray opens a place, and nothing but a known screen", async () => {
  const page = await window.open({ scenario: "busy" });
  const ask = (address: string) =>
    page.evaluate((to) => (globalThis as unknown as { world: World }).world.open(to), address);
  await ask("#/conflicts/1");
  await page.getByRole("heading", { name: /Blue Ltd/ }).waitFor();
  for (const strange of [
    "https://example.com/",
    "javascript:document.title='owned'",
    "#/elsewhere",
    "//x",
    "#/queuex",
  ]) {
    await ask(strange);
  }
  expect(page.url()).toMatch(/#\/conflicts\/1$/);
  expect(await page.title()).not.toBe("owned");
});

test("pause and resume work from the header", async () => {
  const page = await window.open({ scenario: "busy" });
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByTestId("status-capsule").getByText("Paused · 12 waiting").waitFor();
  await page.locator("header").getByRole("button", { name: "Resume" }).click();
  await page.getByTestId("status-capsule").getByText("12 waiting").waitFor();
});

test("the capsule opens each connection's line and closes with Esc, the focus back on it", async () => {
  const page = await window.open({ scenario: "offline" });
  await page.getByTestId("status-capsule").click();
  const popover = page.getByRole("dialog", { name: "Status" });
  await popover.getByText("Offline since 11:05").first().waitFor();
  await window.shot(page, "status-popover");
  expect(await window.axe(page)).toEqual([]);
  await page.keyboard.press("Escape");
  expect(await popover.isVisible()).toBe(false);
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe(
    "status-capsule",
  );
});

test("the sample server goes offline by its switch", async () => {
  const page = await window.open({ scenario: "busy", at: "#/connections" });
  await page.getByRole("switch", { name: "Go offline" }).check({ force: true });
  await page.getByTestId("status-capsule").getByText("Offline · 12 saved on this computer").waitFor();
});

test("a sign-in that is asked for again takes a new secret and hands it over once", async () => {
  const page = await window.open({ scenario: "stopped", at: "#/connections" });
  await page.getByLabel("Password or token").fill("n3w");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("is stored in your keychain").waitFor();
  expect(await calls(page, "set_link_secret")).toEqual([{ name: "ERPNext", secret: "n3w", user: null }]);
});

test("a connection is given hours and a network, and says what it waits for", async () => {
  const page = await window.open({ scenario: "scheduled", at: "#/connections" });
  await page.getByText("Waits until 22:00").waitFor();
  await page.getByText("Waits for an unmetered network").waitFor();
  await page.getByText("Schedule and limits").nth(1).click();
  await page.getByText("This system doesn't say whether the network is metered").waitFor();
  await page.getByText("Schedule and limits").first().click();
  await page.getByText("takes no compressed changes").waitFor();
  await page.getByLabel("To", { exact: true }).first().fill("05:30");
  await page.getByLabel("To", { exact: true }).first().blur();
  await expect
    .poll(() => calls(page, "set_link_limits"))
    .toEqual([
      {
        name: "ERPNext",
        limits: { schedule: { hours: { from: "22:00", to: "05:30" } }, compress: "offered" },
      },
    ]);
  await window.shot(page, "connection-limits");
  expect(await window.axe(page)).toEqual([]);
});

test("the engine's settings are changed, refused with the range, and put back", async () => {
  const page = await window.open({ scenario: "busy", at: "#/settings" });
  await page.getByText("Advanced: intervals, tries and sizes").click();
  const tries = page.getByLabel("Tries after the first before a change needs you");
  await tries.fill("7");
  await tries.blur();
  await page.getByRole("button", { name: /Reset\s+Tries after the first/ }).waitFor();
  await tries.fill("seven");
  await tries.blur();
  await page.getByText("This setting went back: it is no whole number.").waitFor();
  await page.evaluate(() =>
    (globalThis as unknown as { world: World }).world.refuses.set("update_settings", {
      code: "invalid",
      message: "in_flight is '99'; accepted is a whole number from 1 to 32",
      hint: "",
    }),
  );
  const inFlight = page.getByLabel("Requests on their way at once");
  await inFlight.fill("99");
  await inFlight.blur();
  await page.getByText("accepted is a whole number from 1 to 32").waitFor();
  await window.shot(page, "settings-refused");
  expect(await window.axe(page)).toEqual([]);
  expect(await inFlight.inputValue(), "it goes back").toBe("6");
});

test("a test of a connection stops at the step that failed", async () => {
  const page = await window.open({ scenario: "busy", at: "#/connections" });
  await page.getByRole("button", { name: "Test" }).first().click();
  await page.getByText("401: the token has expired. Sign in again.").waitFor();
  await window.shot(page, "connection-test");
  expect(await window.axe(page)).toEqual([]);
});

test("removing a connection names the changes that were not sent", async () => {
  const page = await window.open({ scenario: "busy", at: "#/connections" });
  await page.getByRole("button", { name: "More: ERPNext" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByText("16 changes are not sent.").waitFor();
  await page.getByRole("button", { name: "Remove and move them to Trash" }).click();
  expect(await calls(page, "remove_link")).toEqual([
    { name: "ERPNext", force: false },
    { name: "ERPNext", force: true },
  ]);
});

test("a setting applies at once, and one that is refused goes back and says why", async () => {
  const page = await window.open({ scenario: "busy", at: "#/settings" });
  await page.getByLabel("Theme").selectOption("dark");
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await page.evaluate(() =>
    (globalThis as unknown as { world: World }).world.refuses.set("update_settings", {
      code: "store",
      message: "The settings file can't be written.",
      hint: "",
    }),
  );
  await page.getByLabel("Theme").selectOption("light");
  await page.getByText("This setting went back: The settings file can't be written.").waitFor();
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
});

test("the whole window works at 320 px by its menu", async () => {
  const page = await window.open({ scenario: "busy", width: 320, height: 640 });
  await page.getByRole("button", { name: "Menu" }).click();
  await window.shot(page, "narrow-menu");
  await page.getByRole("link", { name: /Queue/ }).first().click();
  await page.getByRole("row", { name: /Hinge/ }).click();
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("grid").waitFor();
});

test("forced colours keep borders and words", async () => {
  const page = await window.open({ scenario: "busy", at: "#/conflicts/1", forcedColors: true });
  await page.getByText("Choose for 2 more fields").waitFor();
  await window.shot(page, "resolver-forced-colors");
});

test("a damaged store offers its intact copy, and what the copy leaves in doubt is told once", async () => {
  const page = await window.open({ scenario: "damaged" });
  await page
    .getByRole("alert")
    .getByText("The local store failed its check. Sending is stopped. A copy from 13:00 is intact.")
    .waitFor();
  await page.getByRole("alert").getByRole("button", { name: "Restore" }).click();
  await page.getByRole("heading", { name: "Restore the copy from 13:00?" }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await page.getByText("3 changes may have been sent already").waitFor();
  expect(await calls(page, "restore_backup")).toEqual([{ name: "tidemark-2.db" }]);
  expect(await page.getByText("failed its check").count()).toBe(0);
  await page.getByRole("button", { name: "Understood" }).click();
  await page.getByText("may have been sent already").waitFor({ state: "detached" });
});

test("a store that cannot be opened shows its copies and nothing that is not known", async () => {
  const page = await window.open({ scenario: "shut", at: "#/queue" });
  await page.getByRole("heading", { name: "The local store can't be opened" }).waitFor();
  expect(await page.getByRole("button", { name: "Try with sample data" }).count()).toBe(0);
  await page.getByRole("button", { name: "Restore the copy from 13:00" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await page.getByRole("heading", { name: "The local store can't be opened" }).waitFor({ state: "detached" });
});

test("a backup is made from the settings and stands in the list", async () => {
  const page = await window.open({ scenario: "calm", at: "#/settings" });
  await page.getByRole("button", { name: "Back up now" }).click();
  await page.getByText("Backed up and checked.").waitFor();
  await page.getByRole("button", { name: "Restore the copy from 14:05" }).waitFor();
});
