// Which words of a value differ from another: for marking only, never for merging.

import { diffWordsWithSpace } from "diff";

export type Piece = { text: string; kind: "same" | "added" | "removed" };

/** Texts beyond this are shown unmarked; the bound keeps a row's drawing under a frame. */
const MOST = 4000;

/** The pieces that lead from one text to another, or undefined when they are too long or too different to line up. */
export function pieces(from: string, to: string): Piece[] | undefined {
  if (from.length > MOST || to.length > MOST) return undefined;
  const changes = diffWordsWithSpace(from, to, { timeout: 50 });
  return changes?.map((change) => ({
    text: change.value,
    kind: change.added ? "added" : change.removed ? "removed" : "same",
  }));
}
