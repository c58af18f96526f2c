// Puts a core of memory behind the bridge, then starts the window as it is.

import { mockIPC } from "@tauri-apps/api/mocks";
import { answer } from "./core";
import { scenarios } from "./scenarios";
import { World } from "./world";

const name = new URLSearchParams(location.search).get("scenario") ?? "busy";
const scenario = scenarios[name];
if (!scenario) throw new Error(`no scenario called ${name}`);

const world = new World();
scenario(world);
mockIPC((command, args) => answer(world, command, (args ?? {}) as Record<string, unknown>), {
  shouldMockEvents: true,
});

declare global {
  interface Window {
    /** For tests: what the core holds, and what was asked of it. */
    world: World;
  }
}
window.world = world;
await import("../../src/main");
