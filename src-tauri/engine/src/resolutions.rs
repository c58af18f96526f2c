//! Conflicts through the engine's handle.

use crate::engine::Engine;
use crate::store::conflicts::{self, ConflictRecord, DecidedBy};
use crate::store::places::{Place, refuse};
use crate::store::verbs::resolve::{self as verb, Decision};
use crate::store::views::conflicts as view;
use crate::store::{StoreError, Tx};
use std::sync::Arc;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ConflictRow, ConflictView, ListPage, RefusalCode, Resolution, Resolved};

impl Engine {
    /// A page of the open conflicts, oldest first.
    pub fn list_conflicts(&self, offset: usize, limit: usize) -> Result<ListPage<ConflictRow>, StoreError> {
        self.shared().store.read(|tx| view::list(tx, offset, limit))
    }

    /// One conflict, whole.
    pub fn get_conflict(&self, id: Count) -> Result<ConflictView, StoreError> {
        self.shared().store.read(|tx| view::get(tx, id.0))?.ok_or_else(|| no_conflict(id))
    }

    /// Ends a conflict, or keeps its choices for later; `hold` is the undo window in milliseconds.
    ///
    /// Errors: it is settled already, a field still needs a choice, a path or value cannot be used, or `seen` names
    /// another server version than the conflict now shows: then it comes back refreshed and nothing is sent.
    pub async fn resolve_conflict(
        &self,
        id: Count,
        resolution: Resolution,
        seen: Option<String>,
        hold: Millis,
    ) -> Result<Resolved, StoreError> {
        let decision = Decision {
            resolution: resolution.clone(),
            by: DecidedBy::Person,
            mutation_id: self.shared().uuid(),
            principal: None,
            hold,
            now: self.shared().now(),
        };
        let places = self.shared().places();
        let ids = Arc::clone(self.shared());
        let (resolved, moved) = self
            .shared()
            .write(move |tx| {
                let (conflict, place) = find(tx, &places, id)?;
                check_seen(seen.as_deref(), &conflict)?;
                verb::resolve(tx, &place, &conflict, &decision, &|| ids.uuid())
            })
            .await?;
        self.shared().announce(moved, Some(&resolution));
        self.wake_all();
        Ok(resolved)
    }

    /// Takes a held resolution back; the conflict is open again with its choices.
    pub async fn undo_resolution(&self, id: Count) -> Result<(), StoreError> {
        let (places, now) = (self.shared().places(), self.shared().now());
        let moved = self
            .shared()
            .write(move |tx| {
                let (conflict, place) = find(tx, &places, id)?;
                verb::undo(tx, &place, &conflict, now)
            })
            .await?;
        self.shared().announce(moved, None);
        Ok(())
    }
}

/// Refuses a decision about another server version than the conflict now shows.
pub(crate) fn check_seen(seen: Option<&str>, conflict: &ConflictRecord) -> Result<(), StoreError> {
    if seen.is_none() || seen == conflict.server.version.as_deref() {
        return Ok(());
    }
    Err(refuse(
        RefusalCode::Moved,
        "the record changed again on the server while you were choosing",
        "Your choices are kept; look at what is new and apply again.",
    ))
}

pub(crate) fn find(
    tx: &Tx,
    places: &Arc<Vec<Place>>,
    id: Count,
) -> Result<(ConflictRecord, Place), StoreError> {
    let conflict = conflicts::get(tx, id.0)?.ok_or_else(|| no_conflict(id))?;
    let place = places.iter().find(|place| place.collection_id == conflict.collection_id).cloned();
    Ok((conflict, place.ok_or_else(|| no_conflict(id))?))
}

fn no_conflict(id: Count) -> StoreError {
    refuse(RefusalCode::NotFound, format!("there is no conflict {}", id.0), "Look at the list of conflicts.")
}
