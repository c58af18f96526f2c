//! A link that does not sync by itself, and one that does again; the activity says so when it changes.

use crate::store::activity::{self, NewLine};
use crate::store::{StoreError, links};
use rusqlite::Connection;
use tidemark_model::number::Millis;
use tidemark_model::view::{Happened, StopReason, Stopped};

/// Writes down why a link stops, or that nothing stops it. Whether that is news.
pub(crate) fn set_stopped(
    tx: &Connection,
    link_id: i64,
    stopped: Option<&Stopped>,
    now: Millis,
) -> Result<bool, StoreError> {
    let was = links::get(tx, link_id)?.and_then(|row| row.stopped);
    links::set_stopped(tx, link_id, stopped)?;
    let (reason, before) = (stopped.map(reason), was.as_ref().map(reason));
    if reason == before {
        return Ok(false);
    }
    let happened = match reason {
        Some(reason) => Happened::Stopped { reason },
        None => Happened::WentOn {},
    };
    activity::write(tx, &NewLine::of_link(&happened, link_id, now))?;
    Ok(true)
}

fn reason(stopped: &Stopped) -> StopReason {
    match stopped {
        Stopped::SignIn { .. } => StopReason::SignIn,
        Stopped::Intercepted { .. } => StopReason::Intercepted,
        Stopped::Untrusted { .. } => StopReason::Untrusted,
        Stopped::Upgrade { .. } => StopReason::Upgrade,
        Stopped::NotFound { .. } => StopReason::NotFound,
    }
}
