// What rules for conflicts are called, wherever one is shown.

import type { ConflictStrategy, FieldPolicy, Rule } from "../../state/types";

const strategies: Record<ConflictStrategy, string> = {
  merge: "Ask",
  manual: "Ask about each change",
  client_wins: "Mine wins",
  server_wins: "Server wins",
  last_write_wins: "The later change of the record wins",
  field_lww: "The later change of each field wins",
};

const policies: Record<FieldPolicy, string> = {
  manual: "Ask",
  local: "Mine wins",
  server: "Server wins",
  union: "Combine",
  sum: "Add both",
  newer: "The later change wins",
  max: "The greater value wins",
  min: "The smaller value wins",
  text: "Merge lines",
};

/** What a rule does with what both sides changed. */
export function ruleText(rule: Rule): string {
  return rule.policy === undefined ? strategies[rule.strategy] : policies[rule.policy];
}
