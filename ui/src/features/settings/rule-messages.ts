// Words about rules that decide conflicts.

import { plural } from "../../components/format/number";
import { full } from "../../components/format/time";
import type { RuleExample, RuleTrial } from "../../state/types";
import { cut, line } from "../shared/text";

export const words = {
  title: "Rules",
  about:
    "Where you and the server changed the same field, Tidemark asks. A rule decides such conflicts by itself, on this computer.",
  none: "No rules. You are asked about every conflict.",
  list: "Rules",
  broken: "The rules can't be listed:",
  field: (path: string | null) => (path === null ? "All fields" : line(cut(path, 200))),
  place: (collection: string, link: string) => `${line(cut(collection, 80))} · ${line(cut(link, 80))}`,
  remove: "Remove",
  removeOf: (rule: string, field: string, place: string) => `the rule ${rule} for ${field}, ${place}`,
  removed: "The rule is removed. Conflicts from now on are decided without it.",
  add: "Add a rule",
  noLinks: "Connect a server first; a rule holds for one of its collections.",
  connection: "Connection",
  collection: "Collection",
  path: "Field",
  pathHint: "Empty: all fields. One field: /status. A field in each row of a list: /items/*/rate.",
  rule: "Rule",
  advanced: "Advanced: also rules that go by time, size or line",
  clocks:
    "The later change is not always the right one, and clocks differ. Tidemark takes out the difference that it measures; where a time is missing, the server wins.",
  try: "See what it would do",
  trying: "Looking",
  save: "Save this rule",
  cancel: "Cancel",
  saved: "The rule is saved.",
  show: "Show where it differs",
  example: (one: RuleExample) => `${line(cut(one.title, 80))}, decided ${full(one.at)}`,
  more: (n: number) => plural(n, { one: "and # more", other: "and # more" }),
};

/** What a rule would have done, and would do at once. */
export function trialText(trial: RuleTrial): string[] {
  const past =
    trial.past === 0
      ? "In the last 30 days you decided no conflict here, so there is nothing to compare it with."
      : `In the last 30 days this would have decided ${plural(trial.decided, { one: "# conflict", other: "# conflicts" })} of ${plural(trial.past, { one: "#", other: "#" })}; ${plural(trial.differently, { zero: "none", one: "#", other: "#" })} differently from you.`;
  const open = plural(trial.ends, {
    one: "# conflict that is open now ends as soon as you save it.",
    other: "# conflicts that are open now end as soon as you save it.",
  });
  return trial.ends === 0 ? [past] : [past, open];
}
