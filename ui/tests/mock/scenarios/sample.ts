// The world that most others begin with, and the one in which much is under way.

import { change, collection, conflict, invoice, invoiceForm, link, stored } from "../makers";
import { DAY, HOUR, MINUTE, NOW, type Stored, type World } from "../world";

export function sample(world: World): void {
  world.links = [
    link("ERPNext", "erp.example.com", {
      collections: [
        collection("invoices", "Sales invoices", 120),
        collection("customers", "Customers", 60),
        collection("items", "Items", 20),
      ],
    }),
    link("Sample", "127.0.0.1:8090", {
      id: 2,
      url: "http://127.0.0.1:8090",
      user: null,
      collections: [collection("notes", "Notes", 200)],
    }),
  ];
  world.forms.set("ERPNext/invoices", invoiceForm);
  const invoices = world.collection("ERPNext", "invoices");
  for (let n = 0; n < 120; n += 1) {
    const id = `SINV-${String(n + 401).padStart(5, "0")}`;
    invoices.set(id, stored(id, invoice(n), { changedAt: NOW - n * 7 * HOUR }));
  }
  const customers = world.collection("ERPNext", "customers");
  for (let n = 0; n < 60; n += 1)
    customers.set(`CUST-${80 + n}`, stored(`CUST-${80 + n}`, { title: `Customer ${n}` }));
}

export function busy(world: World): void {
  sample(world);
  world.conflicts = [
    conflict(1),
    conflict(
      2,
      { conflict_type: "updated_here_deleted_there", server_data: null, to_choose: 0, merged: 0 },
      [],
    ),
    conflict(3, { later_until: NOW + 2 * DAY, chosen: 1, server_by: null, server_at: null }),
  ];
  world.changes = [
    change(
      world,
      {
        state: "needs_you",
        mutationState: "parked",
        collection: "items",
        record: "IT-7",
        title: "Hinge, steel",
        fields: ["/item_group"],
        attempts: 1,
        savedAt: NOW - 2 * HOUR,
        reason: { kind: "refused", class: "permanent", status: 417, words: "Item Group is required" },
      },
      {
        changes: [{ path: "/item_group", before: '"Hardware"', after: null }],
        attempts: [
          {
            number: 1,
            startedAt: NOW - 2 * HOUR,
            endedAt: NOW - 2 * HOUR + 340,
            status: 417,
            class: "permanent",
            words: "Item Group is required",
            excerpt: '{"exc_type":"ValidationError","message":"Item Group is required"}',
            retryAt: null,
            serverAsked: false,
            key: "0190f3a2-7c1e-7d2a-9b1c-0123456789ab",
            timing: null,
            network: null,
            requestId: "7f3a9c",
          },
        ],
        request: {
          method: "PATCH",
          url: "https://erp.example.com/api/items/IT-7",
          headers: ["content-type: application/json", "authorization: ••••"],
          body: '{"item_group":null}',
          key: "0190f3a2-7c1e-7d2a-9b1c-0123456789ab",
          user: "anna",
          signedIn: true,
        },
      },
    ),
    change(
      world,
      {
        state: "trying_again",
        collection: "customers",
        record: "CUST-88",
        title: "Customer 8",
        fields: ["/phone", "/city"],
        attempts: 3,
        nextAt: NOW + 100_000,
        reason: { kind: "backoff", class: "throttled", words: "Too many requests" },
      },
      {
        changes: [{ path: "/phone", before: '"555-0100"', after: '"555-0199"' }],
        attempts: [3, 2, 1].map((number) => ({
          number,
          startedAt: NOW - (4 - number) * 4 * MINUTE,
          endedAt: NOW - (4 - number) * 4 * MINUTE + number * 400,
          status: 503,
          class: "throttled" as const,
          words: "Too many requests",
          excerpt: "Too many requests",
          retryAt: NOW - (4 - number) * 4 * MINUTE + 2 * MINUTE,
          serverAsked: number === 3,
          key: "0190f3a2-7c1e-7d2a-9b1c-aaaaaaaaaaaa",
          // The first was made before Tidemark was started last, the second had to connect.
          network: number === 3 ? "Train Wi-Fi" : "Office",
          requestId: null,
          timing:
            number === 1
              ? null
              : {
                  name: number === 2 ? 3 : null,
                  connect: number === 2 ? 34 : null,
                  secure: true,
                  reused: number === 3,
                  firstByte: number * 390,
                  total: number * 400,
                },
        })),
        request: {
          method: "PATCH",
          url: "https://erp.example.com/api/customers/CUST-88",
          headers: ["content-type: application/json"],
          body: '{"phone":"555-0199"}',
          key: "0190f3a2-7c1e-7d2a-9b1c-aaaaaaaaaaaa",
          user: "anna",
          signedIn: true,
        },
      },
    ),
    change(world, {
      state: "sending",
      mutationState: "sealed",
      title: "Blue Ltd",
      attempts: 1,
      size: 84_000,
    }),
    change(world, { position: 1, operation: "create", title: "Rossi SRL", fields: [] }),
    ...Array.from({ length: 9 }, (_, i) =>
      change(world, { position: i + 2, title: `Customer order ${i + 1}` }),
    ),
    change(world, { state: "on_hold", reason: { kind: "behind", change: 1044 }, title: "Rossi SRL" }),
    change(world, {
      state: "not_confirmed",
      mutationState: "uncertain",
      reason: { kind: "may_have_been_sent" },
    }),
    change(world, {
      state: "conflict",
      mutationState: "conflicted",
      title: "Blue Ltd",
      record: "SINV-00401",
      reason: { kind: "conflict", conflict: 1 },
    }),
  ];
  const set = (id: string, more: Partial<Stored>) => {
    const record = world.record("ERPNext", "invoices", id);
    if (record) Object.assign(record, more);
  };
  set("SINV-00401", {
    state: "conflict",
    conflict: 1,
    document: invoice(0).replace("Call first", "Call first, after 5 pm"),
  });
  set("SINV-00402", { state: "saved_here", document: invoice(1).replace("open", "paid") });
  set("SINV-00403", { state: "sending" });
  set("SINV-00404", { state: "needs_you" });
  set("SINV-00405", { state: "deleted_here", document: null });
}
