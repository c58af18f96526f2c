//! How far a Kinto collection was read, as one opaque token.
//!
//! Rows can become visible later than their `last_modified` says, so that each new listing starts some seconds
//! before the largest value seen; rows that are known already are dropped by the engine, by id and version.

/// The least overlap in milliseconds; answers came up to 93 ms late where it was measured.
const LEAST_OVERLAP_MS: i64 = 5_000;

/// A place in the sequence of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The largest `last_modified` seen.
    pub seen: i64,
    /// The listing that is not at its end.
    pub listing: Option<Listing>,
}

/// A listing between two pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What it began after.
    pub since: i64,
    /// The last row's `last_modified`.
    pub last: i64,
    /// Kinto's `_token` of the next page; empty for the first, which is never stored.
    pub token: String,
}

impl Cursor {
    /// Reads a token; `None` where it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |part: Option<&str>| part?.parse::<i64>().ok().filter(|number| *number >= 0);
        let mut parts = text.splitn(4, ';');
        let seen = number(parts.next())?;
        let Some(since) = parts.next() else { return Some(Self { seen, listing: None }) };
        let (since, last) = (number(Some(since))?, number(parts.next())?);
        let token = parts.next().filter(|token| !token.is_empty())?.to_owned();
        Some(Self { seen, listing: Some(Listing { since, last, token }) })
    }

    /// The token's text.
    pub fn to_text(&self) -> String {
        match &self.listing {
            None => self.seen.to_string(),
            Some(Listing { since, last, token }) => format!("{};{since};{last};{token}", self.seen),
        }
    }

    /// The same listing from its first page, for when Kinto no longer knows the token.
    pub fn again(&self, overlap_s: Option<u32>) -> Self {
        let since = self.since(overlap_s);
        Self { seen: self.seen, listing: Some(Listing { since, last: since, token: String::new() }) }
    }

    /// What a listing from here begins after.
    pub fn since(&self, overlap_s: Option<u32>) -> i64 {
        match &self.listing {
            Some(listing) => listing.since,
            None => (self.seen - overlap_ms(overlap_s)).max(0),
        }
    }
}

/// The overlap in milliseconds; a shorter wish is not followed.
pub fn overlap_ms(overlap_s: Option<u32>) -> i64 {
    overlap_s.map_or(0, |seconds| i64::from(seconds) * 1000).max(LEAST_OVERLAP_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_listing_overlaps_and_a_begun_one_does_not_move() {
        let ended = Cursor { seen: 1_795_242_795_792, listing: None };
        assert_eq!(ended.since(None), 1_795_242_790_792);
        assert_eq!(ended.since(Some(60)), 1_795_242_735_792);
        assert_eq!(ended.since(Some(1)), 1_795_242_790_792, "less than five seconds loses rows");
        assert_eq!(Cursor::default().since(None), 0);
        let listing = Listing { since: 7, last: 9, token: "ey;J9".into() };
        assert_eq!(Cursor { seen: 10, listing: Some(listing) }.since(None), 7);
    }

    #[test]
    fn a_token_comes_back_as_it_was() {
        let listing = Listing { since: 7, last: 9, token: "ey;J9==".into() };
        for cursor in [
            Cursor::default(),
            Cursor { seen: 5, listing: None },
            Cursor { seen: 10, listing: Some(listing) },
        ] {
            assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        }
        for foreign in ["", "x", "-1", "1;2", "1;2;3", "1;2;3;", "1.5"] {
            assert_eq!(Cursor::parse(foreign), None, "{foreign}");
        }
    }
}
