//! Ended conflicts and automatic merges through the engine's handle (row D9).

use crate::engine::Engine;
use crate::link::Wish;
use crate::store::places::{self, refuse};
use crate::store::verbs::put_back::{self as verb, New};
use crate::store::views::decisions as view;
use crate::store::{StoreError, decisions};
use std::collections::BTreeSet;
use tidemark_model::view::{DecisionId, DecisionPutBack, DecisionRow, DecisionView, ListPage, RefusalCode};

impl Engine {
    /// A page of what was decided and merged in the past 30 days, newest first.
    pub fn list_decisions(&self, offset: usize, limit: usize) -> Result<ListPage<DecisionRow>, StoreError> {
        let naming = self.naming();
        self.shared().store.read(|tx| view::list(tx, &naming, offset, limit))
    }

    /// One of them, by its text `conflict-7` or `merge-12`.
    ///
    /// Errors: there is none such, or not any more.
    pub fn get_decision(&self, id: &str) -> Result<DecisionView, StoreError> {
        let naming = self.naming();
        let found = match DecisionId::parse(id) {
            Some(id) => self.shared().store.read(|tx| view::get(tx, &naming, id))?,
            None => None,
        };
        found.ok_or_else(|| no_decision(id))
    }

    /// Puts one back by a new change of the former values, which is queued, merged and guarded like any edit.
    ///
    /// Errors: there is none such, it was put back before, the record was changed again at one of these fields, a change of
    /// it is not finished, or a conflict of it is open.
    pub async fn put_back(&self, id: &str) -> Result<DecisionPutBack, StoreError> {
        let Some(decision) = DecisionId::parse(id) else { return Err(no_decision(id)) };
        let new = New { mutation_id: self.shared().uuid(), now: self.shared().now() };
        let (naming, unknown) = (self.naming(), no_decision(id));
        let (done, moved, link) = self
            .shared()
            .write(move |tx| {
                let Some(kept) = decisions::get(tx, decision)? else { return Err(unknown) };
                let place = places::of_collection(tx, kept.collection_id)?;
                let link = place.as_ref().map(|place| place.link.clone());
                let named_by_server = link.as_ref().is_some_and(|link| naming.contains(link));
                let (done, moved) = verb::put_back(tx, place.as_ref(), &kept, named_by_server, new)?;
                Ok((done, moved, link))
            })
            .await?;
        self.shared().announce(moved, None);
        for link in self.links_named(link.as_deref()) {
            link.wake(Wish { edited: true, ..Wish::default() });
        }
        Ok(done)
    }

    /// The links whose servers name new records themselves.
    fn naming(&self) -> BTreeSet<String> {
        let links = self.links_named(None);
        links.iter().filter(|link| !link.capabilities.client_ids).map(|link| link.name.clone()).collect()
    }
}

fn no_decision(id: &str) -> StoreError {
    refuse(
        RefusalCode::NotFound,
        format!("there is no decision '{id}'"),
        "Look at the list of decisions; they are kept for 30 days.",
    )
}
