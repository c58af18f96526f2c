// Settings apply at once; one that the core refuses goes back and says why.

import { bridge, RefusedError, type AppSettings, type SyncSettings } from "../ipc/client";

export type { AppSettings, Density, Theme } from "../ipc/client";

export type SyncKey = keyof SyncSettings;

/** What the core does where nobody changed anything. */
export const syncDefaults: Required<SyncSettings> = {
  processingInterval: 5_000,
  pollInterval: 30_000,
  debounce: 1_000,
  syncBatchSize: 10,
  inFlight: 6,
  maxRetries: 4,
  baseRetryDelay: 1_000,
  maxRetryDelay: 300_000,
  retryJitter: 10,
  pageSize: 1_000,
  shutdownWait: 10_000,
  keepCompletedDays: 7,
};

export const defaults: AppSettings = {
  theme: "system",
  density: "default",
  notifyConflicts: true,
  notifyNeedsYou: true,
  undoHold: 10_000,
  sync: null,
};

class Settings {
  now = $state<AppSettings>({ ...defaults });
  refused = $state<{ key: keyof AppSettings; why: string } | undefined>();

  refusedSync = $state<{ key: SyncKey; why: string } | undefined>();

  async start(): Promise<void> {
    try {
      this.now = await bridge.settings();
    } catch {
      // The window works with the defaults; the Settings screen says what is wrong when something is changed.
    }
    this.#show();
  }

  async set<Key extends keyof AppSettings>(key: Key, value: AppSettings[Key]): Promise<void> {
    const before = this.now;
    this.now = { ...before, [key]: value };
    this.refused = undefined;
    this.#show();
    try {
      // The engine's stay as they are: another program may have changed them since they were read.
      await bridge.updateSettings({ ...this.now, sync: null });
    } catch (thrown) {
      this.now = before;
      this.refused = { key, why: RefusedError.from(thrown).message };
      this.#show();
    }
  }

  /** Changes one of the engine's settings; a refused one goes back and says why. */
  async setSync(key: SyncKey, value: number): Promise<void> {
    const before = this.now;
    const sync = { ...syncDefaults, ...before.sync };
    this.now = { ...before, sync: { ...sync, [key]: value } };
    this.refusedSync = undefined;
    try {
      this.now = await bridge.updateSettings(this.now);
    } catch (thrown) {
      this.now = { ...before, sync };
      this.refusedSync = { key, why: RefusedError.from(thrown).message };
    }
  }

  /** What was typed is no number at all: it is not sent. */
  refuseSync(key: SyncKey, why: string): void {
    this.refusedSync = { key, why };
  }

  #show(): void {
    const root = document.documentElement;
    if (this.now.theme === "system") delete root.dataset.theme;
    else root.dataset.theme = this.now.theme;
    if (this.now.density === "default") delete root.dataset.density;
    else root.dataset.density = this.now.density;
  }
}

export const settings = new Settings();
