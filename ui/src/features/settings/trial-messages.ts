// Words about what a rule or a hook would do, which is looked at before it is set.

import { plural } from "../../components/format/number";
import { full } from "../../components/format/time";
import type { HookFault, HookTrial, RuleExample, RuleTrial } from "../../state/types";
import { cut, line, sentenceOf } from "../shared/text";

export const words = {
  connection: "Connection",
  collection: "Collection",
  place: (collection: string, link: string) => `${line(cut(collection, 80))} · ${line(cut(link, 80))}`,
  try: "See what it would do",
  trying: "Looking",
  cancel: "Cancel",
  backTo: "Back to it",
  remove: "Remove",
  show: "Show where it differs",
  title: (one: RuleExample | HookFault) => line(cut(one.title, 80)),
  decided: (one: RuleExample) => `, decided ${full(one.at)}`,
  more: (n: number) => plural(n, { one: "and # more", other: "and # more" }),
  wrong: (n: number) =>
    plural(n, {
      one: "It went wrong with # conflict, which stays for you to choose.",
      other: "It went wrong with # conflicts, which stay for you to choose.",
    }),
  said: (one: HookFault) => sentenceOf(one.said, 500),
};

/** What it would have done, and would do at once. */
export function trialText(trial: RuleTrial): string[] {
  const past =
    trial.past === 0
      ? "In the last 30 days you decided no conflict here, so there is nothing to compare it with."
      : `In the last 30 days this would have decided ${plural(trial.decided, { one: "# conflict", other: "# conflicts" })} of ${plural(trial.past, { one: "#", other: "#" })}; ${plural(trial.differently, { zero: "none", one: "#", other: "#" })} differently from you.`;
  const open = plural(trial.ends, {
    one: "# conflict that is open now ends as soon as this is set.",
    other: "# conflicts that are open now end as soon as this is set.",
  });
  return trial.ends === 0 ? [past] : [past, open];
}

/** The same of a hook, which is tried with as many as there is time for. */
export function hookTrialText({ trial, untried }: HookTrial): string[] {
  const left = plural(untried, {
    one: "# older conflict was left out, because it would have taken too long.",
    other: "# older conflicts were left out, because it would have taken too long.",
  });
  return untried === 0 ? trialText(trial) : [...trialText(trial), left];
}
