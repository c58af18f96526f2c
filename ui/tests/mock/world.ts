// A small core of memory: enough of Tidemark's behaviour that every screen and the main flow can be driven.

import { emit } from "@tauri-apps/api/event";
import type {
  AppSettings,
  ChangeDetail,
  ChangeRow,
  ConflictField,
  ConflictView,
  Form,
  LinkStatus,
  RefusalCode,
  StatusSnapshot,
} from "../../src/ipc/client";

/** Saturday, 21 November 2026, 14:05:30 UTC. */
export const NOW = Date.UTC(2026, 10, 21, 14, 5, 30);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type Stored = {
  id: string;
  document: string | null;
  base: string | null;
  state: "clean" | "saved_here" | "sending" | "conflict" | "needs_you" | "deleted_here";
  changedAt: number;
  by: string | null;
  revision: number;
  conflict: number | null;
};

export class World {
  links: LinkStatus[] = [];
  /** By "link/collection", then by id. */
  records = new Map<string, Map<string, Stored>>();
  forms = new Map<string, Form>();
  changes: ChangeDetail[] = [];
  trash: ChangeDetail[] = [];
  conflicts: ConflictView[] = [];
  settings: AppSettings = {
    theme: "system",
    density: "default",
    notifyConflicts: true,
    notifyNeedsYou: true,
    undoHold: 10_000,
  };
  paused = false;
  sampleOffline = false;
  /** Commands that are refused, with what they say. */
  refuses = new Map<string, { code: RefusalCode; message: string; hint: string }>();
  /** Commands that never answer: a screen that loads. */
  hangs = new Set<string>();
  /** Everything that was asked, in order. */
  log: { command: string; args: unknown }[] = [];
  /** Lists that are made on the fly, for 100,000 rows. */
  bigQueue = 0;
  bigRecords = 0;
  override: Partial<StatusSnapshot> = {};
  undone = new Map<number, ConflictView>();
  #seq = 0;
  #number = 1040;

  get offline(): boolean {
    return this.links.length > 0 && this.links.every((link) => link.connectivity === "offline");
  }

  nextNumber(): number {
    return ++this.#number;
  }

  snapshot(): StatusSnapshot {
    const count = (state: ChangeRow["state"]) =>
      this.changes.filter((change) => change.row.state === state).length;
    const waiting = this.bigQueue || count("waiting") + count("trying_again") + count("on_hold");
    const needsYou = count("needs_you");
    const conflicts = this.conflicts.length;
    const server = this.links[0]?.server ?? "";
    const next = this.changes.map((change) => change.row.nextAt).filter((at) => at !== null)[0] ?? null;
    const oldest = Math.min(...this.changes.map((change) => change.row.savedAt));
    const sentence: StatusSnapshot["sentence"] =
      this.links.length === 0
        ? { id: "noLinks" }
        : this.paused
          ? { id: "paused", waiting }
          : this.offline
            ? waiting > 0
              ? { id: "offlineWaiting", waiting }
              : { id: "offlineNothing", lastContact: NOW - 5 * HOUR }
            : needsYou > 0
              ? { id: "needYou", needsYou, others: waiting }
              : conflicts > 0
                ? { id: "conflicts", conflicts }
                : waiting > 0
                  ? { id: "sending", done: 0, total: waiting, server }
                  : { id: "upToDate", asOf: NOW };
    const activity: StatusSnapshot["activity"] =
      this.links.length === 0
        ? { id: "noLinks" }
        : this.paused
          ? { id: "paused", waiting }
          : this.offline
            ? { id: "offline", waiting }
            : waiting > 0
              ? { id: "waiting", waiting, next }
              : needsYou + conflicts > 0
                ? { id: "nothingWaiting" }
                : { id: "upToDate", asOf: NOW };
    const queue = {
      waiting,
      tryingAgain: count("trying_again"),
      onHold: count("on_hold"),
      sending: count("sending"),
      notConfirmed: count("not_confirmed"),
      inConflict: count("conflict"),
      needsYou,
      inTrash: this.trash.length,
      oldestAt: Number.isFinite(oldest) ? oldest : this.bigQueue ? NOW - 3 * HOUR : null,
      nextAt: next,
    };
    return {
      seq: ++this.#seq,
      at: NOW,
      state: "idle",
      connectivity: this.links.length === 0 ? "unknown" : this.offline ? "offline" : "online",
      paused: this.paused,
      pausedSince: this.paused ? NOW - 5 * HOUR : null,
      stats: { successCount: 212, failureCount: 3, conflictCount: conflicts, lastSyncDuration: 1200 },
      queueLength: this.bigQueue || this.changes.length,
      lastSyncTime: NOW - MINUTE,
      lastError: null,
      sentence,
      activity,
      attention: { conflicts, needsYou, signIn: [] },
      queue,
      progress: null,
      ledger: {
        since: NOW - 5 * DAY,
        saved:
          1180 +
          waiting +
          conflicts +
          needsYou +
          count("sending") +
          count("not_confirmed") +
          this.trash.length,
        confirmed: 1180,
        notConfirmed: count("not_confirmed"),
        waiting: waiting + count("sending"),
        conflicts,
        needsYou,
        superseded: 0,
        combined: 0,
        cancelled: 0,
        discarded: this.trash.length,
        balanced: true,
      },
      sentToday: 212,
      refusedToday: needsYou,
      mergedWeek: 11,
      lastConfirmedAt: NOW - 4 * MINUTE,
      storeFault: null,
      links: this.links.map((link, i) => (i === 0 ? { ...link, queue, conflicts } : link)),
      ...this.override,
    };
  }

  /** Asks for a place in the window, as the tray does. */
  open(address: string): Promise<void> {
    return emit("open-route", address);
  }

  /** Tells the window that everything may have moved. */
  async tell(): Promise<void> {
    await emit("sync-state-changed", this.snapshot());
    await emit("queue-changed", { queueLength: this.changes.length, changes: [], many: true });
    await emit("records-changed", { link: "", collection: "", records: [], many: true });
    await emit("conflict-resolved", {
      conflict: 0,
      link: "",
      collection: "",
      record: "",
      resolution: null,
      open: 0,
    });
  }

  collection(link: string, collection: string): Map<string, Stored> {
    const key = `${link}/${collection}`;
    const found = this.records.get(key) ?? new Map<string, Stored>();
    this.records.set(key, found);
    return found;
  }

  record(link: string, collection: string, id: string): Stored | undefined {
    return this.collection(link, collection).get(id);
  }
}

export function link(name: string, server: string, more: Partial<LinkStatus> = {}): LinkStatus {
  return {
    id: name.length,
    name,
    kind: "rest",
    url: `https://${server}/api`,
    server,
    user: "anna",
    connectivity: "online",
    paused: false,
    stopped: null,
    syncing: false,
    lastContact: NOW - MINUTE,
    offlineSince: null,
    nextTry: null,
    queue: {
      waiting: 0,
      tryingAgain: 0,
      onHold: 0,
      sending: 0,
      notConfirmed: 0,
      inConflict: 0,
      needsYou: 0,
      inTrash: 0,
      oldestAt: null,
      nextAt: null,
    },
    conflicts: 0,
    lastError: null,
    secretKept: true,
    clockSkew: 400,
    collections: [],
    ...more,
  };
}

const collection = (name: string, label: string, records: number) => ({
  name,
  label,
  records,
  quarantined: 0,
  pulledAt: NOW - 2 * MINUTE,
  downloading: null,
  paused: false,
});

function stored(id: string, document: Record<string, unknown> | string, more: Partial<Stored> = {}): Stored {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return {
    id,
    document: text,
    base: text,
    state: "clean",
    changedAt: NOW - 3 * DAY,
    by: "Anna K.",
    revision: 1,
    conflict: null,
    ...more,
  };
}

const field = (
  path: string,
  label: string,
  kind: Form["fields"][number]["kind"],
  more: Partial<Form["fields"][number]> = {},
): Form["fields"][number] => ({
  path,
  label,
  kind,
  required: false,
  readOnly: false,
  choices: [],
  refersTo: null,
  ...more,
});

export const invoiceForm: Form = {
  fromSchema: true,
  fields: [
    field("/customer", "Customer", "reference", { required: true, refersTo: "customers" }),
    field("/due_date", "Due date", "date"),
    field("/total", "Total", "number"),
    field("/serial", "Serial", "integer"),
    field("/status", "Status", "choice", { choices: ['"draft"', '"open"', '"paid"'] }),
    field("/paid", "Paid", "boolean"),
    field("/remarks", "Remarks", "long_text"),
    field("/lines", "Lines", "json"),
    field("/modified", "Modified", "date_time", { readOnly: true }),
  ],
};

const invoice = (n: number) =>
  `{"title":"${["Rossi SRL", "Blue Ltd", "Nordwind GmbH", "Sakura KK", "Atelier Dupont"][n % 5]}","customer":"CUST-${80 + n}","due_date":"2026-11-30","total":${100 + n}.10,"serial":12345678901234567890,"status":"open","paid":false,"remarks":"Call first","lines":[{"item":"IT-7","qty":2}],"modified":"2026-11-16T08:30:00Z"}`;

export function change(
  world: World,
  row: Partial<ChangeRow>,
  more: Partial<ChangeDetail> = {},
): ChangeDetail {
  const number = world.nextNumber();
  return {
    row: {
      id: `0190-${number}`,
      number,
      state: "waiting",
      mutationState: "queued",
      link: "ERPNext",
      collection: "invoices",
      record: `SINV-00${number}`,
      title: `SINV-00${number}`,
      operation: "update",
      fields: ["/remarks"],
      savedAt: NOW - 3 * HOUR,
      size: 320,
      attempts: 0,
      nextAt: null,
      reason: null,
      position: null,
      priority: 5,
      ...row,
    },
    changes: [{ path: "/remarks", before: '"Call first"', after: '"Call first, after 5 pm"' }],
    attempts: [],
    request: null,
    metadata: null,
    waitsFor: [],
    waitedOnBy: [],
    combinedInto: null,
    endedAt: null,
    ...more,
  };
}

export function conflict(
  id: number,
  more: Partial<ConflictView> = {},
  fields?: ConflictField[],
): ConflictView {
  const clash = (
    path: string,
    label: string,
    base: string | null,
    local: string | null,
    server: string | null,
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
    note: null,
  });
  return {
    id,
    link: "ERPNext",
    server: "erp.example.com",
    resource_type: "invoices",
    resource_id: `SINV-00${400 + id}`,
    title: ["Rossi SRL", "Blue Ltd", "Nordwind GmbH"][id % 3] ?? "",
    conflict_type: "both_updated",
    to_choose: 2,
    merged: 2,
    chosen: 0,
    created_at: NOW - 2 * DAY,
    updated_at: NOW - 2 * DAY,
    local_at: NOW - 4 * DAY,
    server_at: NOW - 2 * DAY - 5 * HOUR,
    server_by: "Anna K.",
    later_until: null,
    may_already_be_in: false,
    base_data: '{"due_date":"2026-11-30","remarks":"Call first","total":1.10,"city":"Bari"}',
    local_data: '{"due_date":"2026-12-15","remarks":"Call first, after 5 pm","total":1.10,"city":"Roma"}',
    server_data:
      '{"due_date":"2026-12-07","remarks":"Call Anna first","total":2.20,"city":"Bari","modified":"2026-11-19"}',
    server_version: "3",
    result: null,
    unchanged: 41,
    base_at: NOW - 5 * DAY,
    clock_skew: 240_000,
    fields: fields ?? [
      clash("/due_date", "Due date", '"2026-11-30"', '"2026-12-15"', '"2026-12-07"'),
      clash("/remarks", "Remarks", '"Call first"', '"Call first, after 5 pm"', '"Call Anna first"'),
      {
        ...clash("/city", "City", '"Bari"', '"Roma"', '"Bari"'),
        class: "only_mine",
        undecided: false,
        result: '"Roma"',
      },
      {
        ...clash("/total", "Total", "1.10", "1.10", "2.20"),
        class: "only_server",
        undecided: false,
        result: "2.20",
      },
      {
        ...clash("/modified", "Modified", null, null, '"2026-11-19"'),
        class: "set_by_server",
        undecided: false,
        result: '"2026-11-19"',
      },
    ],
    ...more,
  };
}

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
            key: "0190f3a2-7c1e-7d2a-9b1c-0123456789ab",
          },
        ],
        request: {
          method: "PATCH",
          url: "https://erp.example.com/api/items/IT-7",
          headers: ["content-type: application/json", "authorization: ••••"],
          body: '{"item_group":null}',
          key: "0190f3a2-7c1e-7d2a-9b1c-0123456789ab",
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
          startedAt: NOW - number * 4 * MINUTE,
          endedAt: NOW - number * 4 * MINUTE + 1200,
          status: 503,
          class: "throttled" as const,
          words: "Too many requests",
          excerpt: "Too many requests",
          retryAt: NOW - number * 4 * MINUTE + 2 * MINUTE,
          key: "0190f3a2-7c1e-7d2a-9b1c-aaaaaaaaaaaa",
        })),
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
          note: "only_spaces_differ",
        },
      ],
    ),
  );
}

/** The worlds that tests open, by name. */
export const scenarios: Record<string, (world: World) => void> = {
  "first-run": () => {},
  calm: sample,
  busy,
  offline: (world) => {
    busy(world);
    world.links = world.links.map((one) => ({
      ...one,
      connectivity: "offline",
      offlineSince: NOW - 3 * HOUR,
      nextTry: NOW + 27 * MINUTE,
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
      "get_conflict",
      "get_record",
      "get_change",
    ]);
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
      "list_records",
      "get_pending_conflicts",
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
  stopped: (world) => {
    busy(world);
    world.links = world.links.map((one, i) => ({
      ...one,
      stopped:
        i === 0
          ? { reason: "sign_in", words: "The token has expired." }
          : { reason: "deletions", collection: "notes", wouldRemove: 180, of: 200 },
    }));
    world.override = {
      sentence: { id: "signIn", server: "erp.example.com", waiting: 12 },
      attention: { conflicts: 3, needsYou: 1, signIn: ["erp.example.com"] },
    };
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
};
