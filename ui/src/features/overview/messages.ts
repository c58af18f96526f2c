import { exact, list, plural } from "../../components/format/number";
import { clock, date, moment } from "../../components/format/time";
import type { Ledger, PutBack, Removals } from "../../state/types";

/** Where every saved change is: "1,204 saved = 1,180 confirmed + 14 waiting"; parts that are 0 are left out. */
export function ledger(book: Ledger): string {
  const parts: [number, string][] = [
    [book.confirmed, "# confirmed"],
    [book.notConfirmed, "# not confirmed"],
    [book.waiting, "# waiting"],
    [book.conflicts, "# in conflict"],
    [book.needsYou, "# need you"],
    [book.superseded, "# ended by the server's version"],
    [book.combined, "# combined"],
    [book.cancelled, "# undone before sending"],
    [book.discarded, "# discarded"],
  ];
  const sum = parts.filter(([n]) => n > 0).map(([n, text]) => text.replace("#", exact(n)));
  const saved = `${exact(book.saved)} saved`;
  const whole = sum.length === 0 ? saved : `${saved} = ${sum.join(" + ")}`;
  return book.since === null ? whole : `Since ${date(book.since)}: ${whole}`;
}

export const words = {
  putBack: (said: PutBack, now: number) =>
    plural(said.inDoubt, {
      zero: `An older copy of the local store was put back at ${moment(said.at, now)}. Everything is compared with the servers again.`,
      one: `An older copy of the local store was put back at ${moment(said.at, now)}. # change may have been sent already: it is looked up before it is sent.`,
      other: `An older copy of the local store was put back at ${moment(said.at, now)}. # changes may have been sent already: they are looked up before they are sent.`,
    }),
  putBackSeen: "Understood",
  title: "Overview",
  needsYou: (n: number) => `Needs you (${exact(n)})`,
  nothingWaiting: "Nothing waiting.",
  waiting: "Waiting",
  oldest: "Oldest waiting",
  sentToday: "Sent today",
  conflicts: "Conflicts",
  onHold: (n: number) => (n === 0 ? "" : plural(n, { one: "# on hold", other: "# on hold" })),
  since: (at: number, now: number) => `since ${moment(at, now)}`,
  none: "–",
  refused: (n: number) => plural(n, { one: "# refused", other: "# refused" }),
  merged: (n: number) => plural(n, { one: "# merged this week", other: "# merged this week" }),
  unbalanced: "Some changes are unaccounted for.",
  connections: "Connections",
  openConflicts: (n: number) =>
    plural(n, { one: "# record changed in two places.", other: "# records changed in two places." }),
  openNeeds: (n: number) => plural(n, { one: "# change needs you.", other: "# changes need you." }),
  deleted: (server: string, asks: Removals) =>
    `${server} deleted ${asks.atLeast ? "at least " : ""}${exact(asks.wouldRemove)} of ${plural(asks.of, { one: "# record", other: "# records" })}.`,
  openRemovals: (n: number) =>
    plural(n, { one: "# collection asks before removing.", other: "# collections ask before removing." }),
  unreadable: (n: number) => plural(n, { one: "# record can't be read.", other: "# records can't be read." }),
  unreadableWhy: "Kept here, each with the reason.",
  signIn: (server: string) => `Sign in again to ${server}.`,
  toChoose: (n: number, merged: number) =>
    n === 0
      ? plural(merged, {
          zero: "Choose a version",
          one: "Nothing left to choose, # merged",
          other: "Nothing left to choose, # merged",
        })
      : plural(n, { one: "# field to choose", other: "# fields to choose" }),
  serverSays: (said: string) => `The server says: “${said}”`,
  show: "Show",
  all: "Show all",
  retries: (at: number) => `Tries again at ${clock(at)}`,
  upTo: (at: number, now: number) => `Reached ${moment(at, now)}`,
  waitingCount: (n: number) => plural(n, { zero: "Nothing waiting", one: "# waiting", other: "# waiting" }),
  ledgerOf: (parts: string[]) => list(parts),
  progress: (done: number, total: number) => `${exact(done)} of ${exact(total)}`,
  sendingBar: "Sending",
};
