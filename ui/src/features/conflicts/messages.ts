import { duration, full } from "../../components/format/time";
import { exact, plural } from "../../components/format/number";
import type { ConflictField, ConflictRow, ConflictView, FieldChoice, Note } from "../../state/types";
import { day } from "../shared/messages";
import { ruleText } from "../shared/rules";
import { cut, line, sentenceOf } from "../shared/text";

const fields = (n: number) => plural(n, { one: "# field", other: "# fields" });

export const words = {
  title: "Conflicts",
  grid: "Open conflicts",
  open: (n: number) => plural(n, { zero: "None open", one: "# open", other: "# open" }),
  mergedWeek: (n: number) =>
    plural(n, {
      one: "# merged without asking this week",
      other: "# merged without asking this week",
    }),
  resolveNext: "Resolve next",
  empty:
    "No conflicts. When a record changes here and on the server, it waits for you here. Nothing is overwritten.",
  offline: "You can decide now. Results go out later.",
  unreadable: "The conflicts can't be read.",
  columns: {
    record: "Record",
    kind: "Kind",
    choose: "To choose",
    mine: "Mine",
    server: "Server",
    link: "Connection",
    status: "Status",
  },
  counts: (toChoose: number, merged: number) =>
    merged === 0
      ? plural(toChoose, { zero: "Choose a version", one: "# to choose", other: "# to choose" })
      : `${exact(toChoose)} to choose, ${exact(merged)} merged`,
  you: "You",
  later: "Decide later",
  laterTomorrow: "Tomorrow",
  laterMonday: "Monday",
  laterNoDate: "No date",
  statusNew: "New",
  statusStarted: "Started",
  statusLater: (at: number, now: number) => `Later until ${day(at, now)}`,
  allDone: (n: number) => plural(n, { one: "# conflict done.", other: "All # done." }),
  seeQueue: "See queue",
  back: "Conflicts",
  position: (at: number, of: number) => `${exact(at)} of ${exact(of)}`,
  previous: "Previous conflict ([)",
  next: "Next conflict (])",
  heading: "This record changed in two places. Choose what to keep; nothing is sent until you apply.",
  mayBeIn: "Your change may already be part of the server's version: the answer to it was lost.",
  /** Its words may come from a record. */
  hookSaid: (said: string) => `The hook for this collection decided nothing: ${sentenceOf(said, 500)}`,
  toHooks: "Look at the hook",
  why: "Why?",
  base: "Started as",
  mine: "Mine",
  server: "Server",
  result: "Result",
  field: "Field",
  mineHere: "Mine (this computer)",
  changed: (n: number) =>
    plural(n, { zero: "No field changed", one: "# field changed", other: "# fields changed" }),
  deletedSide: "Deleted",
  version: (version: string) => `revision ${line(version)}`,
  inStep: (at: number) => `Last in step ${full(at)}`,
  noBase: "Not known",
  serverUnknown: "The server doesn't say who.",
  takeAll: "Take all",
  showBase: "Started as",
  showUnchanged: (n: number) =>
    plural(n, { zero: "Nothing unchanged", one: "Unchanged (#)", other: "Unchanged (#)" }),
  unchangedNote: (n: number) =>
    plural(n, { one: "# field is the same on both sides.", other: "# fields are the same on both sides." }),
  raw: "Raw values",
  toChoose: "To choose",
  toChooseDone: (done: number, all: number) => `${exact(done)} of ${exact(all)} done`,
  mergedForYou: "Merged for you",
  setByServer: "Set by the server",
  show: "Show",
  hide: "Hide",
  showMore: (n: number) => plural(n, { one: "Show # more field", other: "Show # more fields" }),
  nothingLeft: "Nothing left to choose. Check the result and apply.",
  edit: "Edit",
  always: "Make this a rule",
  choose: "Choose",
  edited: "Edited",
  use: "Use",
  cancel: "Cancel",
  editLabel: (label: string) => `Result of ${line(label)}`,
  notJson: "This is no value that can be stored. Text stands in quotes.",
  removed: "taken away",
  decided: (done: number, all: number) => `Result: ${exact(done)} of ${exact(all)} decided`,
  preview: "Preview",
  previewTitle: "The whole record as it will look",
  youChanged: "What you changed",
  serverChanged: "What changed on the server",
  previewNote: "Marked lines differ from the server; only they are sent.",
  apply: "Apply",
  chooseMore: (n: number) =>
    plural(n, { one: "Choose for # more field.", other: "Choose for # more fields." }),
  movedAgain: (n: number, choices: number) =>
    plural(choices, {
      zero: `Changed again on the server (${fields(n)}).`,
      one: `Changed again on the server (${fields(n)}). Your # choice is kept.`,
      other: `Changed again on the server (${fields(n)}). Your # choices are kept.`,
    }),
  merged: (title: string) => `${line(title)} merged.`,
  sendsIn: (ms: number) => `Sends in ${duration(ms)}.`,
  savedOffline: (server: string) =>
    `Merged and saved on this computer. Goes out when ${server} can be reached.`,
  secret: "••••",
  gone: "This conflict is no longer open.",
  toDecision: "See what was decided",
  keys: "Keys: ↑ ↓ or J K fields · M Mine · S Server · O Started as · E edit · N next to choose · P preview · Ctrl Enter apply · L later · [ ] conflicts · Esc back",
  noBaseNote: "The three versions can't be lined up: the starting version is missing. You can still choose.",
  noBaseHead: "We don't have the version you started from, so we can't tell who changed what.",
  skew: (ms: number) =>
    ms > 0
      ? `The server's clock is ${duration(ms)} ahead of this computer; times may not compare.`
      : `The server's clock is ${duration(-ms)} behind this computer; times may not compare.`,
};

/** The sentence at the top of a conflict about a whole record; undefined where fields are chosen. */
export function wholeRecord(
  view: ConflictView,
  changed: { mine: number; server: number },
): string | undefined {
  const there = view.server_by === null ? "Somebody" : line(cut(view.server_by, 80));
  switch (view.conflict_type) {
    case "updated_here_deleted_there": {
      const when = view.server_at === null ? "" : ` on ${full(view.server_at)}`;
      const mine = view.local_at === null ? "" : ` on ${full(view.local_at)}`;
      return plural(changed.mine, {
        one: `${there} deleted this${when}. You changed # field${mine}.`,
        other: `${there} deleted this${when}. You changed # fields${mine}.`,
      });
    }
    case "deleted_here_updated_there":
      return plural(changed.server, {
        one: "You deleted this. Since then # field changed on the server.",
        other: "You deleted this. Since then # fields changed on the server.",
      });
    case "created_on_both":
      return `A record named ${line(view.resource_id)} was made here and on the server.`;
    case "no_base":
      return words.noBaseHead;
    case "both_updated":
      return undefined;
  }
}

/** The choices of a conflict about a whole record: Mine first, then the server's. */
export const wholeChoices = {
  updated_here_deleted_there: { mine: "Bring it back with my changes", server: "Keep deleted" },
  deleted_here_updated_there: { mine: "Delete anyway", server: "Keep the server's" },
} as const;

/** How the conflict came about, in words. */
export function whyText(view: ConflictView, toChoose: number): string {
  const mine =
    view.local_at === null
      ? "You changed this record on this computer."
      : `You changed this record on this computer on ${full(view.local_at)}.`;
  const server =
    view.server_by === null
      ? "Before your change could be sent, it was changed on the server. The server doesn't say who."
      : `Before your change could be sent, ${line(cut(view.server_by, 80))} changed it on the server.`;
  const rest = plural(toChoose, {
    zero: "We kept both. Everything could be merged.",
    one: "We kept both. Fields that only one of you changed are already merged. # field was changed by both, so we ask.",
    other:
      "We kept both. Fields that only one of you changed are already merged. # fields were changed by both, so we ask.",
  });
  return `${mine} ${server} ${rest}`;
}

/** Why a field is in its group. */
export function classText(field: ConflictField): string {
  if (field.rule) return `Decided by your rule: ${ruleText(field.rule)}`;
  switch (field.class) {
    case "only_mine":
      return "Only you changed this";
    case "only_server":
      return "Only the server changed this";
    case "same_change":
      return "Both made the same change";
    case "combined":
      return "Both changes are in the result";
    case "set_by_server":
      return "Set by the server";
    case "rows_order":
      return "Both changed the order of the rows";
    case "additive":
      return "Both changed this number";
    case "secret":
      return "Both changed this secret";
    case "clash":
      return "Both changed this";
  }
}

export const notes: Record<Note, string> = {
  matched_by_position: "Matched by position, please check",
  only_spaces_differ: "Only spaces differ",
  line_merged: "Merged line by line",
  too_different: "Too different to line up; choose one or edit",
  row_order: "Order of the rows",
  group_mixed: "Belongs to a group of fields that is chosen together",
};

/** What stands behind the result. */
export function chosen(choice: FieldChoice | undefined): string {
  if (choice === undefined) return words.choose;
  if (choice === "mine") return words.mine;
  if (choice === "server") return words.server;
  if (choice === "base") return words.base;
  return words.edited;
}

/** Where a conflict stands. */
export function statusText(row: ConflictRow, now: number): string {
  if (row.later_until !== null && row.later_until > now) return words.statusLater(row.later_until, now);
  if (row.chosen > 0) return words.statusStarted;
  return words.statusNew;
}
