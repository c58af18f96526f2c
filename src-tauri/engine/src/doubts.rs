//! Changes that may have been sent: what a person can find out about them, and say (`engine.md` 4, step 3).

use crate::engine::Engine;
use crate::store::StoreError;
use crate::store::outbox::MutationRow;
use crate::store::places::{Place, refuse};
use crate::store::verbs::{doubt, request};
use tidemark_model::mutation::Operation;
use tidemark_model::view::{MayBeIt, RefusalCode};

impl Engine {
    /// Records that the change may have made: those that came from the server since and hold all that was sent.
    ///
    /// The collection is pulled first, so that the answer is of now where the server can be reached.
    pub async fn may_be(&self, id: &str) -> Result<Vec<MayBeIt>, StoreError> {
        if self.doubtful_request(id)?.is_some() {
            return Ok(Vec::new());
        }
        let place = self.place_of_doubt(id)?;
        self.sync(Some(&place.link), Some(&place.collection)).await?;
        self.shared().store.read(|tx| doubt::candidates(tx, &doubt::doubtful(tx, id)?, &place.id_field))
    }

    /// A person says that the change is there, under this id; the server is asked for it and must be reachable. Of a request
    /// they say, without an id, that it was done.
    pub async fn is_there(&self, id: &str, rid: &str) -> Result<(), StoreError> {
        if let Some(mutation) = self.doubtful_request(id)? {
            if !rid.is_empty() {
                return Err(request::makes_no_record(id));
            }
            let now = self.shared().now();
            let moved = self
                .shared()
                .write(move |tx| request::was_done(tx, &doubt::doubtful(tx, &mutation.id)?, now))
                .await?;
            self.shared().announce(moved, None);
            self.wake_all();
            return Ok(());
        }
        let place = self.place_of_doubt(id)?;
        let link = self.links_named(Some(&place.link)).into_iter().next();
        let link = link.ok_or_else(|| crate::engine::no_link(&place.link))?;
        let remote = link.connector.fetch(&place.collection, rid).await.map_err(|failure| {
            refuse(
                RefusalCode::NotNow,
                format!("the server was asked for '{rid}' and did not show it: {}", failure.words),
                "Try it again when the server can be reached.",
            )
        })?;
        let (id, rid, now) = (id.to_owned(), rid.to_owned(), self.shared().now());
        let named = !link.capabilities.client_ids;
        let moved = self
            .shared()
            .write(move |tx| doubt::is_there(tx, &place, &id, (&rid, named), &remote, now))
            .await?;
        self.shared().announce(moved, None);
        self.wake_all();
        Ok(())
    }

    /// A person says that the change did not arrive: it is sent again, as a new request.
    pub async fn send_again(&self, id: &str) -> Result<(), StoreError> {
        let (id, now) = (id.to_owned(), self.shared().now());
        let moved = self.shared().write(move |tx| doubt::send_again(tx, &id, now)).await?;
        self.shared().announce(moved, None);
        self.wake_all();
        Ok(())
    }

    fn doubtful_request(&self, id: &str) -> Result<Option<MutationRow>, StoreError> {
        let mutation = self.shared().store.read(|tx| doubt::doubtful(tx, id))?;
        Ok(Some(mutation).filter(|mutation| mutation.operation == Operation::Request))
    }

    fn place_of_doubt(&self, id: &str) -> Result<Place, StoreError> {
        let mutation = self.shared().store.read(|tx| doubt::doubtful(tx, id))?;
        let places = self.shared().places();
        places.iter().find(|place| place.collection_id == mutation.collection_id).cloned().ok_or_else(|| {
            refuse(
                RefusalCode::NotFound,
                format!("the connection of '{id}' was removed"),
                "Look at the queue.",
            )
        })
    }
}
