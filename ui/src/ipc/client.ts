// Every word the window says to the core. Each function calls one command and throws a `RefusedError` when it is refused.

import { invoke } from "@tauri-apps/api/core";
import type {
  AddedLink,
  AppSettings,
  BulkResult,
  ChangeDetail,
  ChangeRow,
  ConflictRow,
  ConflictView,
  Discovery,
  FieldEdit,
  Form,
  LinkStatus,
  LinkTest,
  ListPage,
  NewLink,
  QueueFilter,
  QueueStats,
  RecordDetail,
  RecordFilter,
  RecordRow,
  Refusal,
  RefusalCode,
  RemovedLink,
  Resolution,
  Resolved,
  Saved,
  StatusSnapshot,
} from "./types";

export type * from "./types";

/** A command that could not be done: what the window branches on, what happened, what to do. */
export class RefusedError extends Error {
  readonly code: RefusalCode | "unknown";
  readonly hint: string;

  constructor(refusal: Partial<Refusal> & { message: string }) {
    super(refusal.message);
    this.name = "RefusedError";
    this.code = refusal.code ?? "unknown";
    this.hint = refusal.hint ?? "";
  }

  /** Makes one of whatever was thrown. */
  static from(thrown: unknown): RefusedError {
    if (thrown instanceof RefusedError) return thrown;
    if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
      return new RefusedError(thrown as Refusal);
    }
    return new RefusedError({ message: String(thrown) });
  }
}

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw RefusedError.from(thrown);
  }
}

/** Where a record lives. */
export type RecordPlace = { link: string; collection: string; id: string };

export const bridge = {
  status: () => call<StatusSnapshot>("get_sync_status"),
  forceSync: (link: string | null = null, collection: string | null = null) =>
    call<void>("force_sync", { link, collection }),
  pause: (link: string | null = null) => call<void>("pause", { link, collection: null }),
  resume: (link: string | null = null) => call<void>("resume", { link, collection: null }),

  queueStats: () => call<QueueStats>("get_queue_stats"),
  listQueue: (filter: QueueFilter, offset: number, limit: number) =>
    call<ListPage<ChangeRow>>("list_queue", { filter, offset, limit }),
  change: (id: string) => call<ChangeDetail>("get_change", { id }),
  retry: (ids: string[]) => call<BulkResult>("retry", { ids }),
  reprocessFailed: () => call<BulkResult>("reprocess_failed"),
  discard: (ids: string[]) => call<BulkResult>("discard", { ids }),
  hold: (ids: string[], held: boolean) => call<BulkResult>("hold", { ids, held }),

  listConflicts: (offset: number, limit: number) =>
    call<ListPage<ConflictRow>>("get_pending_conflicts", { offset, limit }),
  conflict: (id: number) => call<ConflictView>("get_conflict", { id }),
  /** `seen` is the server version that the person looked at; a newer one is refused as moved. */
  resolve: (id: number, resolution: Resolution, seen: string | null) =>
    call<Resolved>("resolve_conflict", { id, resolution, seen }),
  undoResolution: (id: number) => call<void>("undo_resolution", { id }),

  listRecords: (link: string, collection: string, filter: RecordFilter, offset: number, limit: number) =>
    call<ListPage<RecordRow>>("list_records", { link, collection, filter, offset, limit }),
  record: (place: RecordPlace) => call<RecordDetail>("get_record", place),
  form: (link: string, collection: string) => call<Form>("get_form", { link, collection }),
  createRecord: (link: string, collection: string, document: string) =>
    call<Saved>("create_record", { link, collection, document }),
  updateRecord: (place: RecordPlace, edits: FieldEdit[]) => call<Saved>("update_record", { ...place, edits }),
  deleteRecord: (place: RecordPlace) => call<Saved>("delete_record", place),

  discover: (link: NewLink) => call<Discovery>("discover_link", { link }),
  addLink: (link: NewLink) => call<AddedLink>("add_link", { link }),
  testLink: (name: string) => call<LinkTest>("test_link", { name }),
  listLinks: () => call<LinkStatus[]>("list_links"),
  removeLink: (name: string, force: boolean) => call<RemovedLink>("remove_link", { name, force }),
  setSecret: (name: string, secret: string) => call<boolean>("set_link_secret", { name, secret }),
  allowRemovals: (link: string, collection: string) => call<void>("allow_removals", { link, collection }),
  startSample: () => call<AddedLink>("start_sample"),
  setSampleOffline: (offline: boolean) => call<void>("set_sample_offline", { offline }),
  sampleOffline: () => call<boolean | null>("get_sample_offline"),

  settings: () => call<AppSettings>("get_settings"),
  updateSettings: (settings: AppSettings) => call<AppSettings>("update_settings", { settings }),
};
