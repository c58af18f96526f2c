// What the window says about conflicts of one shape and deciding them together.

import { exact, list, plural } from "../../components/format/number";
import { clockSeconds, full } from "../../components/format/time";
import { keys } from "../../state/json";
import type { ConflictRow, ConflictShape } from "../../state/types";
import type { Warning } from "../../state/group-sheet.svelte";
import { day, kinds } from "../shared/messages";
import { cut, isolated, line } from "../shared/text";
import { notes, wholeChoices } from "./messages";

/** A path of a shape in words; which row of a list it is does not matter. */
export function pathText(path: string): string {
  const names = keys(path).filter((key) => key !== "*");
  return line(cut(names.join(" › "), 80));
}

const MOST_NAMES = 4;

/** The fields that a shape asks for: `due_date, remarks`. */
export function pathsText({ paths }: ConflictShape): string {
  const more = paths.length - MOST_NAMES;
  const names = paths.slice(0, more > 1 ? MOST_NAMES : paths.length).map(pathText);
  return more > 1 ? `${names.join(", ")} and ${exact(more)} more` : names.join(", ");
}

/** What conflicts of a shape have in common, without their collection. */
export function shapeText(shape: ConflictShape): string {
  const kind = kinds[shape.conflictType];
  const fields = pathsText(shape);
  return fields === "" ? kind : `${fields} · ${kind}`;
}

export const words = {
  lines: "Conflicts of the same shape",
  sameShape: "Same shape:",
  review: "Review as a group",
  reviewThis: (what: string, n: number) =>
    plural(n, {
      one: `Review as a group: ${what}, # conflict`,
      other: `Review as a group: ${what}, # conflicts`,
    }),
  showAll: (n: number) => plural(n, { one: "Show # group", other: "Show all # groups" }),
  showFew: "Show fewer",
  linesUnreadable: "Conflicts of the same shape can't be looked for.",
  alone: "No other conflict has the same shape.",
  others: (n: number, fields: string) =>
    fields === ""
      ? plural(n, { one: "# other has the same shape.", other: "# others have the same shape." })
      : plural(n, {
          one: `# other has the same shape (${fields}).`,
          other: `# others have the same shape (${fields}).`,
        }),

  title: (n: number) =>
    plural(n, { one: "# conflict of the same shape", other: "# conflicts of the same shape" }),
  titleLoading: "Conflicts of the same shape",
  back: "Group",
  grid: "Conflicts of this group",
  gone: "Nothing of this shape is open any more.",
  toList: "See all conflicts",
  unreadable: "These conflicts can't be read.",
  lead: {
    fields:
      "In each of these records the same fields changed here and on the server. Choose once for all of them; what is not ticked stays open.",
    record: "Choose once for all of these records; what is not ticked stays open.",
    nothing:
      "In these records different fields changed here and on the server, so both changes fit together. Apply keeps both; what is not ticked stays open.",
  },
  chooseForAll: "Choose for all",
  everyRow: "in every row",
  wholeRecord: "The record",
  always: "Make this a rule",
  /** A value that was typed for all of them. */
  typed: (text: string) => `Edited: ${text}`,
  ticked: (n: number, total: number) => `${exact(n)} of ${exact(total)} selected`,
  all: "Select all",
  none: "Select none",
  reading: (read: number, total: number) => `Reading ${exact(read)} of ${exact(total)}`,
  columns: { record: "Record", field: "Field" },
  moreFields: (n: number) => `and ${exact(n)} more`,
  changed: "Changed",
  deleted: "Deleted",
  changedBy: (who: string | undefined) => (who === undefined ? "Changed" : `Changed by ${who}`),
  deletedBy: (who: string | undefined) => (who === undefined ? "Deleted" : `Deleted by ${who}`),
  notChosen: "Not chosen",
  apply: (n: number, total: number) => `Apply to ${exact(n)} of ${exact(total)}`,
  applying: (n: number) => plural(n, { one: "Applying to # conflict.", other: "Applying to # conflicts." }),
  chooseRecord: "Choose what becomes of the records.",
  selectOne: "Select at least one conflict.",
  atOnce: (n: number) => `${exact(n)} are decided at once; the rest stays for the next time.`,
  needLook: (n: number) => plural(n, { one: "# needs a look", other: "# need a look" }),
  needsLook: (why: string) => `1 needs a look: ${why}.`,
  showNext: "Show the next one",
  noneDecided: (n: number) => plural(n, { one: "It was not decided", other: "None of the # was decided" }),
  /** The first titles of all that there are. */
  titles: (titles: string[], all: number) => {
    const some = titles.map(isolated);
    return all > titles.length ? `${some.join(", ")} and ${exact(all - titles.length)} more` : list(some);
  },
  moreSaid: (n: number) =>
    plural(n, { one: "# more says so at its row.", other: "# more say so at their rows." }),
  held: (n: number) => plural(n, { one: "# conflict decided.", other: "# conflicts decided." }),
  goOut: (n: number, at: number) =>
    plural(n, { one: `It goes out at ${clockSeconds(at)}.`, other: `They go out at ${clockSeconds(at)}.` }),
  goOutLater: (n: number, server: string) =>
    plural(n, {
      one: `Saved on this computer. It goes out when ${server} can be reached.`,
      other: `Saved on this computer. They go out when ${server} can be reached.`,
    }),
  undoAll: "Undo all",
  notUndone: (n: number) =>
    plural(n, {
      one: "# conflict could not be taken back and stays decided.",
      other: "# conflicts could not be taken back and stay decided.",
    }),
  keys: "Keys: ↑ ↓ or J K conflicts · Space select, Shift Space up to here, Shift ↑ ↓ go on · Enter open · Shift M, Shift S all that is not chosen: Mine, Server · M S O E in a choice: Mine, Server, Started as, edit · Ctrl Enter apply · Esc back",
};

/** What is chosen between where the whole record is. */
export function sidesOf(shape: ConflictShape): { mine: string; server: string } | undefined {
  const type = shape.conflictType;
  return type === "updated_here_deleted_there" || type === "deleted_here_updated_there"
    ? wholeChoices[type]
    : undefined;
}

/** What each side did to a whole record, and when: two lines. */
export function didText(row: ConflictRow): Record<"mine" | "server", [string, string]> {
  const isMine = row.conflict_type === "deleted_here_updated_there";
  const by = row.server_by === null ? undefined : line(cut(row.server_by, 80));
  const when = (at: number | null) => (at === null ? "" : full(at));
  return {
    mine: [isMine ? words.deleted : words.changed, when(row.local_at)],
    server: [isMine ? words.changedBy(by) : words.deletedBy(by), when(row.server_at)],
  };
}

/** The core's words where they stand by themselves. */
function sentence(said: string): string {
  const text = line(said.replace(/\.$/, ""));
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/** Why a conflict is to be looked at by itself. */
export function warningText(warning: Warning, now: number): string {
  switch (warning.why) {
    case "may_be_in":
      return "Your change may be in already";
    case "begun":
      return "Choices begun";
    case "moved":
      return "Changed again on the server";
    case "later":
      return `Put off until ${day(warning.until, now)}`;
    case "note":
      return `${line(cut(warning.label, 40))}: ${notes[warning.note]}`;
    case "refused":
      return sentence(warning.refused.message);
  }
}
