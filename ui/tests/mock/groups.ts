// What the core of memory answers about conflicts of one shape.

import type {
  ConflictGroup,
  ConflictRow,
  ConflictShape,
  ConflictView,
  GroupChoice,
  GroupMember,
  GroupResolved,
  SeenConflict,
} from "../../src/ipc/client";
import { change } from "./makers";
import { page, refuse } from "./pages";
import type { World } from "./world";

const left = (view: ConflictView) => view.fields.filter((field) => field.undecided || field.choice !== null);

/** A row of a list is any row; its key is a number here. */
const pattern = (path: string) => path.replace(/\/\d+(?=\/|$)/g, "/*");

function shapeOf(view: ConflictView): ConflictShape {
  return {
    link: view.link,
    collection: view.resource_type,
    conflictType: view.conflict_type,
    paths: [...new Set(left(view).map((field) => pattern(field.path)))].sort(),
  };
}

const nameOf = ({ link, collection, conflictType, paths }: ConflictShape) =>
  JSON.stringify([link, collection, conflictType, paths]);

function memberOf(view: ConflictView): GroupMember {
  const row: ConflictRow = view;
  return { conflict: row, serverVersion: view.server_version, fields: left(view) };
}

const refusal = (
  conflict: number,
  code: "not_found" | "moved" | "not_now",
  message: string,
  hint: string,
) => ({
  conflict,
  refusal: { code, message, hint },
});

export const groups: Record<string, (world: World, args: Record<string, unknown>) => unknown> = {
  list_conflict_groups: (world) => {
    const found = new Map<string, ConflictGroup>();
    for (const view of world.conflicts) {
      const shape = shapeOf(view);
      const group = found.get(nameOf(shape)) ?? { shape, conflicts: 0, first: view.id };
      found.set(nameOf(shape), { ...group, conflicts: group.conflicts + 1 });
    }
    return [...found.values()]
      .filter((group) => group.conflicts > 1)
      .sort((a, b) => b.conflicts - a.conflicts || a.first - b.first);
  },
  list_group_members: (world, args) => {
    const name = nameOf(args.shape as ConflictShape);
    const members = world.conflicts.filter((view) => nameOf(shapeOf(view)) === name);
    const { rows, total } = page(members, Number(args.offset), Number(args.limit));
    return { rows: rows.map(memberOf), total };
  },
  resolve_group: (world, args) => {
    const [shape, choices] = [args.shape as ConflictShape, args.choices as GroupChoice[]];
    const paths = shape.paths.length === 0 ? [""] : shape.paths;
    const missing = paths.find((path) => !choices.some((choice) => choice.path === path));
    if (missing !== undefined) return refuse("invalid", `nothing is chosen for '${missing}'`);
    const typed = choices.find(
      ({ path, choice }) => typeof choice === "object" && /^$|\/\*(\/|$)/.test(path),
    );
    if (typed) return refuse("invalid", `'${typed.path}' can be mine or the server's here`);
    const hold = world.settings.undoHold;
    const resolved: GroupResolved = {
      done: [],
      sendsAt: hold > 0 ? Date.now() + hold : null,
      refused: [],
    };
    const open = new Map(world.conflicts.map((view) => [view.id, view]));
    for (const { conflict: id, seen } of args.members as SeenConflict[]) {
      const view = open.get(id);
      if (!view) {
        resolved.refused.push(
          refusal(id, "not_now", `conflict ${id} is settled already`, "Look at the list of conflicts."),
        );
      } else if (seen !== null && seen !== view.server_version) {
        resolved.refused.push(
          refusal(
            id,
            "moved",
            "the record changed again on the server while you were choosing",
            "Your choices are kept; look at what is new and apply again.",
          ),
        );
      } else {
        resolved.done.push(id);
        world.undone.set(id, view);
        open.delete(id);
        world.changes.push(
          change(world, {
            state: "on_hold",
            title: view.title,
            record: view.resource_id,
            reason: { kind: "undo", until: resolved.sendsAt ?? 0 },
          }),
        );
      }
    }
    world.conflicts = [...open.values()];
    void world.tell();
    return resolved;
  },
  undo_resolutions: (world, args) => {
    const resolved: GroupResolved = { done: [], sendsAt: null, refused: [] };
    const back: ConflictView[] = [];
    for (const id of args.ids as number[]) {
      const view = world.undone.get(id);
      if (view) {
        resolved.done.push(id);
        back.push(view);
        world.undone.delete(id);
      } else resolved.refused.push(refusal(id, "not_now", "It was sent already.", ""));
    }
    world.conflicts = [...back, ...world.conflicts].sort((a, b) => a.id - b.id);
    world.changes = world.changes.filter((one) => one.row.reason?.kind !== "undo");
    void world.tell();
    return resolved;
  },
};
