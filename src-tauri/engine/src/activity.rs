//! The activity through the engine's handle: what happened, in pages.

use crate::engine::Engine;
use crate::store::StoreError;
use crate::store::views;
use tidemark_model::number::Count;
use tidemark_model::view::{ActivityFilter, ActivityPage};

impl Engine {
    /// A page of at most `limit` lines (500 at most), newest first: from the newest one, or older than another page's
    /// `next`.
    ///
    /// It looks at no more than 2,000 lines, so that it costs the same however many there are; where few of them are asked
    /// for, it may come back with none and a `next`.
    pub fn activity(
        &self,
        filter: &ActivityFilter,
        after: Option<Count>,
        limit: usize,
    ) -> Result<ActivityPage, StoreError> {
        self.shared().store.read(|tx| views::activity::list(tx, filter, after, limit))
    }
}
