//! The place where a page of the queue ended, as a text that comes back for the next one.

use super::place::{Counted, Places};
use super::sections::{Key, Section};
use crate::store::StoreError;
use crate::store::places::refuse;
use serde::{Deserialize, Serialize};
use tidemark_model::number::MAX_EXACT;
use tidemark_model::view::{QueueFilter, RefusalCode};

/// Rises when a text of before can no longer be read.
const VERSION: u32 = 1;

/// After which change the next page begins. The change itself need not be there any more.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) section: Section,
    pub(super) key: Key,
    /// How many were passed of each link's line.
    pub(super) places: Places,
    /// How many changes a search found; counting them again would read every title for each page.
    pub(super) found: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    /// A place means nothing in another list.
    filter: QueueFilter,
    section: String,
    key: Key,
    passed: Vec<Counted>,
    found: Option<i64>,
}

impl Mark {
    pub(super) fn text(self, filter: &QueueFilter) -> Result<String, StoreError> {
        let written = Written {
            version: VERSION,
            filter: filter.clone(),
            section: self.section.name().to_owned(),
            key: self.key,
            passed: self.places.passed(),
            found: self.found,
        };
        serde_json::to_string(&written).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// Refuses what no page of this list gave.
    pub(super) fn read(text: &str, filter: &QueueFilter, sections: &[Section]) -> Result<Self, StoreError> {
        let read = || {
            let written: Written = serde_json::from_str(text).ok()?;
            let counts = written.passed.iter().map(|of| of.place).chain(written.found);
            let sound = counts.into_iter().all(|count| (0..=MAX_EXACT / 2).contains(&count));
            let searched = filter.search.is_some() || written.found.is_none();
            let own = written.version == VERSION && written.filter == *filter;
            let section = sections.iter().find(|section| section.name() == written.section)?;
            (own && sound && searched).then(|| Self {
                section: *section,
                key: written.key,
                places: Places::after(written.passed),
                found: written.found,
            })
        };
        read().ok_or_else(|| {
            refuse(
                RefusalCode::Invalid,
                "'after' is no place of this list",
                "Hand back the 'next' of a page with the same filter, or ask for a page at an offset.",
            )
        })
    }
}
