// The list of open conflicts, oldest first, and the results that are held so that they can be undone.

import {
  bridge,
  type ConflictRow,
  type ConflictShape,
  type FieldChoice,
  type GroupResolved,
  type Resolved,
} from "../ipc/client";
import { attempt } from "./core";
import { Rows } from "./rows.svelte";

/** A result that is saved and waits a moment before it is sent. */
export type Held = {
  conflict: number;
  title: string;
  sendsAt: number | null;
  /** The shape it had, where others have it too. */
  shape?: ConflictShape | undefined;
};

/** Results of a group that wait a moment before they are sent, to be taken back together. */
export type HeldGroup = { shape: ConflictShape; ids: number[]; sendsAt: number };

/** Choices of conflicts that were left, kept until they are applied. */
export const kept = new Map<number, Map<string, FieldChoice>>();

class Conflicts {
  rows = new Rows<ConflictRow>((offset, limit) => bridge.listConflicts(offset, limit));
  /** The last result, while it can be undone. */
  held = $state.raw<Held | undefined>();
  /** The last results of a group, while they can be undone; never beside that of one conflict. */
  heldGroup = $state.raw<HeldGroup | undefined>();
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
  hold(row: ConflictRow, resolved: Resolved, shape?: ConflictShape): void {
    this.done += 1;
    this.heldGroup = undefined;
    this.held = { conflict: row.id, title: row.title, sendsAt: resolved.sendsAt, shape };
  }

  /** Notes the results of a group, so that the bar can offer to undo them all. */
  holdGroup(shape: ConflictShape, resolved: GroupResolved): void {
    const { done: ids, sendsAt } = resolved;
    this.done += ids.length;
    if (ids.length === 0) return;
    this.held = undefined;
    this.heldGroup = sendsAt === null ? undefined : { shape, ids, sendsAt };
  }

  /** Takes the last results of a group back; those that went out meanwhile are refused by themselves. */
  async undoGroup(): Promise<GroupResolved | undefined> {
    const held = this.heldGroup;
    if (!held) return undefined;
    this.heldGroup = undefined;
    const undone = await attempt(() => bridge.undoResolutions(held.ids));
    this.done = Math.max(0, this.done - (undone?.done.length ?? 0));
    await this.rows.refresh();
    return undone;
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
