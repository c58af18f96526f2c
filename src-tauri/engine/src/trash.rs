//! The trash through the engine's handle: what discarding would do, putting back, and giving changes away.

use crate::engine::Engine;
use crate::store::StoreError;
use crate::store::places::refuse;
use crate::store::verbs::trash::{self, PutBack};
use crate::store::views::queue;
use tidemark_model::export;
use tidemark_model::view::{ChangeDetail, DiscardPreview, ExportFormat, RefusalCode, RestoreResult};

/// The most changes of one export.
const EXPORTED: usize = 10_000;
/// The most bytes of one export.
const EXPORT_BYTES: usize = 64 * 1024 * 1024;

impl Engine {
    /// What discarding the named changes would do now: to them, to later changes of their records, and to changes of
    /// other records that wait for them.
    pub fn preview_discard(&self, ids: &[String]) -> Result<DiscardPreview, StoreError> {
        let now = self.shared().now();
        self.shared().store.read(|tx| queue::preview(tx, ids, now))
    }

    /// Puts discarded changes back within their 30 days, each as a new change of the same values on today's record; what
    /// cannot be put back stays in the trash, with the reason.
    pub async fn restore(&self, ids: Vec<String>) -> Result<RestoreResult, StoreError> {
        let now = self.shared().now();
        let wanted: Vec<PutBack> =
            ids.into_iter().map(|id| PutBack { id, new_id: self.shared().uuid() }).collect();
        let (result, moved) = self.shared().write(move |tx| trash::restore(tx, &wanted, now)).await?;
        self.shared().announce(moved, None);
        self.wake_all();
        Ok(result)
    }

    /// The named changes in a form to be given away, without secrets; those that have gone are left out.
    ///
    /// Errors: more than 10,000 changes or 64 MiB.
    pub fn export_changes(&self, ids: &[String], format: ExportFormat) -> Result<String, StoreError> {
        if ids.len() > EXPORTED {
            return Err(too_much(format!("{} changes are too many for one export", ids.len())));
        }
        let mut bytes = 0;
        let mut changes = Vec::with_capacity(ids.len());
        for id in ids {
            match self.get_change(id) {
                Ok(change) => {
                    bytes += size(&change);
                    changes.push(change);
                }
                Err(StoreError::Refused(refusal)) if refusal.code == RefusalCode::NotFound => {}
                Err(error) => return Err(error),
            }
            if bytes > EXPORT_BYTES {
                return Err(too_much("these changes are more than 64 MiB".to_owned()));
            }
        }
        match format {
            ExportFormat::Json => Ok(export::to_json(&changes, self.shared().now())?),
            ExportFormat::Curl => Ok(export::to_curl(&changes)),
        }
    }
}

fn size(change: &ChangeDetail) -> usize {
    let values = change.changes.iter().flat_map(|field| [&field.before, &field.after]).flatten();
    let body = change.request.as_ref().and_then(|request| request.body.as_ref());
    values.chain(body).map(String::len).sum()
}

fn too_much(message: String) -> StoreError {
    refuse(RefusalCode::Invalid, message, "Export them in smaller parts.")
}
