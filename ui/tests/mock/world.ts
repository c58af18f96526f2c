// A small core of memory: enough of Tidemark's behaviour that every screen and the main flow can be driven.

import { emit } from "@tauri-apps/api/event";
import type {
  AppSettings,
  Backup,
  ChangeDetail,
  ChangeRow,
  CollectionStatus,
  ConflictView,
  DecisionView,
  Draft,
  Form,
  HookRow,
  HookTrial,
  LinkStatus,
  QueueStats,
  RefusalCode,
  RuleRow,
  RuleTrial,
  StatusSnapshot,
  Removal,
  TransactionDetail,
  UnreadableDetail,
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
  /** Drafts of forms by link, collection and id; the id of a new record's is empty. */
  drafts = new Map<string, Draft>();
  changes: ChangeDetail[] = [];
  trash: ChangeDetail[] = [];
  transactions: TransactionDetail[] = [];
  conflicts: ConflictView[] = [];
  /** What was decided and merged, newest first. */
  decisions: DecisionView[] = [];
  /** Records that collections would remove and ask about, by "link/collection". */
  removals = new Map<string, Removal[]>();
  /** Rows that could not be read, newest first. */
  unreadable: UnreadableDetail[] = [];
  /** How many of those can be read when they are asked for again. */
  mended = 0;
  settings: AppSettings = {
    theme: "system",
    density: "default",
    notifyConflicts: true,
    notifyNeedsYou: true,
    undoHold: 10_000,
    sync: null,
  };
  rules: RuleRow[] = [];
  /** What any rule would have done. */
  trial: RuleTrial = { past: 0, decided: 0, differently: 0, open: 0, ends: 0, examples: [] };
  hooks: HookRow[] = [];
  /** What any hook would have done. */
  hookTrial: HookTrial = { trial: this.trial, untried: 0, wrong: 0, faults: [] };
  /** Newest first. */
  backups: Backup[] = [
    { name: "tidemark-2.db", madeAt: Date.UTC(2026, 10, 21, 13, 0), bytes: 48_100_000 },
    { name: "tidemark-1.db", madeAt: Date.UTC(2026, 10, 20, 13, 0), bytes: 47_000_000 },
  ];
  paused = false;
  sampleOffline = false;
  /** Commands that are refused, with what they say. */
  refuses = new Map<string, { code: RefusalCode; message: string; hint: string }>();
  /** Commands that never answer: a screen that loads. */
  hangs = new Set<string>();
  /** Commands that are done only once this happens: a slow disk. */
  waits = new Map<string, Promise<unknown>>();
  /** Everything that was asked, in order. */
  log: { command: string; args: unknown }[] = [];
  /** Lists that are made on the fly, for 100,000 rows. */
  bigQueue = 0;
  bigRecords = 0;
  override: Partial<StatusSnapshot> = {};
  undone = new Map<number, ConflictView>();
  #seq = 0;
  #number = 1040;

  /** A connection's numbers: those of all, as far as they are its changes'. */
  #queueOf(link: LinkStatus, all: LinkStatus["queue"]): LinkStatus["queue"] {
    if (this.bigQueue > 0) return all;
    const own = this.changes.filter(({ row }) => row.link === link.name);
    const count = (state: ChangeRow["state"]) => own.filter(({ row }) => row.state === state).length;
    return {
      ...all,
      waiting: count("waiting") + count("trying_again") + count("on_hold"),
      tryingAgain: count("trying_again"),
      onHold: count("on_hold"),
      sending: count("sending"),
      notConfirmed: count("not_confirmed"),
      inConflict: count("conflict"),
      needsYou: count("needs_you"),
    };
  }

  get offline(): boolean {
    return this.links.length > 0 && this.links.every((link) => link.connectivity === "offline");
  }

  nextNumber(): number {
    return ++this.#number;
  }

  /** The numbers of the queue's states, over all and for each collection. */
  stats(): QueueStats {
    const counts = (of: ChangeDetail[]): QueueStats["counts"] => {
      const count = (state: string) => of.filter(({ row }) => row.mutationState === state).length;
      return {
        queued: count("queued"),
        sealed: count("sealed"),
        uncertain: count("uncertain"),
        conflicted: count("conflicted"),
        parked: count("parked"),
        confirmed: 1180,
        superseded: 0,
        combined: 0,
        cancelled: 0,
        discarded: this.trash.length,
      };
    };
    const collections = new Map<string, ChangeDetail[]>();
    for (const one of this.changes) {
      const key = JSON.stringify([one.row.link, one.row.collection]);
      collections.set(key, [...(collections.get(key) ?? []), one]);
    }
    const all = counts(this.changes);
    return {
      counts: this.bigQueue > 0 ? { ...all, queued: this.bigQueue } : all,
      collections: [...collections].map(([key, of]) => {
        const [link, collection] = JSON.parse(key) as [string, string];
        return { link, collection, counts: counts(of) };
      }),
      oldestPending: null,
      nextRetry: null,
    };
  }

  snapshot(): StatusSnapshot {
    const count = (state: ChangeRow["state"]) =>
      this.changes.filter((change) => change.row.state === state).length;
    const waiting = this.bigQueue || count("waiting") + count("trying_again") + count("on_hold");
    const needsYou = count("needs_you");
    const conflicts = this.conflicts.length;
    const server = this.links[0]?.server ?? "";
    const unreadable = this.unreadable.length;
    const asking = this.links.flatMap((link) =>
      link.collections.flatMap(({ asks }) => (asks ? [{ server: link.server, ...asks }] : [])),
    );
    const removals = asking.length;
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
                : asking[0]
                  ? { id: "removals", server: asking[0].server, wouldRemove: asking[0].wouldRemove }
                  : waiting > 0
                    ? { id: "sending", done: 0, total: waiting, server }
                    : unreadable > 0
                      ? { id: "unreadable", rows: unreadable }
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
              : needsYou + conflicts + removals + unreadable > 0
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
      attention: { conflicts, needsYou, removals, unreadable, signIn: [] },
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
      putBack: null,
      network: "unknown",
      links: this.links.map((link, i) => ({
        ...link,
        ...(i === 0 ? { conflicts } : {}),
        queue: this.#queueOf(link, i === 0 ? queue : link.queue),
        collections: link.collections.map((one) => ({
          ...one,
          unreadable: this.unreadable.filter(
            ({ row }) => row.link === link.name && row.collection === one.name,
          ).length,
        })),
      })),
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

  /** What a collection asks; null ends the question. */
  ask(link: string, collection: string, asks: CollectionStatus["asks"]): void {
    this.links = this.links.map((one) =>
      one.name === link
        ? {
            ...one,
            collections: one.collections.map((its) => (its.name === collection ? { ...its, asks } : its)),
          }
        : one,
    );
  }

  record(link: string, collection: string, id: string): Stored | undefined {
    return this.collection(link, collection).get(id);
  }
}
