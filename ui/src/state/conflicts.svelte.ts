// The list of open conflicts, oldest first, and the results that are held so that they can be undone.

import { bridge, type ConflictRow, type FieldChoice, type Resolved } from "../ipc/client";
import { attempt } from "./core";
import { Rows } from "./rows.svelte";

/** A result that is saved and waits a moment before it is sent. */
export type Held = { conflict: number; title: string; sendsAt: number | null };

/** Choices of conflicts that were left, kept until they are applied. */
export const kept = new Map<number, Map<string, FieldChoice>>();

class Conflicts {
  rows = new Rows<ConflictRow>((offset, limit) => bridge.listConflicts(offset, limit));
  /** The last result, while it can be undone. */
  held = $state.raw<Held | undefined>();
  /** Results of this sitting, for the sentence at the end. */
  done = $state(0);

  /** The place of a conflict among those that are held here, from 0; −1 where it is not. */
  place(id: number): number {
    return this.rows.all().findIndex((row) => row.id === id);
  }

  /** The conflict some steps after another, if there is one. */
  beside(id: number, step: number): ConflictRow | undefined {
    const place = this.place(id);
    return place < 0 ? undefined : this.rows.all()[place + step];
  }

  /** Notes a result, so that the bar can offer to undo it. */
  hold(row: ConflictRow, resolved: Resolved): void {
    this.done += 1;
    this.held = { conflict: row.id, title: row.title, sendsAt: resolved.sendsAt };
  }

  /** Takes the last result back; the conflict opens again with its choices. */
  async undo(): Promise<number | undefined> {
    const held = this.held;
    if (!held) return undefined;
    const done = await attempt(async () => {
      await bridge.undoResolution(held.conflict);
      return held.conflict;
    });
    this.held = undefined;
    if (done !== undefined) this.done = Math.max(0, this.done - 1);
    await this.rows.refresh();
    return done;
  }

  /** Puts a conflict off, keeping the choices made so far. */
  async later(id: number, until: number | null): Promise<void> {
    const choices = [...(kept.get(id) ?? [])].map(([path, choice]) => ({ path, choice }));
    await attempt(() => bridge.resolve(id, { strategy: "skip", choices, until }, null));
    await this.rows.refresh();
  }
}

export const conflicts = new Conflicts();
