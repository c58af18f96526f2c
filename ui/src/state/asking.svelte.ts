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

/**
 * Something for a collection that is tried before it is set; it begins with the first collection that there is.
 *
 * It outlives the form that shows it: what was typed is there again when the form is.
 */
export class Draft<Trial> extends Asking {
  link = $state(status.links[0]?.name ?? "");
  collection = $state(status.links[0]?.collections[0]?.name ?? "");
  /** What it would do; for exactly this one. */
  trial = $state.raw<Trial | undefined>();
  /** The person changed or tried it, so that it is worth keeping. */
  begun = $state(false);
  /** The conflicts that would have been decided otherwise are named. */
  showsExamples = $state(false);
  /** What of the form takes the focus when it is shown: its first field, or the link of the conflict that was looked at. */
  focus = $state<"form" | number | undefined>("form");
  #version = 0;

  /** Its collection may be gone since it was begun; what was typed stays. */
  keepPlace(): void {
    if (status.collection(this.link, this.collection)) return;
    const [first] = status.links;
    this.link = first?.name ?? "";
    this.collection = first?.collections[0]?.name ?? "";
    this.focus = "form";
    this.forget();
  }

  /** Whatever was tried, or refused, was another one. */
  protected forget(): void {
    this.begun = true;
    this.#version += 1;
    this.trial = undefined;
    this.refused = undefined;
  }

  protected async learn(ask: () => Promise<Trial>): Promise<void> {
    this.begun = true;
    const version = this.#version;
    const trial = await this.run(ask);
    if (version === this.#version) this.trial = trial;
    else this.refused = undefined;
  }
}

/** The one that is being made of its sort. It stays when its screen is left, until it is set or cancelled. */
export class Making<One extends Draft<unknown>> {
  draft = $state.raw<One | undefined>();
  /** What was told when it was left. */
  told: number | undefined;

  /** The screen is left: answers whether there is something to come back to. */
  leave(): boolean {
    if (!this.draft?.begun) this.draft = undefined;
    return this.draft !== undefined;
  }

  /** It is to take the focus, where nothing of it does already. */
  look(): void {
    if (this.draft) this.draft.focus ??= "form";
  }
}
