// The Records screen: which collection is listed and by which filter.

import { bridge, RefusedError, type RecordFilter, type RecordRow } from "../ipc/client";
import { attempt } from "./core";
import { Rows } from "./rows.svelte";

export type Chosen = { link: string; collection: string };

/** The filter that an address asks for. */
export function recordFilterOf(query: Record<string, string>): RecordFilter {
  return {
    changedHere: query.show === "changed",
    conflict: query.show === "conflict",
    deletedHere: query.show === "deleted",
    draft: query.show === "drafts",
    search: query.search || null,
  };
}

export class Records {
  chosen = $state.raw<Chosen | undefined>();
  filter = $state.raw<RecordFilter>(recordFilterOf({}));
  rows = new Rows<RecordRow>(() => Promise.resolve({ rows: [], total: 0 }));
  /** Names of fields for people, by path. */
  labels = $state.raw<ReadonlyMap<string, string>>(new Map());
  #asked = "";
  #labelled = "";

  /** Lists a collection by a filter. */
  show(chosen: Chosen, filter: RecordFilter): void {
    const asked = JSON.stringify([chosen, filter]);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.chosen = chosen;
    this.filter = filter;
    const { link, collection } = chosen;
    void this.#name(chosen);
    this.rows.ask((offset, limit) => bridge.listRecords(link, collection, filter, offset, limit));
  }

  async #name(chosen: Chosen): Promise<void> {
    const key = JSON.stringify(chosen);
    if (key === this.#labelled) return;
    this.#labelled = key;
    this.labels = new Map();
    try {
      const form = await bridge.form(chosen.link, chosen.collection);
      if (key === this.#labelled)
        this.labels = new Map(form.fields.map((field) => [field.path, field.label]));
    } catch {
      // The columns are then called by their keys.
    }
  }

  refresh(): void {
    if (this.chosen) void this.rows.refresh();
  }

  /** Deletes a record here; it goes to the server like any change. */
  async remove(id: string): Promise<boolean> {
    if (!this.chosen) return false;
    const place = { ...this.chosen, id };
    const done = await attempt(() => bridge.deleteRecord(place));
    return done !== undefined;
  }

  /** A few records of a collection whose name contains a text, for a link picker. */
  static async find(link: string, collection: string, search: string): Promise<RecordRow[]> {
    try {
      const filter = { ...recordFilterOf({}), search: search || null };
      return (await bridge.listRecords(link, collection, filter, 0, 20)).rows;
    } catch (thrown) {
      if (RefusedError.from(thrown).code === "not_found") return [];
      return [];
    }
  }
}
