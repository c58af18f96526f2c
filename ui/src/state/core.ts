// What the person does from anywhere in the window, with its result told once.

import { bridge, RefusedError } from "../ipc/client";
import { toasts } from "./toasts.svelte";

/** Runs a command and tells its refusal: what happened and what to do. */
export async function attempt<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (thrown) {
    const refused = RefusedError.from(thrown);
    toasts.tell(refused.hint ? `${refused.message} ${refused.hint}` : refused.message);
    return undefined;
  }
}

export const core = {
  checkNow: (link?: string) => attempt(() => bridge.forceSync(link ?? null)),
  pause: (link?: string) => attempt(() => bridge.pause(link ?? null)),
  resume: (link?: string) => attempt(() => bridge.resume(link ?? null)),
};
