// The Queue screen: which changes are listed, and what is done to them.

import {
  bridge,
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
import { TickedList } from "./ticked-list.svelte";

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

/** A change with the group that it is part of, if it is part of one. */
export type OpenChange = { change: ChangeDetail; transaction: TransactionDetail | undefined };

async function openChange(id: string): Promise<OpenChange> {
  const change = await bridge.change(id);
  const part = change.row.transaction;
  return { change, transaction: part === null ? undefined : await bridge.transaction(part) };
}

export class Queue extends TickedList<ChangeRow, QueueFilter, OpenChange> {
  constructor() {
    super(
      filterOf({}),
      (filter) => (offset, limit, after) => bridge.listQueue(filter, after ?? offset, limit),
      openChange,
    );
  }

  /** Puts a failed group into the queue again; what it says where that went well. */
  restoreGroup(id: string): Promise<TransactionRow | undefined> {
    return attempt(() => bridge.restoreTransaction(id));
  }

  retry = (ids: string[]): Promise<BulkResult | undefined> => this.#run(() => bridge.retry(ids));
  discard = (ids: string[]): Promise<BulkResult | undefined> => this.#run(() => bridge.discard(ids));
  hold = (ids: string[], held: boolean): Promise<BulkResult | undefined> =>
    this.#run(() => bridge.hold(ids, held));
  /** Before all others; the order of one record's changes stays. */
  first = (ids: string[]): Promise<BulkResult | undefined> => this.#run(() => bridge.setPriority(ids, 9));
  restore = (ids: string[]): Promise<RestoreResult | undefined> => this.#run(() => bridge.restore(ids));
  preview = (ids: string[]): Promise<DiscardPreview | undefined> => attempt(() => bridge.previewDiscard(ids));
  exported = (ids: string[], format: ExportFormat): Promise<string | undefined> =>
    attempt(() => bridge.exportChanges(ids, format));
  retryAllRefused = (): Promise<BulkResult | undefined> => this.#run(() => bridge.reprocessFailed());

  #run<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
    return this.act(() => attempt(run));
  }
}
