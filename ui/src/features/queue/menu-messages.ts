import { exact, plural } from "../../components/format/number";
import { date } from "../../components/format/time";
import type { QueueCountsByState } from "../../state/types";

/** How many changes are done something to without asking. */
export const UNASKED = 20;

export const words = {
  selected: (n: number) => (n === 0 ? "Hold what is selected" : `Hold the ${exact(n)} selected`),
  noneSelected: "Nothing is selected.",
  all: (n: number) =>
    plural(n, { zero: "Hold all that wait", one: "Hold the # that waits", other: "Hold all # that wait" }),
  noneWaits: "Nothing waits that is not on hold.",
  byServer: "Hold what waits for",
  byCollection: "Hold what waits in",
  of: (server: string, n: number) => `${server} (${exact(n)})`,
  in: (collection: string, link: string | undefined) =>
    link === undefined ? collection : `${collection} · ${link}`,
  others: (n: number) => plural(n, { one: "# more collection", other: "# more collections" }),
  othersHow: "Look for its changes, and hold what is selected.",
  release: "Stop holding all",
  releaseOnes: (n: number) =>
    n === 0 ? "Stop holding what is selected" : `Stop holding the ${exact(n)} selected`,
  noneHeld: "You hold nothing.",

  again: (n: number) =>
    plural(n, {
      zero: "Send again what needs you",
      one: "Send again the # that needs you",
      other: "Send again all # that need you",
    }),
  nothingNeedsYou: "Nothing needs you.",
  exportAll: (n: number) =>
    plural(n, {
      zero: "Export the list as JSON",
      one: "Export the # shown as JSON",
      other: "Export all # shown as JSON",
    }),
  nothingShown: "Nothing is shown.",
  putBackAll: (n: number) =>
    plural(n, {
      zero: "Put back from Trash",
      one: "Put back the # in Trash",
      other: "Put back all # in Trash",
    }),
  trashEmpty: "Trash is empty.",
  cleanUp: (days: number) =>
    plural(days, {
      one: "Remove what was finished more than # day ago",
      other: "Remove what was finished more than # days ago",
    }),
  cleaned: (n: number) =>
    plural(n, {
      zero: "Nothing finished was old enough.",
      one: "# finished change was removed.",
      other: "# finished changes were removed.",
    }),
  clear: (n: number) => (n === 0 ? "Discard all of the queue" : `Discard all ${exact(n)}…`),
  nothingToClear: "Nothing waits, and nothing needs you.",

  leave: "Leave as it is",
  askHold: (n: number) => `Hold ${exact(n)} changes?`,
  askHoldText:
    "They stay on this computer and are not sent until you stop holding them. New changes still go out.",
  askHoldDo: (n: number) => `Hold ${exact(n)}`,
  askRelease: (n: number) => `Stop holding ${exact(n)} changes?`,
  askReleaseText: "They go out again, in their order.",
  askReleaseDo: (n: number) => `Stop holding ${exact(n)}`,
  askAgain: (n: number) => `Send ${exact(n)} changes now?`,
  askAgainText: "What the server refused is refused again unless something changed there.",
  askAgainDo: (n: number) => `Send ${exact(n)} now`,
  askFirst: (n: number) => `Move ${exact(n)} changes first?`,
  askFirstDo: (n: number) => `Move ${exact(n)} first`,
  askPutBack: (n: number) => `Put back ${exact(n)} changes?`,
  askPutBackText: "Each goes into the queue again as a new change, on top of what its record holds now.",
  askPutBackDo: (n: number) => `Put back ${exact(n)}`,
  askClear: (n: number) => plural(n, { one: "Discard # change?", other: "Discard all # changes?" }),
  askClearText: (counts: QueueCountsByState, until: number) =>
    `${made(counts)} What is being sent or stands in a conflict stays. The others are in Trash until ${date(until)}, and their records go back to the server's version here.`,
};

/** Of how many changes of each kind a queue is cleared. */
function made({ queued, uncertain, parked }: QueueCountsByState): string {
  const some = [
    plural(queued, { zero: "", one: "# waits", other: "# wait" }),
    plural(parked, { zero: "", one: "# needs you", other: "# need you" }),
    plural(uncertain, {
      zero: "",
      one: "# was sent and is not confirmed",
      other: "# were sent and are not confirmed",
    }),
  ].filter((part) => part !== "");
  return `${some.join(", ")}.`;
}

/** How many changes clearing the queue takes. */
export const toClear = ({ queued, uncertain, parked }: QueueCountsByState): number =>
  queued + uncertain + parked;
