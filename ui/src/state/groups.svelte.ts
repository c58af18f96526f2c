// The changes of the queue in groups: by their cause, their record or their server, and the changes of those that are opened.

import { bridge, RefusedError, type CauseGroup, type ChangeRow, type RecordChanges } from "../ipc/client";
import { attempt } from "./core";
import { filterOf } from "./queue.svelte";
import { everyRow } from "./rows.svelte";

/** How many changes of a group are shown. */
export const SHOWN = 50;

/** What changes are grouped by; an address names it. */
export const groupings = ["cause", "record", "server"] as const;
export type Grouping = (typeof groupings)[number];

/** The groups of a stretch of the queue. */
interface Stretch<Group> {
  groups: Group[];
  /** Changes of this stretch in groups that found no room. */
  others: number;
  total: number;
  /** Where the next stretch begins; null: this was all. */
  next: number | null;
}

/** One way to group changes: what each of its lists shows of the groups, and which changes they have. */
abstract class GroupList<Group, Found extends Stretch<Group>> {
  found = $state.raw<Found | undefined>();
  error = $state<RefusedError | undefined>();
  /** Rows of the opened groups, by key. */
  rows = $state.raw<ReadonlyMap<string, ChangeRow[]>>(new Map());
  /** Where the stretch begins; null: with the first. */
  after = $state<number | null>(null);
  #reading = false;
  #again = false;

  protected abstract ask(after: number | null): Promise<Found>;
  protected abstract countOf(group: Group): number;
  /** The ids of all changes of a group, as they are now: what is done is done to these. */
  abstract ids(key: string): Promise<string[] | undefined>;
  /** The first changes of a group. */
  protected abstract first(key: string): Promise<string[]>;

  get groups(): Group[] {
    return this.found?.groups ?? [];
  }

  /** How many changes the groups were made of. */
  get looked(): number {
    return this.groups.reduce((sum, group) => sum + this.countOf(group), this.found?.others ?? 0);
  }

  /** Reads the groups; what is asked for meanwhile is read once more at the end. */
  async read(): Promise<void> {
    this.#again = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    try {
      do {
        this.#again = false;
        await this.#readOnce();
      } while (this.#again);
    } finally {
      this.#reading = false;
    }
  }

  /** Goes to the stretch after a place. */
  async go(after: number | null): Promise<void> {
    this.after = after;
    this.rows = new Map();
    await this.read();
  }

  async #readOnce(): Promise<void> {
    try {
      this.found = await this.ask(this.after);
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
    await Promise.all([...this.rows.keys()].map((key) => this.open(key)));
  }

  /** Reads the first changes of a group. */
  async open(key: string): Promise<void> {
    await attempt(async () => {
      const ids = await this.first(key);
      const rows = await Promise.all(ids.slice(0, SHOWN).map((id) => row(id)));
      this.rows = new Map(this.rows).set(
        key,
        rows.filter((row) => row !== undefined),
      );
    });
  }

  close(key: string): void {
    const rows = new Map(this.rows);
    rows.delete(key);
    this.rows = rows;
  }
}

/** One that has gone meanwhile is left out. */
async function row(id: string): Promise<ChangeRow | undefined> {
  try {
    return (await bridge.change(id)).row;
  } catch {
    return undefined;
  }
}

/** What needs a person, by cause. */
export class CauseList extends GroupList<CauseGroup, Stretch<CauseGroup>> {
  protected ask = (after: number | null) => bridge.causes(after);
  protected countOf = (group: CauseGroup) => group.count;
  protected first = async (key: string) => (await bridge.causeChanges(key, null)).ids;

  ids(key: string): Promise<string[] | undefined> {
    return attempt(async () => {
      const ids: string[] = [];
      let after: number | null = null;
      do {
        const part: { ids: string[]; next: number | null } = await bridge.causeChanges(key, after);
        ids.push(...part.ids);
        after = part.next;
      } while (after !== null);
      return ids;
    });
  }
}

/** The name of a record's group. */
export const recordKey = (group: RecordChanges): string =>
  JSON.stringify([group.link, group.collection, group.record]);

/** What is not finished, by record: the ids come with the groups. */
export class RecordList extends GroupList<RecordChanges, Stretch<RecordChanges> & { without: number }> {
  protected ask = (after: number | null) => bridge.listByRecord(after);
  protected countOf = (group: RecordChanges) => group.ids.length;
  protected first = (key: string) => Promise.resolve(this.#of(key));
  ids = (key: string): Promise<string[] | undefined> => Promise.resolve(this.#of(key));

  #of(key: string): string[] {
    return this.groups.find((group) => recordKey(group) === key)?.ids ?? [];
  }
}

/** What is not finished, by connection: the snapshot has the groups and their numbers. */
export class ServerList extends GroupList<never, Stretch<never>> {
  protected ask = () => Promise.resolve({ groups: [], others: 0, total: 0, next: null });
  protected countOf = () => 0;
  protected first = async (link: string) =>
    (await bridge.listQueue(filterOf({ link }), 0, SHOWN)).rows.map((row) => row.id);

  async ids(link: string): Promise<string[] | undefined> {
    const ask = (offset: number, limit: number, after?: string) =>
      bridge.listQueue(filterOf({ link }), after ?? offset, limit);
    return (await attempt(() => everyRow(ask)))?.map((row) => row.id);
  }
}

/** What the screen needs of a list of groups, whatever they are made by. */
export type Groups = Pick<CauseList, "rows" | "open" | "close" | "ids">;
