import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

/** Refuses imports by path, with the sentence that says why. */
function refuse(files, groups) {
  return {
    files,
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: groups.map(([group, message]) => ({ group, message })) },
      ],
    },
  };
}

const tauri = [["@tauri-apps/*"], "The bridge is spoken to only in src/ipc."];

export default ts.config(
  { ignores: ["dist/", "test-results/", "src/ipc/bindings.ts"] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { extraFileExtensions: [".svelte"], parser: ts.parser, svelteConfig } },
  },
  {
    rules: {
      "no-undef": "off",
      "svelte/no-at-html-tags": "error",
      "svelte/no-navigation-without-resolve": "off",
      // Collections in state are replaced, never changed in place: $state.raw is enough and cheaper.
      "svelte/prefer-svelte-reactivity": "off",
      "no-unused-private-class-members": "off",
      eqeqeq: "error",
      "no-eval": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  // features → state → ipc; components import only components.
  refuse(
    ["src/components/**"],
    [tauri, [["**/ipc/**", "**/state/**", "**/features/**"], "Components import only components."]],
  ),
  refuse(["src/state/**"], [tauri, [["**/components/**", "**/features/**"], "State imports only ipc."]]),
  refuse(
    ["src/features/**", "src/*.svelte", "src/*.ts"],
    [tauri, [["**/ipc/**"], "Screens ask state, not the bridge."]],
  ),
  refuse(
    ["src/ipc/**"],
    [[["**/components/**", "**/state/**", "**/features/**"], "ipc imports nothing of the window."]],
  ),
);
