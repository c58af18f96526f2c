import { exact, plural } from "../../components/format/number";
import { date } from "../../components/format/time";
import type { Consequence, RestoreResult } from "../../state/types";
import { line } from "../shared/text";

export const words = {
  askDiscard: (n: number) => plural(n, { one: "Discard # change?", other: "Discard # changes?" }),
  askDiscardText: (n: number, until: number) =>
    plural(n, {
      one: `It stays in Trash until ${date(until)}. The record goes back to the server's version here.`,
      other: `They stay in Trash until ${date(until)}. The records go back to the server's version here.`,
    }),
  discardN: (n: number) => `Discard ${exact(n)}`,
  keep: "Keep",
  concerned: (n: number) =>
    plural(n, { one: "If only this one is discarded:", other: "If only these # are discarded:" }),
  scope: "What to discard",
  together: (n: number) => `Discard these ${exact(n)} together`,
  only: (n: number) => plural(n, { one: "Only this one", other: "Only these #" }),
  more: (n: number) => plural(n, { one: "and # more", other: "and # more" }),
  allGone: "They had already gone, or are being sent.",
  someGone: (n: number) =>
    plural(n, {
      one: "# of them has already gone or is being sent.",
      other: "# of them have already gone or are being sent.",
    }),
  looking: "Looking at what depends on it",
  putBack: "Put back",
  putBackN: (n: number) => `Put back ${exact(n)}`,
  goneAt: (at: number) => `Deleted for good on ${date(at)}`,
};

/** What becomes of a change when another is discarded. */
export function fate(one: Consequence): string {
  const what = `Change ${exact(one.number)} of “${line(one.title)}”`;
  switch (one.fate) {
    case "goes_too":
      return `${what} goes to Trash too: its record is never made.`;
    case "goes_out_alone":
      return `${what} stays, and goes out on top of the server's version.`;
    case "will_not_fit":
      return `${what} stays, and will need you: it acts inside what this one makes.`;
    case "needs_you":
      return `${what} stays, and needs you: it refers to what is never made.`;
    case "rolls_back":
      return `${what} goes back with its transaction, which can be restored.`;
  }
}

/** "38 put back. 3 stay in Trash: its connection was removed." */
export function restored(result: RestoreResult): string {
  const said: string[] = [];
  if (result.done > 0) said.push(plural(result.done, { one: "# put back.", other: "# put back." }));
  if (result.alreadyGone > 0) {
    said.push(plural(result.alreadyGone, { one: "# had already gone.", other: "# had already gone." }));
  }
  if (result.refused > 0) {
    const why = line(result.reasons[0]?.why ?? "");
    said.push(
      plural(result.refused, { one: `# stays in Trash: ${why}.`, other: `# stay in Trash: ${why}.` }),
    );
  }
  return said.join(" ");
}
