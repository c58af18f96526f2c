// Stands in for the generated types until bindings.ts has them.

export type ListPage<T> = {
  rows: T[];
  total: number;
};

export type Refusal = {
  code: RefusalCode;
  message: string;
  hint: string;
};

export type RefusalCode =
  "not_found" | "invalid" | "not_now" | "moved" | "offline" | "sign_in" | "store" | "server" | "keychain";

export type ConflictType =
  | "both_updated"
  | "updated_here_deleted_there"
  | "deleted_here_updated_there"
  | "created_on_both"
  | "no_base";

export type ConflictRow = {
  id: number;
  link: string;
  server: string;
  resource_type: string;
  resource_id: string;
  title: string;
  conflict_type: ConflictType;
  to_choose: number;
  merged: number;
  chosen: number;
  created_at: number;
  updated_at: number;
  local_at: number | null;
  server_at: number | null;
  server_by: string | null;
  later_until: number | null;
  may_already_be_in: boolean;
};

export type ConflictView = ConflictRow & {
  base_data: string | null;
  local_data: string | null;
  server_data: string | null;
  server_version: string | null;
  result: string | null;
  fields: ConflictField[];
  unchanged: number;
  base_at: number | null;
  clock_skew: number | null;
};

export type ConflictField = {
  path: string;
  label: string;
  class: FieldClass;
  base: string | null;
  local: string | null;
  server: string | null;
  result: string | null;
  undecided: boolean;
  choice: FieldChoice | null;
  note: Note | null;
};

export type FieldChoice = "mine" | "server" | "base" | { json: string };

export type ChoiceAt = {
  path: string;
  choice: FieldChoice;
};

export type Resolution =
  | { strategy: "local_wins" }
  | { strategy: "server_wins" }
  | { strategy: "manual"; choices: ChoiceAt[]; document: string | null }
  | { strategy: "skip"; choices: ChoiceAt[]; until: number | null };

export type Resolved = {
  conflict: number;
  change: string | null;
  sendsAt: number | null;
  result: string | null;
};

export type SyncProgress = Progress & {
  link: string;
};

export type QueueChanged = {
  queueLength: number;
  changes: string[];
  many: boolean;
};

export type RecordsChanged = {
  link: string;
  collection: string;
  records: string[];
  many: boolean;
};

export type ConflictCreated = {
  conflict: number;
  link: string;
  collection: string;
  record: string;
  title: string;
  refreshed: boolean;
  open: number;
};

export type ConflictResolved = {
  conflict: number;
  link: string;
  collection: string;
  record: string;
  resolution: Resolution | null;
  open: number;
};

export type NewLink = {
  name: string;
  kind: string;
  url: string;
  user: string | null;
  secret: string | null;
  settings: string | null;
  collections: string[];
};

export type AddedLink = {
  id: number;
  name: string;
  secretKept: boolean;
  secretNote: string | null;
  collections: string[];
};

export type Discovery = {
  kind: string;
  software: string | null;
  collections: Discovered[];
};

export type LinkTest = {
  steps: TestStep[];
  ok: boolean;
  clockSkew: number | null;
};

export type TestStep = {
  step: TestStepKind;
  ok: boolean;
  words: string;
};

export type TestStepKind = "address" | "connected" | "speaks" | "signed_in" | "may_read" | "clock";

export type RemovedLink = {
  unsent: number;
  removed: boolean;
};

export type AppSettings = {
  theme: Theme;
  density: Density;
  notifyConflicts: boolean;
  notifyNeedsYou: boolean;
  undoHold: number;
};

export type Theme = "system" | "light" | "dark";

export type Density = "compact" | "default" | "comfort";

export type ChangeState =
  | "waiting"
  | "sending"
  | "trying_again"
  | "on_hold"
  | "needs_you"
  | "conflict"
  | "not_confirmed"
  | "confirmed"
  | "in_trash"
  | "ended";

export type QueueFilter = {
  state: ChangeState | null;
  link: string | null;
  collection: string | null;
  search: string | null;
};

export type ChangeRow = {
  id: string;
  number: number;
  state: ChangeState;
  mutationState: MutationState;
  link: string;
  collection: string;
  record: string;
  title: string;
  operation: Operation;
  fields: string[];
  savedAt: number;
  size: number;
  attempts: number;
  nextAt: number | null;
  reason: WaitReason | null;
  position: number | null;
  priority: number;
};

export type WaitReason =
  | { kind: "behind"; change: number }
  | { kind: "dependency"; change: number }
  | { kind: "backoff"; class: ErrorClass; words: string }
  | { kind: "held" }
  | { kind: "undo"; until: number }
  | { kind: "paused" }
  | { kind: "link_stopped" }
  | { kind: "conflict"; conflict: number }
  | { kind: "refused"; class: ErrorClass; status: number | null; words: string }
  | { kind: "may_have_been_sent" };

export type ChangeDetail = {
  row: ChangeRow;
  changes: FieldChange[];
  attempts: AttemptView[];
  request: RequestView | null;
  metadata: string | null;
  waitsFor: number[];
  waitedOnBy: number[];
  combinedInto: string | null;
  endedAt: number | null;
};

export type FieldChange = {
  path: string;
  before: string | null;
  after: string | null;
};

export type AttemptView = {
  number: number;
  startedAt: number;
  endedAt: number | null;
  status: number | null;
  class: ErrorClass | null;
  words: string;
  excerpt: string | null;
  retryAt: number | null;
  key: string;
};

export type RequestView = {
  method: string;
  url: string;
  headers: string[];
  body: string | null;
  key: string;
};

export type BulkResult = {
  done: number;
  alreadyGone: number;
};

export type QueueStats = {
  counts: QueueCountsByState;
  collections: CollectionQueue[];
  oldestPending: number | null;
  nextRetry: number | null;
};

export type QueueCountsByState = {
  queued: number;
  sealed: number;
  uncertain: number;
  conflicted: number;
  parked: number;
  confirmed: number;
  superseded: number;
  combined: number;
  cancelled: number;
  discarded: number;
};

export type CollectionQueue = {
  link: string;
  collection: string;
  counts: QueueCountsByState;
};

export type RecordState = "clean" | "saved_here" | "sending" | "conflict" | "needs_you" | "deleted_here";

export type RecordFilter = {
  changedHere: boolean;
  conflict: boolean;
  deletedHere: boolean;
  search: string | null;
};

export type RecordRow = {
  id: string;
  title: string;
  state: RecordState;
  changedAt: number | null;
  columns: FieldValue[];
};

export type FieldValue = {
  path: string;
  value: string;
};

export type RecordDetail = {
  link: string;
  collection: string;
  row: RecordRow;
  document: string | null;
  base: string | null;
  baseVersion: string | null;
  baseBy: string | null;
  baseAt: number | null;
  pending: FieldChange[];
  revision: number;
  changes: string[];
  conflict: number | null;
};

export type FieldEdit = {
  path: string;
  set: string | null;
};

export type Saved = {
  change: string | null;
  record: string;
  revision: number;
  combinedInto: string | null;
};

export type Form = {
  fromSchema: boolean;
  fields: FormField[];
};

export type FormField = {
  path: string;
  label: string;
  kind: FieldKind;
  required: boolean;
  readOnly: boolean;
  choices: string[];
  refersTo: string | null;
};

export type FieldKind =
  | "text"
  | "long_text"
  | "integer"
  | "number"
  | "boolean"
  | "date"
  | "date_time"
  | "choice"
  | "reference"
  | "json";

export type EngineState = "idle" | "syncing" | "failed";

export type Connectivity = "unknown" | "online" | "offline";

export type StatusSnapshot = {
  seq: number;
  at: number;
  state: EngineState;
  connectivity: Connectivity;
  paused: boolean;
  pausedSince: number | null;
  stats: SyncStats;
  queueLength: number;
  lastSyncTime: number | null;
  lastError: LastError | null;
  sentence: Sentence;
  activity: Activity;
  attention: Attention;
  queue: QueueCounts;
  progress: Progress | null;
  ledger: Ledger;
  sentToday: number;
  refusedToday: number;
  mergedWeek: number;
  lastConfirmedAt: number | null;
  storeFault: StoreFault | null;
  links: LinkStatus[];
};

export type SyncStats = {
  successCount: number;
  failureCount: number;
  conflictCount: number;
  lastSyncDuration: number | null;
};

export type LastError = {
  link: string;
  class: ErrorClass;
  words: string;
  at: number;
};

export type StoreFault = "disk_full" | "read_only" | "damaged" | "io";

export type Sentence =
  | { id: "cannotSave"; fault: StoreFault }
  | { id: "storeDamaged" }
  | { id: "paused"; waiting: number }
  | { id: "signIn"; server: string; waiting: number }
  | { id: "offlineWaiting"; waiting: number }
  | { id: "offlineNothing"; lastContact: number | null }
  | { id: "sending"; done: number; total: number; server: string }
  | { id: "needYou"; needsYou: number; others: number }
  | { id: "conflicts"; conflicts: number }
  | { id: "stopped"; server: string; waiting: number }
  | { id: "busy"; server: string; waiting: number; at: number }
  | { id: "checking"; server: string }
  | { id: "upToDate"; asOf: number }
  | { id: "waiting"; waiting: number; next: number | null }
  | { id: "noLinks" };

export type Activity =
  | { id: "cannotSave" }
  | { id: "paused"; waiting: number }
  | { id: "offline"; waiting: number }
  | { id: "someUnreachable"; unreachable: number; of: number }
  | { id: "syncing"; done: number; total: number }
  | { id: "checking"; server: string }
  | { id: "waiting"; waiting: number; next: number | null }
  | { id: "nothingWaiting" }
  | { id: "upToDate"; asOf: number }
  | { id: "noLinks" };

export type Attention = {
  conflicts: number;
  needsYou: number;
  signIn: string[];
};

export type QueueCounts = {
  waiting: number;
  tryingAgain: number;
  onHold: number;
  sending: number;
  notConfirmed: number;
  inConflict: number;
  needsYou: number;
  inTrash: number;
  oldestAt: number | null;
  nextAt: number | null;
};

export type Progress = {
  processed: number;
  total: number;
  successCount: number;
  failureCount: number;
  conflictCount: number;
  bytes: number;
  received: number;
};

export type Ledger = {
  since: number | null;
  saved: number;
  confirmed: number;
  notConfirmed: number;
  waiting: number;
  conflicts: number;
  needsYou: number;
  superseded: number;
  combined: number;
  cancelled: number;
  discarded: number;
  balanced: boolean;
};

export type LinkStatus = {
  id: number;
  name: string;
  kind: string;
  url: string;
  server: string;
  user: string | null;
  connectivity: Connectivity;
  paused: boolean;
  stopped: Stopped | null;
  syncing: boolean;
  lastContact: number | null;
  offlineSince: number | null;
  nextTry: number | null;
  queue: QueueCounts;
  conflicts: number;
  lastError: LastError | null;
  secretKept: boolean;
  clockSkew: number | null;
  collections: CollectionStatus[];
};

export type Stopped =
  | { reason: "sign_in"; words: string }
  | { reason: "intercepted"; words: string }
  | { reason: "untrusted"; words: string }
  | { reason: "upgrade"; words: string }
  | { reason: "deletions"; collection: string; wouldRemove: number; of: number }
  | { reason: "not_found"; words: string };

export type CollectionStatus = {
  name: string;
  label: string;
  records: number;
  quarantined: number;
  pulledAt: number | null;
  downloading: Progress | null;
  paused: boolean;
};

export type Discovered = {
  name: string;
  label: string | null;
  count: number | null;
  bytes: number | null;
  schema: string | null;
  references: Reference[];
};

export type Reference = {
  path: string;
  collection: string;
};

export type ErrorClass =
  | "offline"
  | "untrusted"
  | "transient"
  | "throttled"
  | "auth"
  | "conflict"
  | "permanent"
  | "upgrade"
  | "intercepted";

export type Operation = "create" | "update" | "replace" | "delete" | "request";

export type MutationState =
  | "queued"
  | "sealed"
  | "uncertain"
  | "conflicted"
  | "parked"
  | "confirmed"
  | "superseded"
  | "combined"
  | "cancelled"
  | "discarded";

export type FieldClass =
  | "only_mine"
  | "only_server"
  | "same_change"
  | "clash"
  | "combined"
  | "rows_order"
  | "additive"
  | "set_by_server"
  | "secret";

export type Note =
  | "matched_by_position"
  | "only_spaces_differ"
  | "line_merged"
  | "too_different"
  | "row_order"
  | "group_mixed";
