// What the core tells by itself. Events say which views are stale; a lost one does no harm.

import { events, type StatusSnapshot } from "./bindings";

/** What the window does about each event; all are optional. */
export type Listeners = {
  /** A newer snapshot of everything. */
  syncStateChanged?: (snapshot: StatusSnapshot) => void;
  queueChanged?: () => void;
  recordsChanged?: () => void;
  transactionChanged?: () => void;
  conflictCreated?: () => void;
  conflictResolved?: () => void;
  /** The tray or a notification asks for a place, such as `#/conflicts/88`. */
  openRoute?: (address: string) => void;
};

/** Listens to the core until the returned function is called. */
export async function hear(listeners: Listeners): Promise<() => void> {
  const ends = await Promise.all([
    events.syncStateChanged.listen((event) => listeners.syncStateChanged?.(event.payload)),
    events.queueChanged.listen(() => listeners.queueChanged?.()),
    events.recordsChanged.listen(() => listeners.recordsChanged?.()),
    events.transactionChanged.listen(() => listeners.transactionChanged?.()),
    events.conflictCreated.listen(() => listeners.conflictCreated?.()),
    events.conflictResolved.listen(() => listeners.conflictResolved?.()),
    events.openRoute.listen((event) => listeners.openRoute?.(event.payload)),
  ]);
  return () => ends.forEach((end) => end());
}
