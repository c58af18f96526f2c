// Connecting servers and looking after the connections.

import {
  bridge,
  RefusedError,
  type AddedLink,
  type Discovery,
  type LinkLimits,
  type LinkTest,
  type NewLink,
} from "../ipc/client";
import { Asking } from "./asking.svelte";
import { attempt } from "./core";
import { Draft } from "./draft.svelte";
import { status } from "./status.svelte";

/** The name of the connection to the built-in server. */
export const SAMPLE = "Sample";

/** The steps of connecting: what server, then what to keep. */
export class Connecting extends Asking {
  step = $state<"server" | "keep">("server");
  name = $state("");
  kind = $state("rest");
  url = $state("");
  user = $state("");
  secret = $state("");
  settings = $state("");
  discovery = $state.raw<Discovery | undefined>();
  chosen = $state.raw<ReadonlySet<string>>(new Set());

  get #link(): NewLink {
    return {
      name: this.name.trim(),
      kind: this.kind,
      url: this.url.trim(),
      user: this.user.trim() || null,
      secret: this.secret || null,
      settings: this.settings.trim() || null,
      collections: [...this.chosen],
    };
  }

  /** Takes the host as the name while no other was given. */
  suggestName(): void {
    if (this.name !== "" || !URL.canParse(this.url)) return;
    this.name = new URL(this.url).hostname;
  }

  /** Asks the server what it has. */
  async find(): Promise<void> {
    await this.run(async () => {
      this.chosen = new Set();
      this.discovery = await bridge.discover(this.#link);
      this.chosen = new Set(this.discovery.collections.map((one) => one.name));
      this.step = "keep";
    });
  }

  choose(name: string, on: boolean): void {
    const next = new Set(this.chosen);
    if (on) next.add(name);
    else next.delete(name);
    this.chosen = next;
  }

  /** Adds the connection; its records begin to arrive. */
  async add(): Promise<AddedLink | undefined> {
    return this.run(async () => {
      const added = await bridge.addLink(this.#link);
      this.secret = "";
      await status.read();
      return added;
    });
  }
}

export const links = {
  /** Starts the built-in sample server with its records and one prepared conflict. */
  startSample: async (): Promise<AddedLink | undefined> => {
    const added = await attempt(() => bridge.startSample());
    if (added) await status.read();
    return added;
  },
  /** Signs in again with a new secret; answers why the keychain does not hold it, null where it does. */
  signIn: (name: string, secret: string, user: string) =>
    attempt(() => bridge.setSecret(name, secret, user.trim() || null)),
  /** Changes when and how a connection syncs; answers why it was refused, where it was. */
  setLimits: async (name: string, limits: LinkLimits): Promise<string | undefined> => {
    try {
      await bridge.setLimits(name, limits);
      return undefined;
    } catch (thrown) {
      return RefusedError.from(thrown).message;
    } finally {
      await status.read();
    }
  },
  /** The sample server's colleague changes a record, so that there is something to decide. */
  letColleagueEdit: () => attempt(() => bridge.letColleagueEdit()),
  sampleOffline: () => attempt(() => bridge.sampleOffline()),
  setSampleOffline: (offline: boolean) => attempt(() => bridge.setSampleOffline(offline)),
  test: (name: string): Promise<LinkTest | undefined> => attempt(() => bridge.testLink(name)),
  /** Without `force` it only tells how many changes are unsent and forms unsaved while there are any. */
  remove: async (name: string, force: boolean) => {
    const removed = await attempt(() => bridge.removeLink(name, force));
    if (removed?.removed) {
      Draft.forget(name);
      await status.read();
    }
    return removed;
  },
};
