import { bytes } from "../../components/format/bytes";
import { count, exact, list, plural } from "../../components/format/number";
import { clock, date, duration, moment, took } from "../../components/format/time";
import type {
  AttemptView,
  ChangeDetail,
  ChangeRow,
  ErrorClass,
  Operation,
  WaitReason,
} from "../../state/types";
import { due, states } from "../shared/messages";
import { line } from "../shared/text";

export const words = {
  title: "Queue",
  grid: "Changes not confirmed",
  summary: (waiting: number, needsYou: number) =>
    needsYou === 0
      ? plural(waiting, { zero: "Nothing waiting", one: "# waiting", other: "# waiting" })
      : plural(needsYou, {
          one: `${count(waiting)} waiting · # needs you`,
          other: `${count(waiting)} waiting · # need you`,
        }),
  sendNow: "Send now",
  retryAll: "Send again what was refused",
  hold: "Hold",
  release: "Stop holding",
  discard: "Discard",
  discardN: (n: number) => `Discard ${exact(n)}`,
  keep: "Keep",
  export: "Export",
  more: "More",
  filter: "Which changes",
  all: "All",
  trash: "Trash",
  history: "Confirmed",
  search: "Search records",
  columns: {
    tick: "Select",
    state: "State",
    record: "Record",
    what: "What",
    server: "Connection",
    saved: "Saved",
    size: "Size",
    tries: "Tries",
  },
  tick: (title: string) => `Select the change of ${title}`,
  selected: (n: number, total: number) => `${exact(n)} selected (of ${exact(total)} shown)`,
  selectAll: (n: number) => `Select all ${exact(n)} that match`,
  clearSelection: "Clear the selection",
  emptyFirst: "Nothing waiting.",
  empty: (at: number, now: number) => `Nothing waiting. Last change confirmed ${moment(at, now)}.`,
  noMatch: "No change matches.",
  paused: "Paused. Nothing is sent.",
  offline: (server: string) => `Goes out when ${server} can be reached.`,
  nextTry: (at: number) => `Next try ${clock(at)}.`,
  refused: (n: number) => plural(n, { one: "# change was refused.", other: "# changes were refused." }),
  show: "Show",
  error: "The queue can't be read.",
  sentAgain: (done: number, gone: number) =>
    gone === 0
      ? plural(done, { one: "# goes again.", other: "# go again." })
      : plural(gone, {
          one: `${exact(done)} sent again, # had already gone.`,
          other: `${exact(done)} sent again, # had already gone.`,
        }),
  held: (done: number) => plural(done, { one: "# is on hold.", other: "# are on hold." }),
  released: (done: number) => plural(done, { one: "# goes out again.", other: "# go out again." }),
  discarded: (done: number) => plural(done, { one: "# moved to Trash.", other: "# moved to Trash." }),
  askDiscard: (n: number) => plural(n, { one: "Discard # change?", other: "Discard # changes?" }),
  askDiscardText: (n: number, until: number) =>
    plural(n, {
      one: `It stays in Trash until ${date(until)}. The record goes back to the server's version here.`,
      other: `They stay in Trash until ${date(until)}. The records go back to the server's version here.`,
    }),
  inspector: "One change",
  inWords: "In words",
  changes: "What it changes",
  attempts: "Attempts",
  noAttempts: "Not sent yet.",
  next: "Next",
  request: "Request",
  noRequest: "The request is made when it is sent.",
  depends: "Depends on",
  sameRequest: "Same request on every try, safe to repeat.",
  key: "Idempotency key",
  headers: "Headers",
  body: "Body",
  answer: "Start of the answer",
  field: "Field",
  before: "Before",
  after: "After",
  openRecord: "Open the record",
  openConflict: "Resolve",
  copyId: "Copy id",
  copyCommand: "Copy the command line",
  exportJson: "Copy as JSON",
  copied: "Copied.",
  gone: "This change is no longer in the queue.",
  inCollection: (title: string, collection: string) => `“${title}” in ${collection}`,
  number: (n: number) => `Change ${n}`,
};

const verbs: Record<Operation, string> = {
  create: "New",
  update: "Update",
  replace: "Replace",
  delete: "Delete",
  request: "Request",
};

/** The "What" column: "Update: phone, city". */
export function what(row: ChangeRow): string {
  if (row.operation !== "update" || row.fields.length === 0) return verbs[row.operation];
  return `${verbs.update}: ${row.fields.map((field) => line(field.replace(/^\//, ""))).join(", ")}`;
}

/** What the chip of a row says: the state, and where it stands. */
export function chip(row: ChangeRow): string {
  if (row.state === "waiting" && row.position === 1) return "Next";
  if (row.state === "waiting" && row.position !== null) return `Position ${exact(row.position)}`;
  if (row.state === "trying_again" && row.nextAt !== null) return `Trying ${clock(row.nextAt)}`;
  return states[row.state];
}

/** A cause in words: what is wrong, in the server's own words where it said any. */
export function cause(error: ErrorClass, said: string, server: string, status: number | null = null): string {
  const code = status === null ? "" : ` (${status})`;
  const words = said === "" ? "" : `: “${line(said)}”`;
  switch (error) {
    case "offline":
      return `Can't reach ${server}${words}`;
    case "untrusted":
      return `This server's certificate isn't trusted${words}`;
    case "transient":
      return `The server had a problem${code}${words}`;
    case "throttled":
      return `The server is busy${code}`;
    case "auth":
      return status === 403 ? `This account may not change it${words}` : `Sign in again to ${server}${words}`;
    case "conflict":
      return "Changed on the server too";
    case "permanent":
      if (status === 413) return `Too large for this server${words}`;
      if (status === 404 || status === 410) return "This record is gone on the server";
      return `The server refused${words || code}`;
    case "upgrade":
      return `The server wants a newer Tidemark${words}`;
    case "intercepted":
      return `Something else answers at this address${words}`;
  }
}

/** What a change waits for or what is wrong with it, one sentence without its full stop. */
export function reason(said: WaitReason, server: string): string {
  switch (said.kind) {
    case "behind":
    case "dependency":
      return `Waits for change ${said.change}`;
    case "backoff":
      return cause(said.class, said.words, server);
    case "held":
      return "You hold it";
    case "undo":
      return `Sends at ${clock(said.until)}, until then you can undo it`;
    case "paused":
      return "Sending is paused";
    case "hours":
      return `Waits until ${clock(said.until)}`;
    case "unmetered":
      return "Waits for an unmetered network";
    case "other_account":
      return "Saved by another account, and only goes when that one is signed in";
    case "link_stopped":
      return `${server} needs you first`;
    case "conflict":
      return "The record changed in two places";
    case "refused":
      return cause(said.class, said.words, server, said.status);
    case "may_have_been_sent":
      return "We sent this, but the answer got lost. Checking with the server before we repeat it";
  }
}

/** The first part of the inspector: one paragraph that says everything that matters. */
export function inWords(detail: ChangeDetail, record: string, server: string, now: number): string {
  const row = detail.row;
  const said = [did(detail, record), `Saved by you ${atTime(row.savedAt, now)}.`];
  if (row.state === "confirmed") {
    said.push(
      detail.endedAt === null
        ? "Confirmed by the server."
        : `Confirmed by the server ${atTime(detail.endedAt, now)}.`,
    );
  } else if (row.state === "in_trash") {
    said.push("You discarded it; it is in Trash for 30 days.");
  } else if (row.state === "sending") {
    said.push(`Being sent to ${server}.`);
  } else if (row.reason) {
    said.push(`${reason(row.reason, server)}.`);
  } else if (row.state === "waiting") {
    said.push(`It goes to ${server} by itself.`);
  }
  if (row.state === "trying_again" && row.nextAt !== null) {
    said.push(`Trying again ${due(row.nextAt, now)} (attempt ${exact(row.attempts + 1)}).`);
  }
  if (row.state === "needs_you") said.push("Your change is kept.");
  return said.join(" ");
}

/** "at 10:53" today, "on 21 Nov, 10:53" else. */
function atTime(at: number, now: number): string {
  const said = moment(at, now);
  return said === clock(at) ? `at ${said}` : `on ${said}`;
}

/** What happens next to a change, and what for. */
export function next(
  row: ChangeRow,
  server: { name: string; offline: boolean; nextTry: number | null },
  now: number,
): string {
  if (row.nextAt !== null) return due(row.nextAt, now);
  switch (row.state) {
    case "needs_you":
    case "conflict":
      return "Nothing until you act.";
    case "sending":
      return `Being sent to ${server.name}.`;
    case "not_confirmed":
      return `We check with ${server.name} before repeating it.`;
    case "on_hold":
      return row.reason?.kind === "undo"
        ? due(row.reason.until, now)
        : row.reason?.kind === "held"
          ? "Nothing until you stop holding it."
          : "It goes when what it waits for has gone.";
    default:
      if (row.reason) return `${reason(row.reason, server.name)}.`;
      if (server.offline) {
        return server.nextTry === null
          ? `Goes out when ${server.name} can be reached.`
          : `Goes out when ${server.name} can be reached. Next try ${clock(server.nextTry)}.`;
      }
      return row.position === null || row.position === 1
        ? `Next in line for ${server.name}.`
        : `In line for ${server.name}, position ${exact(row.position)}.`;
  }
}

function did(detail: ChangeDetail, record: string): string {
  switch (detail.row.operation) {
    case "create":
      return `Make ${record}.`;
    case "delete":
      return `Delete ${record}.`;
    case "replace":
      return `Replace ${record} as a whole.`;
    case "request":
      return `A request of another program.`;
    case "update": {
      const fields = detail.changes.slice(0, 3).map((change) => line(change.path.replace(/^\//, "")));
      const more = detail.changes.length - fields.length;
      if (fields.length === 0) return `Change ${record}.`;
      return more > 0
        ? `Change ${fields.join(", ")} and ${plural(more, { one: "# other field", other: "# other fields" })} of ${record}.`
        : `Change ${list(fields)} of ${record}.`;
    }
  }
}

/** One try: "#3 14:02:11 · 503 · 1.2 s · “Too many requests” · then at 14:32". */
export function attempt(tried: AttemptView, time: (at: number) => string): string {
  const parts = [time(tried.startedAt)];
  if (tried.status !== null) parts.push(String(tried.status));
  if (tried.endedAt === null) parts.push("no answer yet");
  else parts.push(took(tried.endedAt - tried.startedAt));
  if (tried.words !== "") parts.push(`“${line(tried.words)}”`);
  if (tried.class === null && tried.endedAt !== null) parts.push("accepted");
  if (tried.retryAt !== null) {
    const wait = tried.endedAt === null ? "" : ` (in ${duration(tried.retryAt - tried.endedAt)})`;
    parts.push(`decided: try again at ${clock(tried.retryAt)}${wait}`);
  }
  return parts.join(" · ");
}

export const size = bytes;
