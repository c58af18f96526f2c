// The worlds that tests open, by name.

import type { ChangeDetail, ChangeRow, Neighbour } from "../../src/ipc/client";
import { change, collection, conflict, decision, invoice, invoiceForm, link, stored, unread } from "./makers";
import { alike, alikeDeleted, alikeMany, alikeMixed } from "./alike";
import type { StatusSnapshot } from "../../src/ipc/client";
import { DAY, HOUR, MINUTE, NOW, type Stored, type World } from "./world";

function sample(world: World): void {
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

const removal = (i: number) => ({ record: `NOTE-${i + 1}`, title: `Note ${i + 1} of the year 2019` });

/** Two collections that ask before they remove records, and three rows that could not be read. */
function incoming(world: World): void {
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

function busy(world: World): void {
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

const HOSTILE = [
  "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
  "\u202Egnp.exe\u202C \u2066left\u2069 \u0000\u0007 bell",
  "مرحبا بالعالم ".repeat(20),
  "x".repeat(1_048_576),
  `{{constructor.constructor('document.title="owned"')()}}`,
];

function hostile(world: World): void {
  sample(world);
  const deep = "[".repeat(128) + "]".repeat(128);
  const invoices = world.collection("ERPNext", "invoices");
  invoices.clear();
  HOSTILE.forEach((text, n) => {
    const id = `${text.slice(0, 300)}/../${n}`;
    invoices.set(
      id,
      stored(
        id,
        `{"title":${JSON.stringify(text)},"remarks":${JSON.stringify(text)},"due_date":"soon","total":"much","paid":{"a":1},"lines":${deep},"__proto__":{"x":1}}`,
        { by: text.slice(0, 200) },
      ),
    );
  });
  world.changes = HOSTILE.map((text, n) =>
    change(
      world,
      {
        title: text.slice(0, 100_000),
        record: text.slice(0, 300),
        fields: [`/${text.slice(0, 200)}`],
        state: n === 0 ? "needs_you" : "waiting",
        reason: n === 0 ? { kind: "refused", class: "permanent", status: 422, words: text } : null,
      },
      { changes: [{ path: `/${text.slice(0, 200)}`, before: JSON.stringify(text), after: deep }] },
    ),
  );
  for (const one of world.links) {
    world.links = world.links.map((its) => ({
      ...its,
      collections: its.collections.map((c, i) => (i === 0 ? { ...c, label: HOSTILE[1] ?? "" } : c)),
    }));
    const first = one.collections[0]?.name ?? "";
    world.ask(one.name, first, { wouldRemove: HOSTILE.length, of: 7, atLeast: false, since: NOW });
    world.removals.set(
      `${one.name}/${first}`,
      HOSTILE.map((text) => ({ record: text.slice(0, 300), title: text })),
    );
  }
  world.unreadable = HOSTILE.map((text, n) =>
    unread(
      HOSTILE.length - n,
      { record: text.slice(0, 100_000), reason: text.slice(0, 1000) },
      text.slice(0, 65_536),
    ),
  );
  world.conflicts = HOSTILE.map((text, n) =>
    conflict(
      n + 1,
      { title: text.slice(0, 100_000), server_by: text.slice(0, 300), server_version: text.slice(0, 300) },
      [
        {
          path: `/${text.slice(0, 100)}`,
          label: text.slice(0, 1000),
          class: "clash",
          base: JSON.stringify(text.slice(0, 50)),
          local: JSON.stringify(text),
          server: deep,
          result: null,
          undecided: true,
          choice: null,
          rule: null,
          note: "only_spaces_differ",
        },
      ],
    ),
  );
}

const DAMAGED: Partial<StatusSnapshot> = {
  sentence: { id: "storeDamaged", intact: Date.UTC(2026, 10, 21, 13, 0) },
  activity: { id: "cannotSave" },
  storeFault: "damaged",
};
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

export const scenarios: Record<string, (world: World) => void> = {
  refused,
  "first-run": () => {},
  calm: sample,
  group,
  busy,
  ruled,
  hooked,
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
  offline: (world) => {
    busy(world);
    world.links = world.links.map((one) => ({
      ...one,
      connectivity: "offline",
      offlineSince: NOW - 3 * HOUR,
      nextTry: NOW + 27 * MINUTE,
    }));
  },
  "offline-for-days": (world) => {
    busy(world);
    const since = NOW - 10 * DAY;
    world.links = world.links.map((one) => ({
      ...one,
      connectivity: "offline",
      offlineSince: since,
      lastContact: since,
      nextTry: NOW + 27 * MINUTE,
    }));
  },
  comparing: (world) => {
    busy(world);
    world.links = world.links.map((one, at) => ({
      ...one,
      state: at === 0 ? "degraded_poll" : "repairing",
      syncing: at > 0,
    }));
  },
  paused: (world) => {
    busy(world);
    world.paused = true;
  },
  empty: (world) => {
    world.links = [
      link("ERPNext", "erp.example.com", { collections: [collection("invoices", "Sales invoices", 0)] }),
    ];
    world.forms.set("ERPNext/invoices", invoiceForm);
  },
  loading: (world) => {
    busy(world);
    world.hangs = new Set([
      "list_queue",
      "list_records",
      "get_pending_conflicts",
      "list_group_members",
      "get_conflict",
      "get_record",
      "get_change",
      "list_removals",
      "list_unreadable",
      "get_unreadable",
      "list_hooks",
      "list_decisions",
    ]);
    incoming(world);
  },
  broken: (world) => {
    busy(world);
    const refusal = {
      code: "store" as const,
      message: "The local copy is damaged: its page 12 fails the check.",
      hint: "Download the collection again.",
    };
    for (const command of [
      "list_queue",
      "list_causes",
      "list_records",
      "get_pending_conflicts",
      "list_group_members",
      "get_conflict",
      "get_record",
      "get_change",
    ]) {
      world.refuses.set(command, refusal);
    }
  },
  "disk-full": (world) => {
    busy(world);
    world.override = {
      sentence: { id: "cannotSave", fault: "disk_full" },
      activity: { id: "cannotSave" },
      storeFault: "disk_full",
    };
  },
  damaged: (world) => {
    busy(world);
    world.override = DAMAGED;
  },
  shut: (world) => {
    world.override = DAMAGED;
  },
  "put-back": (world) => {
    busy(world);
    world.override = { putBack: { at: NOW - HOUR, inDoubt: 14 } };
  },
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
  unbalanced: (world) => {
    sample(world);
    world.override = { ledger: { ...world.snapshot().ledger, saved: 1200, balanced: false } };
  },
  big: (world) => {
    sample(world);
    world.bigQueue = 100_000;
    world.bigRecords = 100_000;
  },
  hostile,
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
