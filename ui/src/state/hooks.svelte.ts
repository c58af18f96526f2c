// Hooks that decide conflicts: which there are, and a new one, which is tried before it is set.

import { bridge, RefusedError, type HookPlace, type HookRow, type HookTrial } from "../ipc/client";
import { Draft, Making } from "./asking.svelte";
import { attempt } from "./core";
import { status } from "./status.svelte";

class Hooks {
  now = $state.raw<HookRow[] | undefined>();
  error = $state<RefusedError | undefined>();
  making = new Making<NewHook>();

  async read(): Promise<void> {
    try {
      this.now = await bridge.listHooks();
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
  }

  /** The one that a collection has. */
  of(link: string, collection: string): HookRow | undefined {
    return this.now?.find(({ place }) => place.link === link && place.collection === collection);
  }

  /** Takes one away; a refusal is told by itself. */
  remove(place: HookPlace): Promise<boolean> {
    return this.#change(() => bridge.removeHook(place));
  }

  /** Sets one again that was taken away a moment ago: nobody else has its script. */
  restore({ place, script }: HookRow): Promise<boolean> {
    return this.#change(() => bridge.setHook(place, script));
  }

  async #change(change: () => Promise<null>): Promise<boolean> {
    const done = await attempt(change);
    await Promise.all([this.read(), status.read()]);
    return done !== undefined;
  }
}

export const hooks = new Hooks();

/** A hook that is being made. */
export class NewHook extends Draft<HookTrial> {
  script = $state("");

  get place(): HookPlace {
    return { link: this.link, collection: this.collection };
  }

  change(next: Partial<Pick<NewHook, "link" | "collection" | "script">>): void {
    Object.assign(this, next);
    this.forget();
  }

  try(): Promise<void> {
    return this.learn(() => bridge.tryHook(this.place, this.script));
  }

  /** Whether it was set. */
  async set(): Promise<boolean> {
    const set = await this.run(async () => {
      await bridge.setHook(this.place, this.script);
      return true;
    });
    if (set) await Promise.all([hooks.read(), status.read()]);
    return set === true;
  }
}
