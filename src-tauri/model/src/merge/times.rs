//! When each side changed what, on one clock (`engine.md` 9). Which change was made on which version is known already: times
//! are asked only where neither side knew of the other's.

use std::collections::BTreeMap;

use crate::number::Millis;
use crate::path;

/// When each side was changed, in this computer's time (`engine.md` 9).
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    /// When mine was last changed.
    pub local: Option<Millis>,
    /// When the server's was; the skew of its clock is taken out.
    pub server: Option<Millis>,
    /// When fields here were changed, by JSON Pointer; a field that is not among them has the record's time.
    pub local_fields: &'a BTreeMap<String, Millis>,
    /// Times that are no further apart cannot be told apart.
    pub resolution: Millis,
    /// Now; a time that lies further ahead than [`FAR_AHEAD`] wins nothing.
    pub now: Millis,
}

/// How far ahead of now a time may lie and still be believed.
pub const FAR_AHEAD: Millis = Millis(60_000);

/// How far the measure of a server's clock can be out: its `Date` has whole seconds.
pub const SKEW_RESOLUTION: Millis = Millis(1_000);

/// Whose change came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// This computer's.
    Mine,
    /// The server's; it has the ties and what has no time.
    Server,
    /// A clock was wrong: nobody can say.
    Unknown,
}

impl Times<'_> {
    /// Whose change of the whole record came later.
    pub fn later(&self) -> Later {
        self.compare(self.local, self.server)
    }

    /// Whose change of a field came later.
    pub fn later_at(&self, field: &str) -> Later {
        let within = |known: &&String| path::within(field, known) || path::within(known, field);
        let known = self.local_fields.iter().filter(|(known, _)| within(known)).map(|(_, at)| *at).max();
        self.compare(known.or(self.local), self.server)
    }

    fn compare(&self, local: Option<Millis>, server: Option<Millis>) -> Later {
        let (Some(local), Some(server)) = (local, server) else { return Later::Server };
        let horizon = self.now.0.saturating_add(FAR_AHEAD.0);
        match local.0.saturating_sub(server.0) {
            _ if local.0 > horizon || server.0 > horizon => Later::Unknown,
            ahead if ahead > self.resolution.0 => Later::Mine,
            _ => Later::Server,
        }
    }
}

/// When each field was last changed here, from the edits in the order in which they were made, with the paths that each
/// changed.
///
/// A clock that was set back in between makes no later edit older than an earlier one; a time far ahead of `now` stands for
/// its own edit only.
pub fn field_times<'e>(
    edits: impl IntoIterator<Item = (Vec<&'e str>, Millis)>,
    now: Millis,
) -> BTreeMap<String, Millis> {
    let mut times: BTreeMap<String, Millis> = BTreeMap::new();
    let mut clock = Millis(i64::MIN);
    for (paths, at) in edits {
        let is_ahead = at.0 > now.0.saturating_add(FAR_AHEAD.0);
        if !is_ahead {
            clock = clock.max(at);
        }
        let stamp = if is_ahead { at } else { clock };
        for path in paths {
            times.insert(path.to_owned(), stamp);
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_makes_no_later_edit_older() {
        let edits = [
            (vec!["/a"], Millis(100_000)),
            (vec!["/b", "/c"], Millis(40_000)),
            (vec!["/c"], Millis(110_000)),
        ];
        let times = field_times(edits, Millis(120_000));
        let expected = [("/a", 100_000), ("/b", 100_000), ("/c", 110_000)];
        assert_eq!(times, expected.map(|(path, at)| (path.to_owned(), Millis(at))).into());
    }

    #[test]
    fn a_time_far_ahead_is_kept_and_moves_no_other() {
        let edits = [(vec!["/a"], Millis(500_000)), (vec!["/b"], Millis(40_000))];
        let times = field_times(edits, Millis(50_000));
        assert_eq!(times["/a"], Millis(500_000), "it wins nothing, and says so");
        assert_eq!(times["/b"], Millis(40_000));
    }
}
