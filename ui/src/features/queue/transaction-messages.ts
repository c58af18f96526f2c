import { exact, plural } from "../../components/format/number";
import { clockSeconds } from "../../components/format/time";
import type { TransactionRow, TransactionState, TransactionStep } from "../../state/types";
import { line } from "../shared/text";

const states: Record<TransactionState, string> = {
  queued: "Waits for another",
  pending: "Waiting",
  persisting: "Sending",
  persisted_awaiting_sync: "Sent, not seen yet",
  completed: "Confirmed",
  failed: "Needs you",
  conflicted: "Conflict",
};

const together = (n: number) => plural(n, { one: "# change", other: "# changes that belong together" });

/** How its changes go. */
function manner(row: TransactionRow): string {
  switch (row.strategy) {
    case "ordered":
      return `${together(row.changes)}, sent in order.`;
    case "parallel":
      return `${together(row.changes)}, each on its own.`;
    case "atomic":
      return `${together(row.changes)}, sent all or none.`;
    case "saga":
      return `${together(row.changes)}, sent in order; what was accepted is taken back if one is refused.`;
  }
}

function standing(row: TransactionRow): string {
  const done = `${exact(row.confirmed)} of ${exact(row.changes)} confirmed.`;
  switch (row.state) {
    case "queued":
      return "They wait for others that have one of their records first.";
    case "pending":
      return "They go out by themselves.";
    case "persisting":
      return row.undoing ? `One was refused. Taking back what was accepted. ${done}` : done;
    case "persisted_awaiting_sync":
      return `${done} Waiting to see them in the next check.`;
    case "completed":
      return done;
    case "conflicted":
      return "One record changed in two places; the others wait until you decide.";
    case "failed":
      return failure(row);
  }
}

function failure(row: TransactionRow): string {
  switch (row.error?.code) {
    case "refused": {
      const kept = plural(row.error.kept, {
        zero: "",
        one: " # accepted change was left, because somebody changed it since.",
        other: " # accepted changes were left, because somebody changed them since.",
      });
      return `The server refused one: “${line(row.error.words)}”.${kept} Your values are kept.`;
    }
    case "dependency_failed":
      return "They stood behind others that did not go through. Your values are kept.";
    case "discarded":
    case undefined:
      return "You discarded one of them.";
  }
}

export const transaction = {
  title: "Part of a group",
  inWords: (row: TransactionRow) => `${manner(row)} ${standing(row)}`,
  restore: (n: number) => plural(n, { one: "Restore # change", other: "Restore # changes" }),
  restored: (n: number) =>
    plural(n, { one: "# change is in the queue again.", other: "# changes are in the queue again." }),
  history: "History",
  step: (step: TransactionStep) => `${clockSeconds(step.at)} ${states[step.to]}`,
};
