//! How far a collection was read whose changes are listed by time, as one token (`engine.md` 8).
//!
//! A row is stamped before it is committed, so it may appear behind what was read already. The settings promise how late
//! that is at most (the *span*). From this follows what is sound here; times are the server's, in milliseconds:
//!
//! * **Far**: a listing that begins at `sure` and is answered at time *p* has seen every row stamped up to *p* − span, for
//!   these had all been committed by then. What it read itself is no later than *p*, so `sure` moves to what was read −
//!   span, and nothing stamped up to `sure` can come any more.
//! * **Near**: a listing that looks back less finds most late rows sooner and proves nothing: `sure` stays. After
//!   [`NEAR_IN_A_ROW`] of them, and after one without a new stamp, the next one is far. So the shrunk overlap decides how soon a late
//!   row is found, and the span alone whether.
//! * **Unchanged (304)**: an entity tag need not change with a row that commits late, where it is made from the newest
//!   stamp, as Kinto's is. Such a tag is believed only after a far listing, whole on one page, that showed the very tag
//!   which an answer had shown the span earlier or more, both by the server's `Date`. Every row stamped up to the newest
//!   one was stamped before that earlier answer, and so had been committed by the time of the listing, which saw it; what
//!   is stamped later changes the tag. The same address is asked again, so that a tag made from the answer's bytes is as
//!   good. Only spans of one clock are compared: stamps may come from another one, of the database's machine, that goes
//!   wrong by an hour. Until then, and where the server does not tell its time, rows are asked for.
//! * A listing of many pages ends no later than the time at which it began: behind its back a row may have been committed
//!   before the place that it had come to.

use serde::{Deserialize, Serialize};
use tidemark_model::lateness::LookBack;
use tidemark_model::number::Millis;

/// The span where the settings name none, in seconds.
pub const OVERLAP_S: u32 = 30;
/// What is added to the span before a tag is believed: `Date` and some stamps tell whole seconds.
const WHOLE_SECONDS: i64 = 2_000;
/// So many listings in a row look back by the shrunk overlap alone.
const NEAR_IN_A_ROW: u8 = 7;

/// A place in a sequence that is ordered by time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Up to here it was read.
    pub seen: i64,
    /// Nothing that is stamped up to here can still come.
    pub sure: i64,
    /// Near listings since the last far one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub near: u8,
    /// The tag of the last listing, and since when it was that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagged: Option<Tagged>,
    /// What the server may be asked about instead of the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// The listing that is not at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// A tag that an answer showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tagged {
    /// The entity tag as it came.
    pub tag: String,
    /// The server's time of the first answer in a row that showed it.
    pub at: i64,
}

/// An answer that may be asked about by its tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// What the listing began at.
    pub since: i64,
    /// Its entity tag as it came.
    pub tag: String,
    /// How late a row could be when it was believed.
    pub span: i64,
}

/// A listing between two pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// What it began at.
    pub since: i64,
    /// The server's time when it began, where that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<i64>,
    /// The latest time read.
    pub last: i64,
    /// It looks back as far as the settings say.
    pub far: bool,
    /// Where the next page starts, in the server's words.
    pub place: String,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The listing's beginning.
    pub since: i64,
    /// It looks back as far as the settings say.
    pub far: bool,
    /// Rows are wanted only if this is not the tag any more.
    pub unless: Option<String>,
}

/// What an answer with rows showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The latest time read; 0 where nothing was.
    pub last: i64,
    /// Where the next page starts; `None` at the end.
    pub place: Option<String>,
    /// A time no later than the server's when it answered.
    pub now: Option<i64>,
    /// The newest stamp in the whole collection, or the listing's beginning where all are older.
    pub newest: Option<i64>,
    /// The strong entity tag of the answer.
    pub tag: Option<String>,
    /// The server's time of the answer.
    pub at: Option<i64>,
}

impl Cursor {
    /// A listing from the beginning is far: there is nothing before it.
    pub fn read_up_to(seen: i64, bounds: &LookBack) -> Self {
        Self { seen, sure: seen - bounds.most.0, ..Self::default() }
    }

    /// The same listing from its first page, for when the server no longer knows its place.
    pub fn again(&self) -> Self {
        let from_start =
            |listing: &Listing| Listing { last: listing.since, place: String::new(), ..listing.clone() };
        Self { listing: self.listing.as_ref().map(from_start), ..self.clone() }
    }

    /// Reads a token; `None` where it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The token's text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What had been read before the listing, for the engine's measure of late rows; `None` in a first one.
    pub fn read_to(&self) -> Option<Millis> {
        (self.seen > 0).then(|| Millis(0).plus(self.seen))
    }

    /// What to ask for next.
    pub fn ask(&self, bounds: &LookBack, overlap: Option<Millis>) -> Ask {
        if let Some(listing) = &self.listing {
            return Ask { since: listing.since, far: listing.far, unless: None };
        }
        if let Some(known) = self.known.as_ref().filter(|known| known.span >= bounds.most.0) {
            return Ask { since: known.since, far: true, unless: Some(known.tag.clone()) };
        }
        // A span that was made longer since reaches further back than what was sure by the shorter one.
        let sure = self.sure.min(self.seen - bounds.most.0).max(0);
        let near = self.seen - overlap.unwrap_or(bounds.most).max(bounds.least).0;
        match self.near >= NEAR_IN_A_ROW || near <= sure {
            true => Ask { since: sure, far: true, unless: None },
            false => Ask { since: near, far: false, unless: None },
        }
    }

    /// The place after a page.
    pub fn after(&self, ask: &Ask, shown: Shown, bounds: &LookBack) -> Self {
        let began = self.listing.as_ref().map_or(shown.now, |listing| listing.began);
        let last = self.listing.as_ref().map_or(0, |listing| listing.last).max(shown.last);
        if let Some(place) = shown.place {
            let listing = Listing { since: ask.since, began, last, far: ask.far, place };
            return Self { listing: Some(listing), known: None, tagged: None, ..self.clone() };
        }
        let one_page = self.listing.is_none();
        let last = if one_page { last } else { last.min(began.unwrap_or(last)) };
        let seen = self.seen.max(last);
        let span = bounds.most.0;
        let tagged = shown.tag.zip(shown.at).filter(|_| one_page).map(|(tag, at)| match &self.tagged {
            Some(before) if before.tag == tag => before.clone(),
            Some(_) | None => Tagged { tag, at },
        });
        let settled = |tagged: &&Tagged| shown.at.is_some_and(|at| at - tagged.at >= span + WHOLE_SECONDS);
        let known = tagged.as_ref().filter(|_| ask.far).filter(settled);
        Self {
            seen,
            sure: if ask.far { seen - span } else { self.sure },
            near: match (shown.newest.is_some_and(|newest| newest <= self.seen), ask.far) {
                (true, _) => NEAR_IN_A_ROW,
                (false, true) => 0,
                (false, false) => self.near + 1,
            },
            known: known.map(|tagged| Known { since: ask.since, tag: tagged.tag.clone(), span }),
            tagged,
            listing: None,
        }
    }
}

#[cfg(test)]
mod tests;
