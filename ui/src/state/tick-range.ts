// Ticks that reach from one row of a list to another, by Shift.

/** A list whose rows can be ticked by their places. */
export interface Tickable {
  /** The id of the row at a place, if it is held. */
  idAt(index: number): string | number | undefined;
  isTickedAt(index: number): boolean;
  /** Ticks the rows from one place to another, both among them, or unticks them. */
  tickRows(first: number, last: number, on: boolean): void;
}

export class TickRange {
  #list: Tickable;
  /** The last row that was ticked or unticked. */
  #last: { index: number; id: string | number | undefined; on: boolean } | undefined;
  /** Rows that are gone over with the arrows, and which of them were ticked before. */
  #sweep: { from: number; to: number; before: Map<number, boolean> } | undefined;

  constructor(list: Tickable) {
    this.#list = list;
  }

  #note(index: number, on: boolean): void {
    this.#last = { index, id: this.#list.idAt(index), on };
    this.#sweep = undefined;
  }

  /** Ticks one row, or unticks it. */
  toggle(index: number): void {
    const on = !this.#list.isTickedAt(index);
    this.#list.tickRows(index, index, on);
    this.#note(index, on);
  }

  /** What was done to the last row is done to all up to this one. */
  reach(index: number): void {
    const last = this.#last;
    // Another row stands in its place by now, so that nobody knows what lies between.
    const isMoved =
      last && this.#list.idAt(last.index) !== undefined && this.#list.idAt(last.index) !== last.id;
    if (!last || isMoved) {
      this.toggle(index);
      return;
    }
    this.#list.tickRows(Math.min(last.index, index), Math.max(last.index, index), last.on);
    this.#note(index, last.on);
  }

  /** Goes on from one row to its neighbour and ticks both; back again, rows are as they were before. */
  sweep(from: number, to: number): void {
    const going =
      this.#sweep?.to === from ? this.#sweep : { from, to: from, before: new Map<number, boolean>() };
    const isBack = Math.abs(to - going.from) < Math.abs(from - going.from);
    if (isBack) this.#list.tickRows(from, from, going.before.get(from) ?? false);
    for (const index of isBack ? [] : [from, to]) {
      if (going.before.has(index)) continue;
      going.before.set(index, this.#list.isTickedAt(index));
      this.#list.tickRows(index, index, true);
    }
    if (isBack) going.before.delete(from);
    this.#note(to, true);
    this.#sweep = { ...going, to };
  }

  /** The rows are others, or in another order. */
  forget(): void {
    this.#last = this.#sweep = undefined;
  }
}
