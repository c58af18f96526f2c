// Rules that decide conflicts: which there are, and a new one, which is tried before it is set.

import { bridge, RefusedError, type Rule, type RulePlace, type RuleRow, type RuleTrial } from "../ipc/client";
import { Draft, Making } from "./asking.svelte";
import { attempt } from "./core";
import { status } from "./status.svelte";

class Rules {
  now = $state.raw<RuleRow[] | undefined>();
  error = $state<RefusedError | undefined>();
  making = new Making<NewRule>();

  async read(): Promise<void> {
    try {
      this.now = await bridge.listRules();
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
  }

  /**
   * Begins one that a decided field asks for; the same again where it was begun already. Answers the one that it takes the
   * place of, where the person had begun that.
   */
  ask(start: RuleRow): NewRule | undefined {
    const former = this.making.draft;
    if (former?.asked === JSON.stringify(start)) return undefined;
    this.making.draft = new NewRule(start);
    return former?.begun ? former : undefined;
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
  /** Rules are offered that go by time, size or line. */
  advanced = $state(false);
  /** What it began as, where a decided field asked for it. */
  readonly asked: string | undefined;

  constructor(start?: RuleRow) {
    super();
    if (!start) return;
    this.asked = JSON.stringify(start);
    Object.assign(this, { ...start.place, path: start.place.path ?? "", rule: start.rule });
  }

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
