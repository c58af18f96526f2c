// What the core of memory answers about changes that need a person, and about the trash.

import type {
  CauseGroup,
  ChangeDetail,
  ChangeRow,
  ChangesByRecord,
  Consequence,
  DiscardPreview,
  QueueFilter,
  RecordChanges,
  RestoreResult,
} from "../../src/ipc/client";
import { DAY, NOW, type World } from "./world";

type Args = Record<string, unknown>;

const keyOf = (one: ChangeDetail): string | undefined => {
  const reason = one.row.reason;
  return one.row.state === "needs_you" && reason?.kind === "refused"
    ? JSON.stringify([one.row.link, reason.class, reason.status, reason.words])
    : undefined;
};

function groups(world: World): CauseGroup[] {
  const found = new Map<string, CauseGroup>();
  for (const one of world.changes) {
    const key = keyOf(one);
    const reason = one.row.reason;
    if (key === undefined || reason?.kind !== "refused") continue;
    const group = found.get(key) ?? {
      key,
      link: one.row.link,
      class: reason.class,
      status: reason.status,
      words: reason.words,
      count: 0,
      example: one.row.id,
      exampleTitle: one.row.title,
    };
    group.count += 1;
    found.set(key, group);
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

/** A list in the order that a filter asks for. */
export function inOrder(rows: ChangeRow[], { sort }: QueueFilter): ChangeRow[] {
  if (sort === null) return rows;
  const value = (row: ChangeRow): string | number =>
    ({
      state: row.state,
      record: row.title.toLowerCase(),
      what: row.operation,
      link: row.link,
      saved: row.number,
      size: row.size,
      tries: row.attempts,
    })[sort.by];
  const sorted = rows.toSorted((a, b) => {
    const [of, other] = [value(a), value(b)];
    return of < other ? -1 : of > other ? 1 : a.number - b.number;
  });
  return sort.descending ? sorted.reverse() : sorted;
}

function byRecord(world: World): ChangesByRecord {
  const groups = new Map<string, RecordChanges>();
  for (const { row } of world.changes) {
    const key = `${row.link}/${row.collection}/${row.record}`;
    const group = groups.get(key) ?? {
      link: row.link,
      collection: row.collection,
      record: row.record,
      title: row.title,
      ids: [],
      needsYou: 0,
      more: false,
    };
    group.ids.push(row.id);
    if (row.state === "needs_you") group.needsYou += 1;
    groups.set(key, group);
  }
  return {
    groups: [...groups.values()].sort((a, b) => b.ids.length - a.ids.length),
    others: 0,
    without: 0,
    total: world.changes.length,
    next: null,
  };
}

const consequence = (one: ChangeDetail, fate: Consequence["fate"]): Consequence => ({
  id: one.row.id,
  number: one.row.number,
  collection: one.row.collection,
  title: one.row.title,
  operation: one.row.operation,
  fate,
});

export const parked: Record<string, (world: World, args: Args) => unknown> = {
  list_causes: (world) => ({
    groups: groups(world),
    others: 0,
    total: world.changes.filter((one) => one.row.state === "needs_you").length,
    next: null,
  }),
  list_by_record: (world, args) =>
    // A queue of many thousands is grouped a stretch at a time.
    world.bigQueue > 0
      ? {
          ...byRecord(world),
          groups: [
            {
              link: "ERPNext",
              collection: "invoices",
              record: `big-${Number(args.after)}`,
              title: args.after === null ? "Order 0" : "Order 5000",
              ids: Array.from({ length: 4000 }, (_, i) => `big-${Number(args.after) + i}`),
              needsYou: 0,
              more: false,
            },
          ],
          others: 1000,
          total: world.bigQueue,
          next: args.after === null ? 5000 : null,
        }
      : byRecord(world),
  get_cause_changes: (world, args) => ({
    ids: world.changes.filter((one) => keyOf(one) === args.key).map((one) => one.row.id),
    next: null,
  }),
  set_priority: (world, args) => {
    const ids = args.ids as string[];
    const found = world.changes.filter((one) => ids.includes(one.row.id));
    for (const one of found) one.row.priority = args.priority as number;
    void world.tell();
    if (world.bigQueue > 0) return { done: ids.length, alreadyGone: 0, kept: 0 };
    return { done: found.length, alreadyGone: ids.length - found.length, kept: 0 };
  },
  preview_discard: (world, args): DiscardPreview => {
    const ids = args.ids as string[];
    const named = world.changes.filter((one) => ids.includes(one.row.id));
    const numbers = named.map((one) => one.row.number);
    const dependants = world.changes.filter(
      (one) => !ids.includes(one.row.id) && one.waitsFor.some((number) => numbers.includes(number)),
    );
    return {
      there: named.length,
      alreadyGone: ids.length - named.length,
      later: [],
      laterCount: 0,
      dependants: dependants.map((one) => consequence(one, "needs_you")),
      dependantCount: dependants.length,
      together: dependants.map((one) => one.row.id),
      until: NOW + 30 * DAY,
      asks: named.length > 20 || dependants.length > 0,
    };
  },
  restore_changes: (world, args): RestoreResult => {
    const ids = args.ids as string[];
    const found = world.trash.filter((one) => ids.includes(one.row.id));
    world.trash = world.trash.filter((one) => !ids.includes(one.row.id));
    world.changes.push(
      ...found.map((one): ChangeDetail => ({ ...one, row: { ...one.row, state: "waiting", goneAt: null } })),
    );
    void world.tell();
    return { done: found.length, alreadyGone: ids.length - found.length, refused: 0, reasons: [] };
  },
  export_changes: (world, args) => {
    const ids = args.ids as string[];
    const found = world.changes.filter((one) => ids.includes(one.row.id));
    return args.format === "curl"
      ? `# secrets removed\ncurl ${found.map((one) => one.row.id).join(" ")}\n`
      : JSON.stringify({ changes: found });
  },
};
