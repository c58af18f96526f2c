//! Drafts through the engine's handle: what was typed into a form is kept until it is saved or taken back.

use crate::engine::Engine;
use crate::store::places::{Place, refuse};
use crate::store::verbs::Moved;
use crate::store::verbs::edit::{Edit, EditKind};
use crate::store::{StoreError, Tx, drafts};
use tidemark_model::document;
use tidemark_model::merge::Veil;
use tidemark_model::view::{Draft, DraftEdit, RefusalCode};

impl Engine {
    /// What was typed into the form of a record, or of a new one, and not saved.
    pub fn get_draft(
        &self,
        link: &str,
        collection: &str,
        rid: Option<&str>,
    ) -> Result<Option<Draft>, StoreError> {
        let place = self.place(link, collection)?;
        let draft = self
            .shared()
            .store
            .read(|tx| drafts::get(tx, place.collection_id, rid.unwrap_or(drafts::NEW)))?;
        let veil = Veil::new(&place.rules);
        // The field may have been called secret since.
        Ok(draft.map(|draft| Draft { edits: split(draft.edits, &veil).0, ..draft }))
    }

    /// Keeps what was typed into a form and not saved, in the place of what was kept of it; on disk when this returns.
    /// Without edits there is no draft. Secrets are not kept: tells the paths that were left out.
    ///
    /// Errors: it is too large.
    pub async fn keep_draft(
        &self,
        link: &str,
        collection: &str,
        rid: Option<String>,
        edits: Vec<DraftEdit>,
    ) -> Result<Vec<String>, StoreError> {
        let place = self.place(link, collection)?;
        let bytes: usize =
            edits.iter().map(|edit| edit.path.len() + length(&edit.set) + length(&edit.before)).sum();
        if bytes > document::MAX_BYTES {
            return Err(refuse(
                RefusalCode::Invalid,
                format!(
                    "what was typed has {bytes} bytes; at most {} are kept as a draft",
                    document::MAX_BYTES
                ),
                "Save it, or make it smaller.",
            ));
        }
        let (edits, left_out) = split(edits, &Veil::new(&place.rules));
        let (collection_id, now) = (place.collection_id, self.shared().now());
        let moved = self
            .shared()
            .write(move |tx| {
                let rid = rid.as_deref().unwrap_or(drafts::NEW);
                let mut moved = Moved::default();
                if drafts::keep(tx, collection_id, rid, &edits, now)? {
                    moved.record(collection_id, rid);
                }
                Ok(moved)
            })
            .await?;
        self.shared().announce(moved, None);
        Ok(left_out)
    }
}

/// What was saved is no draft any more. Whether the whole draft went.
pub(crate) fn leave(tx: &Tx, place: &Place, edit: &Edit) -> Result<bool, StoreError> {
    let collection_id = place.collection_id;
    match &edit.kind {
        EditKind::Create { .. } => drafts::keep(tx, collection_id, drafts::NEW, &[], edit.now),
        EditKind::Update { rid, changes } => drafts::saved(tx, collection_id, rid, changes, edit.now),
        EditKind::Delete { rid } => drafts::keep(tx, collection_id, rid, &[], edit.now),
    }
}

/// The edits of a draft without those that are or hold a secret, and the paths of these.
fn split(edits: Vec<DraftEdit>, veil: &Veil) -> (Vec<DraftEdit>, Vec<String>) {
    let hides = |edit: &DraftEdit| edit.set.as_deref().is_some_and(|typed| veil.hides(&edit.path, typed));
    let (hidden, kept): (Vec<_>, Vec<_>) = edits.into_iter().partition(hides);
    (kept, hidden.into_iter().map(|edit| edit.path).collect())
}

fn length(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}
