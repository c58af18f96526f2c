// A list whose rows can be ticked and opened, for the screens of the queue and of the rows that could not be read.

import { untrack } from "svelte";
import { attempt } from "./core";
import { OpenList } from "./open-list.svelte";
import { everyRow, type Ask } from "./rows.svelte";
import { TickRange, type Tickable } from "./tick-range";

/** Which rows are listed, which are ticked, which one is open. */
export class TickedList<Row extends { id: string | number }, Filter, Detail>
  extends OpenList<Row, Detail>
  implements Tickable
{
  filter: Filter;
  /** Frozen, whatever the list does meanwhile. */
  ticked = $state.raw<ReadonlySet<Row["id"]>>(new Set());
  /** Ticks over more than one row. */
  readonly range = new TickRange(this);
  #list: (filter: Filter) => Ask<Row>;

  constructor(filter: Filter, list: (filter: Filter) => Ask<Row>, read: (id: Row["id"]) => Promise<Detail>) {
    super(list(filter), read);
    this.filter = $state.raw(filter);
    this.#list = list;
  }

  /** Keeps to what the address asks for and reads again what goes stale; to be called while a screen is made. */
  follow(filter: () => Filter, open: () => Row["id"] | undefined, stale: () => unknown): void {
    $effect(() => {
      const wanted = filter();
      untrack(() => this.setFilter(wanted));
    });
    this.followOpen(open, stale);
  }

  /** Lists other rows; the ticks go, because they were for the others. */
  setFilter(filter: Filter): void {
    if (this.rows.loaded && JSON.stringify(filter) === JSON.stringify(this.filter)) return;
    this.filter = filter;
    this.untick();
    this.rows.ask(this.#list(filter));
  }

  /** Lists the same rows in another order; the ticks stay. */
  protected reorder(filter: Filter): void {
    this.filter = filter;
    this.range.forget();
    this.rows.reorder(this.#list(filter));
  }

  tick(id: Row["id"], on: boolean): void {
    this.#tick([id], on);
  }

  #tick(ids: Row["id"][], on: boolean): void {
    const next = new Set(this.ticked);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    this.ticked = next;
  }

  idAt(index: number): Row["id"] | undefined {
    return this.rows.at(index)?.id;
  }

  isTickedAt(index: number): boolean {
    const id = this.idAt(index);
    return id !== undefined && this.ticked.has(id);
  }

  /** Rows that are not held are asked for first. */
  tickRows(first: number, last: number, on: boolean): void {
    const held: Row["id"][] = [];
    for (let index = first; index <= last; index += 1) {
      const id = this.idAt(index);
      if (id === undefined) {
        void this.#tickUnheld(first, last, on);
        return;
      }
      held.push(id);
    }
    this.#tick(held, on);
  }

  async #tickUnheld(first: number, last: number, on: boolean): Promise<void> {
    const filter = this.filter;
    const ids = await attempt(async () => {
      const found: Row["id"][] = [];
      for (let at = first; at <= last;) {
        const { rows } = await this.#list(filter)(at, last - at + 1);
        found.push(...rows.map((row) => row.id));
        if (rows.length === 0) break;
        at += rows.length;
      }
      return found;
    });
    // Ticks are for the rows of one filter.
    if (ids && filter === this.filter) this.#tick(ids, on);
  }

  untick(): void {
    this.range.forget();
    this.ticked = new Set();
  }

  /** The ids of all rows of the list, asked for page by page. */
  async ids(): Promise<Row["id"][] | undefined> {
    return (await attempt(() => everyRow(this.#list(this.filter))))?.map((row) => row.id);
  }

  /** Ticks all rows of the list: a second, explicit step. */
  async tickAll(): Promise<void> {
    const ids = await this.ids();
    if (ids) this.ticked = new Set(ids);
  }

  /** Does something to rows; the ticks were for this. */
  protected async act<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = await run();
    this.untick();
    await this.refresh();
    return result;
  }
}
