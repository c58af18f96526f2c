// A refused change that is being put right in its record's form: what was said, and about which field.

import { bridge, type FormField } from "../ipc/client";
import { failingField } from "./failing-field";

export class RefusedChange {
  /** What the server said; undefined while it is not known or no longer matters. */
  words = $state<string | undefined>();
  /** A server said it; else it was decided here. */
  byServer = $state(true);
  #changed: string[] = [];

  /** Reads the change; one that has gone or is no longer refused says nothing. */
  async read(id: string): Promise<void> {
    try {
      const { row, changes } = await bridge.change(id);
      if (row.reason?.kind !== "refused") return;
      this.#changed = changes.map((change) => change.path);
      this.byServer = row.reason.status !== null;
      this.words = row.reason.words;
    } catch {
      this.words = undefined;
    }
  }

  /** The field that it is about. */
  field(fields: FormField[]): string | undefined {
    return this.words === undefined ? undefined : failingField(fields, this.#changed, this.words);
  }

  /** The person put it right. */
  done(): void {
    this.words = undefined;
  }
}
