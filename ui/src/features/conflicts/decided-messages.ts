// Words about what was decided and merged, and about putting it back.

import { plural } from "../../components/format/number";
import { full } from "../../components/format/time";
import type { DecisionBy, DecisionRow } from "../../state/types";
import { isolated, line } from "../shared/text";

const by: Record<DecisionBy, string> = {
  merge: "Merged by itself",
  rule: "By a rule",
  hook: "By a hook",
  person: "By you",
  itself: "Ended by itself",
};

const fields = (n: number) => plural(n, { zero: "No field", one: "# field", other: "# fields" });

export const words = {
  views: "Which conflicts",
  viewOpen: "Open",
  viewDecided: "Decided",
  grid: "Decided in the past 30 days",
  inspector: "What was decided",
  summary: (n: number) =>
    plural(n, {
      zero: "None decided in the past 30 days",
      one: "# decided in the past 30 days",
      other: "# decided in the past 30 days",
    }),
  empty:
    "Nothing was decided or merged in the past 30 days. What you, a rule or a hook decides is listed here, and what merges by itself; it can be put back from here.",
  unreadable: "What was decided can't be listed:",
  gone: "This is no longer listed: it was decided more than 30 days ago.",
  columns: {
    when: "When",
    record: "Record",
    from: "Collection",
    how: "How",
    state: "State",
    fields: "Fields",
  },
  fields,
  by,
  isPutBack: "Put back",
  how: (row: DecisionRow) => (row.putBack === null ? by[row.by] : `${by[row.by]}; put back`),
  from: (collection: string, link: string) => `${isolated(line(collection))} · ${isolated(line(link))}`,
  decided: (row: DecisionRow) => `${by[row.by]}, ${full(row.at)}`,
  preview: (row: DecisionRow) =>
    row.putBack !== null
      ? "What putting it back made"
      : row.cannot === null
        ? "What putting it back makes"
        : "What putting it back would make",
  now: "As decided",
  becomes: "Put back",
  movedOn: "Changed again since",
  showMore: (n: number) => plural(n, { one: "Show # more field", other: "Show # more fields" }),
  putBack: "Put back",
  wasPutBack: "It was put back by a change of its own.",
  seeChange: "See the change",
  undo: "Undo the decision",
  undone: "The decision is undone. The conflict is open again.",
};

/** What putting it back brings, in a sentence; undefined where it brings nothing. */
export function restoresText(row: DecisionRow): string | undefined {
  if (row.restores === null) return undefined;
  if (row.makesRecord) {
    return row.restores === "server"
      ? "A new change makes the record again, as it was on the server."
      : "A new change makes the record again, as you had it.";
  }
  return row.restores === "server"
    ? plural(row.touched, {
        one: "A new change brings back what the server had in # field. Nothing else of the record changes.",
        other:
          "A new change brings back what the server had in # fields. Nothing else of the record changes.",
      })
    : plural(row.touched, {
        one: "A new change brings back what you had in # field. Nothing else of the record changes.",
        other: "A new change brings back what you had in # fields. Nothing else of the record changes.",
      });
}

/** What was made of it, once it was put back. */
export function doneText(row: DecisionRow): string {
  const title = line(row.title);
  return row.makesRecord
    ? `${title} is made again. The change is saved on this computer and goes out by itself.`
    : plural(row.touched, {
        one: `# field of ${title} is put back. The change is saved on this computer and goes out by itself.`,
        other: `# fields of ${title} are put back. The change is saved on this computer and goes out by itself.`,
      });
}
