// The conflicts of one shape, which of them are ticked, and one choice for each field of all of them.

import {
  bridge,
  RefusedError,
  type ConflictField,
  type ConflictRow,
  type ConflictShape,
  type FieldChoice,
  type GroupChoice,
  type GroupMember,
  type GroupResolved,
  type Note,
} from "../ipc/client";
import { kept } from "./conflicts.svelte";
import { fits, nameOf } from "./conflict-shapes.svelte";
import { excerpts, startExcerpt } from "./excerpt";
import { keys, unquote } from "./json";
import { TickRange, type Tickable } from "./tick-range";

/** Rows that the core hands over at a time. */
const PAGE = 500;
/** No more are decided at once. */
export const MOST = 10_000;

/** Why a conflict is not ticked by itself. */
export type Warning =
  | { why: "may_be_in" | "begun" | "moved" }
  | { why: "later"; until: number }
  | { why: "note"; label: string; note: Note }
  | { why: "refused"; refused: RefusedError };

/** What can be typed for a field: a text as it is, any other value by its literal, or nothing. */
export type Typing = "text" | "value" | "nothing";

/** One field of one conflict, as its row shows it. */
export interface SheetField {
  label: string;
  /** The path of the shape that it is chosen by. */
  pattern: string;
  /** JSON texts, shortened to where they differ; null where the field is not there. */
  base: string | null;
  mine: string | null;
  server: string | null;
  secret: boolean;
  /** Undefined where none of its values tells. */
  typing: Typing | undefined;
}

/** One conflict of the sheet: of its values only what its row shows is kept, so that thousands are light. */
export interface SheetRow {
  row: ConflictRow;
  /** The server version that is shown; the decision is made on top of it. */
  seen: string | null;
  fields: SheetField[];
  /** What the conflict itself says. */
  warnings: Warning[];
}

/** A conflict that was not decided with the others. */
export interface Refused {
  title: string;
  refused: RefusedError;
  /** It was among the rows when they were read again. */
  listed: boolean;
}

/** What is to be chosen for all. */
export type Asks = "fields" | "record" | "nothing";

function warningsOf({ conflict: row, fields }: GroupMember): Warning[] {
  const found: Warning[] = [];
  if (row.may_already_be_in) found.push({ why: "may_be_in" });
  if (row.chosen > 0) found.push({ why: "begun" });
  if (row.later_until !== null && row.later_until > Date.now()) {
    found.push({ why: "later", until: row.later_until });
  }
  for (const { label, note } of fields) {
    // That the path is the order of rows says what it is, not what to mind.
    if (note !== null && note !== "row_order") found.push({ why: "note", label, note });
  }
  return found;
}

function typingOf({ class: kind, base, local, server }: ConflictField): Typing | undefined {
  // A secret is chosen without reading, and an order names rows that no other record has.
  if (kind === "secret" || kind === "rows_order") return "nothing";
  const values = [base, local, server].filter((one) => one !== null && one !== "null");
  if (values.length === 0) return undefined;
  return values.every((one) => unquote(one) !== undefined) ? "text" : "value";
}

function rowOf(member: GroupMember, shape: ConflictShape): SheetRow {
  const fields = member.fields.map((field) => {
    const secret = field.class === "secret";
    const [mine, server] = secret ? [null, null] : excerpts(field.local, field.server);
    const base = secret ? null : startExcerpt(field.base, [field.local, field.server]);
    const pattern = shape.paths.find((one) => fits(field.path, one)) ?? field.path;
    return { label: field.label, pattern, base, mine, server, secret, typing: typingOf(field) };
  });
  // In the order of the choices above the rows.
  const place = (field: SheetField) => shape.paths.indexOf(field.pattern);
  fields.sort((a, b) => place(a) - place(b));
  return { row: member.conflict, seen: member.serverVersion, fields, warnings: warningsOf(member) };
}

export class GroupSheet implements Tickable {
  readonly shape: ConflictShape;
  rows = $state.raw<SheetRow[]>([]);
  /** How many there are, those that are not read yet among them. */
  total = $state(0);
  /** All rows are here. */
  complete = $state(false);
  error = $state<RefusedError | undefined>();
  /** By the shape's paths; by the empty one where the whole record is chosen. */
  choices = $state.raw<ReadonlyMap<string, FieldChoice>>(new Map());
  /** Values that were typed, as JSON texts; they stay while another choice is looked at. */
  typed = $state.raw<ReadonlyMap<string, string>>(new Map());
  /** What the fields started as is shown. */
  showBase = $state(true);
  /** Ticks over more than one row. */
  readonly range = new TickRange(this);
  working = $state(false);
  /** The whole decision was refused. */
  refused = $state<RefusedError | undefined>();
  /** Conflicts that were not decided with the others, and why: those that have another shape by now among them. */
  refusals = $state.raw<ReadonlyMap<number, Refused>>(new Map());
  /** The last decision was refused for every one of them. */
  noneDecided = $state(false);

  /** What is ticked where the person ticked nothing: what has no warning, everything, or nothing. */
  #rule = $state<"sound" | "all" | "none">("sound");
  /** The person's own ticks. */
  #own = $state.raw<ReadonlyMap<number, boolean>>(new Map());
  /** Conflicts whose server side moved while they were shown. */
  #moved = $state.raw<ReadonlySet<number>>(new Set());
  #reading = false;
  #again = false;

  constructor(shape: ConflictShape) {
    this.shape = shape;
  }

  get asks(): Asks {
    const { conflictType: type, paths } = this.shape;
    if (paths.length > 0) return "fields";
    return type === "updated_here_deleted_there" || type === "deleted_here_updated_there"
      ? "record"
      : "nothing";
  }

  /** Reads all rows, page by page; what is asked for meanwhile is read once more at the end. */
  async read(): Promise<void> {
    this.#again = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    try {
      do {
        this.#again = false;
        // A decision reads again when it is made.
        if (!this.working) await this.#readOnce();
      } while (this.#again);
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    } finally {
      this.#reading = false;
    }
  }

  async #readOnce(): Promise<void> {
    const found = new Map<number, SheetRow>();
    for (let offset = 0; ;) {
      const page = await bridge.groupMembers(this.shape, offset, PAGE);
      for (const member of page.rows) found.set(member.conflict.id, rowOf(member, this.shape));
      offset += page.rows.length;
      const ended = page.rows.length === 0 || offset >= page.total;
      // Rows that are shown already stay until the new ones are all here.
      if (!this.complete || ended) {
        this.total = ended ? found.size : page.total;
        this.#show([...found.values()]);
      }
      if (ended) break;
    }
    this.complete = true;
    const refusals = [...this.refusals].filter(([id, one]) => found.has(id) || !one.listed);
    this.refusals = new Map(refusals.map(([id, one]) => [id, { ...one, listed: found.has(id) }]));
  }

  #show(rows: SheetRow[]): void {
    const before = new Map(this.rows.map(({ row, seen }) => [row.id, seen]));
    const moved = rows.filter(({ row, seen }) => before.has(row.id) && before.get(row.id) !== seen);
    if (moved.length > 0) {
      this.#moved = new Set([...this.#moved, ...moved.map(({ row }) => row.id)]);
      this.#leaveOut(moved.map(({ row }) => row.id));
    }
    this.rows = rows;
  }

  /** What there is to say about a conflict before it is decided with the others. */
  warnings(one: SheetRow): Warning[] {
    const refused = this.refusals.get(one.row.id)?.refused;
    const found: Warning[] = refused ? [{ why: "refused", refused }] : [];
    if (!refused && this.#moved.has(one.row.id)) found.push({ why: "moved" });
    return found.length > 0 ? [...found, ...one.warnings] : one.warnings;
  }

  isTicked(one: SheetRow): boolean {
    const own = this.#own.get(one.row.id);
    if (own !== undefined || this.#rule !== "sound") return own ?? this.#rule === "all";
    return this.warnings(one).length === 0;
  }

  #ticked = $derived(this.rows.filter((one) => this.isTicked(one)));
  #leftOut = $derived(this.rows.filter((one) => !this.isTicked(one) && this.warnings(one).length > 0));

  get ticked(): SheetRow[] {
    return this.#ticked;
  }

  /** Those that are not ticked and say why. */
  get leftOut(): SheetRow[] {
    return this.#leftOut;
  }

  /** How many are decided by one press. */
  get going(): number {
    return Math.min(MOST, this.ticked.length);
  }

  tick(id: number, on: boolean): void {
    this.#own = new Map(this.#own).set(id, on);
  }

  idAt(index: number): number | undefined {
    return this.rows[index]?.row.id;
  }

  isTickedAt(index: number): boolean {
    const one = this.rows[index];
    return one !== undefined && this.isTicked(one);
  }

  tickRows(first: number, last: number, on: boolean): void {
    const rows = this.rows.slice(first, last + 1);
    this.#own = new Map([...this.#own, ...rows.map(({ row }) => [row.id, on] as const)]);
  }

  /** Ticks all, those that are not read yet among them, or none. */
  tickAll(on: boolean): void {
    this.#rule = on ? "all" : "none";
    this.#own = new Map();
    this.range.forget();
  }

  #leaveOut(ids: number[]): void {
    const own = new Map(this.#own);
    for (const id of ids) own.set(id, false);
    this.#own = own;
  }

  choose(path: string, choice: FieldChoice): void {
    this.choices = new Map(this.choices).set(path, choice);
  }

  /** Chooses a value of one's own, given as JSON text. */
  type(path: string, json: string): void {
    this.typed = new Map(this.typed).set(path, json);
    this.choose(path, { json });
  }

  /** What can be typed for a field of all of them. */
  typing(path: string): Typing {
    // Which row of a list is meant is another one in each record.
    if (path === "" || keys(path).includes("*")) return "nothing";
    return this.#typings.get(path) ?? "value";
  }

  #typings = $derived.by(() => {
    const found = new Map<string, Typing>();
    for (const { pattern, typing } of this.rows.flatMap(({ fields }) => fields)) {
      const before = found.get(pattern);
      if (typing === undefined || before === "nothing") continue;
      found.set(pattern, before === "value" && typing === "text" ? before : typing);
    }
    return found;
  });

  /** Whether the records have a version that both sides started from. */
  get hasBase(): boolean {
    const type = this.shape.conflictType;
    return this.asks === "fields" && type !== "created_on_both" && type !== "no_base";
  }

  /** Chooses one side for every field that has no choice yet. */
  chooseRest(side: "mine" | "server"): void {
    this.choices = new Map([...this.undecided.map((path) => [path, side] as const), ...this.choices]);
  }

  /** What is to be chosen for all of them. */
  get paths(): string[] {
    return this.asks === "fields" ? this.shape.paths : this.asks === "record" ? [""] : [];
  }

  get undecided(): string[] {
    return this.paths.filter((path) => !this.choices.has(path));
  }

  get canApply(): boolean {
    return this.complete && !this.working && this.undecided.length === 0 && this.ticked.length > 0;
  }

  /** The text that will be stored in a field; undefined while it is not chosen. */
  result(field: SheetField): { text: string | null } | undefined {
    const choice = this.choices.get(field.pattern);
    if (choice === "mine") return { text: field.mine };
    if (choice === "server") return { text: field.server };
    if (choice === "base") return { text: field.base };
    return choice === undefined ? undefined : { text: choice.json };
  }

  get #list(): GroupChoice[] {
    // Where everything merges by itself the core wants the whole record named, and merges it.
    if (this.asks === "nothing") return [{ path: "", choice: "mine" }];
    return this.paths.flatMap((path) => {
      const choice = this.choices.get(path);
      return choice === undefined ? [] : [{ path, choice }];
    });
  }

  /** Decides what is ticked; what is refused by itself stays, with its words. */
  async apply(): Promise<GroupResolved | undefined> {
    if (!this.canApply) return undefined;
    this.working = true;
    this.refused = undefined;
    try {
      const members = this.ticked.slice(0, MOST).map(({ row, seen }) => ({ conflict: row.id, seen }));
      const resolved = await bridge.resolveGroup(this.shape, members, this.#list);
      for (const id of resolved.done) kept.delete(id);
      this.#settle(resolved);
      return resolved;
    } catch (thrown) {
      this.refused = RefusedError.from(thrown);
      return undefined;
    } finally {
      this.working = false;
      void this.read();
    }
  }

  #settle({ done, refused }: GroupResolved): void {
    const ended = new Set(done);
    const titles = new Map(this.rows.map(({ row }) => [row.id, row.title]));
    this.noneDecided = done.length === 0;
    this.rows = this.rows.filter(({ row }) => !ended.has(row.id));
    this.total = this.rows.length;
    this.refusals = new Map(
      refused.map(({ conflict: id, refusal }) => [
        id,
        { title: titles.get(id) ?? String(id), refused: RefusedError.from(refusal), listed: false },
      ]),
    );
    this.#leaveOut(refused.map((one) => one.conflict));
  }
}

let last: { sheet: GroupSheet; end: () => void } | undefined;

/** The sheet of a shape: the last one again where it is the same, with its choices and ticks. */
export function sheetOf(shape: ConflictShape): GroupSheet {
  if (last && nameOf(last.sheet.shape) === nameOf(shape)) return last.sheet;
  last?.end();
  // It outlives the screen that it is made for.
  let made: GroupSheet | undefined;
  const end = $effect.root(() => void (made = new GroupSheet(shape)));
  const sheet = made ?? new GroupSheet(shape);
  last = { sheet, end };
  return sheet;
}
