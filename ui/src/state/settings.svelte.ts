// Settings apply at once; one that the core refuses goes back and says why.

import { bridge, RefusedError, type AppSettings } from "../ipc/client";

export type { AppSettings, Density, Theme } from "../ipc/client";

export const defaults: AppSettings = {
  theme: "system",
  density: "default",
  notifyConflicts: true,
  notifyNeedsYou: true,
  undoHold: 10_000,
};

class Settings {
  now = $state<AppSettings>({ ...defaults });
  refused = $state<{ key: keyof AppSettings; why: string } | undefined>();

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
      await bridge.updateSettings(this.now);
    } catch (thrown) {
      this.now = before;
      this.refused = { key, why: RefusedError.from(thrown).message };
      this.#show();
    }
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
