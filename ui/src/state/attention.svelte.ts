// The few things at the top of Overview that wait for the person; the rest is a link to the list.

import { bridge, type ChangeRow, type ConflictRow } from "../ipc/client";

/** So many of each kind are shown; the rest is a link to the list. */
export const FEW = 3;

export class Attention {
  conflicts = $state.raw<ConflictRow[]>([]);
  changes = $state.raw<ChangeRow[]>([]);

  /** Reads the first few of each; a failure leaves the counts of the snapshot to speak. */
  async read(): Promise<void> {
    try {
      const filter = { state: "needs_you" as const, link: null, collection: null, search: null, sort: null };
      const [conflicts, changes] = await Promise.all([
        bridge.listConflicts(0, FEW),
        bridge.listQueue(filter, 0, FEW),
      ]);
      this.conflicts = conflicts.rows;
      this.changes = changes.rows;
    } catch {
      this.conflicts = [];
      this.changes = [];
    }
  }
}
