// Worlds with many conflicts of one shape.

import type { ConflictField, ConflictView } from "../../src/ipc/client";
import { conflict } from "./makers";
import { DAY, NOW, type World } from "./world";

const names = ["Rossi SRL", "Blue Ltd", "Nordwind GmbH", "Sakura KK", "Atelier Dupont", "Bäckerei Lang"];
const title = (n: number) => names[n % names.length] ?? "";

export const clash = (
  path: string,
  label: string,
  base: string | null,
  local: string | null,
  server: string | null,
  more: Partial<ConflictField> = {},
): ConflictField => ({
  path,
  label,
  class: "clash",
  base,
  local,
  server,
  result: null,
  undecided: true,
  choice: null,
  rule: null,
  note: null,
  ...more,
});

const text = (words: string) => JSON.stringify(words);

/** An invoice whose state and remarks changed on both sides. */
function invoice(id: number, more: Partial<ConflictView> = {}, remarks: Partial<ConflictField> = {}) {
  return conflict(
    id,
    { title: title(id), resource_id: `SINV-${String(400 + id).padStart(5, "0")}`, ...more },
    [
      clash(
        "/remarks",
        "Remarks",
        '"Call first"',
        text(`Call first, after ${(id % 8) + 1} pm`),
        '"Call Anna first"',
        {
          ...remarks,
        },
      ),
      clash("/status", "Status", '"open"', '"paid"', id % 3 === 0 ? '"overdue"' : '"draft"'),
    ],
  );
}

/** Twelve of one shape, one of them with a name as long as names get, one put off; and three of other shapes. */
export function alike(world: World): void {
  const long =
    "Società Cooperativa Agricola Fratelli Bartolomei e Figli di Monteverde Superiore, sede distaccata";
  const same = `${"The customer asked for the goods to be delivered to the back door of the warehouse. ".repeat(4)}`;
  world.conflicts = [
    ...Array.from({ length: 9 }, (_, i) => invoice(i + 1)),
    invoice(
      10,
      { title: long },
      {
        base: text(`${same}Ring the bell.`),
        local: text(`${same}Ring twice.`),
        server: text(`${same}Ask for Anna.`),
      },
    ),
    invoice(11, { may_already_be_in: true }),
    invoice(12, { later_until: NOW + 2 * DAY }),
    conflict(
      13,
      { conflict_type: "updated_here_deleted_there", server_data: null, to_choose: 0, merged: 0 },
      [],
    ),
    conflict(14, { resource_type: "customers", title: "Customer 14", to_choose: 1 }, [
      clash("/phone", "Phone", '"555-0100"', '"555-0199"', '"555-0142"'),
    ]),
    conflict(15, { resource_type: "customers", title: "Customer 15", to_choose: 1 }, [
      clash("/phone", "Phone", '"555-0101"', '"555-0198"', null),
    ]),
  ];
}

/** Records that were deleted on the server and changed here. */
export function alikeDeleted(world: World): void {
  world.conflicts = Array.from({ length: 6 }, (_, i) =>
    conflict(
      i + 1,
      {
        title: title(i),
        conflict_type: "updated_here_deleted_there",
        server_data: null,
        to_choose: 0,
        merged: 0,
        ...(i === 4 ? { server_by: null, server_at: null } : {}),
      },
      [],
    ),
  );
}

/** Rows of lists, a secret, values that are no text, many fields, notes; and a shape in which nothing is to choose. */
export function alikeMixed(world: World): void {
  const fields = (i: number) => [
    ...Array.from({ length: (i % 3) + 1 }, (_, row) =>
      clash(`/items/${row}/qty`, `Item ${row + 1}, quantity`, "1", String(row + i + 2), String(row + i + 3)),
    ),
    clash("/address/city", "City", '"Bari"', '"Roma"', null),
    clash("/key", "Access key", '"a"', '"b"', '"c"', { class: "secret" }),
    clash("/paid", "Paid", "false", "true", "null", i === 1 ? { note: "only_spaces_differ" } : {}),
    clash(
      "/custom_weighted_average_valuation_rate_per_stock_unit",
      "Weighted average valuation rate per stock unit after discounts",
      "1.10",
      "12345678901234567890.10",
      '{"amount":2.20,"currency":"EUR"}',
    ),
    clash("/terms", "Terms", null, '"مرحبا بالعالم"', '"\u202Egnp.exe"'),
  ];
  world.conflicts = [
    ...Array.from({ length: 4 }, (_, i) => conflict(i + 1, { title: title(i) }, fields(i))),
    ...Array.from({ length: 3 }, (_, i) => conflict(i + 11, { title: title(i), to_choose: 0 }, [])),
  ];
}

/** So many of one shape, every hundredth put off. */
export function alikeMany(world: World, n: number): void {
  world.conflicts = Array.from({ length: n }, (_, i) =>
    invoice(i + 1, { title: `Order ${i + 1}`, ...(i % 100 === 99 ? { later_until: NOW + 2 * DAY } : {}) }),
  );
}
