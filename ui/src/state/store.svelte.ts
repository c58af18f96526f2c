// The local store with its backups: what it takes, and putting a copy back.

import { bridge, RefusedError, type Restored, type Storage } from "../ipc/client";
import { attempt } from "./core";
import { status } from "./status.svelte";

class Store {
  now = $state.raw<Storage | undefined>();
  error = $state<RefusedError | undefined>();
  /** What is under way; neither is begun twice. */
  busy = $state<"backup" | "restore" | undefined>();

  async read(): Promise<void> {
    try {
      this.now = await bridge.storage();
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
  }

  /** Makes a backup; a refusal is told by itself. */
  async backUp(): Promise<boolean> {
    return (await this.#one("backup", () => bridge.backUpNow())) !== undefined;
  }

  /** Puts a backup in place of the store; everything that is shown is read anew. */
  async restore(name: string): Promise<Restored | undefined> {
    const restored = await this.#one("restore", () => bridge.restoreBackup(name));
    await status.readAnew();
    return restored;
  }

  /** The person has read that an older copy was put back. */
  async seenPutBack(): Promise<void> {
    await attempt(() => bridge.seenPutBack());
    await status.read();
  }

  async #one<T>(what: "backup" | "restore", run: () => Promise<T>): Promise<T | undefined> {
    if (this.busy) return undefined;
    this.busy = what;
    const done = await attempt(run);
    this.busy = undefined;
    await this.read();
    return done;
  }
}

export const store = new Store();
