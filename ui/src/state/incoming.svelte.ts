// What came from servers and waits for a person: removals that are asked about, and rows that could not be read.

import {
  bridge,
  RefusedError,
  type ReadAgain,
  type UnreadableDetail,
  type UnreadableFilter,
  type UnreadableRow,
} from "../ipc/client";
import { attempt } from "./core";
import { everyRow, Rows } from "./rows.svelte";
import { status } from "./status.svelte";

/** The question of a collection whether many records may go here. */
export const removals = {
  list: (link: string, collection: string, offset: number, limit: number) =>
    bridge.listRemovals(link, collection, offset, limit),
  /** The person's yes to so many; why it was not taken, where it was not. What is asked by then is read. */
  allow: async (link: string, collection: string, number: number): Promise<RefusedError | undefined> => {
    try {
      await bridge.allowRemovals(link, collection, number);
      return undefined;
    } catch (thrown) {
      return RefusedError.from(thrown);
    } finally {
      await status.read();
    }
  },
  /** Asks the server again what it has of this collection. */
  lookAgain: (link: string, collection: string) => attempt(() => bridge.forceSync(link, collection)),
};

/** Rows asked for at a time: after each part it is known what was done, and it can be stopped. */
const PART = 20;

/** Asking the servers again for many rows; it goes on when the screen is left. */
class ReadingAgain {
  /** How far it is; undefined while nothing is asked. */
  at = $state.raw<{ done: number; of: number } | undefined>();
  /** It ends after the part that is under way. */
  stopping = $state(false);

  /** What it came to, up to where it was stopped or refused. */
  async run(ids: number[]): Promise<ReadAgain | undefined> {
    if (this.at) return undefined;
    const came: ReadAgain = { read: 0, still: 0, nameless: 0 };
    this.stopping = false;
    try {
      for (let done = 0; done < ids.length && !this.stopping; done += PART) {
        this.at = { done, of: ids.length };
        const part = await attempt(() => bridge.readAgain(ids.slice(done, done + PART)));
        if (!part) return done > 0 ? came : undefined;
        came.read += part.read;
        came.still += part.still;
        came.nameless += part.nameless;
      }
      return came;
    } finally {
      this.at = undefined;
    }
  }

  stop(): void {
    this.stopping = true;
  }
}

export const readingAgain = new ReadingAgain();

/** The filter that an address asks for. */
export function unreadableFilter(query: Record<string, string>): UnreadableFilter {
  return { link: query.link || null, collection: query.collection || null };
}

/** The list of rows that could not be read: which are listed, which are ticked, which one is open. */
export class Unreadable {
  filter = $state.raw<UnreadableFilter>({ link: null, collection: null });
  rows: Rows<UnreadableRow>;
  /** Frozen, whatever the list does meanwhile. */
  ticked = $state.raw<ReadonlySet<number>>(new Set());
  detail = $state.raw<UnreadableDetail | undefined>();
  detailError = $state<RefusedError | undefined>();
  #open: number | undefined;

  constructor() {
    this.rows = new Rows<UnreadableRow>(this.#asker());
  }

  #asker() {
    const filter = this.filter;
    return (offset: number, limit: number) => bridge.listUnreadable(filter, offset, limit);
  }

  /** Lists other rows; the ticks go, because they were for the others. */
  setFilter(filter: UnreadableFilter): void {
    if (this.rows.loaded && JSON.stringify(filter) === JSON.stringify(this.filter)) return;
    this.filter = filter;
    this.ticked = new Set();
    this.rows.ask(this.#asker());
  }

  /** Opens a row with its text, or closes it. */
  async open(id: number | undefined): Promise<void> {
    this.#open = id;
    if (id !== this.detail?.row.id) this.detail = undefined;
    this.detailError = undefined;
    if (id === undefined) return;
    try {
      const detail = await bridge.unreadable(id);
      if (this.#open === id) this.detail = detail;
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

  tick(id: number, on: boolean): void {
    const next = new Set(this.ticked);
    if (on) next.add(id);
    else next.delete(id);
    this.ticked = next;
  }

  untick(): void {
    this.ticked = new Set();
  }

  /** The ids of all rows of the list. */
  async ids(): Promise<number[] | undefined> {
    return (await attempt(() => everyRow(this.#asker())))?.map((row) => row.id);
  }

  async tickAll(): Promise<void> {
    const ids = await this.ids();
    if (ids) this.ticked = new Set(ids);
  }

  /** Asks for the records behind these rows again; what it came to. */
  readAgain = (ids: number[]): Promise<ReadAgain | undefined> => this.#act(() => readingAgain.run(ids));

  /** Hears no more of these rows; how many were still there. */
  forget = (ids: number[]): Promise<number | undefined> =>
    this.#act(() => attempt(() => bridge.forgetUnreadable(ids)));

  async #act<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = await run();
    this.untick();
    await this.refresh();
    return result;
  }
}
