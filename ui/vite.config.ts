import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The webviews Tauri meets: WebKitGTK 2.44+, WKWebView of macOS 14+, WebView2.
export const target = ["es2022", "safari17", "chrome120"];

export default defineConfig({
  plugins: [svelte()],
  clearScreen: false,
  server: { host: "127.0.0.1", port: 5173, strictPort: true },
  build: {
    target,
    outDir: "dist",
    emptyOutDir: true,
    // The policy allows no data: addresses, so that every asset is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
