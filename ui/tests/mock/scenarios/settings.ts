// Worlds for the settings: rules and hooks.

import { decision } from "../makers";
import { DAY, NOW, type World } from "../world";
import { busy } from "./sample";

/** A rule decided one field of a conflict; the other is left to choose. */
function ruled(world: World): void {
  busy(world);
  const [link, collection] = ["ERPNext", "invoices"];
  world.rules = [
    { place: { link, collection, path: "/remarks" }, rule: { policy: "server" } },
    {
      place: {
        link,
        collection,
        path: "/items/*/custom_weighted_average_valuation_rate_per_stock_unit_after_discounts",
      },
      rule: { policy: "newer" },
    },
    { place: { link: "Sample", collection: "notes", path: null }, rule: { strategy: "client_wins" } },
  ];
  world.trial = {
    past: 41,
    decided: 34,
    differently: 2,
    open: 4,
    ends: 1,
    examples: [
      { conflict: 7, record: "SINV-00405", title: "Weber GmbH", at: NOW - 2 * DAY },
      { conflict: 5, record: "SINV-00402", title: "Bäckerei Lang", at: NOW - 9 * DAY },
    ],
  };
  world.decisions = [decision(5, { title: "Bäckerei Lang" }), decision(7, { title: "Weber GmbH" })];
  const [first] = world.conflicts;
  if (!first) return;
  const remarks = first.fields.find((field) => field.path === "/remarks");
  if (remarks)
    Object.assign(remarks, { rule: { policy: "server" }, undecided: false, result: remarks.server });
  Object.assign(first, { to_choose: 1, merged: 3 });
}

const TOTALS = `// The higher total wins.
fn has_total(record) {
    type_of(record) == "map" && is_number(record.get("grand_total"))
}

fn resolve(base, local, server, info) {
    if !has_total(local) || !has_total(server) { return; }
    if local.grand_total > server.grand_total { "local" } else { "server" }
}
`;

/** Two collections have hooks; one of them went wrong with the first conflict. */
function hooked(world: World): void {
  busy(world);
  world.hooks = [
    { place: { link: "ERPNext", collection: "invoices" }, script: TOTALS, setAt: NOW - 7 * DAY },
    {
      place: { link: "Sample", collection: "notes" },
      script: `fn resolve(base, local, server, info) { "server" } // ${"said_at_length_".repeat(20)}\u202e`,
      setAt: NOW - 200 * DAY,
    },
  ];
  const said = (line: number, what: string) =>
    `the hook stopped at line ${line}, column 11: ${what}. Correct the hook; this conflict is chosen by hand`;
  world.hookTrial = {
    trial: {
      past: 41,
      decided: 30,
      differently: 1,
      open: 4,
      ends: 2,
      examples: [{ conflict: 7, record: "SINV-00405", title: "Weber GmbH", at: NOW - 2 * DAY }],
    },
    untried: 12,
    wrong: 3,
    faults: [
      {
        conflict: 1,
        record: "SINV-00401",
        title: "Blue Ltd",
        said: said(7, "Property not found: grand_totl"),
      },
      {
        conflict: 5,
        record: "SINV-00402",
        title: `Verwaltungsgesellschaft_für_${"Grundstücke_und_".repeat(8)}Anlagen`,
        said: said(8, "not like this ".repeat(14).trim()),
      },
    ],
  };
  world.decisions = [
    decision(7, { title: "Weber GmbH" }),
    decision(5, { title: world.hookTrial.faults[1]?.title ?? "" }),
  ];
  const [first] = world.conflicts;
  if (first) first.hook_said = said(7, "Property not found: grand_totl");
}

export const settings: Record<string, (world: World) => void> = {
  ruled,
  hooked,
};
