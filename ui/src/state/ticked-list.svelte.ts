// A list whose rows can be ticked and opened, for the screens of the queue and of the rows that could not be read.

import { untrack } from "svelte";
import { attempt } from "./core";
import { OpenList } from "./open-list.svelte";
import { everyRow, type Ask } from "./rows.svelte";

/** Which rows are listed, which are ticked, which one is open. */
export class TickedList<Row extends { id: string | number }, Filter, Detail> extends OpenList<Row, Detail> {
  filter: Filter;
  /** Frozen, whatever the list does meanwhile. */
  ticked = $state.raw<ReadonlySet<Row["id"]>>(new Set());
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
    this.rows.reorder(this.#list(filter));
  }

  tick(id: Row["id"], on: boolean): void {
    const next = new Set(this.ticked);
    if (on) next.add(id);
    else next.delete(id);
    this.ticked = next;
  }

  untick(): void {
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
