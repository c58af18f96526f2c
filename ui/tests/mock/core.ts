// What the core of memory answers to each command.

import type {
  ChangeDetail,
  ChangeRow,
  ChoiceAt,
  ConflictView,
  Discovery,
  FieldChoice,
  FieldEdit,
  HookRow,
  LinkTest,
  NewLink,
  QueueFilter,
  RecordDetail,
  RecordFilter,
  RecordRow,
  Resolution,
  RuleRow,
} from "../../src/ipc/client";
import { at, edits, keys, put, read, write, type Json } from "../../src/state/json";
import { decided } from "./decided";
import { drafts, formOf, leaveDraft, onlyDrafts } from "./drafts";
import { groups } from "./groups";
import { incoming } from "./incoming";
import { change, conflict, invoiceForm, link } from "./makers";
import { made, page, placed, refuse, startOf } from "./pages";
import { inOrder, parked } from "./parked";
import { scenarios } from "./scenarios";
import { masked, secret } from "./secrets";
import { wordForWord } from "./tries";
import { DAY, NOW, type Stored, type World } from "./world";

type Args = Record<string, unknown>;

export function answer(world: World, command: string, args: Record<string, unknown>): unknown {
  world.log.push({ command, args });
  const refusal = world.refuses.get(command);
  if (refusal) return Promise.reject(refusal);
  if (world.hangs.has(command)) return new Promise(() => {});
  const run = commands[command];
  if (!run) return Promise.reject({ code: "invalid", message: `No command is called ${command}.`, hint: "" });
  return world.waits.get(command)?.then(() => run(world, args)) ?? run(world, args);
}

function rowOf(record: Stored): RecordRow {
  const document = read(record.document ?? record.base ?? "{}");
  const title = at(document, "/title");
  const column = (path: string) => {
    const value = at(document, path);
    return value === undefined ? [] : [{ path, value: write(value) }];
  };
  return {
    id: record.id,
    title: typeof title === "string" ? title : record.id,
    state: record.state,
    draft: false,
    changedAt: record.changedAt,
    columns: [...column("/due_date"), ...column("/total")],
  };
}

function detailOf(link: string, collection: string, record: Stored): RecordDetail {
  const before = read(record.base ?? "{}") ?? {};
  const pending =
    record.document === null || record.document === record.base
      ? []
      : edits(before, read(record.document) ?? {}).map((edit) => {
          const old = at(before, edit.path);
          return { path: edit.path, before: old === undefined ? null : write(old), after: edit.set };
        });
  return {
    link,
    collection,
    row: rowOf(record),
    document: record.document,
    base: record.base,
    baseVersion: "3",
    baseBy: record.by,
    baseAt: NOW - 5 * DAY,
    pending,
    revision: record.revision,
    changes: [],
    conflict: record.conflict,
  };
}

function choiceOf(choices: ChoiceAt[], path: string): FieldChoice | null {
  return choices.find((one) => one.path === path)?.choice ?? null;
}

function merged(view: ConflictView, choices: ChoiceAt[]): string {
  let value: Json = read(view.server_data ?? "{}") ?? {};
  for (const field of view.fields) {
    const choice = choiceOf(choices, field.path);
    const text =
      choice === "mine"
        ? field.local
        : choice === "server"
          ? field.server
          : choice === "base"
            ? field.base
            : choice !== null
              ? choice.json
              : (field.result ?? field.server);
    value = put(value, field.path, text === null ? undefined : read(text));
  }
  return write(value);
}

const withoutRule = (world: World, { place }: Args) =>
  world.rules.filter((row) => JSON.stringify(row.place) !== JSON.stringify(place));

const withoutHook = (world: World, { place }: Args) =>
  world.hooks.filter((row) => JSON.stringify(row.place) !== JSON.stringify(place));

const commands: Record<string, (world: World, args: Args) => unknown> = {
  get_sync_status: (world) => world.snapshot(),
  force_sync: () => null,
  pause: (world) => {
    world.paused = true;
    void world.tell();
    return null;
  },
  resume: (world) => {
    world.paused = false;
    void world.tell();
    return null;
  },

  list_queue: (world, args) => {
    const filter = args.filter as QueueFilter;
    const limit = args.limit as number;
    const offset = startOf(args);
    if (offset === undefined) return refuse("invalid", "'after' is no place of this list");
    if (world.bigQueue > 0) {
      return {
        ...placed(
          offset,
          made<ChangeRow>(world.bigQueue, offset, limit, (i) => ({
            ...change(world, { position: i + 1, title: `Order ${i}`, savedAt: NOW - i }).row,
            id: `big-${i}`,
          })),
        ),
        sorted: filter.sort?.by === "saved" || (filter.sort !== null && world.bigQueue <= 100_000),
      };
    }
    const all = filter.state === "in_trash" ? world.trash : world.changes;
    const rows = all
      .map((one) => one.row)
      .filter((row) => filter.state === null || row.state === filter.state)
      .filter((row) => filter.link === null || row.link === filter.link)
      .filter((row) => filter.collection === null || row.collection === filter.collection)
      .filter(
        (row) =>
          filter.search === null ||
          `${row.record} ${row.title}`.toLowerCase().includes(filter.search.toLowerCase()),
      );
    return { ...placed(offset, page(inOrder(rows, filter), offset, limit)), sorted: filter.sort !== null };
  },
  get_change: (world, args) =>
    [...world.changes, ...world.trash].find((one) => one.row.id === args.id) ??
    (String(args.id).startsWith("big-")
      ? change(world, { id: String(args.id) })
      : refuse("not_found", "There is no such change.")),
  get_attempt: (world, args) => {
    const found = [...world.changes, ...world.trash].find((one) => one.row.id === args.id);
    const tried = found?.attempts.find((one) => one.number === args.number);
    if (!found || !tried) return refuse("not_found", "There is no such try.");
    return wordForWord(found, tried);
  },
  list_transactions: (world, args) =>
    page(
      world.transactions.map((one) => one.row),
      Number(args.offset),
      Number(args.limit),
    ),
  get_transaction: (world, args) => {
    const found = world.transactions.find((one) => one.row.id === args.id);
    return found ? structuredClone(found) : refuse("not_found", "There is no such transaction.");
  },
  restore_transaction: (world, args) => {
    const found = world.transactions.find((one) => one.row.id === args.id);
    if (!found) return refuse("not_found", "There is no such transaction.");
    Object.assign(found.row, { state: "pending", error: null, rolledBack: 0 });
    for (const row of found.changes) Object.assign(row, { state: "waiting", reason: null });
    void world.tell();
    return found.row;
  },
  retry: (world, args) => {
    const ids = args.ids as string[];
    const found = world.changes.filter((one) => ids.includes(one.row.id));
    for (const one of found)
      Object.assign(one.row, { state: "waiting", reason: null, nextAt: null, position: 1 });
    void world.tell();
    return { done: found.length, alreadyGone: ids.length - found.length, kept: 0 };
  },
  ...parked,
  ...incoming,
  ...drafts,
  ...decided,
  ...groups,
  hold: (world, args) => {
    const ids = args.ids as string[];
    const found = world.changes.filter((one) => ids.includes(one.row.id));
    const held = args.held as boolean;
    for (const one of found) {
      Object.assign(
        one.row,
        held ? { state: "on_hold", reason: { kind: "held" } } : { state: "waiting", reason: null },
      );
    }
    void world.tell();
    return { done: found.length, alreadyGone: ids.length - found.length, kept: 0 };
  },
  discard: (world, args) => {
    const ids = args.ids as string[];
    const found = world.changes.filter((one) => ids.includes(one.row.id));
    world.changes = world.changes.filter((one) => !ids.includes(one.row.id));
    world.trash.push(
      ...found.map((one): ChangeDetail => ({
        ...one,
        row: { ...one.row, state: "in_trash", reason: null, goneAt: NOW + 30 * DAY },
      })),
    );
    void world.tell();
    return { done: found.length, alreadyGone: ids.length - found.length, kept: 0 };
  },
  get_queue_stats: (world) => world.stats(),
  clear_queue: (world, args) => {
    const going = world.changes.filter((one) =>
      ["queued", "parked", "uncertain"].includes(one.row.mutationState),
    );
    if (going.length !== args.expected) {
      return refuse(
        "moved",
        `${going.length} changes wait now, not ${String(args.expected)}`,
        "Look at the number again, then confirm it.",
      );
    }
    return commands.discard?.(world, { ids: going.map((one) => one.row.id) });
  },
  clear_old_requests: () => 12,
  may_be: (world, args) => {
    if (!world.changes.some((one) => one.row.id === args.id))
      return refuse("not_found", "There is no such change.");
    return [];
  },
  is_there: (world, args) => {
    world.changes = world.changes.filter((one) => one.row.id !== args.id);
    void world.tell();
    return null;
  },
  send_again: (world, args) => {
    const found = world.changes.find((one) => one.row.id === args.id);
    if (!found) return refuse("not_found", "There is no such change.");
    Object.assign(found.row, { state: "waiting", reason: null });
    void world.tell();
    return null;
  },
  reprocess_failed: (world) => {
    const found = world.changes.filter((one) => one.row.state === "needs_you");
    for (const one of found) Object.assign(one.row, { state: "waiting", reason: null });
    void world.tell();
    return { done: found.length, alreadyGone: 0, kept: 0 };
  },

  get_pending_conflicts: (world, args) => page(world.conflicts, args.offset as number, args.limit as number),
  get_conflict: (world, args) =>
    world.conflicts.find((one) => one.id === args.id) ??
    (world.decisions.some((one) => one.id === `conflict-${args.id}`)
      ? { ...conflict(args.id as number), open: false }
      : refuse("not_found", `there is no conflict ${args.id}`)),
  resolve_conflict: (world, args) => {
    const resolution = args.resolution as Resolution;
    const found = world.conflicts.find((one) => one.id === args.id);
    if (!found) return refuse("not_found", "This conflict is no longer open.");
    if (resolution.strategy === "skip") {
      found.later_until = resolution.until ?? null;
      for (const field of found.fields) field.choice = choiceOf(resolution.choices ?? [], field.path);
      found.chosen = (resolution.choices ?? []).length;
      found.result = merged(found, resolution.choices ?? []);
      found.sends = edits(read(found.server_data ?? "{}") ?? {}, read(found.result) ?? {}).map(
        (edit) => edit.path,
      );
      void world.tell();
      return { conflict: found.id, change: null, sends_at: null, sendsAt: null, result: found.result };
    }
    world.conflicts = world.conflicts.filter((one) => one !== found);
    world.undone.set(found.id, found);
    world.changes = world.changes.filter(
      (one) => !(one.row.reason?.kind === "conflict" && one.row.reason.conflict === found.id),
    );
    const sendsAt = world.settings.undoHold > 0 ? Date.now() + world.settings.undoHold : null;
    world.changes.push(
      change(world, {
        state: "on_hold",
        title: found.title,
        record: found.resource_id,
        reason: { kind: "undo", until: sendsAt ?? 0 },
        savedAt: Date.now(),
      }),
    );
    void world.tell();
    const result =
      resolution.strategy === "manual" ? merged(found, resolution.choices ?? []) : found.server_data;
    return { conflict: found.id, change: "c", sendsAt, result };
  },
  undo_resolution: (world, args) => {
    const found = world.undone.get(args.id as number);
    if (!found) return refuse("not_now", "It was sent already.");
    world.conflicts.unshift(found);
    world.decisions = world.decisions.filter((one) => one.conflict !== found.id);
    world.changes = world.changes.filter((one) => one.row.reason?.kind !== "undo");
    void world.tell();
    return null;
  },

  list_records: (world, args) => {
    const [offset, limit] = [args.offset as number, args.limit as number];
    const filter = args.filter as RecordFilter;
    if (world.bigRecords > 0 && args.collection === "invoices") {
      return made<RecordRow>(world.bigRecords, offset, limit, (i) => ({
        id: `REC-${i}`,
        title: `Record ${i}`,
        state: i % 50 === 0 ? "saved_here" : "clean",
        draft: false,
        changedAt: NOW - i * 1000,
        columns: [{ path: "/total", value: `${i}.10` }],
      }));
    }
    const rows = [...world.collection(String(args.link), String(args.collection)).values()]
      .filter((one) => !filter.changedHere || one.state === "saved_here" || one.state === "sending")
      .filter((one) => !filter.conflict || one.state === "conflict")
      .filter((one) => !filter.deletedHere || one.state === "deleted_here")
      .map(rowOf)
      .map((row) => ({ ...row, draft: world.drafts.has(formOf({ ...args, id: row.id })) }))
      .concat(filter.draft ? onlyDrafts(world, args) : [])
      .filter((row) => !filter.draft || row.draft)
      .filter(
        (row) =>
          filter.search === null ||
          `${row.id} ${row.title}`.toLowerCase().includes(filter.search.toLowerCase()),
      );
    return page(rows, offset, limit);
  },
  get_record: (world, args) => {
    const found = world.record(String(args.link), String(args.collection), String(args.id));
    if (!found) return refuse("not_found", "There is no such record.");
    const form = world.forms.get(`${args.link}/${args.collection}`);
    const [document, base] = [masked(form, found.document), masked(form, found.base)];
    return detailOf(String(args.link), String(args.collection), { ...found, document, base });
  },
  record_secret: (world, args) => {
    const found = world.record(String(args.link), String(args.collection), String(args.id));
    if (!found) return refuse("not_found", "There is no such record.");
    return secret(found.document, String(args.path));
  },
  get_form: (world, args) => world.forms.get(`${args.link}/${args.collection}`) ?? invoiceForm,
  create_record: (world, args) => {
    if (args.fromForm === true) world.drafts.delete(formOf(args));
    const id = `NEW-${world.nextNumber()}`;
    world.collection(String(args.link), String(args.collection)).set(id, {
      id,
      document: String(args.document),
      base: null,
      state: "saved_here",
      changedAt: Date.now(),
      by: null,
      revision: 1,
      conflict: null,
    });
    world.changes.push(
      change(world, {
        operation: "create",
        link: String(args.link),
        collection: String(args.collection),
        record: id,
        title: id,
        fields: [],
        savedAt: Date.now(),
        position: 1,
      }),
    );
    void world.tell();
    return { change: "c", record: id, revision: 1, combinedInto: null };
  },
  update_record: (world, args) => {
    const found = world.record(String(args.link), String(args.collection), String(args.id));
    if (!found || found.document === null) return refuse("not_found", "There is no such record.");
    const changes = args.edits as FieldEdit[];
    if (args.fromForm === true) leaveDraft(world, args, changes);
    let value: Json = read(found.document) ?? {};
    for (const edit of changes) value = put(value, edit.path, edit.set === null ? undefined : read(edit.set));
    found.document = write(value);
    found.revision += 1;
    if (found.state === "clean") found.state = "saved_here";
    found.changedAt = Date.now();
    world.changes.push(
      change(world, {
        link: String(args.link),
        collection: String(args.collection),
        record: found.id,
        title: rowOf(found).title,
        fields: changes.map((edit) => keys(edit.path).join("/")),
        savedAt: Date.now(),
        position: 1,
      }),
    );
    void world.tell();
    return { change: "c", record: found.id, revision: found.revision, combinedInto: null };
  },
  delete_record: (world, args) => {
    const found = world.record(String(args.link), String(args.collection), String(args.id));
    if (!found) return refuse("not_found", "There is no such record.");
    Object.assign(found, { state: "deleted_here", document: null, revision: found.revision + 1 });
    void world.tell();
    return { change: "c", record: found.id, revision: found.revision, combinedInto: null };
  },

  discover_link: (_world, args): unknown => {
    const wanted = args.link as NewLink;
    if (wanted.url.includes("unreachable")) {
      return refuse(
        "offline",
        "unreachable.example.com can't be reached: no such name.",
        "Check the address, or try again when you are connected.",
      );
    }
    const found: Discovery = {
      kind: wanted.kind,
      software: wanted.kind === "kinto" ? "Kinto 20.1" : null,
      collections: [
        { name: "articles", label: "Articles", count: 1204, bytes: 8_400_000, schema: null, references: [] },
        { name: "people", label: null, count: 88, bytes: null, schema: null, references: [] },
        { name: "archive", label: "Archive", count: null, bytes: null, schema: null, references: [] },
      ],
    };
    return found;
  },
  add_link: (world, args) => {
    const wanted = args.link as NewLink;
    world.links.push(
      link(wanted.name, new URL(wanted.url).host, {
        id: world.links.length + 10,
        kind: wanted.kind,
        url: wanted.url,
        user: wanted.user,
        collections: wanted.collections.map((name) => ({
          name,
          label: name,
          records: 0,
          unreadable: 0,
          asks: null,
          pulledAt: null,
          downloading: {
            processed: 200,
            total: 1204,
            successCount: 0,
            failureCount: 0,
            conflictCount: 0,
            bytes: 0,
            received: 200,
          },
          paused: false,
        })),
      }),
    );
    void world.tell();
    return { id: 9, name: wanted.name, secretKept: true, secretNote: null, collections: wanted.collections };
  },
  test_link: (): LinkTest => ({
    ok: false,
    clockSkew: 400,
    steps: [
      { step: "address", ok: true, words: "erp.example.com" },
      { step: "connected", ok: true, words: "Certificate trusted until 12 Mar 2027" },
      { step: "speaks", ok: true, words: "REST" },
      { step: "signed_in", ok: false, words: "401: the token has expired. Sign in again." },
    ],
  }),
  list_links: (world) => world.snapshot().links,
  remove_link: (world, args) => {
    const [unsent, unsaved] = [world.changes.length, world.drafts.size];
    if (!args.force && unsent + unsaved > 0) return { unsent, drafts: unsaved, removed: false };
    world.links = world.links.filter((one) => one.name !== args.name);
    void world.tell();
    return { unsent, drafts: unsaved, removed: true };
  },
  set_link_secret: (world, args) => {
    world.links = world.links.map((one) => (one.name === args.name ? { ...one, stopped: null } : one));
    void world.tell();
    return null;
  },
  set_link_limits: (world, args) => {
    world.links = world.links.map((one) =>
      one.name === args.name ? { ...one, limits: args.limits as (typeof one)["limits"] } : one,
    );
    void world.tell();
    return null;
  },
  list_rules: (world) => world.rules,
  try_rule: (world) => world.trial,
  set_rule: (world, args) => {
    world.rules = [...withoutRule(world, args), args as RuleRow];
    return null;
  },
  remove_rule: (world, args) => {
    world.rules = withoutRule(world, args);
    return null;
  },
  list_hooks: (world) => world.hooks,
  try_hook: (world) => world.hookTrial,
  set_hook: (world, args) => {
    world.hooks = [...withoutHook(world, args), { ...(args as Omit<HookRow, "setAt">), setAt: NOW }];
    return null;
  },
  remove_hook: (world, args) => {
    world.hooks = withoutHook(world, args);
    return null;
  },
  start_sample: (world) => {
    scenarios.calm?.(world);
    world.conflicts = [conflict(1)];
    void world.tell();
    return { id: 2, name: "Sample", secretKept: true, secretNote: null, collections: ["invoices"] };
  },
  get_sample_offline: (world) =>
    world.links.some((one) => one.name === "Sample") ? world.sampleOffline : null,
  set_sample_offline: (world, args) => {
    world.sampleOffline = Boolean(args.offline);
    world.links = world.links.map((one) => ({
      ...one,
      connectivity: world.sampleOffline ? "offline" : "online",
      offlineSince: world.sampleOffline ? NOW : null,
    }));
    void world.tell();
    return null;
  },
  let_colleague_edit: () => null,
  get_settings: (world) => world.settings,
  list_backups: (world) => ({
    folder: "~/.local/share/tidemark",
    bytes: 48_300_000,
    free: world.override.storeFault === "disk_full" ? 40_000_000 : 52_000_000_000,
    backups: world.backups,
  }),
  back_up_now: (world) => {
    const made = { name: `tidemark-made-${world.log.length}.db`, madeAt: NOW, bytes: 48_100_000 };
    world.backups = [made, ...world.backups].slice(0, 3);
    return made;
  },
  restore_backup: (world, args) => {
    const from = world.backups.find((backup) => backup.name === args.name);
    if (!from) return refuse("not_found", `There is no backup '${String(args.name)}'.`);
    if (world.links.length === 0) scenarios.calm?.(world);
    world.override = { putBack: { at: NOW, inDoubt: 3 } };
    return { from, setAside: "tidemark-set-aside-2026-11-21T14-05-30Z.db" };
  },
  seen_put_back: (world) => {
    world.override = { ...world.override, putBack: null };
    return null;
  },
  update_settings: (world, args) => (world.settings = args.settings as World["settings"]),
};
