// Opens the window in Chromium over the core of memory, under the same content policy as the built application.

import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { NOW, type World } from "../mock/world";

const root = fileURLToPath(new URL("../../test-results/mock", import.meta.url));
export const shots = fileURLToPath(new URL("../../test-results/screens", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The policy of tauri.conf.json without the bridge's own addresses, which only the webview knows. */
const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'none'",
  "object-src 'none'",
  "worker-src 'none'",
  "frame-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

export type Theme = "light" | "dark";
export type Opening = {
  scenario: string;
  /** Address inside the window, such as `#/queue`. */
  at?: string;
  theme?: Theme;
  width?: number;
  height?: number;
  /** Lets the clock run, timers and all; otherwise the date stands at NOW. */
  running?: boolean;
  /** Stops the timers too: they go only when the test moves the clock. */
  stopped?: boolean;
  reducedMotion?: boolean;
  forcedColors?: boolean;
};

/** The arguments of every call of a command so far. */
export const calls = (page: Page, command: string): Promise<Record<string, unknown>[]> =>
  page.evaluate(
    (name) =>
      (globalThis as unknown as { world: World }).world.log
        .filter((one) => one.command === name)
        .map((one) => one.args),
    command,
  ) as Promise<Record<string, unknown>[]>;

export class Harness {
  #server: Server;
  #browser: Browser;
  #contexts: BrowserContext[] = [];
  readonly origin: string;
  /** Policy violations, uncaught errors and console errors since the last look. */
  problems: string[] = [];

  private constructor(server: Server, browser: Browser) {
    this.#server = server;
    this.#browser = browser;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<Harness> {
    const server = createServer((request, response) => {
      const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname));
      if (path === "/favicon.ico") {
        response.writeHead(204).end();
        return;
      }
      const file = join(root, path === "/" ? "index.html" : path);
      if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, {
        "content-type": types[extname(file)] ?? "application/octet-stream",
        "content-security-policy": policy,
      });
      createReadStream(file).pipe(response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-gpu",
      ],
    });
    mkdirSync(shots, { recursive: true });
    return new Harness(server, browser);
  }

  async open(opening: Opening): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: opening.width ?? 1200, height: opening.height ?? 780 },
      locale: "en-GB",
      timezoneId: "UTC",
      colorScheme: opening.theme ?? "light",
      reducedMotion: (opening.reducedMotion ?? true) ? "reduce" : "no-preference",
      forcedColors: opening.forcedColors ? "active" : "none",
      // axe is put into the page by the test, past the policy; what the page itself does is still reported.
      bypassCSP: false,
    });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.problems.push(`uncaught: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        this.problems.push(`console: ${message.text()}`);
    });
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    if (opening.stopped) {
      await page.clock.install({ time: NOW });
      await page.clock.pauseAt(NOW + 1000);
    } else if (opening.running) await page.clock.install({ time: NOW });
    else await page.clock.setFixedTime(NOW);
    await page.goto(`${this.origin}/?scenario=${opening.scenario}${opening.at ?? "#/overview"}`);
    await page.locator("main").waitFor();
    return page;
  }

  /** Everything axe finds wrong on the page, one line each. */
  async axe(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    return page.evaluate(async () => {
      type Found = {
        violations: { id: string; help: string; nodes: { target: unknown; failureSummary?: string }[] }[];
      };
      const run = (globalThis as unknown as { axe: { run: (on: Document, how: unknown) => Promise<Found> } })
        .axe;
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const found = await run.run(document, { runOnly: { type: "tag", values: tags } });
      return found.violations.flatMap((violation) =>
        violation.nodes.map(
          (node) => `${violation.id}: ${violation.help}: ${String(node.target)} ${node.failureSummary ?? ""}`,
        ),
      );
    });
  }

  async shot(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: join(shots, `${name}.png`) });
  }

  takeProblems(): string[] {
    const problems = this.problems;
    this.problems = [];
    return problems;
  }

  async closePages(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
    this.#contexts = [];
  }

  async stop(): Promise<void> {
    await this.closePages();
    await this.#browser.close();
    await new Promise((done) => this.#server.close(done));
  }
}
