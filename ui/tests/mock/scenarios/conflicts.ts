// Worlds for the conflicts: of one shape, and decided.

import { alike, alikeDeleted, alikeMany, alikeMixed } from "../alike";
import { conflict, decision } from "../makers";
import { HOUR, MINUTE, NOW, type World } from "../world";
import { busy, sample } from "./sample";

/** One decision of each sort, and each in another state. */
function decided(world: World): void {
  busy(world);
  const long = `Verwaltungsgesellschaft_für_${"Grundstücke_und_".repeat(8)}Anlagen`;
  const held = conflict(9);
  world.undone.set(held.id, held);
  world.decisions = [
    decision(9, {
      at: NOW - 4000,
      cannot: {
        code: "held",
        sentence: "It is held and was not sent yet.",
        hint: "Undo the held decision instead; the conflict opens again.",
      },
    }),
    decision(1),
    decision(2, { id: "merge-12", conflict: null, by: "merge", title: long }),
    decision(3, {
      by: "rule",
      cannot: {
        code: "changed_again",
        sentence: "The record was changed again since then: /due_date.",
        hint: "Change these fields of the record instead.",
      },
    }),
    decision(4, { by: "hook", restores: "mine" }),
    decision(5, {
      by: "hook",
      putBack: "0190-1041",
      cannot: {
        code: "already",
        sentence: "It was put back already.",
        hint: "The change that did it is in the activity.",
      },
    }),
    decision(6, {
      by: "itself",
      fields: [],
      cannot: {
        code: "by_itself",
        sentence: "It ended by itself, so there is no decision to put back.",
        hint: "Change the record instead.",
      },
    }),
    decision(7, { makesRecord: true }),
    decision(8, {
      link: "Old server",
      collection: "orders",
      cannot: {
        code: "no_connection",
        sentence: "Its connection was removed.",
        hint: "Add the connection again to change the record.",
      },
    }),
  ];
  const [first] = world.decisions[3]?.fields ?? [];
  if (first) first.movedOn = true;
}

export const conflicts: Record<string, (world: World) => void> = {
  decided,
  "decided-long": (world) => {
    busy(world);
    world.decisions = Array.from({ length: 5000 }, (_, i) =>
      decision(i + 1, {
        by: (["merge", "rule", "hook", "person"] as const)[i % 4] ?? "person",
        at: NOW - i * MINUTE,
      }),
    );
    const [first] = world.decisions;
    if (!first) return;
    first.fields = Array.from({ length: 250 }, (_, i) => ({
      path: `/field_${i}`,
      label: `Field ${i}`,
      result: String(i),
      becomes: i % 9 === 0 ? null : `"${"a long value ".repeat(i % 7)}${i}"`,
      movedOn: false,
    }));
    first.touched = 250;
  },
  alike: (world) => {
    sample(world);
    alike(world);
  },
  "alike-offline": (world) => {
    sample(world);
    alike(world);
    world.links = world.links.map((one) => ({
      ...one,
      connectivity: "offline",
      offlineSince: NOW - 3 * HOUR,
      nextTry: NOW + 27 * MINUTE,
    }));
  },
  "alike-deleted": (world) => {
    sample(world);
    alikeDeleted(world);
  },
  "alike-mixed": (world) => {
    sample(world);
    alikeMixed(world);
  },
  "alike-many": (world) => {
    sample(world);
    alikeMany(world, 5000);
  },
};
