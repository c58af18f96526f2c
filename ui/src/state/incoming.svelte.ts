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
import { status } from "./status.svelte";
import { TickedList } from "./ticked-list.svelte";

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

/** The list of rows that could not be read. */
export class Unreadable extends TickedList<UnreadableRow, UnreadableFilter, UnreadableDetail> {
  constructor() {
    super(
      unreadableFilter({}),
      (filter) => (offset, limit) => bridge.listUnreadable(filter, offset, limit),
      (id) => bridge.unreadable(id),
    );
  }

  /** Asks for the records behind these rows again; what it came to. */
  readAgain = (ids: number[]): Promise<ReadAgain | undefined> => this.act(() => readingAgain.run(ids));

  /** Hears no more of these rows; how many were still there. */
  forget = (ids: number[]): Promise<number | undefined> =>
    this.act(() => attempt(() => bridge.forgetUnreadable(ids)));
}
