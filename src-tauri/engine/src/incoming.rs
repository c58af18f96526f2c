//! What came from servers and waits for a person: removals that are asked about, and rows that could not be read.

use crate::engine::Engine;
use crate::store::activity::{self, NewLine};
use crate::store::places::{Place, refuse};
use crate::store::verbs::{pull, removals};
use crate::store::{StoreError, quarantine, views};
use tidemark_model::number::Count;
use tidemark_model::view::{
    Happened, ListPage, ReadAgain, RefusalCode, Removal, UnreadableDetail, UnreadableRow,
};

impl Engine {
    /// The records that a collection would remove and asks about.
    pub fn list_removals(
        &self,
        link: &str,
        collection: &str,
        offset: usize,
        limit: usize,
    ) -> Result<ListPage<Removal>, StoreError> {
        let place = self.place(link, collection)?;
        self.shared()
            .store
            .read(|tx| views::incoming::removals(tx, place.collection_id, offset, limit.min(views::PAGE)))
    }

    /// A person's yes to the deletion guard: the records that it asked about may go. It is pulled again at once, and asks
    /// anew where many others would go by then.
    ///
    /// Errors: it asks nothing; it asks about another number.
    pub async fn allow_removals(
        &self,
        link: &str,
        collection: &str,
        number: Count,
    ) -> Result<(), StoreError> {
        let (place, now) = (self.place(link, collection)?, self.shared().now());
        self.shared().write(move |tx| removals::allow(tx, &place, number, now)).await?;
        self.shared().bulletin.status_is_stale();
        self.force_sync(Some(link), Some(collection)).await
    }

    /// Rows of servers that could not be read, newest first; of one link, of collections of one name, or of all.
    pub fn list_unreadable(
        &self,
        link: Option<&str>,
        collection: Option<&str>,
        offset: usize,
        limit: usize,
    ) -> Result<ListPage<UnreadableRow>, StoreError> {
        self.shared()
            .store
            .read(|tx| views::incoming::unreadable(tx, link, collection, offset, limit.min(views::PAGE)))
    }

    /// One of them, with its text.
    pub fn get_unreadable(&self, id: Count) -> Result<UnreadableDetail, StoreError> {
        let found = self.shared().store.read(|tx| views::incoming::unreadable_detail(tx, id.0))?;
        found.ok_or_else(|| {
            refuse(
                RefusalCode::NotFound,
                format!("there is no unreadable row {} (any more)", id.0),
                "Look at the list.",
            )
        })
    }

    /// Asks the servers for the records behind these rows, one after the other; a row whose record can be read by now, or
    /// is deleted, ends. Rows that had already gone are not counted.
    ///
    /// Errors: one of them is of what is paused; then nothing is asked.
    pub async fn read_again(&self, ids: &[Count]) -> Result<ReadAgain, StoreError> {
        let mut came = ReadAgain::default();
        let places = self.shared().places();
        for id in ids {
            let found = self.shared().store.read(|tx| quarantine::place(tx, id.0))?;
            let place = found.and_then(|(of, _)| places.iter().find(|place| place.collection_id == of));
            if let Some(place) = place {
                self.refuse_while_paused(place)?;
            }
        }
        for id in ids {
            let Some((collection_id, rid)) = self.shared().store.read(|tx| quarantine::place(tx, id.0))?
            else {
                continue;
            };
            let Some(rid) = rid else {
                came.nameless.0 += 1;
                continue;
            };
            let places = self.shared().places();
            let place = places.iter().find(|place| place.collection_id == collection_id);
            match place {
                // A pause in the middle keeps the rest from being asked for.
                Some(place) if self.refuse_while_paused(place).is_err() => came.still.0 += 1,
                Some(place) if self.fetch_one(place, &rid).await? => came.read.0 += 1,
                Some(_) | None => came.still.0 += 1,
            }
        }
        self.shared().bulletin.status_is_stale();
        // What is gone there is told by the next pull.
        self.wake_all();
        Ok(came)
    }

    /// Whether the record could be fetched and was planned.
    async fn fetch_one(&self, place: &Place, rid: &str) -> Result<bool, StoreError> {
        let link = self.links_named(Some(&place.link)).into_iter().next();
        let link = link.ok_or_else(|| crate::engine::no_link(&place.link))?;
        let ack_seq = self.shared().store.read(pull::ack_seq)?;
        let Ok(remote) = link.connector.fetch(&place.collection, rid).await else { return Ok(false) };
        let (at, rid, now) = (place.clone(), rid.to_owned(), self.shared().now());
        let moved =
            self.shared().write(move |tx| pull::read_again(tx, &at, &rid, &remote, ack_seq, now)).await?;
        self.shared().announce(moved, None);
        Ok(true)
    }

    /// A person wants to hear no more of these rows; on the server nothing changes, and one that comes in another form is
    /// told again. How many were still there.
    pub async fn forget_unreadable(&self, ids: &[Count]) -> Result<Count, StoreError> {
        let (ids, now) = (ids.to_vec(), self.shared().now());
        let gone = self
            .shared()
            .write(move |tx| {
                let mut gone = 0;
                for id in ids {
                    gone += i64::from(quarantine::forget(tx, id.0)?);
                }
                if gone > 0 {
                    let happened = Happened::UnreadableForgotten { rows: Count(gone) };
                    activity::write(tx, &NewLine::of_all(&happened, now))?;
                }
                Ok(gone)
            })
            .await?;
        self.shared().bulletin.status_is_stale();
        Ok(Count(gone))
    }
}
