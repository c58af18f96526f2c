// The Queue screen: which changes are listed, and what is done to them.

import {
  bridge,
  type AttemptDetail,
  type BulkResult,
  type ChangeDetail,
  type ChangeRow,
  type ChangeState,
  type DiscardPreview,
  type ExportFormat,
  type QueueColumn,
  type QueueFilter,
  type QueueSort,
  type QueueStats,
  type RestoreResult,
  type TransactionDetail,
  type TransactionRow,
} from "../ipc/client";
import { attempt } from "./core";
import { everyRow } from "./rows.svelte";
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

export const sortColumns = [
  "state",
  "record",
  "what",
  "link",
  "saved",
  "size",
  "tries",
] as const satisfies QueueColumn[];

/** The order that an address asks for: `size`, or `-size` for the largest first; null: the usual one. */
export function sortOf(word: string | undefined): QueueSort | null {
  const by = word?.replace(/^-/, "");
  return word !== undefined && (sortColumns as readonly string[]).includes(by ?? "")
    ? { by: by as QueueColumn, descending: word.startsWith("-") }
    : null;
}

/** By these a person looks for the newest, the largest, the most first. */
const greatestFirst: QueueColumn[] = ["saved", "size", "tries"];

/** The order after a press on a column's heading: one way, the other way, and then the usual one again. */
export function sortAfter(sort: QueueSort | null, pressed: QueueColumn): string | null {
  // The usual order is that of the states.
  const first = pressed === "state" || greatestFirst.includes(pressed);
  if (sort?.by !== pressed) return first ? `-${pressed}` : pressed;
  if (sort.descending === first && pressed !== "state") return first ? pressed : `-${pressed}`;
  return null;
}

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
    sort: sortOf(query.sort),
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
  /** More match than can be sorted by the column asked for: they are in the usual order. */
  tooMany = $state(false);

  /** The numbers of each state and collection; undefined until they are read. */
  stats = $state.raw<QueueStats | undefined>();

  constructor() {
    super(
      filterOf({}),
      (filter) => async (offset, limit, after) => {
        const page = await bridge.listQueue(filter, after ?? offset, limit);
        if (JSON.stringify(filter) === JSON.stringify(this.filter)) {
          this.tooMany = filter.sort !== null && !page.sorted;
        }
        return page;
      },
      openChange,
    );
  }

  override setFilter(filter: QueueFilter): void {
    const same = JSON.stringify({ ...this.filter, sort: null }) === JSON.stringify({ ...filter, sort: null });
    const turned = JSON.stringify(this.filter.sort) !== JSON.stringify(filter.sort);
    if (this.rows.loaded && same && turned) this.reorder(filter);
    else super.setFilter(filter);
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
  /** One try word for word; throws where it cannot be read. */
  attempt = (id: string, number: number): Promise<AttemptDetail> => bridge.attempt(id, number);
  exported = (ids: string[], format: ExportFormat): Promise<string | undefined> =>
    attempt(() => bridge.exportChanges(ids, format));
  retryAllRefused = (): Promise<BulkResult | undefined> => this.#run(() => bridge.reprocessFailed());

  /** All that waits, needs a person or is in doubt goes to the trash; refused where that is another number by now. */
  clear = (expected: number): Promise<BulkResult | undefined> => this.#run(() => bridge.clearQueue(expected));
  /** Removes what was finished long enough ago; how many that were. */
  cleanUp = (): Promise<number | undefined> => this.#run(() => bridge.clearOldRequests());

  async readStats(): Promise<void> {
    this.stats = (await attempt(() => bridge.queueStats())) ?? this.stats;
  }

  /** The ids of all changes of some states, of a connection or a collection or all; `which` leaves others out. */
  idsOf(
    states: ChangeState[],
    of: { link: string | null; collection: string | null },
    which: (row: ChangeRow) => boolean = () => true,
  ): Promise<string[] | undefined> {
    return attempt(async () => {
      const ids: string[] = [];
      for (const state of states) {
        const filter = { ...filterOf({}), ...of, state };
        const rows = await everyRow((offset, limit, after) =>
          bridge.listQueue(filter, after ?? offset, limit),
        );
        ids.push(...rows.filter(which).map((row) => row.id));
      }
      return ids;
    });
  }

  #run<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
    return this.act(() => attempt(run));
  }
}
