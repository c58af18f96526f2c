// Words about hooks: scripts that decide conflicts.

import { plural } from "../../components/format/number";
import { date } from "../../components/format/time";

const lines = (n: number) => plural(n, { one: "# line", other: "# lines" });

export const words = {
  title: "Hooks",
  about:
    "A hook is a script for one collection. It decides the conflicts that rules leave; what it doesn't decide, you choose as before.",
  none: "No hooks. What rules leave, you choose.",
  list: "Hooks",
  broken: "The hooks can't be listed:",
  lines,
  setOn: (at: number) => `Set ${date(at)}`,
  show: "Show",
  hide: "Hide",
  scriptOf: (place: string) => `the script for ${place}`,
  removeOf: (place: string) => `the hook for ${place}`,
  removed: "The hook is removed. Conflicts from now on are decided without it.",
  restored: "The hook is set again.",
  add: "Add a hook (advanced)",
  form: "Add a hook",
  noLinks: "Connect a server first; a hook is for one of its collections.",
  script: "Script",
  scriptHint:
    "One function, fn resolve(base, local, server, info), up to 64 KiB. The page docs/hooks.md tells what it gets and what it may answer.",
  replaces: (n: number, at: number) =>
    `This collection has a hook already (${lines(n)}, set ${date(at)}). Setting this one replaces it.`,
  take: "Start from its script",
  set: "Set this hook",
  tryFirst: "See first what this script would do.",
  kept: "The hook that you began is kept.",
  saved: "The hook is set.",
  replaced: "The hook is set in place of the one before.",
};

/** How many lines a person counts: the end of the last one begins no other. */
export const lineCount = (script: string) => script.replace(/\r?\n$/, "").split("\n").length;
