// What is said of records that a server deleted in great number, and of rows that could not be read.

import { bytes } from "../../components/format/bytes";
import { exact, plural } from "../../components/format/number";
import { moment } from "../../components/format/time";
import type { ReadAgain, Removals } from "../../state/types";
import { isolated } from "../shared/text";

const nounOf = (n: number) => plural(n, { one: "record", other: "records" });
/** Always whole: an answer is for exactly so many. */
const records = (n: number) => `${exact(n)} ${nounOf(n)}`;

export const removals = {
  asks: (server: string, label: string, asks: Removals) => {
    const gone = `${asks.atLeast ? "at least " : ""}${exact(asks.wouldRemove)} of ${records(asks.of)}`;
    return `${server} deleted ${gone} in ${isolated(label)}.`;
  },
  safe: "Nothing is removed here, and nothing new comes in for this collection, until you answer.",
  since: (at: number, now: number) => `Asked since ${moment(at, now)}`,
  show: "Show which",
  allow: (n: number) => `Remove ${records(n)} here`,
  lookAgain: "Look again",
  looking: (server: string) => `Asking ${server} again.`,
  removing: (n: number) => `Removing ${records(n)} here.`,
  title: (label: string, asks: Removals) =>
    `${asks.atLeast ? "At least " : ""}${records(asks.wouldRemove)} would be removed from ${isolated(label)}`,
  grid: "Records that would be removed here",
  columns: { record: "Record", title: "Title" },
  none: "None of these records is here any more.",
  /** Fewer are listed than were asked about: some have gone since. */
  some: (shown: number, asks: Removals) =>
    `${exact(shown)} of ${exact(asks.wouldRemove)} are shown; the others are not here any more.`,
  error: "The records can't be shown:",
};

export const unreadable = {
  title: "Could not be read",
  back: "Connections",
  summary: (n: number) => plural(n, { one: "# row", other: "# rows" }),
  all: "Show those of all connections",
  grid: "Rows of servers that could not be read",
  inspector: "Row that could not be read",
  columns: { record: "Record", reason: "Why", from: "From", came: "Came", size: "Size" },
  noId: "No id",
  nameless: "It names no record, so the server can't be asked for it again.",
  tick: (name: string) => `Select the row of ${name}`,
  none: "Everything that came could be read.",
  error: "The rows can't be listed:",
  gone: "This row is not listed any more: its record could be read, or is gone.",
  kept: "A row goes from this list by itself once its record can be read.",
  tryAgain: "Try again",
  tryAll: "Try all again",
  asking: (done: number, of: number) => `Asked for ${exact(done)} of ${exact(of)}`,
  askingBar: "Asking for the rows again",
  stop: "Stop",
  stopping: "Stopping",
  came: (came: ReadAgain) => {
    const parts = [
      plural(came.read, { one: "# could be read", other: "# could be read" }),
      plural(came.still, { one: "# still can't", other: "# still can't" }),
      plural(came.nameless, { one: "# has no id to ask for", other: "# have no id to ask for" }),
    ].filter((_, i) => [came.read, came.still, came.nameless][i] !== 0);
    return parts.length === 0 ? "These rows were not there any more." : `${parts.join(", ")}.`;
  },
  forget: "Forget",
  forgetN: (n: number) => `Forget ${exact(n)}`,
  askForget: (n: number) => plural(n, { one: "Forget # row?", other: "Forget # rows?" }),
  askForgetText: (n: number) =>
    n === 1
      ? "You hear no more of it. Nothing changes on the server. If it comes in another form, it is told again."
      : "You hear no more of them. Nothing changes on the server. One that comes in another form is told again.",
  keep: "Keep",
  forgotten: (n: number) => plural(n, { one: "# forgotten.", other: "# forgotten." }),
  where: "From",
  why: "Why",
  when: "Came",
  size: "Size",
  text: "As it came",
  part: (shown: number, of: number) => `Only the beginning is kept: ${bytes(shown)} of ${bytes(of)}.`,
  noText: "Its text is not kept any more: newer ones took the room.",
};
