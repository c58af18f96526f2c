//! What is kept how long (`engine.md` 13), and taking away what has outlived it (row A12).

use crate::platform::ActivityKept;
use crate::store::activity::{self, NewLine};
use crate::store::daily::DAY;
use crate::store::{StoreError, attempts, conflicts, daily, exchanges, outbox, transactions};
use rusqlite::Connection;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::Happened;

/// How long the trash stays.
const KEEP_TRASH: i64 = 30 * DAY;
/// How long stays what was answered and sent, word for word.
const KEEP_BODIES: i64 = 14 * DAY;
/// How long decisions and automatic merges stay, with their sides.
const KEEP_DECISIONS: i64 = 30 * DAY;
/// How long daily figures stay.
const KEEP_FIGURES: i64 = 400 * DAY;

/// How many rows go in one transaction, so that no edit waits long behind it.
pub(crate) const AT_ONCE: usize = 2_000;

/// When a change that was discarded then is deleted for good.
pub(crate) fn trash_ends(discarded_at: Millis) -> Millis {
    discarded_at.plus(KEEP_TRASH)
}

/// Removes ended rows of the queue that are older than their span, and nothing else; what waits, failed or is in
/// conflict is never touched. Returns how many went; fewer than [`AT_ONCE`] were the last.
pub(crate) fn clear_old_requests(tx: &Connection, now: Millis, keep_days: i64) -> Result<Count, StoreError> {
    let removed =
        outbox::purge(tx, now.plus(-keep_days.saturating_mul(DAY)), now.plus(-KEEP_TRASH), AT_ONCE)?;
    if removed > 0 {
        let happened = Happened::CleanedUp { changes: Count::of(removed) };
        activity::write(tx, &NewLine::of_all(&happened, now))?;
    }
    Ok(Count::of(removed))
}

/// Removes lines of the activity that are too old or for which there is no room. Whether there may be more of them.
pub(crate) fn clear_activity(tx: &Connection, now: Millis, kept: &ActivityKept) -> Result<bool, StoreError> {
    activity::purge(tx, now.plus(-kept.days.saturating_mul(DAY)), kept.bytes, AT_ONCE)
}

/// Removes what else has outlived its span: answers word for word, decisions and merges, daily figures.
pub(crate) fn clear_histories(tx: &Connection, now: Millis, keep_days: i64) -> Result<(), StoreError> {
    attempts::forget_excerpts(tx, now.plus(-KEEP_BODIES))?;
    exchanges::forget(tx, now.plus(-KEEP_BODIES))?;
    conflicts::purge(tx, now.plus(-KEEP_DECISIONS))?;
    transactions::purge(tx, now.plus(-keep_days.saturating_mul(DAY)))?;
    daily::purge(tx, now.plus(-KEEP_FIGURES))
}
