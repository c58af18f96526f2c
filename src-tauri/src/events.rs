//! Events of the engine for the window: at most four statuses a second while it is seen, none while it is hidden.

use serde::{Deserialize, Serialize};
use specta::Type;
use tauri_specta::Event;
use tidemark_model::view;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($inner:ty)),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Serialize, Deserialize, Type, Event)]
            pub struct $name(pub $inner);
        )+
    };
}

events! {
    /// `sync-state-changed`: the one status.
    SyncStateChanged(view::StatusSnapshot),
    /// `sync-progress`: a run's counts.
    SyncProgress(view::SyncProgress),
    /// `queue-changed`: lists of changes are stale.
    QueueChanged(view::QueueChanged),
    /// `records-changed`: records of a collection are stale.
    RecordsChanged(view::RecordsChanged),
    /// `conflict-created`: a conflict was met or refreshed.
    ConflictCreated(view::ConflictCreated),
    /// `conflict-resolved`: a conflict ended.
    ConflictResolved(view::ConflictResolved),
    /// `open-route`: the tray or a notification asks for a place in the window, such as `#/conflicts/88`.
    OpenRoute(String),
}

/// Sends one of the engine's events to the window.
pub fn emit<R: tauri::Runtime>(app: &tauri::AppHandle<R>, event: view::Event) -> tauri::Result<()> {
    match event {
        view::Event::SyncStateChanged(snapshot) => SyncStateChanged(*snapshot).emit(app),
        view::Event::SyncProgress(progress) => SyncProgress(progress).emit(app),
        view::Event::QueueChanged(changed) => QueueChanged(changed).emit(app),
        view::Event::RecordsChanged(changed) => RecordsChanged(changed).emit(app),
        view::Event::ConflictCreated(created) => ConflictCreated(created).emit(app),
        view::Event::ConflictResolved(resolved) => ConflictResolved(resolved).emit(app),
    }
}
