// What needs a person, by cause: the groups, and the changes of those that are opened.

import { bridge, RefusedError, type CauseGroup, type Causes, type ChangeRow } from "../ipc/client";
import { attempt } from "./core";

/** How many changes of a group are shown. */
export const SHOWN = 50;

export class CauseList {
  found = $state.raw<Causes | undefined>();
  error = $state<RefusedError | undefined>();
  /** Rows of the opened groups, by cause. */
  rows = $state.raw<ReadonlyMap<string, ChangeRow[]>>(new Map());
  #reading = false;
  #again = false;

  get groups(): CauseGroup[] {
    return this.found?.groups ?? [];
  }

  /** How many changes the groups were made of. */
  get looked(): number {
    return this.groups.reduce((sum, group) => sum + group.count, this.found?.others ?? 0);
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

  async #readOnce(): Promise<void> {
    try {
      this.found = await bridge.causes(null);
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
    await Promise.all([...this.rows.keys()].map((key) => this.open(key)));
  }

  /** Reads the first changes of a group. */
  async open(key: string): Promise<void> {
    await attempt(async () => {
      const { ids } = await bridge.causeChanges(key, null);
      const rows = await Promise.all(ids.slice(0, SHOWN).map((id) => this.#row(id)));
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

  /** The ids of all changes of a group, as they are now: what is done is done to these. */
  async ids(key: string): Promise<string[] | undefined> {
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

  /** One that has gone meanwhile is left out. */
  async #row(id: string): Promise<ChangeRow | undefined> {
    try {
      return (await bridge.change(id)).row;
    } catch {
      return undefined;
    }
  }
}
