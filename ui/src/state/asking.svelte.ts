// A form that asks the core: one question at a time, and a refusal stays with the form until the next.

import { RefusedError } from "../ipc/client";
import { status } from "./status.svelte";

export class Asking {
  working = $state(false);
  refused = $state<RefusedError | undefined>();

  /** The answer; undefined where it was refused, or where another question is still open. */
  protected async run<T>(ask: () => Promise<T>): Promise<T | undefined> {
    if (this.working) return undefined;
    this.working = true;
    this.refused = undefined;
    try {
      return await ask();
    } catch (thrown) {
      this.refused = RefusedError.from(thrown);
      return undefined;
    } finally {
      this.working = false;
    }
  }
}

/** Something for a collection that is tried before it is set; it begins with the first collection that there is. */
export class Draft<Trial> extends Asking {
  link = $state(status.links[0]?.name ?? "");
  collection = $state(status.links[0]?.collections[0]?.name ?? "");
  /** What it would do; for exactly this one. */
  trial = $state.raw<Trial | undefined>();
  #version = 0;

  /** Whatever was tried, or refused, was another one. */
  protected forget(): void {
    this.#version += 1;
    this.trial = undefined;
    this.refused = undefined;
  }

  protected async learn(ask: () => Promise<Trial>): Promise<void> {
    const version = this.#version;
    const trial = await this.run(ask);
    if (version === this.#version) this.trial = trial;
    else this.refused = undefined;
  }
}
