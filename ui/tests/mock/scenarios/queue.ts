// Worlds for the queue: what was refused, what belongs together, what is many.

import type { ChangeDetail, ChangeRow, Neighbour } from "../../../src/ipc/client";
import { change } from "../makers";
import { HOUR, NOW, type World } from "../world";
import { sample } from "./sample";

/** Three changes that belong together; the server refused one, and all were rolled back. */
function group(world: World): void {
  sample(world);
  const transaction = "0190f3a2-0000-7000-8000-00000000000a";
  const words = "not sent, because another change of its transaction was refused: Stock is too low";
  const member = (title: string, more: Partial<ChangeRow>) =>
    change(world, {
      title,
      state: "needs_you",
      mutationState: "parked",
      transaction,
      reason: { kind: "rolled_back", transaction, words },
      ...more,
    });
  world.changes = [
    member("Blue Ltd", {
      reason: { kind: "rolled_back", transaction, words: "Stock is too low" },
      attempts: 1,
    }),
    member("Rossi SRL", {}),
    member("Nordwind GmbH", { operation: "create", fields: [] }),
  ];
  const refused = world.changes[0]?.row.id ?? "";
  world.transactions = [
    {
      row: {
        id: transaction,
        link: "ERPNext",
        label: "Move the stock of hall 2",
        strategy: "ordered",
        state: "failed",
        queuedBehind: null,
        awaitSync: false,
        undoing: false,
        error: { code: "refused", change: refused, words: "Stock is too low", kept: 0 },
        changes: 3,
        confirmed: 0,
        rolledBack: 3,
        createdAt: NOW - HOUR,
        updatedAt: NOW - HOUR + 2000,
        endedAt: NOW - HOUR + 2000,
      },
      changes: world.changes.map((one) => one.row),
      history: [
        { at: NOW - HOUR, from: null, to: "pending", queuedBehind: null, error: null },
        { at: NOW - HOUR + 1000, from: "pending", to: "persisting", queuedBehind: null, error: null },
        {
          at: NOW - HOUR + 2000,
          from: "persisting",
          to: "failed",
          queuedBehind: null,
          error: { code: "refused", change: refused, words: "Stock is too low", kept: 0 },
        },
      ],
    },
  ];
}

/** Many refusals of two causes, and a change that another waits for. */
function refused(world: World): void {
  sample(world);
  const refusal = (words: string, status: number | null) =>
    ({ kind: "refused", class: "permanent", status, words }) as const;
  const changed = (path: string) => ({ changes: [{ path, before: null, after: '"x"' }] });
  world.changes = [
    ...Array.from({ length: 41 }, (_, i) =>
      change(
        world,
        {
          state: "needs_you",
          mutationState: "parked",
          title: `Invoice ${i + 1}`,
          record: `SINV-${String(i + 401).padStart(5, "0")}`,
          fields: ["/remarks"],
          reason: refusal("Due date is before posting date", 417),
        },
        changed("/remarks"),
      ),
    ),
    change(world, { state: "needs_you", title: "Hinge, steel", reason: refusal("Too large", 413) }),
    change(world, {
      state: "needs_you",
      title: "Order 7",
      reason: refusal("customers 'c1', which it refers to, was discarded before it was sent", null),
    }),
    change(world, { title: "New customer", operation: "create", fields: [], position: 1 }),
  ];
  const parent = world.changes.at(-1);
  const number = parent?.row.number ?? 0;
  world.changes.push(
    change(
      world,
      { title: "Their first order", state: "on_hold", reason: { kind: "dependency", change: number } },
      { waitsFor: [number] },
    ),
  );
  const order = world.changes.at(-1);
  if (!parent || !order) return;
  parent.waitedOnBy = [order.row.number];
  const name = ({ row: { id, number, state, operation, title } }: ChangeDetail): Neighbour => ({
    id,
    number,
    state,
    operation,
    title,
  });
  parent.neighbours = [name(order)];
  order.neighbours = [name(parent)];
}

export const queue: Record<string, (world: World) => void> = {
  refused,
  group,
  big: (world) => {
    sample(world);
    world.bigQueue = 100_000;
    world.bigRecords = 100_000;
  },
};
