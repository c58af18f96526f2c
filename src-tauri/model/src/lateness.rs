//! How late rows come on servers that list changes by time, and how far back a pull looks for them (`engine.md` 8).
//!
//! A row is stamped before it is committed, so that it may appear behind the place that was read already. The overlap of
//! the usual pull follows what was seen of that and decides how soon such a row is found; that it is found at all is for
//! the connector's wider look from time to time, which never shrinks.

use crate::number::Millis;

/// Polls without anything new after which the overlap shrinks.
const QUIET_POLLS: i64 = 2;

/// How far a pull may look back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookBack {
    /// As far as the settings say: no row commits later than that behind its time.
    pub most: Millis,
    /// The overlap never shrinks below this.
    pub least: Millis,
}

/// What is known of one collection's late rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// How far the next pull looks back; `None`: as the settings say.
    pub overlap: Option<Millis>,
    /// The furthest that a row was behind what was read when it was first seen.
    pub lag: Millis,
    /// Polls in a row that brought nothing new.
    pub quiet: i64,
    /// The poll under way brought something new.
    pub news: bool,
}

/// What one page showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// A row was not known in this version.
    pub news: bool,
    /// The furthest that such a row was behind what was read before this listing.
    pub lag: Millis,
    /// The listing is at its end.
    pub ends: bool,
}

impl Lateness {
    /// What is known after a page: grown at once, shrunk after quiet polls.
    #[must_use]
    pub fn after(self, bounds: &LookBack, page: &Sighting) -> Self {
        // A row that only a wider look found was seen late by us: how late it was nobody knows, but for what was promised.
        let lag = self.lag.max(page.lag).min(bounds.most);
        let news = self.news || page.news;
        let overlap = self.overlap.unwrap_or(bounds.most).clamp(lag, bounds.most);
        let quiet = match (page.ends, news) {
            (false, _) => self.quiet,
            (true, true) => 0,
            (true, false) => (self.quiet + 1).min(QUIET_POLLS),
        };
        let shrinks = page.ends && quiet >= QUIET_POLLS;
        let overlap = if shrinks { overlap.min(lag.max(bounds.least)) } else { overlap };
        Self { overlap: Some(overlap), lag, quiet, news: news && !page.ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: LookBack = LookBack { most: Millis(30_000), least: Millis(5_000) };
    const QUIET: Sighting = Sighting { news: false, lag: Millis(0), ends: true };

    fn late(lag: i64) -> Sighting {
        Sighting { news: true, lag: Millis(lag), ends: true }
    }

    fn overlaps(pages: &[Sighting]) -> Vec<i64> {
        let step = |known: &mut Lateness, page: &Sighting| {
            *known = known.after(&BOUNDS, page);
            known.overlap.map(|overlap| overlap.0)
        };
        pages.iter().scan(Lateness::default(), step).collect()
    }

    #[test]
    fn the_overlap_shrinks_to_the_largest_lag_after_two_quiet_polls_and_never_under_its_floor() {
        assert_eq!(overlaps(&[QUIET, QUIET, QUIET]), [30_000, 5_000, 5_000]);
        assert_eq!(overlaps(&[late(9_000), QUIET, QUIET]), [30_000, 30_000, 9_000]);
        assert_eq!(overlaps(&[QUIET, late(0), QUIET, QUIET]), [30_000, 30_000, 30_000, 5_000]);
    }

    #[test]
    fn it_grows_at_once_when_a_row_is_seen_further_behind() {
        assert_eq!(
            overlaps(&[QUIET, QUIET, late(7_000), QUIET, QUIET]),
            [30_000, 5_000, 7_000, 7_000, 7_000]
        );
        assert_eq!(
            overlaps(&[QUIET, QUIET, late(90_000)])[2],
            30_000,
            "never over what the settings promise"
        );
    }

    #[test]
    fn a_poll_of_many_pages_is_one_poll() {
        let begins = Sighting { news: true, lag: Millis(0), ends: false };
        assert_eq!(overlaps(&[QUIET, begins, QUIET, QUIET]), [30_000; 4], "its first page had news");
        let quiet = Sighting { news: false, ..begins };
        assert_eq!(overlaps(&[quiet, quiet, QUIET]), [30_000; 3], "one quiet poll");
    }

    proptest! {
        #[test]
        fn the_overlap_is_never_under_a_lag_that_was_seen(
            pages in prop::collection::vec((any::<bool>(), 0..60_000_i64, any::<bool>()), 1..40),
        ) {
            let (mut known, mut largest) = (Lateness::default(), 0);
            for (news, lag, ends) in pages {
                let lag = if news { lag } else { 0 };
                largest = largest.max(lag);
                known = known.after(&BOUNDS, &Sighting { news, lag: Millis(lag), ends });
                let overlap = known.overlap.unwrap_or(BOUNDS.most).0;
                prop_assert!(overlap >= largest.clamp(BOUNDS.least.0, BOUNDS.most.0) && overlap <= BOUNDS.most.0);
            }
        }
    }
}
