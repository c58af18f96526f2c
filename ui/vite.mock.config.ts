import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { target } from "./vite.config.ts";

// The whole window over a core that lives in the page: what the browser tests open.
export default defineConfig({
  root: fileURLToPath(new URL("./tests/mock", import.meta.url)),
  plugins: [svelte({ configFile: "../../svelte.config.js" })],
  clearScreen: false,
  build: {
    target,
    outDir: fileURLToPath(new URL("./test-results/mock", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
