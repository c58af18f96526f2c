// What the core of memory answers about removals that are asked about, and about rows that could not be read.

import type { CollectionStatus } from "../../src/ipc/client";
import { page, refuse } from "./pages";
import type { World } from "./world";

type Args = Record<string, unknown>;

const asked = (world: World, args: Args): CollectionStatus["asks"] =>
  world.links.find((one) => one.name === args.link)?.collections.find((one) => one.name === args.collection)
    ?.asks ?? null;

export const incoming: Record<string, (world: World, args: Args) => unknown> = {
  list_removals: (world, args) =>
    page(
      world.removals.get(`${args.link}/${args.collection}`) ?? [],
      Number(args.offset),
      Number(args.limit),
    ),
  allow_removals: (world, args) => {
    const asks = asked(world, args);
    if (!asks) {
      return refuse(
        "not_now",
        `nothing is to be removed from '${args.collection}' that needs an answer`,
        "Nothing was changed; look at the connection again.",
      );
    }
    if (asks.wouldRemove !== args.number) {
      return refuse(
        "moved",
        `${asks.wouldRemove} records would be removed by now, not ${args.number}`,
        "Nothing was removed; look at the records again and answer for that number.",
      );
    }
    world.ask(String(args.link), String(args.collection), null);
    void world.tell();
    return null;
  },
  list_unreadable: (world, args) =>
    page(
      world.unreadable
        .map((one) => one.row)
        .filter((row) => args.link === null || row.link === args.link)
        .filter((row) => args.collection === null || row.collection === args.collection),
      Number(args.offset),
      Number(args.limit),
    ),
  get_unreadable: (world, args) =>
    world.unreadable.find((one) => one.row.id === args.id) ??
    refuse("not_found", `there is no unreadable row ${args.id} (any more)`, "Look at the list."),
  read_again: (world, args) => {
    const ids = args.ids as number[];
    const found = world.unreadable.filter((one) => ids.includes(one.row.id));
    const named = found.filter((one) => one.row.record !== null);
    const read = named.slice(0, world.mended);
    world.mended -= read.length;
    world.unreadable = world.unreadable.filter((one) => !read.includes(one));
    void world.tell();
    return {
      read: read.length,
      still: named.length - read.length,
      nameless: found.length - named.length,
    };
  },
  forget_unreadable: (world, args) => {
    const before = world.unreadable.length;
    world.unreadable = world.unreadable.filter((one) => !(args.ids as number[]).includes(one.row.id));
    void world.tell();
    return before - world.unreadable.length;
  },
};
