import { plural } from "../../components/format/number";
import { moment } from "../../components/format/time";
import type { RecordState } from "../../state/types";
import { line } from "../shared/text";

export const words = {
  title: "Records",
  grid: (collection: string) => `Records of ${collection}`,
  connection: "Connection",
  collection: "Collection",
  search: "Search",
  show: "Which records",
  all: "All",
  changed: "Changed here",
  conflict: "Conflict",
  deleted: "Deleted",
  drafts: "Drafts",
  new: "New",
  newTitle: (collection: string) => `New record in ${collection}`,
  columns: { name: "Name", title: "Title", state: "State", changed: "Changed" },
  empty: (server: string) => `No records here yet. This collection downloads when ${server} can be reached.`,
  emptyOnline: "No records here yet.",
  noMatch: "No record matches.",
  nothingFound: (search: string) =>
    `No record matches “${line(search)}”. Searching only what is on this computer.`,
  unreadable: "This collection can't be read.",
  noCollection: "No collection is kept here yet.",
  old: (at: number, now: number) => `This copy is from ${moment(at, now)}. The server may have newer values.`,
  count: (n: number) => plural(n, { one: "# record", other: "# records" }),
  inspector: "One record",
  form: "Form",
  changes: "Changes",
  json: "JSON",
  tabs: "Views of the record",
  saveHere: "Save here",
  save: "Save",
  saving: "Saving",
  saved: (server: string, offline: boolean) =>
    offline ? `Saved on this computer. Goes out when ${server} can be reached.` : "Saved on this computer.",
  nothingToSave: "Nothing is changed.",
  undoEdits: "Undo my edits",
  delete: "Delete",
  askDelete: (title: string) => `Delete ${line(title)}?`,
  askDeleteText: (server: string) =>
    `It is deleted here now, and on ${server} when your change goes out. Until then you can discard the change in the Queue.`,
  keep: "Keep",
  deleted1: "Deleted on this computer.",
  inConflict: "This record changed in two places.",
  resolve: "Resolve",
  needsYou: "The server didn't accept a change of this record. Your change is kept.",
  openChange: "Show",
  refused: (said: string) => `The server didn't accept this: “${line(said)}”. Your change is kept.`,
  decidedHere: (said: string) => `This was not sent: ${line(said)}. Your change is kept.`,
  goesAgain: "Saved on this computer. It goes out again.",
  deletedHere: "You deleted this record here. The change is in the Queue.",
  movedDirty: (n: number, by: string | null) =>
    by === null
      ? plural(n, {
          one: "Changed on the server just now (# field).",
          other: "Changed on the server just now (# fields).",
        })
      : plural(n, {
          one: `Changed on the server just now by ${line(by)} (# field).`,
          other: `Changed on the server just now by ${line(by)} (# fields).`,
        }),
  movedSince: (n: number) =>
    plural(n, {
      one: "Changed on the server after you typed this (# field).",
      other: "Changed on the server after you typed this (# fields).",
    }),
  showMoved: "Show",
  keepEditing: "Keep editing",
  gone: "This record is not on this computer.",
  serverMark: "server",
  unsaved: "Not saved yet",
  draftKept: "A draft is kept on this computer.",
  draftWithout: "A draft is kept on this computer, without the secret values.",
  draftOfSecrets: "Secret values are kept only when they are saved.",
  draftNotKept: (why: string) => `No draft of it is kept: ${line(why)}`,
  draftOfGone: "What you typed and did not save:",
  discardDraft: "Discard the draft",
  undo: "Undo",
  discardedDraft: "The draft is discarded.",
  noDraft: "No drafts. What you type into a record and do not save is kept here.",
  noChanges: "Nothing of this record waits to be sent.",
  notJson: (why: string) => `This is no JSON: ${why}`,
  useJson: "Use this text",
  inJson: "Shown and edited in the JSON tab.",
  noFields: "No fields are known for this collection yet. Use the JSON tab.",
  inferred: "These fields were found in the records of this collection.",
  choose: "Choose",
  emptyChoice: "empty",
  wrongKind: "This holds another kind of value. Edit it in the JSON tab.",
  mask: "••••",
  noSecret: "empty",
  showSecret: "Show for 10 s",
  changeSecret: "Change",
  keepSecret: "Keep the old one",
  secretKept: "Left empty, the old value stays.",
  problems: (n: number) => plural(n, { one: "# field needs a look.", other: "# fields need a look." }),
  lastChanged: (at: number, now: number) => `Last changed on the server ${moment(at, now)}`,
  lastChangedBy: (at: number, now: number, by: string) =>
    `Last changed on the server ${moment(at, now)} by ${line(by)}`,
};

export const draftMark = "Draft";

export const states: Record<Exclude<RecordState, "clean">, string> = {
  saved_here: "Saved here",
  sending: "Sending",
  conflict: "Conflict",
  needs_you: "Needs you",
  deleted_here: "Deleted here",
  gone: "Not here",
};
