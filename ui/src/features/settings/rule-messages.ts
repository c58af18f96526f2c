// Words about rules that decide conflicts.

import { cut, line } from "../shared/text";

export const words = {
  title: "Rules",
  about:
    "Where you and the server changed the same field, Tidemark asks. A rule decides such conflicts by itself, on this computer.",
  none: "No rules. You are asked about every conflict.",
  list: "Rules",
  broken: "The rules can't be listed:",
  field: (path: string | null) => (path === null ? "All fields" : line(cut(path, 200))),
  removeOf: (rule: string, field: string, place: string) => `the rule ${rule} for ${field}, ${place}`,
  removed: "The rule is removed. Conflicts from now on are decided without it.",
  add: "Add a rule",
  noLinks: "Connect a server first; a rule holds for one of its collections.",
  path: "Field",
  pathHint: "Empty: all fields. One field: /status. A field in each row of a list: /items/*/rate.",
  rule: "Rule",
  advanced: "Advanced: also rules that go by time, size or line",
  clocks:
    "The later change is not always the right one, and clocks differ. Tidemark takes out the difference that it measures; where a time is missing, the server wins.",
  tryFirst: "See first what this rule would do.",
  save: "Save this rule",
  kept: "The rule that you began is kept.",
  putAside: "The rule that you began before is kept.",
  saved: "The rule is saved.",
};
