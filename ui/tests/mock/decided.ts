// What the core of memory answers about what was decided and merged.

import { change } from "./makers";
import { page, refuse } from "./pages";
import type { World } from "./world";

type Args = Record<string, unknown>;

export const decided: Record<string, (world: World, args: Args) => unknown> = {
  list_decisions: (world, args) => {
    const listed = page(world.decisions, args.offset as number, args.limit as number);
    return { ...listed, rows: listed.rows.map(({ fields: _, ...row }) => row) };
  },
  get_decision: (world, args) => {
    const found = world.decisions.find((one) => one.id === args.id);
    return found ? structuredClone(found) : refuse("not_found", "There is no such decision.");
  },
  put_back: (world, args) => {
    const found = world.decisions.find((one) => one.id === args.id);
    if (!found) return refuse("not_found", "There is no such decision.");
    if (found.cannot) return refuse("not_now", found.cannot.sentence, found.cannot.hint);
    const made = change(world, {
      link: found.link,
      collection: found.collection,
      record: found.record,
      title: found.title,
      fields: found.fields.map((field) => field.path),
      position: 1,
    });
    world.changes.push(made);
    const put = {
      ...found,
      putBack: made.row.id,
      cannot: {
        code: "already" as const,
        sentence: "It was put back already.",
        hint: "The change that did it is in the activity.",
      },
    };
    world.decisions = world.decisions.map((one) => (one === found ? put : one));
    void world.tell();
    return { id: found.id, change: made.row.id, record: found.record };
  },
};
