// Every word the window says to the core: the generated commands, unwrapped. Each throws a `RefusedError` when refused.

import {
  commands,
  type AppSettings as SomeSettings,
  type ConflictShape,
  type ConflictView as AnyConflictView,
  type DraftEdit,
  type ExportFormat,
  type FieldEdit as AnyFieldEdit,
  type HookPlace,
  type GroupChoice,
  type LinkLimits,
  type NewLink as AnyNewLink,
  type QueueFilter as SomeQueueFilter,
  type RecordFilter as SomeRecordFilter,
  type Refusal,
  type RefusalCode,
  type Resolution,
  type Rule,
  type RulePlace as AnyRulePlace,
  type SeenConflict,
} from "./bindings";

export type * from "./bindings";

// What the core lets out by a default is always there when the window speaks.
export type AppSettings = Required<SomeSettings>;
export type QueueFilter = Required<SomeQueueFilter>;
export type RecordFilter = Required<SomeRecordFilter>;
export type NewLink = Required<AnyNewLink>;
export type RulePlace = Required<AnyRulePlace>;
export type FieldEdit = AnyFieldEdit;
export type ConflictView = AnyConflictView;

/** A command that could not be done: what the window branches on, what happened, what to do. */
export class RefusedError extends Error {
  readonly code: RefusalCode | "unknown";
  readonly hint: string;

  constructor(refusal: Partial<Refusal> & { message: string }) {
    // What to do follows what happened: the first is a sentence then.
    super(refusal.hint && !/[.!?:]$/.test(refusal.message) ? `${refusal.message}.` : refusal.message);
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

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: Refusal };

/** The answer itself; a refusal, and whatever the bridge throws, becomes a `RefusedError`. */
async function call<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (thrown) {
    throw RefusedError.from(thrown);
  }
  if (answer.status === "error") throw RefusedError.from(answer.error);
  return answer.data;
}

/** Where a record lives. */
export type RecordPlace = { link: string; collection: string; id: string };

/** Whose rows that could not be read are listed; null: all. */
export type UnreadableFilter = { link: string | null; collection: string | null };

export const bridge = {
  status: () => call(commands.getSyncStatus()),
  forceSync: (link: string | null = null, collection: string | null = null) =>
    call(commands.forceSync(link, collection)),
  pause: (link: string | null = null) => call(commands.pause(link, null)),
  resume: (link: string | null = null) => call(commands.resume(link, null)),

  /** Begins at an offset, or after the place that another page told. */
  listQueue: (filter: QueueFilter, start: number | string, limit: number) =>
    call(
      typeof start === "string"
        ? commands.listQueue(filter, null, start, limit)
        : commands.listQueue(filter, start, null, limit),
    ),
  change: (id: string) => call(commands.getChange(id)),
  attempt: (id: string, number: number) => call(commands.getAttempt(id, number)),
  retry: (ids: string[]) => call(commands.retry(ids)),
  reprocessFailed: () => call(commands.reprocessFailed()),
  mayBe: (id: string) => call(commands.mayBe(id)),
  isThere: (id: string, record: string) => call(commands.isThere(id, record)),
  sendAgain: (id: string) => call(commands.sendAgain(id)),
  discard: (ids: string[]) => call(commands.discard(ids)),
  queueStats: () => call(commands.getQueueStats()),
  /** `expected` is the number that the person saw; another is refused as moved. */
  clearQueue: (expected: number) => call(commands.clearQueue(expected)),
  clearOldRequests: () => call(commands.clearOldRequests()),
  hold: (ids: string[], held: boolean) => call(commands.hold(ids, held)),
  setPriority: (ids: string[], priority: number) => call(commands.setPriority(ids, priority)),
  previewDiscard: (ids: string[]) => call(commands.previewDiscard(ids)),
  restore: (ids: string[]) => call(commands.restoreChanges(ids)),
  exportChanges: (ids: string[], format: ExportFormat) => call(commands.exportChanges(ids, format)),
  causes: (after: number | null) => call(commands.listCauses(after)),
  listByRecord: (after: number | null) => call(commands.listByRecord(after)),
  causeChanges: (key: string, after: number | null) => call(commands.getCauseChanges(key, after)),

  transaction: (id: string) => call(commands.getTransaction(id)),
  restoreTransaction: (id: string) => call(commands.restoreTransaction(id)),

  listConflicts: (offset: number, limit: number) => call(commands.getPendingConflicts(offset, limit)),
  conflict: (id: number) => call(commands.getConflict(id)),
  /** `seen` is the server version that the person looked at; a newer one is refused as moved. */
  resolve: (id: number, resolution: Resolution, seen: string | null) =>
    call(commands.resolveConflict(id, resolution, seen)),
  undoResolution: (id: number) => call(commands.undoResolution(id)),
  conflictGroups: () => call(commands.listConflictGroups()),
  groupMembers: (shape: ConflictShape, offset: number, limit: number) =>
    call(commands.listGroupMembers(shape, offset, limit)),
  /** Each with the server version that the person looked at; those that moved are refused by themselves. */
  resolveGroup: (shape: ConflictShape, members: SeenConflict[], choices: GroupChoice[]) =>
    call(commands.resolveGroup(shape, members, choices)),
  undoResolutions: (ids: number[]) => call(commands.undoResolutions(ids)),

  listDecisions: (offset: number, limit: number) => call(commands.listDecisions(offset, limit)),
  decision: (id: string) => call(commands.getDecision(id)),
  putBack: (id: string) => call(commands.putBack(id)),

  listRecords: (link: string, collection: string, filter: RecordFilter, offset: number, limit: number) =>
    call(commands.listRecords(link, collection, filter, offset, limit)),
  record: (place: RecordPlace) => call(commands.getRecord(place.link, place.collection, place.id)),
  /** A secret of a record as JSON text; the record itself has a mask in its place. */
  recordSecret: (place: RecordPlace, path: string) =>
    call(commands.recordSecret(place.link, place.collection, place.id, path)),
  form: (link: string, collection: string) => call(commands.getForm(link, collection)),
  draft: (link: string, collection: string, id: string | null) =>
    call(commands.getDraft(link, collection, id)),
  /** Answers the paths of secrets, which are not kept. */
  keepDraft: (link: string, collection: string, id: string | null, edits: DraftEdit[]) =>
    call(commands.keepDraft(link, collection, id, edits)),
  // The window saves from forms alone, so that what is saved leaves the form's draft.
  createRecord: (link: string, collection: string, document: string) =>
    call(commands.createRecord(link, collection, document, null, true)),
  updateRecord: (place: RecordPlace, edits: FieldEdit[]) =>
    call(commands.updateRecord(place.link, place.collection, place.id, edits, null, true)),
  deleteRecord: (place: RecordPlace) =>
    call(commands.deleteRecord(place.link, place.collection, place.id, null, true)),

  discover: (link: NewLink) => call(commands.discoverLink(link)),
  addLink: (link: NewLink) => call(commands.addLink(link)),
  testLink: (name: string) => call(commands.testLink(name)),
  removeLink: (name: string, force: boolean) => call(commands.removeLink(name, force)),
  /** Answers why the keychain does not hold the new secret; null where it does. */
  setSecret: (name: string, secret: string, user: string | null) =>
    call(commands.setLinkSecret(name, secret, user)),
  setLimits: (name: string, limits: LinkLimits) => call(commands.setLinkLimits(name, limits)),

  listRules: () => call(commands.listRules()),
  /** Changes nothing. */
  tryRule: (place: RulePlace, rule: Rule) => call(commands.tryRule(place, rule)),
  setRule: (place: RulePlace, rule: Rule) => call(commands.setRule(place, rule)),
  removeRule: (place: RulePlace) => call(commands.removeRule(place)),

  listHooks: () => call(commands.listHooks()),
  /** Changes nothing. */
  tryHook: (place: HookPlace, script: string) => call(commands.tryHook(place, script)),
  setHook: (place: HookPlace, script: string) => call(commands.setHook(place, script)),
  removeHook: (place: HookPlace) => call(commands.removeHook(place)),

  listRemovals: (link: string, collection: string, offset: number, limit: number) =>
    call(commands.listRemovals(link, collection, offset, limit)),
  /** `number` is the one that was asked about; another is refused as moved. */
  allowRemovals: (link: string, collection: string, number: number) =>
    call(commands.allowRemovals(link, collection, number)),
  listUnreadable: (filter: UnreadableFilter, offset: number, limit: number) =>
    call(commands.listUnreadable(filter.link, filter.collection, offset, limit)),
  unreadable: (id: number) => call(commands.getUnreadable(id)),
  readAgain: (ids: number[]) => call(commands.readAgain(ids)),
  forgetUnreadable: (ids: number[]) => call(commands.forgetUnreadable(ids)),

  startSample: () => call(commands.startSample()),
  setSampleOffline: (offline: boolean) => call(commands.setSampleOffline(offline)),
  /** Null where the sample server does not run. */
  sampleOffline: () => call(commands.getSampleOffline()),
  letColleagueEdit: () => call(commands.letColleagueEdit()),

  /** The local store with its backups, newest first; works also where it cannot be opened. */
  storage: () => call(commands.listBackups()),
  backUpNow: () => call(commands.backUpNow()),
  restoreBackup: (name: string) => call(commands.restoreBackup(name)),
  seenPutBack: () => call(commands.seenPutBack()),

  settings: () => call(commands.getSettings()) as Promise<AppSettings>,
  updateSettings: (settings: AppSettings) => call(commands.updateSettings(settings)) as Promise<AppSettings>,
};
