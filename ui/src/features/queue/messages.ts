import { bytes } from "../../components/format/bytes";
import { count, exact, list, plural } from "../../components/format/number";
import { clock, duration, moment, took } from "../../components/format/time";
import type {
  AttemptView,
  ChangeDetail,
  ChangeRow,
  ErrorClass,
  Operation,
  WaitReason,
} from "../../state/types";
import { due, states } from "../shared/messages";
import { cut, line } from "../shared/text";
import { words as trash } from "./trash-messages";

/** The most characters of a cause in a list. */
const CAUSE = 60;

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
  hold: "Hold",
  release: "Stop holding",
  discard: "Discard",
  discardN: (n: number) => `Discard ${exact(n)}`,
  first: "Move first",
  firstRule: "Goes before all that was not moved first. The order of one record's changes stays.",
  dragRule: "Drag it before all that wait to move it first. The order of one record's changes stays.",
  onlyFirst: "It can only go before all that wait. The order of one record's changes stays.",
  edit: "Edit",
  export: "Export",
  more: "More",
  filter: "Which changes",
  all: "All",
  trash: "Trash",
  history: "Confirmed",
  search: "Search records",
  columns: {
    state: "State",
    record: "Record",
    what: "What",
    link: "Connection",
    saved: "Saved",
    size: "Size",
    tries: "Tries",
  },
  tick: (title: string) => `Select the change of ${title}`,
  emptyFirst: "Nothing waiting.",
  empty: (at: number, now: number) => `Nothing waiting. Last change confirmed ${moment(at, now)}.`,
  noMatch: "No change matches.",
  paused: "Paused. Nothing is sent.",
  stillWorks:
    "Changes are still saved. Reads still work, from the copy on this computer; nothing new is received until you resume.",
  only: (place: string) => `Only ${place}`,
  clearOnly: (place: string) => `Only ${place}: show all again`,
  tooMany: (column: string, n: number) =>
    `${exact(n)} changes are too many to sort by ${column}. They are in the usual order; show fewer with a filter.`,
  usualOrder: "Keep the usual order",
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
  kept: (n: number) =>
    plural(n, {
      one: "# still needs you: what it refers to was discarded.",
      other: "# still need you: what they refer to was discarded.",
    }),
  movedFirst: (done: number) => plural(done, { one: "# moved first.", other: "# moved first." }),
  held: (done: number) => plural(done, { one: "# is on hold.", other: "# are on hold." }),
  released: (done: number) => plural(done, { one: "# goes out again.", other: "# go out again." }),
  discarded: (done: number) => plural(done, { one: "# moved to Trash.", other: "# moved to Trash." }),
  inspector: "One change",
  inWords: "In words",
  changes: "What it changes",
  attempts: "Attempts",
  noAttempts: "Not sent yet.",
  next: "Next",
  request: "Request",
  noRequest: "The request is made when it is sent.",
  moreNeighbours: (n: string) => `and ${n} more`,
  depends: "Depends on",
  waitedOn: "Waited on by",
  sameRequest: "Same request on every try, safe to repeat.",
  key: "Idempotency key",
  field: "Field",
  before: "Before",
  after: "After",
  openConflict: "Resolve",
  copyId: "Copy id",
  copyCurl: "Copy as curl",
  copyCommand: "Copy CLI command",
  exportJson: "Export JSON",
  copied: "Copied.",
  copiedN: (n: number) => plural(n, { one: "# change copied as JSON.", other: "# changes copied as JSON." }),
  gone: "This change is no longer in the queue.",
  inCollection: (title: string, collection: string) => `“${title}” in ${collection}`,
  /** A request is in no collection. */
  titled: (title: string, collection: string) => (collection === "" ? title : `${title} · ${collection}`),
  number: (n: number) => `Change ${n}`,
};

const verbs: Record<Operation, string> = {
  create: "New",
  update: "Update",
  replace: "Replace",
  delete: "Delete",
  request: "Request",
};

/** The "What" column: "Update: phone, city", "Request POST /invoices/12/submit". */
export function what(row: ChangeRow): string {
  if (row.operation === "request") return `${verbs.request} ${line(row.record)}`;
  if (row.operation !== "update" || row.fields.length === 0) return verbs[row.operation];
  return `${verbs.update}: ${row.fields.map((field) => line(field.replace(/^\//, ""))).join(", ")}`;
}

/** The same, with the cause where it needs a person, and in Trash with its last day. */
export function whatOf(row: ChangeRow): string {
  if (row.goneAt !== null) return `${what(row)} · ${trash.goneAt(row.goneAt)}`;
  if (row.state !== "needs_you" || row.reason === null) return what(row);
  return `${what(row)} · ${cut(reason(row.reason, row.link, row.operation), CAUSE)}`;
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
      // Without a status no server said it: it was decided here.
      return status === null && said !== "" ? line(said) : `The server refused${words || code}`;
    case "upgrade":
      return `The server wants a newer Tidemark${words}`;
    case "intercepted":
      return `Something else answers at this address${words}`;
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What a change waits for or what is wrong with it, one sentence without its full stop. */
export function reason(said: WaitReason, server: string, operation?: Operation): string {
  if (operation === "request") {
    // What it is about nobody here knows: no record is gone, and nothing can be read back.
    if (said.kind === "may_have_been_sent") {
      return "We sent this, but the answer got lost. Only you can find out whether it was done";
    }
    if (said.kind === "refused" && (said.status === 404 || said.status === 410)) {
      return `The server refused: ${said.words === "" ? String(said.status) : `“${line(said.words)}”`}`;
    }
  }
  switch (said.kind) {
    case "behind":
    case "dependency":
      return `Waits for change ${said.change}`;
    case "transaction":
      return said.behind === null
        ? "Goes with the other changes of its group"
        : "Waits for another group of changes that has one of its records first";
    case "rolled_back":
      return capital(line(said.words).replace(/[.\s]+$/, ""));
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
    said.push("You discarded it.");
    if (row.goneAt !== null) said.push(`${trash.goneAt(row.goneAt)}.`);
  } else if (row.state === "sending") {
    said.push(`Being sent to ${server}.`);
  } else if (row.reason) {
    said.push(`${reason(row.reason, server, row.operation)}.`);
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
  switch (row.state) {
    case "needs_you":
    case "conflict":
      return "Nothing until you act.";
    case "sending":
      return `Being sent to ${server.name}.`;
    case "not_confirmed":
      return row.nextAt === null
        ? `We check with ${server.name} before repeating it.`
        : `We check with ${server.name} ${due(row.nextAt, now)}, before repeating it.`;
    case "on_hold":
      return row.reason?.kind === "undo"
        ? `Goes out ${due(row.reason.until, now)}.`
        : row.reason?.kind === "held"
          ? "Nothing until you stop holding it."
          : "It goes when what it waits for has gone.";
    default:
      if (row.nextAt !== null) return `Tries again ${due(row.nextAt, now)}.`;
      if (row.reason) return `${reason(row.reason, server.name, row.operation)}.`;
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
      // Without a label its title is the request itself.
      return detail.row.title === detail.row.record
        ? `Send a request as it is: ${line(detail.row.record)}.`
        : `${line(detail.row.title)}: send a request as it is, ${line(detail.row.record)}.`;
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
    const wait =
      tried.endedAt === null
        ? `at ${clock(tried.retryAt)}`
        : `in ${duration(Math.max(0, tried.retryAt - tried.endedAt))}`;
    parts.push(`decided: try again ${wait}${tried.serverAsked ? " (the server asked)" : ""}`);
  } else if (tried.class !== null && tried.endedAt !== null) {
    parts.push(tried.class === "conflict" ? "decided: compare both versions" : "decided: wait for you");
  }
  return parts.join(" · ");
}

export const size = bytes;
