// What the core of memory keeps of forms that were not saved.

import type { Draft, DraftEdit, FieldEdit, Form, RecordRow } from "../../src/ipc/client";
import { NOW, type World } from "./world";

type Args = Record<string, unknown>;

/** The place of a form; that of a new record has no id. */
export const formOf = (args: Args) => JSON.stringify([args.link, args.collection, args.id ?? ""]);

/** What was saved leaves the draft. */
export function leaveDraft(world: World, args: Args, saved: FieldEdit[]): void {
  const rest = (world.drafts.get(formOf(args))?.edits ?? []).filter(
    (edit) => !saved.some((one) => one.path === edit.path),
  );
  put(world, args, rest);
}

/** Drafts of a collection whose records are not here, and that of a new one. */
export function onlyDrafts(world: World, args: Args): RecordRow[] {
  const here = world.collection(String(args.link), String(args.collection));
  return [...world.drafts].flatMap(([key, draft]) => {
    const [link, collection, id] = JSON.parse(key) as [string, string, string];
    if (link !== args.link || collection !== args.collection || here.has(id)) return [];
    return [{ id, title: id, state: "gone" as const, draft: true, changedAt: draft.at, columns: [] }];
  });
}

function put(world: World, args: Args, edits: DraftEdit[]): void {
  if (edits.length === 0) world.drafts.delete(formOf(args));
  else world.drafts.set(formOf(args), { edits, at: NOW });
}

export const drafts: Record<string, (world: World, args: Args) => unknown> = {
  get_draft: (world, args): Draft | null => world.drafts.get(formOf(args)) ?? null,
  keep_draft: (world, args) => {
    const form: Form | undefined = world.forms.get(`${args.link}/${args.collection}`);
    const secrets = (form?.fields ?? []).filter((field) => field.secret).map((field) => field.path);
    const isSecret = (edit: DraftEdit) => secrets.includes(edit.path);
    const edits = args.edits as DraftEdit[];
    put(
      world,
      args,
      edits.filter((edit) => !isSecret(edit)),
    );
    void world.tell();
    return edits.filter(isSecret).map((edit) => edit.path);
  },
};
