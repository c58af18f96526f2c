// What is done to changes from this screen, asked about where it is much, and told with its result.

import type { Queue } from "../../state/queue.svelte";
import { toasts } from "../../state/toasts.svelte";
import type { BulkResult, ChangeState } from "../../state/types";
import { words as shared } from "../shared/messages";
import type { Ask } from "./AskDialog.svelte";
import { UNASKED, words as menu } from "./menu-messages";
import { words } from "./messages";
import { transaction } from "./transaction-messages";
import { restored } from "./trash-messages";

type Part = { link: string | null; collection: string | null };

/** What waits and goes by itself. */
const free: ChangeState[] = ["trying_again", "waiting"];
const everywhere: Part = { link: null, collection: null };

export class Acts {
  /** Ids to discard, once the person agrees. */
  discarding = $state.raw<string[] | undefined>();
  ask = $state.raw<Ask | undefined>();
  /** The whole queue, once the person agrees. */
  clearing = $state(false);
  #queue: Queue;
  #gone: (ids: string[]) => void;

  /** `gone` hears which changes are no longer in the queue. */
  constructor(queue: Queue, gone: (ids: string[]) => void) {
    this.#queue = queue;
    this.#gone = gone;
  }

  /** Does it at once, or asks first where it is done to many. */
  #asked(n: number, said: { title: string; text: string; agree: string }, run: () => Promise<void>): void {
    if (n > UNASKED) this.ask = { ...said, run: () => void run() };
    else if (n > 0) void run();
  }

  retry = async (ids: string[]): Promise<void> => this.#sentAgain(await this.#queue.retry(ids));

  retryMany = (ids: string[]): void => {
    const said = {
      title: menu.askAgain(ids.length),
      text: menu.askAgainText,
      agree: menu.askAgainDo(ids.length),
    };
    this.#asked(ids.length, said, () => this.retry(ids));
  };

  retryAll = (needsYou: number): void => {
    const said = {
      title: menu.askAgain(needsYou),
      text: menu.askAgainText,
      agree: menu.askAgainDo(needsYou),
    };
    this.#asked(needsYou, said, async () => this.#sentAgain(await this.#queue.retryAllRefused()));
  };

  #sentAgain(result: BulkResult | undefined): void {
    if (!result) return;
    if (result.done + result.alreadyGone > 0) toasts.tell(words.sentAgain(result.done, result.alreadyGone));
    if (result.kept > 0) toasts.tell(words.kept(result.kept));
  }

  hold = async (ids: string[], held: boolean): Promise<void> => {
    const result = await this.#queue.hold(ids, held);
    if (result) toasts.tell(held ? words.held(result.done) : words.released(result.done));
  };

  holdMany = (ids: string[], held: boolean): void => {
    const n = ids.length;
    const said = held
      ? { title: menu.askHold(n), text: menu.askHoldText, agree: menu.askHoldDo(n) }
      : { title: menu.askRelease(n), text: menu.askReleaseText, agree: menu.askReleaseDo(n) };
    this.#asked(n, said, () => this.hold(ids, held));
  };

  /** Everything that waits of a connection, of a collection, or of all. */
  holdPart = async (of: Part): Promise<void> => {
    const ids = await this.#queue.idsOf(free, of);
    if (ids) this.holdMany(ids, true);
  };

  /** Only what a person holds: what waits for its undo window, or for another, stays. */
  release = async (): Promise<void> => {
    const ids = await this.#queue.idsOf(["on_hold"], everywhere, (row) => row.reason?.kind === "held");
    if (ids?.length === 0) toasts.tell(menu.noneHeld);
    else if (ids) this.holdMany(ids, false);
  };

  moveFirst = async (ids: string[]): Promise<void> => {
    const result = await this.#queue.first(ids);
    if (result) toasts.tell(words.movedFirst(result.done));
  };

  moveManyFirst = (ids: string[]): void => {
    const said = {
      title: menu.askFirst(ids.length),
      text: words.firstRule,
      agree: menu.askFirstDo(ids.length),
    };
    this.#asked(ids.length, said, () => this.moveFirst(ids));
  };

  discard = async (ids: string[]): Promise<void> => {
    this.discarding = undefined;
    const result = await this.#queue.discard(ids);
    if (result) {
      const undo = { label: shared.undo, run: () => void this.restore(ids) };
      toasts.tell(words.discarded(result.done), result.done > 0 ? undo : undefined);
    }
    this.#gone(ids);
  };

  clear = async (expected: number): Promise<void> => {
    const result = await this.#queue.clear(expected);
    // Another number waits by now: it is shown, and asked about again.
    if (!result) return this.#queue.readStats();
    this.clearing = false;
    toasts.tell(words.discarded(result.done));
  };

  restore = async (ids: string[]): Promise<void> => {
    const result = await this.#queue.restore(ids);
    if (result) toasts.tell(restored(result));
  };

  restoreAll = async (): Promise<void> => {
    const ids = await this.#queue.idsOf(["in_trash"], everywhere);
    if (!ids) return;
    const n = ids.length;
    const said = { title: menu.askPutBack(n), text: menu.askPutBackText, agree: menu.askPutBackDo(n) };
    this.#asked(n, said, () => this.restore(ids));
  };

  restoreGroup = async (id: string): Promise<void> => {
    const row = await this.#queue.restoreGroup(id);
    if (row) toasts.tell(transaction.restored(row.changes));
  };

  cleanUp = async (): Promise<void> => {
    const removed = await this.#queue.cleanUp();
    if (removed !== undefined) toasts.tell(menu.cleaned(removed));
  };

  exportAll = async (ids: string[]): Promise<void> => {
    const text = await this.#queue.exported(ids, "json");
    if (text === undefined) return;
    await navigator.clipboard.writeText(text);
    toasts.tell(words.copiedN(ids.length));
  };

  /** Everything that the list shows. */
  exportShown = async (): Promise<void> => {
    const ids = await this.#queue.ids();
    if (ids) await this.exportAll(ids);
  };
}
