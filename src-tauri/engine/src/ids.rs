//! Who names a new record: this side, or the server.

use crate::engine::Engine;
use crate::store::StoreError;
use crate::store::places::{Place, refuse};
use serde_json::Value;
use tidemark_model::temporary;
use tidemark_model::view::RefusalCode;

impl Engine {
    /// The id of a record that is made now; a temporary one where only the server can name records.
    pub(crate) fn fresh_id(&self, link: &str) -> String {
        let uuid = self.shared().uuid();
        if self.server_names(link) { temporary::make(&uuid) } else { uuid }
    }

    /// Refuses an id that the server would not keep.
    pub(crate) fn check_own_id(&self, place: &Place, document: &Value) -> Result<(), StoreError> {
        let own = document.get(&place.id_field).filter(|id| !id.is_null());
        if own.is_none() || !self.server_names(&place.link) {
            return Ok(());
        }
        Err(refuse(
            RefusalCode::Invalid,
            format!(
                "the server of '{}' names new records itself, so '{}' cannot be given",
                place.link, place.id_field
            ),
            "Leave the field out.",
        ))
    }

    fn server_names(&self, link: &str) -> bool {
        self.links_named(Some(link)).iter().any(|link| !link.capabilities.client_ids)
    }
}
