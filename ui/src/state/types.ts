// The shapes of the core, for screens: features ask state, never ipc.
export type * from "../ipc/client";
