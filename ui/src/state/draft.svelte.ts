// What was typed into the form of a record and not saved: kept on disk as it is typed, so that neither another screen, a
// new page nor the end of the program loses it.

import { bridge, RefusedError, type DraftEdit, type FieldChange } from "../ipc/client";

/** A record's form, or without an id that of a new record. */
export type FormPlace = { link: string; collection: string; id?: string };

/** So long typing rests before it is written, in milliseconds. */
const REST = 300;

const keyOf = (place: FormPlace) => JSON.stringify([place.link, place.collection, place.id ?? null]);

/** Those of this page that hold edits or wait for an answer, by place. */
const drafts = new Map<string, Draft>();

/** Something was typed that only this page holds. */
export const isUnkept = () => [...drafts.values()].some((draft) => draft.isUnkept);

export class Draft {
  readonly place: FormPlace;
  /** New values by path as JSON text; null takes the field away. */
  edits = $state.raw<ReadonlyMap<string, string | null>>(new Map());
  /** All of it is on disk but what is secret. */
  kept = $state(false);
  /** Secrets, which are not kept. */
  leftOut = $state.raw<readonly string[]>([]);
  /** Why it is not kept. */
  refused = $state<RefusedError | undefined>();
  /** What stood in the record when a field was typed first. */
  #before = new Map<string, string | null>();
  #known = false;
  /** What is on disk has other edits than these. */
  #differs = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One write after another: the last one is the newest. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(place: FormPlace) {
    this.place = place;
  }

  /** The draft of a form; of one that this page has, the same again. */
  static of(place: FormPlace): Draft {
    return drafts.get(keyOf(place)) ?? new Draft(place);
  }

  /** The drafts of a connection went with it. */
  static forget(link: string): void {
    for (const [key, draft] of drafts) if (draft.place.link === link) drafts.delete(key);
  }

  get isUnkept(): boolean {
    return this.#differs || (this.edits.size > 0 && this.leftOut.length > 0);
  }

  /** Reads what is on disk, once. */
  async read(): Promise<void> {
    if (this.#known) return;
    const { link, collection, id } = this.place;
    const found = await bridge.draft(link, collection, id ?? null);
    if (this.#known) return;
    this.#known = true;
    if (!found || found.edits.length === 0) return;
    for (const edit of found.edits) this.#before.set(edit.path, edit.before);
    this.edits = new Map(found.edits.map((edit) => [edit.path, edit.set]));
    this.kept = true;
    drafts.set(keyOf(this.place), this);
  }

  /** Field by field, from what was there when it was typed. */
  changes(): FieldChange[] {
    return [...this.edits].map(([path, after]) => ({ path, before: this.#before.get(path) ?? null, after }));
  }

  /** Edited fields that are no more what they were when they were typed. */
  moved(stored: (path: string) => string | undefined): string[] {
    return [...this.edits.keys()].filter((path) => this.#before.get(path) !== (stored(path) ?? null));
  }

  /** A person has seen what stands there now and goes on. */
  see(stored: (path: string) => string | undefined): void {
    for (const path of this.edits.keys()) this.#before.set(path, stored(path) ?? null);
    if (this.edits.size > 0) this.#soon();
  }

  /** Takes other edits; they are written when typing rests. */
  set(edits: ReadonlyMap<string, string | null>, stored: (path: string) => string | undefined): void {
    if (edits.size === this.edits.size && [...edits].every(([path, text]) => this.edits.get(path) === text))
      return;
    const news = [...edits.keys()].filter((path) => !this.edits.has(path));
    for (const path of news) this.#before.set(path, stored(path) ?? null);
    this.edits = edits;
    this.#known = true;
    this.#soon();
  }

  /** Takes back that the draft of a record that is not here was discarded. */
  putBack(edits: ReadonlyMap<string, string | null>): void {
    this.set(edits, (path) => this.#before.get(path) ?? undefined);
    void this.keep();
  }

  #soon(): void {
    this.#differs = true;
    this.kept = false;
    drafts.set(keyOf(this.place), this);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.keep(), REST);
  }

  /** Writes what is not on disk yet, at once. */
  keep(): Promise<void> {
    clearTimeout(this.#timer);
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Saves its form, with no write in between: what is saved leaves the draft on disk in the same transaction. */
  async saving<T>(save: () => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    const saved = this.#writing.then(save);
    this.#writing = saved.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await saved;
    } finally {
      // Whatever the disk held beside what was saved.
      this.#soon();
    }
  }

  async #write(): Promise<void> {
    if (!this.#differs) return;
    const { link, collection, id } = this.place;
    const written = this.edits;
    this.#differs = false;
    const edits: DraftEdit[] = [...written].map(([path, set]) => ({
      path,
      set,
      before: this.#before.get(path) ?? null,
    }));
    try {
      this.leftOut = await bridge.keepDraft(link, collection, id ?? null, edits);
      this.refused = undefined;
      this.kept = !this.#differs;
      if (this.kept && written.size === 0) drafts.delete(keyOf(this.place));
    } catch (thrown) {
      this.#differs = true;
      this.refused = RefusedError.from(thrown);
    }
  }
}
