// Sentences that more than one screen says. Every sentence is one message; plurals go through Intl.

import { exact, plural } from "../../components/format/number";
import { clock, date, duration, moment, weekday } from "../../components/format/time";
import type {
  Activity,
  Attention,
  ChangeState,
  ConflictType,
  LinkStatus,
  Sentence,
  Stopped,
  StoreFault,
} from "../../state/types";

const faults: Record<StoreFault, string> = {
  disk_full: "New changes can't be saved: the disk is full.",
  read_only: "New changes can't be saved: the data folder can't be written.",
  damaged: "New changes can't be saved: the local store is damaged.",
  io: "New changes can't be saved: the disk reports an error.",
};

/** The first sentence of Overview: one of appendix A, chosen in Rust. */
export function sentence(said: Sentence, now: number): string {
  switch (said.id) {
    case "cannotSave":
      return faults[said.fault];
    case "storeDamaged":
      return said.intact === null
        ? "Sending is stopped: the local store failed its check."
        : `Sending is stopped: the local store failed its check. A copy from ${moment(said.intact, now)} is intact.`;
    case "paused":
      return plural(said.waiting, {
        zero: "Paused. Nothing waiting.",
        one: "Paused. # change is saved on this computer and waits until you resume.",
        other: "Paused. # changes are saved on this computer and wait until you resume.",
      });
    case "signIn":
      return plural(said.waiting, {
        zero: `Sign in again to ${said.server}.`,
        one: `Sign in again to ${said.server}. # change is waiting for it.`,
        other: `Sign in again to ${said.server}. # changes are waiting for it.`,
      });
    case "offlineWaiting":
      return plural(said.waiting, {
        one: "Offline. # change is saved on this computer and goes out by itself.",
        other: "Offline. # changes are saved on this computer and go out by themselves.",
      });
    case "offlineNothing":
      return said.lastContact === null
        ? "Offline. Everything you changed has been sent."
        : `Offline. Everything you changed has been sent. Last contact ${moment(said.lastContact, now)}.`;
    case "sending":
      return plural(said.total, {
        one: `Sending # change to ${said.server}.`,
        other: `Sending ${said.done} of # changes to ${said.server}.`,
      });
    case "needYou":
      if (said.others === 0) {
        return plural(said.needsYou, { one: "# change needs you.", other: "# changes need you." });
      }
      return said.needsYou === 1
        ? plural(said.others, {
            one: "1 change needs you. The other one goes out by itself.",
            other: "1 change needs you. The other # go out by themselves.",
          })
        : plural(said.others, {
            one: `${said.needsYou} changes need you. The other one goes out by itself.`,
            other: `${said.needsYou} changes need you. The other # go out by themselves.`,
          });
    case "conflicts":
      return plural(said.conflicts, {
        one: "# record changed in two places. Nothing was overwritten.",
        other: "# records changed in two places. Nothing was overwritten.",
      });
    case "busy":
      return plural(said.waiting, {
        one: `${said.server} is busy. # change goes out at ${clock(said.at)}.`,
        other: `${said.server} is busy. # changes go out at ${clock(said.at)}.`,
      });
    case "removals":
      return plural(said.wouldRemove, {
        one: `# record was deleted on ${said.server}. Nothing is removed here until you answer.`,
        other: `# records were deleted on ${said.server}. Nothing is removed here until you answer.`,
      });
    case "stopped":
      return plural(said.waiting, {
        zero: `${said.server} needs you before anything is sent or received.`,
        one: `${said.server} needs you first. # change is waiting for it.`,
        other: `${said.server} needs you first. # changes are waiting for it.`,
      });
    case "waiting":
      return said.next === null
        ? plural(said.waiting, {
            zero: "Nothing waiting.",
            one: "# change is waiting.",
            other: "# changes are waiting.",
          })
        : plural(said.waiting, {
            zero: "Nothing waiting.",
            one: `# change is waiting. It goes out at ${clock(said.next)}.`,
            other: `# changes are waiting. The next goes out at ${clock(said.next)}.`,
          });
    case "waitsForNetwork":
      return plural(said.waiting, {
        one: "# change is waiting for an unmetered network.",
        other: "# changes are waiting for an unmetered network.",
      });
    case "checking":
      return `Checking ${said.server}.`;
    case "upToDate":
      return `Up to date, as of ${moment(said.asOf, now)}. Everything you changed is on the server.`;
    case "unreadable":
      return plural(said.rows, {
        one: "# record from the server can't be read.",
        other: "# records from the server can't be read.",
      });
    case "noLinks":
      return "No server yet.";
  }
}

/** The activity half of the status. */
export function activity(said: Activity, now: number): string {
  switch (said.id) {
    case "cannotSave":
      return "Can't save changes";
    case "paused":
      return plural(said.waiting, { zero: "Paused", one: "Paused · # waiting", other: "Paused · # waiting" });
    case "offline":
      return plural(said.waiting, {
        zero: "Offline",
        one: "Offline · # saved on this computer",
        other: "Offline · # saved on this computer",
      });
    case "someUnreachable":
      return `${said.unreachable} of ${said.of} servers unreachable`;
    case "syncing":
      return said.total === 0 ? "Receiving" : `Sending ${said.done} of ${said.total}`;
    case "checking":
      return `Checking ${said.server}`;
    case "waiting":
      return said.next === null
        ? plural(said.waiting, { one: "# waiting", other: "# waiting" })
        : plural(said.waiting, {
            one: `# waiting · next at ${clock(said.next)}`,
            other: `# waiting · next at ${clock(said.next)}`,
          });
    case "nothingWaiting":
      return "Nothing waiting";
    case "upToDate":
      return `Up to date, as of ${moment(said.asOf, now)}`;
    case "noLinks":
      return "No server yet";
  }
}

/** One thing that waits for a person. */
export type Waits = { what: keyof Attention; text: string; count: number };

/** The attention half: one text per thing that waits for a person, in the order in which they are said. */
export function attention(said: Attention): Waits[] {
  const counted = (what: Exclude<keyof Attention, "signIn">, one: string, other: string): Waits[] =>
    said[what] === 0 ? [] : [{ what, text: plural(said[what], { one, other }), count: said[what] }];
  return [
    ...counted("conflicts", "# conflict", "# conflicts"),
    ...counted("needsYou", "# needs you", "# need you"),
    ...counted("removals", "# collection asks before removing", "# collections ask before removing"),
    ...counted("unreadable", "# record can't be read", "# records can't be read"),
    ...said.signIn.map((server) => ({ what: "signIn" as const, text: `Sign in to ${server}`, count: 1 })),
  ];
}

/** What of one connection waits for a person, but for its sign-in, which its state says. */
export function ofLink(link: LinkStatus): Attention {
  return {
    conflicts: link.conflicts,
    needsYou: link.queue.needsYou,
    removals: link.collections.filter((one) => one.asks !== null).length,
    unreadable: link.collections.reduce((sum, one) => sum + one.unreadable, 0),
    signIn: [],
  };
}

export const states: Record<ChangeState, string> = {
  waiting: "Waiting",
  sending: "Sending",
  trying_again: "Trying again",
  on_hold: "On hold",
  needs_you: "Needs you",
  conflict: "Conflict",
  not_confirmed: "Sent, not confirmed",
  confirmed: "Confirmed",
  in_trash: "In Trash",
  ended: "Ended",
};

export const kinds: Record<ConflictType, string> = {
  both_updated: "Both edited",
  updated_here_deleted_there: "Deleted on the server, changed here",
  deleted_here_updated_there: "Changed on the server, deleted here",
  created_on_both: "Made twice",
  no_base: "No starting version",
};

/** A day to come, for `until`: `Mon` within a week, else `23 Nov 2026`. */
export function day(at: number, now: number): string {
  return at - now < 6 * 86_400_000 ? weekday(at) : date(at);
}

/** Why a link does not sync by itself, and what to do. */
export function stopped(said: Stopped, server: string): string {
  switch (said.reason) {
    case "sign_in":
      return `Sign in again to ${server}. It says: “${said.words}”`;
    case "intercepted":
      return `Something other than ${server} answers at this address: “${said.words}”. Nothing was sent or deleted.`;
    case "untrusted":
      return `This server's certificate isn't trusted: ${said.words}`;
    case "upgrade":
      return `${server} wants a newer Tidemark. It says: “${said.words}”`;
    case "not_found":
      return `${server} no longer knows this place: “${said.words}”. Nothing was removed here.`;
  }
}

/** A due time: absolute first, how long second. */
export function due(at: number, now: number): string {
  return at <= now ? `at ${clock(at)}` : `at ${clock(at)}, in ${duration(at - now)}`;
}

export const words = {
  checkNow: "Check now",
  tryNow: "Try now",
  pause: "Pause",
  resume: "Resume",
  clearFilters: "Clear filters",
  loading: "Loading",
  cancel: "Cancel",
  close: "Close",
  undo: "Undo",
  resolve: "Resolve",
  retryRead: "Try again",
  pausedAll: (since: number | null) =>
    since === null
      ? "Paused. Changes are still saved."
      : `Paused since ${clock(since)}. Changes are still saved.`,
  select: "Select",
  selected: (n: number, total: number) => `${exact(n)} selected (of ${exact(total)} shown)`,
  selectAll: (n: number) => `Select all ${exact(n)} that match`,
  clearSelection: "Clear the selection",
  notRead: (what: string) => `This can't be shown: ${what}`,
};
