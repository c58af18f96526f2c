// Rules that decide conflicts: which there are, and a new one, which is tried before it is set.

import { bridge, RefusedError, type Rule, type RulePlace, type RuleRow, type RuleTrial } from "../ipc/client";
import { Draft } from "./asking.svelte";
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
export class NewRule extends Draft<RuleTrial> {
  /** Empty: the whole collection. */
  path = $state("");
  rule = $state.raw<Rule>({ strategy: "client_wins" });

  get place(): RulePlace {
    return { link: this.link, collection: this.collection, path: this.path.trim() || null };
  }

  change(next: Partial<Pick<NewRule, "link" | "collection" | "path" | "rule">>): void {
    Object.assign(this, next);
    this.forget();
  }

  try(): Promise<void> {
    return this.learn(() => bridge.tryRule(this.place, this.rule));
  }

  /** Whether it was set. */
  async set(): Promise<boolean> {
    const set = await this.run(async () => {
      await bridge.setRule(this.place, this.rule);
      return true;
    });
    if (set) await Promise.all([rules.read(), status.read()]);
    return set === true;
  }
}
