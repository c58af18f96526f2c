//! What the engine tells of its own work to whoever listens: spans and events with ids, counts, classes and times.
//!
//! Every span and event has its one function here, and none takes a record, a wire form's text or a server's words:
//! what is not handed over cannot be told (row E6). Nothing comes back from a listener, so that none can be in the way.

use crate::cycle::{Cause, CycleReport};
use crate::link::Link;
use crate::store::StoreError;
use crate::store::places::Place;
use crate::store::verbs::MetConflict;
use crate::store::verbs::seal::Outgoing;
use tidemark_model::connector::{Outcome, PullFailure};
use tidemark_model::failure::{Effect, Failure};
use tidemark_model::hook::HookError;
use tidemark_model::number::Millis;
use tracing::Span;
use tracing::field::Empty;

/// What mends or guards the local store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repair {
    /// A collection is pulled from the beginning.
    StartOver,
    /// The store is checked after an end without a goodbye.
    QuickCheck,
    /// A copy of the store is made.
    Backup,
}

impl Repair {
    fn as_str(self) -> &'static str {
        match self {
            Self::StartOver => "start_over",
            Self::QuickCheck => "quick_check",
            Self::Backup => "backup",
        }
    }
}

/// The span of one cycle over a link; everything that it does is told inside.
pub(crate) fn cycle(link: &Link, cause: Cause) -> Span {
    let cause = match cause {
        Cause::Due => "due",
        Cause::Network => "network",
        Cause::Person => "person",
    };
    tracing::info_span!("cycle", link = link.name, cause)
}

/// The counters of a cycle that has ended: changes, rows, and the bytes of the bodies that were sent.
pub(crate) fn cycle_ended(span: &Span, report: &CycleReport, bytes: i64, spent: Millis) {
    let failure = report.failure.as_ref();
    tracing::info!(
        parent: span,
        confirmed = report.confirmed,
        received = report.received,
        conflicts = report.conflicts,
        parked = report.parked,
        bytes,
        duration_ms = spent.0,
        class = failure.map(|failure| failure.class.as_str()),
        status = failure.and_then(|failure| failure.status),
        "a cycle ended"
    );
}

/// The span of one attempt to push a change; how it ended is recorded on it.
pub(crate) fn attempt(link: &Link, outgoing: &Outgoing) -> Span {
    let sealed = &outgoing.sealed;
    tracing::debug_span!(
        "attempt",
        link = link.name,
        collection = sealed.collection,
        mutation = sealed.mutation,
        attempt = outgoing.attempt,
        key = sealed.key,
        outcome = Empty,
        class = Empty,
        status = Empty,
        duration_ms = Empty,
    )
}

/// What an attempt came to.
pub(crate) fn attempt_ended(span: &Span, outcome: &Outcome, spent: Millis) {
    let (word, failure) = outcome_of(outcome);
    let class = failure.map(|failure| failure.class.as_str());
    let status = failure.and_then(|failure| failure.status);
    span.record("outcome", word).record("class", class).record("status", status);
    span.record("duration_ms", spent.0);
    tracing::debug!(parent: span, outcome = word, class, status, duration_ms = spent.0, "an attempt ended");
}

/// A word for an outcome, and what went wrong.
fn outcome_of(outcome: &Outcome) -> (&'static str, Option<&Failure>) {
    match outcome {
        Outcome::Accepted { replayed: false, .. } | Outcome::Done { replayed: false, .. } => {
            ("accepted", None)
        }
        Outcome::Accepted { replayed: true, .. } | Outcome::Done { replayed: true, .. } => ("replayed", None),
        Outcome::Conflict { failure, .. } => ("conflict", Some(failure)),
        Outcome::Failed(failure) if failure.effect == Effect::Unknown => ("uncertain", Some(failure)),
        Outcome::Failed(failure) => ("failed", Some(failure)),
        Outcome::NotDone => ("not_done", None),
    }
}

/// A conflict was met, or the server's side of one moved.
pub(crate) fn conflict(place: &Place, met: &MetConflict) {
    tracing::info!(
        link = place.link,
        collection = place.collection,
        conflict = met.id.0,
        refreshed = met.refreshed,
        "a conflict was met"
    );
}

/// A collection's newest rows were asked for first, and the server would not.
pub(crate) fn not_newest_first(place: &Place, failure: &PullFailure) {
    let told = match failure {
        PullFailure::Failed(failure) | PullFailure::NoCollection(failure) => Some(failure),
        PullFailure::CheckpointExpired | PullFailure::EpochChanged => None,
    };
    tracing::debug!(
        link = place.link,
        collection = place.collection,
        class = told.map(|failure| failure.class.as_str()),
        status = told.and_then(|failure| failure.status),
        "the newest rows cannot be had first"
    );
}

/// A collection is pulled from the beginning, because the server no longer knows where we were.
pub(crate) fn starts_over(place: &Place) {
    tracing::info!(
        repair = Repair::StartOver.as_str(),
        link = place.link,
        collection = place.collection,
        "a repair began"
    );
}

/// A try to bring such a collection in got to its end, or an error interrupted it.
pub(crate) fn started_over(place: &Place, done: bool) {
    tracing::info!(
        repair = Repair::StartOver.as_str(),
        link = place.link,
        collection = place.collection,
        outcome = if done { "done" } else { "failed" },
        "a repair ended"
    );
}

/// Something that mends or guards the store has ended.
pub(crate) fn repair_ended<T>(repair: Repair, result: &Result<T, StoreError>, spent: Millis) {
    let outcome = match result {
        Ok(_) => "done",
        Err(StoreError::Damaged { .. }) => "damaged",
        Err(_) => "failed",
    };
    tracing::info!(repair = repair.as_str(), outcome, duration_ms = spent.0, "a repair ended");
}

/// A hook decided nothing because it went wrong. Its words may hold a record's value and are not logged.
pub(crate) fn hook_went_wrong(place: &Place, conflict: i64, error: &HookError) {
    tracing::warn!(
        link = place.link,
        collection = place.collection,
        conflict,
        fault = error.kind(),
        "a hook decided nothing"
    );
}
