// A long list of which only a few pages are held: pages of 200, at most three, the ones in view and their neighbours.

import { RefusedError } from "../ipc/client";

export const PAGE = 200;
export const MOST_PAGES = 3;

/** Some rows, how many there are in all and, of a list that has places, the one that the next page begins after. */
export type Page<Row> = { rows: Row[]; total: number; next?: string | null };

/** Asks for rows of a list: at an offset, or after the place that the page before told. */
export type Ask<Row> = (offset: number, limit: number, after?: string) => Promise<Page<Row>>;

/** The pages that rows `first..end` need, nearest the middle first, at most as many as are held. */
export function pagesFor(first: number, end: number, total: number): number[] {
  if (total === 0) return [0];
  const last = Math.max(0, Math.ceil(total / PAGE) - 1);
  const low = Math.min(last, Math.floor(first / PAGE));
  const high = Math.min(last, Math.floor(Math.max(first, end - 1) / PAGE));
  const pages: number[] = [];
  for (let page = low; page <= high && pages.length < MOST_PAGES; page += 1) pages.push(page);
  return pages;
}

/** Every row of a list, in as many questions as the core needs to hand them over. */
export async function everyRow<Row>(ask: Ask<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await ask(rows.length, 1000, after);
    rows.push(...page.rows);
    after = page.next ?? undefined;
    // What leaves or joins a list meanwhile moves its offsets, not its places.
    const ended = page.next === undefined ? rows.length >= page.total : page.next === null;
    if (page.rows.length === 0 || ended) return rows;
  }
}

export class Rows<Row> {
  /** Rows of the whole list; 0 until the first answer. */
  total = $state(0);
  /** The first answer has come. */
  loaded = $state(false);
  error = $state<RefusedError | undefined>();

  #pages = $state.raw(new Map<number, Row[]>());
  /** By page: the place that the next one begins after. */
  #places = new Map<number, string>();
  #ask: Ask<Row>;
  #asked = new Set<number>();
  #wanted: number[] = [0];
  /** Answers of an earlier question are dropped. */
  #generation = 0;
  /** The rows are to be asked for again. */
  #stale = false;
  #renewing: Promise<void> | undefined;

  constructor(ask: Ask<Row>) {
    this.#ask = ask;
  }

  /** The row at an index, if it is held. */
  at(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** How many rows are held. */
  get held(): number {
    let rows = 0;
    for (const page of this.#pages.values()) rows += page.length;
    return rows;
  }

  /** All held rows, in order. */
  all(): Row[] {
    return [...this.#pages.entries()].sort(([a], [b]) => a - b).flatMap(([, rows]) => rows);
  }

  /** Says which rows are in view. */
  show(first: number, end: number): void {
    this.#wanted = pagesFor(first, end, this.total);
    for (const page of this.#wanted) if (!this.#pages.has(page)) void this.#load(page);
  }

  /** Asks another question: the old rows go at once. */
  ask(ask: Ask<Row>): void {
    this.#ask = ask;
    this.#generation += 1;
    this.#stale = false;
    this.#renewing = undefined;
    this.#asked.clear();
    this.#pages = new Map();
    this.#places.clear();
    this.#wanted = [0];
    this.total = 0;
    this.loaded = false;
    void this.#load(0);
  }

  /**
   * Asks the same question again: the old rows stay until the new ones are there. What is asked for meanwhile is asked
   * once more at the end: a list that moves faster than it is read still comes.
   */
  refresh(): Promise<void> {
    this.#stale = true;
    return (this.#renewing ??= this.#renew());
  }

  /** Asks for the same rows in another order: the old ones stay until those are there. */
  reorder(ask: Ask<Row>): void {
    this.#ask = ask;
    void this.refresh();
  }

  async #renew(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      this.#generation += 1;
      this.#asked.clear();
      // Rows may have come or gone before them.
      this.#places.clear();
      const [generation, wanted] = [this.#generation, this.#wanted];
      // What is out of view may be old now.
      this.#pages = new Map([...this.#pages].filter(([page]) => wanted.includes(page)));
      // One after the other, so that only the first is asked for at an offset.
      for (const page of wanted) if (generation === this.#generation) await this.#load(page);
      if (generation !== this.#generation) return;
    }
    this.#renewing = undefined;
  }

  async #load(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const generation = this.#generation;
    try {
      const answer = await this.#ask(page * PAGE, PAGE, this.#places.get(page - 1));
      if (generation !== this.#generation) return;
      this.#keep(page, answer.rows);
      if (answer.next) this.#places.set(page, answer.next);
      else this.#places.delete(page);
      this.total = answer.total;
      this.loaded = true;
      this.error = undefined;
    } catch (thrown) {
      if (generation !== this.#generation) return;
      this.error = RefusedError.from(thrown);
      this.loaded = true;
    } finally {
      if (generation === this.#generation) this.#asked.delete(page);
    }
  }

  #keep(page: number, rows: Row[]): void {
    const pages = new Map(this.#pages);
    pages.set(page, rows);
    const middle = this.#wanted[Math.floor(this.#wanted.length / 2)] ?? page;
    while (pages.size > MOST_PAGES) {
      let farthest = page;
      for (const held of pages.keys()) {
        if (Math.abs(held - middle) > Math.abs(farthest - middle)) farthest = held;
      }
      pages.delete(farthest);
      this.#places.delete(farthest);
    }
    this.#pages = pages;
  }
}
