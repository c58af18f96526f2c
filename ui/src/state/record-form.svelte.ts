// A form over one record: what is stored, what the person changed and has not saved, and what moved underneath meanwhile.

import {
  bridge,
  RefusedError,
  type FieldEdit,
  type Form,
  type FormField,
  type RecordDetail,
  type RecordPlace,
  type Saved,
} from "../ipc/client";
import { Draft, type FormPlace } from "./draft.svelte";
import { at, edits as difference, isInteger, isNumber, put, read, textAt, write, type Json } from "./json";

export class RecordForm {
  readonly place: FormPlace;
  readonly draft: Draft;
  detail = $state.raw<RecordDetail | undefined>();
  form = $state.raw<Form | undefined>();
  error = $state<RefusedError | undefined>();
  saving = $state(false);
  /** What the last save came to; goes with the next edit. */
  saved = $state<Saved | undefined>();
  refused = $state<RefusedError | undefined>();
  /** Fields that somebody else changed while the form was open, until the person has seen them. */
  moved = $state.raw<string[]>([]);
  /** They had changed before it was opened: what was typed is of an earlier day. */
  movedBefore = $state(false);

  constructor(place: FormPlace) {
    this.place = place;
    this.draft = Draft.of(place);
  }

  /** New values by path as JSON text; null takes the field away. */
  get edits(): ReadonlyMap<string, string | null> {
    return this.draft.edits;
  }

  get isNew(): boolean {
    return this.place.id === undefined;
  }

  get dirty(): boolean {
    return this.edits.size > 0;
  }

  /** The document's text as it is stored here; a new one starts empty. */
  get document(): string {
    return this.detail?.document ?? "{}";
  }

  async read(): Promise<void> {
    try {
      this.form ??= await bridge.form(this.place.link, this.place.collection);
      await this.draft.read();
      if (this.place.id !== undefined) this.#take(await bridge.record(this.place as RecordPlace));
      this.error = undefined;
    } catch (thrown) {
      this.error = RefusedError.from(thrown);
    }
  }

  #take(detail: RecordDetail): void {
    const before = this.detail?.document;
    const after = detail.document;
    if (before && after && before !== after && !this.saving) {
      const paths = difference(read(before) ?? null, read(after) ?? null).map((edit) => edit.path);
      this.moved = [...new Set([...this.moved, ...paths])];
    }
    const first = this.detail === undefined;
    this.detail = detail;
    if (first) {
      this.moved = this.draft.moved((path) => this.stored(path));
      this.movedBefore = this.moved.length > 0;
    }
    // An edit that says what is stored by now is none any more.
    this.#set(new Map([...this.edits].filter(([path, text]) => (this.stored(path) ?? null) !== text)));
  }

  /** The stored text of a field. */
  stored(path: string): string | undefined {
    return textAt(this.document, path);
  }

  /** A secret of the stored record as JSON text, which has a mask in its place; nothing when it was refused. */
  async secret(path: string): Promise<string | null | undefined> {
    this.refused = undefined;
    try {
      return await bridge.recordSecret(this.place as RecordPlace, path);
    } catch (thrown) {
      this.refused = RefusedError.from(thrown);
      return undefined;
    }
  }

  /** The text a field shows: the person's, else the stored one. */
  text(path: string): string | undefined {
    const edit = this.edits.get(path);
    if (edit === undefined) return this.stored(path);
    return edit ?? undefined;
  }

  /** Sets a field to JSON text, or takes it away with undefined; setting what is stored is no edit. */
  set(path: string, text: string | undefined): void {
    const next = new Map(this.edits);
    if (text === this.stored(path)) next.delete(path);
    else next.set(path, text ?? null);
    this.#set(next);
    this.saved = undefined;
    this.refused = undefined;
  }

  /** Takes every difference between the stored document and a typed one as an edit. */
  setDocument(text: string): void {
    const typed = read(text);
    if (typed === undefined) return;
    this.#set(new Map(difference(read(this.document) ?? null, typed).map((edit) => [edit.path, edit.set])));
    this.saved = undefined;
  }

  /** The document as it would be saved. */
  preview(): string {
    let value: Json = read(this.document) ?? {};
    for (const [path, text] of this.edits) value = put(value, path, text === null ? undefined : read(text));
    return write(value, 2);
  }

  /** Drops every unsaved edit. */
  reset(): void {
    this.#set(new Map());
    this.refused = undefined;
  }

  seen(): void {
    this.moved = [];
    this.movedBefore = false;
    this.draft.see((path) => this.stored(path));
  }

  /** What is wrong with a field before it is sent anywhere, in words; undefined when nothing is. */
  problem(field: FormField): string | undefined {
    // What the server sets is neither typed nor missed here.
    if (field.readOnly) return undefined;
    const text = this.text(field.path);
    const value = text === undefined ? undefined : read(text);
    const empty = text === undefined || value === null || value === "";
    if (field.required && empty && text === undefined) return `${field.label} is required.`;
    const edited = this.edits.has(field.path);
    if (!edited || empty || text === undefined) return undefined;
    if (field.kind === "integer" && !isInteger(text)) return "This is a whole number, such as 12.";
    if (field.kind === "number" && !isNumber(text)) return "This is a number, such as 12.50.";
    if (field.kind === "date" && !/^"\d{4}-\d{2}-\d{2}"$/.test(text))
      return "This is a date, such as 2026-11-30.";
    return undefined;
  }

  /** Fields that stop a save, with the words. */
  problems(): { field: FormField; words: string }[] {
    return (this.form?.fields ?? []).flatMap((field) => {
      const words = this.problem(field);
      return words === undefined ? [] : [{ field, words }];
    });
  }

  /** Saves on this computer. Tells the record's id, or nothing when it was refused. */
  async save(): Promise<Saved | undefined> {
    this.saving = true;
    this.refused = undefined;
    const sent = this.edits;
    try {
      const saved = await this.draft.saving(() => this.#send(sent));
      // What was typed while the save was on its way stays an edit.
      this.#set(
        new Map([...this.edits].filter(([path, text]) => !sent.has(path) || sent.get(path) !== text)),
      );
      if (this.place.id !== undefined) this.#take(await bridge.record(this.place as RecordPlace));
      this.saved = saved;
      return saved;
    } catch (thrown) {
      this.refused = RefusedError.from(thrown);
      if (this.refused.code === "moved") {
        this.saving = false;
        await this.read();
      }
      return undefined;
    } finally {
      this.saving = false;
    }
  }

  #send(sent: ReadonlyMap<string, string | null>): Promise<Saved> {
    const { link, collection, id } = this.place;
    if (id === undefined) return bridge.createRecord(link, collection, this.preview());
    const changes: FieldEdit[] = [...sent].map(([path, set]) => ({ path, set }));
    return bridge.updateRecord({ link, collection, id }, changes);
  }

  #set(edits: Map<string, string | null>): void {
    this.draft.set(edits, (path) => this.stored(path));
  }

  /** The value of a field for a title: whatever text the first text field holds. */
  static titleOf(document: string, field: FormField | undefined): string | undefined {
    const value = field ? at(read(document), field.path) : undefined;
    return typeof value === "string" ? value : undefined;
  }
}
