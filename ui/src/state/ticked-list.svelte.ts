// A list whose rows can be ticked and opened, for the screens of the queue and of the rows that could not be read.

import { untrack } from "svelte";
import { RefusedError } from "../ipc/client";
import { attempt } from "./core";
import { everyRow, Rows, type Ask } from "./rows.svelte";
import { onStale } from "./status.svelte";

/** Which rows are listed, which are ticked, which one is open. */
export class TickedList<Row extends { id: string | number }, Filter, Detail> {
  filter: Filter;
  readonly rows: Rows<Row>;
  /** Frozen, whatever the list does meanwhile. */
  ticked = $state.raw<ReadonlySet<Row["id"]>>(new Set());
  /** The open row; undefined until it is read. */
  detail = $state.raw<Detail | undefined>();
  detailError = $state<RefusedError | undefined>();
  #list: (filter: Filter) => Ask<Row>;
  #read: (id: Row["id"]) => Promise<Detail>;
  #open: Row["id"] | undefined;

  constructor(filter: Filter, list: (filter: Filter) => Ask<Row>, read: (id: Row["id"]) => Promise<Detail>) {
    this.filter = $state.raw(filter);
    this.#list = list;
    this.#read = read;
    this.rows = new Rows<Row>(list(filter));
  }

  /** Keeps to what the address asks for and reads again what goes stale; to be called while a screen is made. */
  follow(filter: () => Filter, open: () => Row["id"] | undefined, stale: () => unknown): void {
    $effect(() => {
      const wanted = filter();
      untrack(() => this.setFilter(wanted));
    });
    $effect(() => {
      const id = open();
      untrack(() => void this.open(id));
    });
    onStale(stale, () => void this.refresh());
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

  /** Opens a row, or closes it. */
  async open(id: Row["id"] | undefined): Promise<void> {
    // What is done to the open row is never done to the one before.
    if (id !== this.#open) this.detail = this.detailError = undefined;
    this.#open = id;
    if (id === undefined) return;
    try {
      const detail = await this.#read(id);
      if (this.#open !== id) return;
      this.detail = detail;
      this.detailError = undefined;
    } catch (thrown) {
      if (this.#open !== id) return;
      this.detail = undefined;
      this.detailError = RefusedError.from(thrown);
    }
  }

  /** Reads again what the core said is stale. */
  async refresh(): Promise<void> {
    await Promise.all([this.rows.refresh(), this.open(this.#open)]);
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
