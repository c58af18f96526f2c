import { exact } from "../../components/format/number";
import { duration, took } from "../../components/format/time";
import type { AttemptView } from "../../state/types";

export const words = {
  timing: "Timing",
  waited: "Waited before",
  began: "Began",
  answered: "Answered",
  noAnswer: "No answer was seen",
  total: "Total",
  onlyTotal: "Measured as a whole: finding the name, connecting and the first byte are in the total.",
  request: "Request",
  otherRequest: "The request of this try is no longer kept.",
};

/** How long it was after the answer to the try before, or after that began where it had none. */
export function waitedBefore(tried: AttemptView, before: AttemptView | undefined): string | undefined {
  if (before === undefined) return undefined;
  const since = Math.max(0, tried.startedAt - (before.endedAt ?? before.startedAt));
  return before.endedAt === null
    ? `${duration(since)} since #${exact(before.number)} began`
    : `${duration(since)} since #${exact(before.number)} was answered`;
}

/** The whole time of a try. */
export const answeredAfter = (tried: AttemptView): string =>
  tried.endedAt === null ? "–" : took(Math.max(0, tried.endedAt - tried.startedAt));
