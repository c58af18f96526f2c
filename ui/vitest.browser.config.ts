import { defineConfig } from "vitest/config";

// Tests in a real Chromium. One file after another: two cores, one browser.
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/browser/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
