//! Events of the engine for the window: at most four statuses a second while it is seen, none while it is hidden.

use serde::{Deserialize, Serialize};
use specta::Type;
use tauri_specta::Event;
use tidemark_model::view;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $event:literal: $inner:ty),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Serialize, Deserialize, Type, Event)]
            #[tauri_specta(event_name = $event)]
            pub struct $name(pub $inner);
        )+
    };
}

events! {
    /// The one status.
    StatusTold = "sync-state-changed": view::StatusSnapshot,
    /// A run's counts.
    ProgressTold = "sync-progress": view::SyncProgress,
    /// Lists of changes are stale.
    QueueTold = "queue-changed": view::QueueChanged,
    /// Records of a collection are stale.
    RecordsTold = "records-changed": view::RecordsChanged,
    /// A conflict was met or refreshed.
    ConflictMet = "conflict-created": view::ConflictCreated,
    /// A conflict ended.
    ConflictEnded = "conflict-resolved": view::ConflictResolved,
    /// A transaction moved.
    TransactionMoved = "transaction-changed": view::TransactionChanged,
    /// A link's status is another one.
    LinkMoved = "link:status-change": view::LinkStatusChange,
    /// A link's server answers, or does so no more.
    LinkReached = "link:connectivity-change": view::LinkConnectivityChange,
    /// More of a collection is durably here.
    PullAdvanced = "checkpoint:pull-advance": view::PullAdvance,
    /// More of a link's changes are confirmed without a gap.
    PushAdvanced = "checkpoint:push-advance": view::PushAdvance,
    /// What is here of a collection cannot be continued.
    GapFound = "gap:detected": view::GapDetected,
    /// A try to compare a collection begins.
    RepairBegan = "repair:started": view::RepairStarted,
    /// A collection was compared to the end.
    RepairEnded = "repair:completed": view::RepairCompleted,
    /// A try to compare was interrupted by an error.
    RepairBroke = "repair:failed": view::RepairFailed,
    /// A link's first repair that failed.
    PollDegraded = "degraded-poll:entered": view::DegradedPollEntered,
    /// The tray or a notification asks for a place in the window, such as `#/conflicts/88`.
    RouteAsked = "open-route": String,
}

/// Sends one of the engine's events to the window.
pub fn emit<R: tauri::Runtime>(app: &tauri::AppHandle<R>, event: view::Event) -> tauri::Result<()> {
    match event {
        view::Event::SyncStateChanged(snapshot) => StatusTold(*snapshot).emit(app),
        view::Event::SyncProgress(progress) => ProgressTold(progress).emit(app),
        view::Event::QueueChanged(changed) => QueueTold(changed).emit(app),
        view::Event::RecordsChanged(changed) => RecordsTold(changed).emit(app),
        view::Event::ConflictCreated(created) => ConflictMet(created).emit(app),
        view::Event::ConflictResolved(resolved) => ConflictEnded(resolved).emit(app),
        view::Event::TransactionChanged(changed) => TransactionMoved(changed).emit(app),
        view::Event::LinkStatusChange(changed) => LinkMoved(changed).emit(app),
        view::Event::LinkConnectivityChange(changed) => LinkReached(changed).emit(app),
        view::Event::PullAdvance(advance) => PullAdvanced(advance).emit(app),
        view::Event::PushAdvance(advance) => PushAdvanced(advance).emit(app),
        view::Event::GapDetected(gap) => GapFound(gap).emit(app),
        view::Event::RepairStarted(started) => RepairBegan(started).emit(app),
        view::Event::RepairCompleted(completed) => RepairEnded(completed).emit(app),
        view::Event::RepairFailed(failed) => RepairBroke(failed).emit(app),
        view::Event::DegradedPollEntered(entered) => PollDegraded(entered).emit(app),
    }
}
