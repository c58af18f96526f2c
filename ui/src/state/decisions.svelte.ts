// What was decided and merged in the past 30 days, and putting it back.

import {
  bridge,
  RefusedError,
  type DecisionPutBack,
  type DecisionRow,
  type DecisionView,
} from "../ipc/client";
import { conflicts } from "./conflicts.svelte";
import { attempt } from "./core";
import { OpenList } from "./open-list.svelte";
import { href } from "./router.svelte";
import { status } from "./status.svelte";

/** The address of what was decided of a conflict. */
export const decisionAt = (conflict: number): string =>
  href("conflicts", ["decided", `conflict-${conflict}`]);

/** The address of a conflict as it is now: to be chosen while it is open, else what was decided of it. */
export async function conflictAt(conflict: number): Promise<string> {
  const isOpen = await bridge.conflict(conflict).then(
    (view) => view.open,
    // What cannot be read says why in its own place.
    (thrown) => RefusedError.from(thrown).code !== "not_found",
  );
  return isOpen ? href("conflicts", [conflict]) : decisionAt(conflict);
}

export class Decisions extends OpenList<DecisionRow, DecisionView> {
  /** Something is being put back or undone. */
  working = $state(false);

  constructor() {
    super(
      (offset, limit) => bridge.listDecisions(offset, limit),
      (id) => bridge.decision(id),
    );
  }

  /** Lists them and keeps to the open one; to be called while a screen is made. */
  follow(open: () => string | undefined): void {
    // Whether something can be put back depends on the conflicts and changes of its record.
    this.followOpen(open, () => [status.conflicts, status.queue]);
    void this.rows.refresh();
  }

  /** Brings the former values back by a new change; a refusal is told by itself. */
  putBack(id: string): Promise<DecisionPutBack | undefined> {
    return this.#act(() => bridge.putBack(id));
  }

  /** Opens a conflict again whose result is held; a refusal is told by itself. */
  async undo(conflict: number): Promise<boolean> {
    const undone = (await this.#act(() => bridge.undoResolution(conflict))) !== undefined;
    // The bar that offers the same has nothing left to undo.
    if (undone && conflicts.held?.conflict === conflict) conflicts.held = undefined;
    return undone;
  }

  async #act<T>(act: () => Promise<T>): Promise<T | undefined> {
    if (this.working) return undefined;
    this.working = true;
    try {
      return await attempt(act);
    } finally {
      // A refusal means that something moved: it is seen then.
      await this.refresh();
      this.working = false;
    }
  }
}
