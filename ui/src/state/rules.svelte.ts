// Rules that decide conflicts: which there are, and a new one, which is tried before it is set.

import { bridge, RefusedError, type Rule, type RulePlace, type RuleRow, type RuleTrial } from "../ipc/client";
import { attempt } from "./core";
import { status } from "./status.svelte";

class Rules {
  now = $state.raw<RuleRow[] | undefined>();
  error = $state<RefusedError | undefined>();

  async read(): Promise<void> {
    try {
      this.now = await bridge.listRules();
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
  }

  /** Takes one away; a refusal is told by itself. */
  async remove(place: RulePlace): Promise<boolean> {
    const done = await attempt(() => bridge.removeRule(place));
    await this.read();
    return done !== undefined;
  }
}

export const rules = new Rules();

/** A rule that is being made. */
export class NewRule {
  link = $state("");
  collection = $state("");
  /** Empty: the whole collection. */
  path = $state("");
  rule = $state.raw<Rule>({ strategy: "client_wins" });
  /** What it would do; for exactly this rule. */
  trial = $state.raw<RuleTrial | undefined>();
  refused = $state<RefusedError | undefined>();
  working = $state(false);
  #place = $derived({ link: this.link, collection: this.collection, path: this.path.trim() || null });

  get place(): RulePlace {
    return this.#place;
  }

  /** Whatever was tried was tried of another rule. */
  change(next: Partial<Pick<NewRule, "link" | "collection" | "path" | "rule">>): void {
    Object.assign(this, next);
    this.trial = undefined;
    this.refused = undefined;
  }

  async try(): Promise<void> {
    const [place, rule] = [this.#place, this.rule];
    const trial = await this.#run(() => bridge.tryRule(place, rule));
    if (place === this.#place && rule === this.rule) this.trial = trial;
  }

  /** Whether it was set. */
  async set(): Promise<boolean> {
    const set = await this.#run(async () => {
      await bridge.setRule(this.#place, this.rule);
      return true;
    });
    if (set) await Promise.all([rules.read(), status.read()]);
    return set === true;
  }

  async #run<T>(run: () => Promise<T>): Promise<T | undefined> {
    if (this.working) return undefined;
    this.working = true;
    this.refused = undefined;
    try {
      return await run();
    } catch (thrown) {
      this.refused = RefusedError.from(thrown);
      return undefined;
    } finally {
      this.working = false;
    }
  }
}
