// What the core tells by itself. Events say which views are stale; a lost one does no harm.

import { listen, type UnlistenFn } from "@tauri-apps/api/event";
import type {
  ConflictCreated,
  ConflictResolved,
  QueueChanged,
  RecordsChanged,
  StatusSnapshot,
  SyncProgress,
} from "./types";

/** One function per event; all are optional. */
export type Listeners = {
  syncStateChanged?: (snapshot: StatusSnapshot) => void;
  syncProgress?: (progress: SyncProgress) => void;
  queueChanged?: (change: QueueChanged) => void;
  recordsChanged?: (change: RecordsChanged) => void;
  conflictCreated?: (conflict: ConflictCreated) => void;
  conflictResolved?: (conflict: ConflictResolved) => void;
  /** The tray or a notification asks for a place, such as `#/conflicts/88`. */
  openRoute?: (address: string) => void;
};

const names: Record<keyof Listeners, string> = {
  syncStateChanged: "sync-state-changed",
  syncProgress: "sync-progress",
  queueChanged: "queue-changed",
  recordsChanged: "records-changed",
  conflictCreated: "conflict-created",
  conflictResolved: "conflict-resolved",
  openRoute: "open-route",
};

/** Listens to the core until the returned function is called. */
export async function hear(listeners: Listeners): Promise<() => void> {
  const ends: UnlistenFn[] = [];
  for (const key of Object.keys(listeners) as (keyof Listeners)[]) {
    const told = listeners[key] as ((payload: unknown) => void) | undefined;
    if (told) ends.push(await listen(names[key], (event) => told(event.payload)));
  }
  return () => ends.forEach((end) => end());
}
