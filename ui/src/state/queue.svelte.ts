// The Queue screen: which changes are listed, which are ticked, which one is open, and what is done to them.

import {
  bridge,
  RefusedError,
  type BulkResult,
  type ChangeDetail,
  type ChangeRow,
  type ChangeState,
  type DiscardPreview,
  type ExportFormat,
  type QueueFilter,
  type RestoreResult,
  type TransactionDetail,
  type TransactionRow,
} from "../ipc/client";
import { attempt } from "./core";
import { everyRow, Rows } from "./rows.svelte";

export const filterStates = [
  "needs_you",
  "trying_again",
  "sending",
  "waiting",
  "on_hold",
  "not_confirmed",
  "conflict",
  "in_trash",
  "confirmed",
] as const satisfies ChangeState[];

/** The filter that an address asks for; unknown words are no filter. */
export function filterOf(query: Record<string, string>): QueueFilter {
  const state = (filterStates as readonly string[]).includes(query.state ?? "")
    ? (query.state as ChangeState)
    : null;
  return {
    state,
    link: query.link || null,
    collection: query.collection || null,
    search: query.search || null,
  };
}

export class Queue {
  filter = $state.raw<QueueFilter>(filterOf({}));
  rows: Rows<ChangeRow>;
  /** Ids of the ticked changes: frozen, whatever the list does meanwhile. */
  ticked = $state.raw<ReadonlySet<string>>(new Set());
  detail = $state.raw<ChangeDetail | undefined>();
  /** The group that the open change is part of. */
  transaction = $state.raw<TransactionDetail | undefined>();
  detailError = $state<RefusedError | undefined>();
  #open: string | undefined;

  constructor() {
    this.rows = new Rows<ChangeRow>(this.#asker());
  }

  #asker() {
    const filter = this.filter;
    return (offset: number, limit: number, after?: string) =>
      bridge.listQueue(filter, after ?? offset, limit);
  }

  /** Shows other changes; the ticks go, because they were for the others. */
  setFilter(filter: QueueFilter): void {
    if (this.rows.loaded && JSON.stringify(filter) === JSON.stringify(this.filter)) return;
    this.filter = filter;
    this.ticked = new Set();
    this.rows.ask(this.#asker());
  }

  /** Opens a change in the inspector, or closes it. */
  async open(id: string | undefined): Promise<void> {
    this.#open = id;
    if (id === undefined) {
      this.detail = undefined;
      this.transaction = undefined;
      this.detailError = undefined;
      return;
    }
    try {
      const detail = await bridge.change(id);
      const part = detail.row.transaction;
      const transaction = part === null ? undefined : await bridge.transaction(part);
      if (this.#open !== id) return;
      this.detail = detail;
      this.transaction = transaction;
      this.detailError = undefined;
    } catch (thrown) {
      if (this.#open !== id) return;
      this.detail = undefined;
      this.detailError = RefusedError.from(thrown);
    }
  }

  /** Reads again what the core said is stale. */
  async refresh(): Promise<void> {
    await Promise.all([this.rows.refresh(), this.#open === undefined ? undefined : this.open(this.#open)]);
  }

  /** Puts a failed group into the queue again; what it says where that went well. */
  restoreGroup(id: string): Promise<TransactionRow | undefined> {
    return attempt(() => bridge.restoreTransaction(id));
  }

  tick(id: string, on: boolean): void {
    const next = new Set(this.ticked);
    if (on) next.add(id);
    else next.delete(id);
    this.ticked = next;
  }

  untick(): void {
    this.ticked = new Set();
  }

  /** Ticks every row that is held. */
  tickHeld(): void {
    this.ticked = new Set(this.rows.all().map((row) => row.id));
  }

  /** Ticks all that match, asking for their ids page by page: a second, explicit step. */
  async tickAll(): Promise<void> {
    const rows = await attempt(() => everyRow(this.#asker()));
    if (rows) this.ticked = new Set(rows.map((row) => row.id));
  }

  retry = (ids: string[]): Promise<BulkResult | undefined> => this.#act(() => bridge.retry(ids));
  discard = (ids: string[]): Promise<BulkResult | undefined> => this.#act(() => bridge.discard(ids));
  hold = (ids: string[], held: boolean): Promise<BulkResult | undefined> =>
    this.#act(() => bridge.hold(ids, held));
  /** Before all others; the order of one record's changes stays. */
  first = (ids: string[]): Promise<BulkResult | undefined> => this.#act(() => bridge.setPriority(ids, 9));
  restore = (ids: string[]): Promise<RestoreResult | undefined> => this.#act(() => bridge.restore(ids));
  preview = (ids: string[]): Promise<DiscardPreview | undefined> => attempt(() => bridge.previewDiscard(ids));
  exported = (ids: string[], format: ExportFormat): Promise<string | undefined> =>
    attempt(() => bridge.exportChanges(ids, format));
  retryAllRefused = (): Promise<BulkResult | undefined> => this.#act(() => bridge.reprocessFailed());

  async #act<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
    const result = await attempt(run);
    this.untick();
    await this.refresh();
    return result;
  }
}
