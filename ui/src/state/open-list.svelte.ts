// A list of which one row can be open beside it.

import { untrack } from "svelte";
import { RefusedError } from "../ipc/client";
import { Rows, type Ask } from "./rows.svelte";
import { onStale } from "./status.svelte";

export class OpenList<Row extends { id: string | number }, Detail> {
  readonly rows: Rows<Row>;
  /** The open row; undefined until it is read. */
  detail = $state.raw<Detail | undefined>();
  detailError = $state<RefusedError | undefined>();
  #read: (id: Row["id"]) => Promise<Detail>;
  #open: Row["id"] | undefined;

  constructor(ask: Ask<Row>, read: (id: Row["id"]) => Promise<Detail>) {
    this.rows = new Rows<Row>(ask);
    this.#read = read;
  }

  /** Opens what the address asks for and reads again what goes stale; to be called while a screen is made. */
  followOpen(open: () => Row["id"] | undefined, stale: () => unknown): void {
    $effect(() => {
      const id = open();
      untrack(() => void this.open(id));
    });
    onStale(stale, () => void this.refresh());
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
}
