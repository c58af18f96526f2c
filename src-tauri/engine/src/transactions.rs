//! Explicit transactions through the engine's handle (rows B1–B7).

use crate::cycle::finish_awaited;
use crate::edits::{Beside, change_of, document_of};
use crate::engine::{Engine, no_link};
use crate::link::Wish;
use crate::store::places::{Place, refuse};
use crate::store::transactions::TransactionRecord;
use crate::store::verbs::edit::{Edit, EditKind, Member};
use crate::store::verbs::transactions::{self as verb, Restoring};
use crate::store::views::transactions as view;
use crate::store::{StoreError, links, transactions};
use std::sync::Arc;
use tidemark_model::connector::Capabilities;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{
    ListPage, NewChange, NewTransaction, RefusalCode, TransactionDetail, TransactionRow,
};

/// The most changes of one transaction: it is looked at as a whole with each answer.
pub const MOST_CHANGES: usize = 1_000;
/// The longest words for one.
const LABEL: usize = 200;

impl Engine {
    /// Makes changes at once; on disk when this returns. A transaction that its server cannot take all or none becomes
    /// a saga, which the answer says.
    ///
    /// Errors: there is no such link, collection or record; a change is no change; it has more than
    /// [`MOST_CHANGES`]; a saga that could not be taken back.
    pub async fn apply_transaction(&self, new: NewTransaction) -> Result<TransactionRow, StoreError> {
        check(&new)?;
        let link = self.shared().store.read(|tx| links::by_name(tx, &new.link))?;
        let link = link.ok_or_else(|| no_link(&new.link))?;
        let strategy = self.strategy(&new)?;
        let now = self.shared().now();
        let record = TransactionRecord {
            id: self.shared().uuid(),
            link_id: link.id,
            label: new.label.clone(),
            strategy,
            state: TransactionState::Pending,
            queued_behind: None,
            await_sync: new.await_sync,
            undoing: false,
            error: None,
            persisted_at: None,
            created_at: now,
            updated_at: now,
            ended_at: None,
        };
        let id = record.id.clone();
        let edits = new
            .changes
            .into_iter()
            .enumerate()
            .map(|(index, change)| {
                let (place, kind, beside) =
                    self.member(&new.link, change).map_err(|error| numbered(error, index + 1))?;
                let member = Member { transaction: id.clone(), gated: strategy.locks(), compensates: None };
                let edit = Edit {
                    kind,
                    mutation_id: self.shared().uuid(),
                    metadata: beside.metadata,
                    priority: None,
                    member: Some(member),
                    depends_on: beside.depends_on,
                    now,
                };
                Ok((place, edit))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let made = verb::NewTransaction { record, edits };
        let moved = self.shared().write(move |tx| verb::apply(tx, &made)).await?;
        self.shared().announce(moved, None);
        self.wake_for(&new.link);
        Ok(self.get_transaction(&id)?.row)
    }

    /// A page of the transactions, newest first; `open` leaves out those that have ended.
    pub fn list_transactions(
        &self,
        open: bool,
        offset: usize,
        limit: usize,
    ) -> Result<ListPage<TransactionRow>, StoreError> {
        self.shared().store.read(|tx| view::list(tx, open, offset, limit))
    }

    /// One transaction, whole, with its history.
    pub fn get_transaction(&self, id: &str) -> Result<TransactionDetail, StoreError> {
        self.shared().store.read(|tx| view::detail(tx, id))?.ok_or_else(|| no_transaction(id))
    }

    /// Puts what a failed transaction had rolled back at the end of the queue again, with its values.
    ///
    /// Errors: there is no such transaction, it has nothing to restore, or one of its changes cannot be made on what is
    /// here now; then nothing is restored.
    pub async fn restore_transaction(&self, id: &str) -> Result<TransactionRow, StoreError> {
        let shared = Arc::clone(self.shared());
        let (places, now) = (shared.places(), shared.now());
        let wanted = id.to_owned();
        let ids = Arc::clone(&shared);
        let moved = shared
            .write(move |tx| {
                let row = transactions::get(tx, &wanted)?.ok_or_else(|| no_transaction(&wanted))?;
                verb::restore(tx, &row, &Restoring { places: &places, fresh_id: &|| ids.uuid(), now })
            })
            .await?;
        shared.announce(moved, None);
        let row = self.get_transaction(id)?.row;
        self.wake_for(&row.link);
        Ok(row)
    }

    fn wake_for(&self, link: &str) {
        for link in self.links_named(Some(link)) {
            link.wake(Wish { edited: true, ..Wish::default() });
        }
    }

    fn member(&self, link: &str, change: NewChange) -> Result<(Place, EditKind, Beside), StoreError> {
        let beside = |depends_on, metadata| Beside { depends_on, metadata, ..Beside::default() };
        Ok(match change {
            NewChange::Create { collection, document, depends_on, metadata } => {
                let document = document_of(&document)?;
                let place = self.place(link, &collection)?;
                self.check_own_id(&place, &document)?;
                (
                    place,
                    EditKind::Create { document, fresh_id: self.fresh_id(link) },
                    beside(depends_on, metadata),
                )
            }
            NewChange::Update { collection, record, fields, depends_on, metadata } => {
                let changes = fields.iter().map(change_of).collect::<Result<Vec<_>, _>>()?;
                (
                    self.place(link, &collection)?,
                    EditKind::Update { rid: record, changes },
                    beside(depends_on, metadata),
                )
            }
            NewChange::Delete { collection, record, depends_on, metadata } => (
                self.place(link, &collection)?,
                EditKind::Delete { rid: record },
                beside(depends_on, metadata),
            ),
        })
    }

    /// What the link's server can do decides; a link that is not connected just now is taken at its weakest.
    fn strategy(&self, new: &NewTransaction) -> Result<Strategy, StoreError> {
        let capabilities = self.links_named(Some(&new.link)).first().map(|link| link.capabilities.clone());
        let at_once = capabilities.as_ref().map_or(0, |capabilities| capabilities.atomic_batch);
        let strategy = match new.strategy {
            Strategy::Atomic if new.changes.len() > at_once => Strategy::Saga,
            strategy => strategy,
        };
        if strategy == Strategy::Saga {
            can_be_taken_back(new, capabilities.as_ref())?;
        }
        Ok(strategy)
    }

    /// A transaction has waited long enough to be seen in a pull, or none waits after a start.
    pub(crate) async fn no_transaction_waits_to_be_seen(&self) -> Result<(), StoreError> {
        finish_awaited(self.shared(), transactions::all_awaiting).await
    }
}

fn check(new: &NewTransaction) -> Result<(), StoreError> {
    if new.changes.is_empty() || new.changes.len() > MOST_CHANGES {
        return Err(refuse(
            RefusalCode::Invalid,
            format!("a transaction has 1 to {MOST_CHANGES} changes; this one has {}", new.changes.len()),
            "Split it into several, or save the changes one by one.",
        ));
    }
    if new.label.as_ref().is_some_and(|label| label.chars().count() > LABEL) {
        return Err(refuse(
            RefusalCode::Invalid,
            format!("the label has more than {LABEL} characters"),
            "Give a shorter one.",
        ));
    }
    Ok(())
}

/// Refused up front where the server names records: one that was deleted could not come back under its id (row B4).
fn can_be_taken_back(new: &NewTransaction, capabilities: Option<&Capabilities>) -> Result<(), StoreError> {
    let names = capabilities.is_some_and(|capabilities| !capabilities.client_ids);
    let deletes = new.changes.iter().position(|change| matches!(change, NewChange::Delete { .. }));
    match (names, deletes) {
        (true, Some(index)) => Err(refuse(
            RefusalCode::Invalid,
            format!(
                "change {}: this server gives records their ids, so a deletion could not be taken back",
                index + 1
            ),
            "Delete it on its own, outside of this transaction.",
        )),
        _ => Ok(()),
    }
}

fn numbered(error: StoreError, number: usize) -> StoreError {
    match error {
        StoreError::Refused(refusal) => {
            refuse(refusal.code, format!("change {number}: {}", refusal.message), refusal.hint)
        }
        other => other,
    }
}

fn no_transaction(id: &str) -> StoreError {
    refuse(
        RefusalCode::NotFound,
        format!("there is no transaction '{id}'"),
        "It may have been removed after its days; look at the list of transactions.",
    )
}
