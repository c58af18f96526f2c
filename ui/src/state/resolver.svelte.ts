// One conflict and the choices for it. What each side is, and what merges by itself, was computed by the core.

import {
  bridge,
  RefusedError,
  type ChoiceAt,
  type ConflictField,
  type ConflictView,
  type FieldChoice,
  type Resolution,
  type Resolved,
} from "../ipc/client";
import { kept } from "./conflicts.svelte";

/** Classes for which a person chooses. */
const asked = new Set<ConflictField["class"]>(["clash", "rows_order", "additive", "secret"]);
/** A person chooses; what a rule decided stands among what was merged, and may be chosen otherwise. */
export const isAsked = (field: ConflictField): boolean => asked.has(field.class) && field.rule === null;
/** Classes in which this computer changed something. */
const mineChanged = new Set<ConflictField["class"]>([...asked, "only_mine", "same_change", "combined"]);
const serverChanged = new Set<ConflictField["class"]>([
  ...asked,
  "only_server",
  "same_change",
  "combined",
  "set_by_server",
]);

export type Side = "mine" | "server" | "base";

export class Resolver {
  readonly id: number;
  view = $state.raw<ConflictView | undefined>();
  error = $state<RefusedError | undefined>();
  refused = $state<RefusedError | undefined>();
  choices = $state.raw<ReadonlyMap<string, FieldChoice>>(new Map());
  working = $state(false);
  /** The server moved again while the choices were made: how many fields. */
  movedAgain = $state(0);
  /** The whole record as it will be, computed by the core. */
  preview = $state<string | undefined>();

  constructor(id: number) {
    this.id = id;
    this.choices = new Map(kept.get(id));
  }

  async read(): Promise<void> {
    try {
      const before = this.view;
      const view = await bridge.conflict(this.id);
      if (before && before.server_version !== view.server_version) this.#noteMove(before, view);
      this.view = view;
      this.error = undefined;
      this.#settleChoices(view);
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
  }

  #noteMove(before: ConflictView, after: ConflictView): void {
    const old = new Map(before.fields.map((field) => [field.path, field.server]));
    this.movedAgain = after.fields.filter((field) => old.get(field.path) !== field.server).length;
  }

  /** Choices that the core kept join those of this window; choices for fields that are gone go. */
  #settleChoices(view: ConflictView): void {
    const next = new Map<string, FieldChoice>();
    for (const field of view.fields) {
      const choice = this.choices.get(field.path) ?? field.choice;
      if (choice !== undefined && choice !== null) next.set(field.path, choice);
    }
    this.#keep(next);
  }

  get toChoose(): ConflictField[] {
    return this.view?.fields.filter(isAsked) ?? [];
  }

  /** It was decided meanwhile, here or elsewhere, or is not known any more. */
  get ended(): boolean {
    return this.error?.code === "not_found" || this.view?.open === false;
  }

  get merged(): ConflictField[] {
    return this.view?.fields.filter((field) => !isAsked(field) && field.class !== "set_by_server") ?? [];
  }

  get setByServer(): ConflictField[] {
    return this.view?.fields.filter((field) => field.class === "set_by_server") ?? [];
  }

  /** Fields that each side changed. */
  get changed(): { mine: number; server: number } {
    const fields = this.view?.fields ?? [];
    const changed = this.view?.changed.length ?? 0;
    if (this.view?.server_data === null) return { mine: changed, server: 0 };
    if (this.view?.local_data === null) return { mine: 0, server: changed };
    return {
      mine: fields.filter((field) => mineChanged.has(field.class)).length,
      server: fields.filter((field) => serverChanged.has(field.class)).length,
    };
  }

  get undecided(): ConflictField[] {
    return this.toChoose.filter((field) => !this.choices.has(field.path));
  }

  get canApply(): boolean {
    return this.view !== undefined && !this.working && this.undecided.length === 0;
  }

  /** The text that will be stored in a field; undefined while it is not chosen. */
  result(field: ConflictField): { text: string | null } | undefined {
    const choice = this.choices.get(field.path);
    if (choice === "mine") return { text: field.local };
    if (choice === "server") return { text: field.server };
    if (choice === "base") return { text: field.base };
    if (choice !== undefined) return { text: choice.json };
    return isAsked(field) ? undefined : { text: field.result };
  }

  choose(path: string, choice: FieldChoice | undefined): void {
    const next = new Map(this.choices);
    if (choice === undefined) next.delete(path);
    else next.set(path, choice);
    this.#keep(next);
  }

  /** Chooses one side for every field, or only for those without a choice. */
  takeAll(side: Side, onlyUndecided = false): void {
    const next = new Map(this.choices);
    for (const field of onlyUndecided ? this.undecided : this.toChoose) next.set(field.path, side);
    this.#keep(next);
  }

  #keep(choices: Map<string, FieldChoice>): void {
    this.choices = choices;
    this.preview = undefined;
    if (choices.size > 0) kept.set(this.id, choices);
    else kept.delete(this.id);
  }

  get #list(): ChoiceAt[] {
    return [...this.choices].map(([path, choice]) => ({ path, choice }));
  }

  /** Hands the choices to the core, which keeps them with the conflict, without ending it. */
  async save(until: number | null = this.view?.later_until ?? null): Promise<boolean> {
    try {
      await bridge.resolve(this.id, { strategy: "skip", choices: this.#list, until }, null);
      return true;
    } catch (thrown) {
      this.refused = RefusedError.from(thrown);
      return false;
    }
  }

  /** Asks the core how the whole record will look with these choices. */
  async showPreview(): Promise<void> {
    if (!(await this.save())) return;
    await this.read();
    this.preview = this.view?.result ?? undefined;
  }

  /** Applies the choices on top of the version that was seen. */
  apply(): Promise<Resolved | undefined> {
    return this.end({ strategy: "manual", choices: this.#list, document: null });
  }

  /** Ends the conflict one way or another; when the server moved meanwhile, the new sides are shown and the choices stay. */
  async end(resolution: Resolution): Promise<Resolved | undefined> {
    this.working = true;
    this.refused = undefined;
    try {
      const resolved = await bridge.resolve(this.id, resolution, this.view?.server_version ?? null);
      kept.delete(this.id);
      return resolved;
    } catch (thrown) {
      const refused = RefusedError.from(thrown);
      if (refused.code === "moved") await this.read();
      else this.refused = refused;
      return undefined;
    } finally {
      this.working = false;
    }
  }
}
