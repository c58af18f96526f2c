// Makes what worlds are filled with: connections, records, changes, conflicts.

import type {
  ChangeDetail,
  ChangeRow,
  CollectionStatus,
  ConflictField,
  ConflictView,
  DecisionView,
  FieldChange,
  Form,
  LinkStatus,
  UnreadableDetail,
} from "../../src/ipc/client";
import { at, edits, read, write } from "../../src/state/json";
import { DAY, HOUR, MINUTE, NOW, type Stored, type World } from "./world";

export function link(name: string, server: string, more: Partial<LinkStatus> = {}): LinkStatus {
  return {
    id: name.length,
    name,
    kind: "rest",
    url: `https://${server}/api`,
    server,
    user: "anna",
    connectivity: "online",
    state: "live",
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
    limits: { schedule: {}, compress: "offered" },
    waits: null,
    plainBodies: false,
    ...more,
  };
}

export const collection = (name: string, label: string, records: number) => ({
  name,
  label,
  records,
  unreadable: 0,
  asks: null as CollectionStatus["asks"],
  pulledAt: NOW - 2 * MINUTE,
  downloading: null,
  paused: false,
});

/** A row that could not be read; the greater its number, the later it came. */
export const unread = (id: number, more: Partial<UnreadableDetail["row"]> = {}, text?: string | null) => {
  const raw = text === undefined ? `{"id":"NOTE-${id}","title":12,}` : text;
  const bytes = new TextEncoder().encode(raw ?? "").length;
  return {
    row: {
      id,
      link: "Sample",
      collection: "notes",
      record: `NOTE-${id}`,
      reason: "its JSON is broken at line 1, column 31",
      at: NOW - DAY + id * MINUTE,
      bytes,
      ...more,
    },
    text: raw,
  } satisfies UnreadableDetail;
};

export function stored(
  id: string,
  document: Record<string, unknown> | string,
  more: Partial<Stored> = {},
): Stored {
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

export const field = (
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
  secret: false,
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

export const invoice = (n: number) =>
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
      transaction: null,
      goneAt: null,
      ...row,
    },
    changes: [{ path: "/remarks", before: '"Call first"', after: '"Call first, after 5 pm"' }],
    attempts: [],
    request: null,
    metadata: null,
    waitsFor: [],
    waitedOnBy: [],
    neighbours: [],
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
    rule: null,
    note: null,
  });
  const made: ConflictView = {
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
    sends: [],
    open: true,
    unchanged: 41,
    base_at: NOW - 5 * DAY,
    clock_skew: 240_000,
    hook_said: null,
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
    changed: [],
    ...more,
  };
  if (made.local_data === null || made.server_data === null)
    made.changed = changed(made.base_data, made.local_data ?? made.server_data);
  return made;
}

/** What the side that has the record changed of it. */
function changed(base: string | null, kept: string | null): FieldChange[] {
  const before = read(base ?? "{}") ?? {};
  return edits(before, read(kept ?? "{}") ?? {}).map(({ path, set }) => {
    const was = at(before, path);
    return { path, before: was === undefined ? null : write(was), after: set };
  });
}

/** Something that was decided; the greater its number, the longer ago. */
export function decision(n: number, more: Partial<DecisionView> = {}): DecisionView {
  const fields = more.fields ?? [
    {
      path: "/due_date",
      label: "Due date",
      result: '"2026-12-15"',
      becomes: '"2026-12-07"',
      movedOn: false,
    },
    {
      path: "/remarks",
      label: "Remarks",
      result: '"Call first, after 5 pm"',
      becomes: '"Call Anna first"',
      movedOn: false,
    },
  ];
  return {
    id: `conflict-${n}`,
    conflict: n,
    by: "person",
    at: NOW - n * 7 * HOUR,
    link: "ERPNext",
    collection: "invoices",
    record: `SINV-${String(400 + n).padStart(5, "0")}`,
    title: ["Rossi SRL", "Blue Ltd", "Nordwind GmbH"][n % 3] ?? "",
    touched: fields.length,
    restores: fields.length > 0 ? "server" : null,
    makesRecord: false,
    cannot: null,
    putBack: null,
    fields,
    ...more,
  };
}
