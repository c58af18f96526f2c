//! Whether anything of a link could be sent, asked without sealing it; and whose a change is.

use crate::store::StoreError;
use rusqlite::{Connection, params};
use tidemark_model::number::Millis;

/// Whether a change of this principal is first in its lane, unblocked, not held and due. What waits for a later time is
/// not read, so that a long queue costs nothing.
pub(crate) fn has_ready(
    tx: &Connection,
    link_id: i64,
    principal: &str,
    now: Millis,
) -> Result<bool, StoreError> {
    const GOES: &str = "principal = ?2 AND NOT EXISTS
        (SELECT 1 FROM collections c WHERE c.id = o.collection_id AND c.paused = 1)";
    let sql = format!(
        "SELECT 1 FROM outbox o INDEXED BY outbox_ready WHERE link_id = ?1 AND head = 1 AND blockers = 0
            AND held IS NULL AND due_at = 0 AND state IN ('queued', 'uncertain') AND {GOES}
         UNION ALL
         SELECT 1 FROM outbox o INDEXED BY outbox_due WHERE link_id = ?1 AND due_at > 0 AND due_at <= ?3
            AND state IN ('queued', 'uncertain') AND head = 1 AND blockers = 0
            AND (held IS NULL OR held = 'undo') AND {GOES}
          LIMIT 1"
    );
    Ok(tx.prepare_cached(&sql)?.exists(params![link_id, principal, now.0])?)
}

/// Whether a change was saved by this principal.
pub(crate) fn belongs_to(tx: &Connection, seq: i64, principal: &str) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM outbox WHERE seq = ?1 AND principal = ?2")?
        .exists(params![seq, principal])?)
}
