// The shapes that more than one open conflict has, and what a shape is in an address.

import {
  bridge,
  RefusedError,
  type ConflictGroup,
  type ConflictShape,
  type ConflictType,
  type ConflictView,
} from "../ipc/client";
import { attempt } from "./core";
import { keys } from "./json";
import { isAsked } from "./resolver.svelte";
import { href } from "./router.svelte";

const types: readonly string[] = [
  "both_updated",
  "updated_here_deleted_there",
  "deleted_here_updated_there",
  "created_on_both",
  "no_base",
] satisfies ConflictType[];

/** A shape as one text, the same for the same shape. */
export function nameOf(shape: ConflictShape): string {
  return JSON.stringify([shape.link, shape.collection, shape.conflictType, ...shape.paths]);
}

/** The shape that a text names; undefined where it names none. */
export function shapeOf(name: string | undefined): ConflictShape | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(name ?? "");
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === "string")) return undefined;
  const [link, collection, type, ...paths] = parts as string[];
  if (link === undefined || collection === undefined || !types.includes(type ?? "")) return undefined;
  return { link, collection, conflictType: type as ConflictType, paths };
}

/** The address of a group's sheet. */
export const groupAt = (shape: ConflictShape): string =>
  href("conflicts", ["group"], { shape: nameOf(shape) });

/** Whether a field's path is one that a shape names, with `*` for any row of a list. */
export function fits(path: string, pattern: string): boolean {
  const [some, all] = [keys(path), keys(pattern)];
  return some.length === all.length && all.every((key, i) => key === "*" || key === some[i]);
}

class ConflictShapes {
  /** The largest group first. */
  list = $state.raw<ConflictGroup[]>([]);
  error = $state<RefusedError | undefined>();
  #reading = false;
  #again = false;

  /** Reads the groups; what is asked for meanwhile is read once more at the end. */
  async read(): Promise<void> {
    this.#again = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    do {
      this.#again = false;
      try {
        this.list = await bridge.conflictGroups();
        this.error = undefined;
      } catch (thrown) {
        this.error = RefusedError.from(thrown);
      }
    } while (this.#again);
    this.#reading = false;
  }

  find(shape: ConflictShape): ConflictGroup | undefined {
    const name = nameOf(shape);
    return this.list.find((group) => nameOf(group.shape) === name);
  }

  /** The group that a conflict is in. */
  of(view: ConflictView): ConflictGroup | undefined {
    const paths = view.fields.filter(isAsked).map((field) => field.path);
    return this.list.find(
      ({ shape }) =>
        shape.link === view.link &&
        shape.collection === view.resource_type &&
        shape.conflictType === view.conflict_type &&
        paths.every((path) => shape.paths.some((pattern) => fits(path, pattern))) &&
        shape.paths.every((pattern) => paths.some((path) => fits(path, pattern))),
    );
  }

  /** The group of a conflict of which only the number is known; null: it has none. A refusal is told by itself. */
  async ofId(id: number): Promise<ConflictGroup | null | undefined> {
    return await attempt(async () => this.of(await bridge.conflict(id)) ?? null);
  }
}

export const shapes = new ConflictShapes();
