// The one snapshot, and what has gone stale since a view last asked.

import { untrack } from "svelte";
import {
  bridge,
  RefusedError,
  type CollectionStatus,
  type LinkStatus,
  type StatusSnapshot,
} from "../ipc/client";
import { hear } from "../ipc/events";
import { router } from "./router.svelte";

/** Views are asked to read again at most this often, in milliseconds. */
const CALM = 250;

class Status {
  /** The newest snapshot; undefined until the first one has come. */
  now = $state.raw<StatusSnapshot | undefined>();
  error = $state<RefusedError | undefined>();
  /** These count up when what they name is stale. */
  queue = $state(0);
  conflicts = $state(0);
  records = $state(0);

  #due = new Set<"queue" | "conflicts" | "records">();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks once and follows the core from then on. */
  async start(): Promise<() => void> {
    const end = await hear({
      syncStateChanged: (snapshot) => this.take(snapshot),
      queueChanged: () => this.#stale("queue"),
      recordsChanged: () => this.#stale("records"),
      conflictCreated: () => this.#stale("conflicts"),
      conflictResolved: () => this.#stale("conflicts"),
      openRoute: (address) => router.open(address),
    });
    await this.read();
    return end;
  }

  async read(): Promise<void> {
    try {
      this.take(await bridge.status());
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
  }

  /** Another store took the place of the last one: its snapshots are counted from the beginning, and every view is stale. */
  async readAnew(): Promise<void> {
    this.now = undefined;
    await this.read();
    for (const view of ["queue", "conflicts", "records"] as const) this[view] += 1;
  }

  /** Takes a snapshot unless a newer one is here already. */
  take(snapshot: StatusSnapshot): void {
    if (this.now && snapshot.seq < this.now.seq) return;
    this.now = snapshot;
  }

  /** The links, in their order. */
  get links(): LinkStatus[] {
    return this.now?.links ?? [];
  }

  link(name: string): LinkStatus | undefined {
    return this.links.find((link) => link.name === name);
  }

  collection(link: string, name: string): CollectionStatus | undefined {
    return this.link(link)?.collections.find((one) => one.name === name);
  }

  /** A collection's name for people. */
  label(link: string, collection: string): string {
    return this.collection(link, collection)?.label ?? collection;
  }

  /** Whether a link's server cannot be reached at present. */
  isOffline(name: string): boolean {
    return this.link(name)?.connectivity === "offline";
  }

  #stale(what: "queue" | "conflicts" | "records"): void {
    this.#due.add(what);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const due of this.#due) this[due] += 1;
      this.#due.clear();
    }, CALM);
  }
}

export const status = new Status();

/** Runs when what `stale` reads has counted up, and not before; to be called while a screen is made. */
export function onStale(stale: () => unknown, run: () => void): void {
  let first = true;
  $effect(() => {
    stale();
    if (!first) untrack(run);
    first = false;
  });
}
