//! Opaque requests through the engine's handle (row A1).

use crate::edits::check_priority;
use crate::engine::{Engine, no_link};
use crate::link::Wish;
use crate::store::places::refuse;
use crate::store::verbs::request::{self, NewOpaque};
use crate::store::{StoreError, links};
use tidemark_model::connector::Intent;
use tidemark_model::request::Request;
use tidemark_model::view::{NewRequest, RefusalCode, Saved};

/// The priority of a request whose caller names none.
const PRIORITY: u8 = 5;

impl Engine {
    /// Keeps a request of another program and sends it when the server can be reached; on disk when this returns.
    ///
    /// It goes under the link's endpoint, in a lane of its own, and is never combined with anything. A 2xx with JSON or
    /// without a body is its success; the start of the answer stays with its attempts.
    ///
    /// Errors: there is no such link, the target leads out of its endpoint, the body is no JSON or too large, or a change
    /// that it is to wait for is not known.
    pub async fn send_request(&self, link: &str, new: NewRequest) -> Result<Saved, StoreError> {
        let NewRequest { method, target, body, label, metadata, priority, depends_on } = new;
        check_priority(priority)?;
        let request = Request::new(method, &target, body, label).map_err(|error| {
            refuse(
                RefusalCode::Invalid,
                error.to_string(),
                "Give a path under the connection's address and, where it has one, its body as JSON.",
            )
        })?;
        if let Some(live) = self.links_named(Some(link)).first() {
            // Looked at now, while somebody can put it right; and once more when it is sealed.
            let intent = Intent::of_request("", &request);
            live.connector.seal(&intent).map_err(|error| request::unsendable(&error))?;
        }
        let new = NewOpaque {
            request,
            id: self.shared().uuid(),
            metadata,
            priority: priority.unwrap_or(PRIORITY),
            depends_on,
            now: self.shared().now(),
        };
        let name = link.to_owned();
        let (saved, moved) = self
            .shared()
            .write(move |tx| {
                let link = links::by_name(tx, &name)?.ok_or_else(|| no_link(&name))?;
                request::save(tx, &link, &new)
            })
            .await?;
        self.shared().announce(moved, None);
        for link in self.links_named(Some(link)) {
            link.wake(Wish { edited: true, ..Wish::default() });
        }
        Ok(saved)
    }
}
