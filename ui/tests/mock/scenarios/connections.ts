// Worlds for the connections: what a server removed, what could not be read, when a connection may work.

import { unread } from "../makers";
import { DAY, HOUR, MINUTE, NOW, type World } from "../world";
import { busy, sample } from "./sample";

const removal = (i: number) => ({ record: `NOTE-${i + 1}`, title: `Note ${i + 1} of the year 2019` });

/** Two collections that ask before they remove records, and three rows that could not be read. */
export function incoming(world: World): void {
  world.ask("Sample", "notes", { wouldRemove: 180, of: 2300, atLeast: false, since: NOW - HOUR });
  world.ask("ERPNext", "customers", { wouldRemove: 1240, of: 5000, atLeast: true, since: NOW - 3 * DAY });
  for (const link of world.links)
    for (const one of link.collections) one.records = one.asks?.of ?? one.records;
  world.removals.set(
    "Sample/notes",
    Array.from({ length: 180 }, (_, i) => removal(i)),
  );
  world.removals.set(
    "ERPNext/customers",
    Array.from({ length: 1240 }, (_, i) => ({ record: `CUST-${i + 80}`, title: `Customer ${i}` })),
  );
  world.unreadable = [
    unread(3, {}, '{"id":"NOTE-3","title":12,"tags":["a","b"],\n "body":"The meeting was moved to'),
    unread(
      2,
      { record: null, reason: "no field 'id'", bytes: 84_210 },
      `{"title":"${"A long note. ".repeat(300)}`,
    ),
    unread(1, { reason: "the field 'title' is a number", bytes: 412 }, null),
  ];
  world.mended = 1;
}

export const connections: Record<string, (world: World) => void> = {
  stopped: (world) => {
    busy(world);
    incoming(world);
    world.links = world.links.map((one, i) =>
      i === 0 ? { ...one, stopped: { reason: "sign_in", words: "The token has expired." } } : one,
    );
    world.override = {
      sentence: { id: "signIn", server: "erp.example.com", waiting: 12 },
      attention: { ...world.snapshot().attention, signIn: ["erp.example.com"] },
    };
  },
  incoming: (world) => {
    sample(world);
    incoming(world);
  },
  unreadable: (world) => {
    sample(world);
    world.unreadable = Array.from({ length: 1000 }, (_, i) =>
      unread(1000 - i, {
        link: i % 3 === 0 ? "ERPNext" : "Sample",
        collection: i % 3 === 0 ? "invoices" : "notes",
        record: i % 7 === 0 ? null : `note-${"with-a-long-name-".repeat(i % 5)}${i}`,
        reason:
          i % 2 === 0 ? "no field 'id'" : `the field 'title' is a number ${"and not a text ".repeat(20)}`,
      }),
    );
  },
  "no-lists": (world) => {
    sample(world);
    incoming(world);
    const refusal = {
      code: "store" as const,
      message: "The local store can't be read.",
      hint: "Restart Tidemark.",
    };
    for (const command of [
      "list_removals",
      "list_unreadable",
      "get_unreadable",
      "list_rules",
      "list_hooks",
      "list_decisions",
    ])
      world.refuses.set(command, refusal);
  },
  scheduled: (world) => {
    busy(world);
    world.links = world.links.map((one, i) => ({
      ...one,
      limits: {
        schedule: i === 0 ? { hours: { from: "22:00", to: "06:00" } } : { unmetered_only: true },
        compress: "offered",
      },
      waits: i === 0 ? { kind: "hours", until: NOW + 8 * HOUR - 5 * MINUTE - 30_000 } : { kind: "unmetered" },
      plainBodies: i === 0,
    }));
    world.changes = world.changes.map((one) =>
      one.row.state === "waiting" && one.row.reason === null
        ? { ...one, row: { ...one.row, reason: { kind: "hours", until: NOW + 8 * HOUR } } }
        : one,
    );
    world.override = { sentence: { id: "waitsForNetwork", waiting: 12 } };
  },
};
