//! Where the time of the newest tries went. It is kept as long as the program runs: it helps whoever looks now.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tidemark_model::number::Count;
use tidemark_model::timing::Timing;
use tidemark_model::view::ChangeDetail;

/// Of how many tries it is kept.
const KEPT: usize = 4_096;

/// A change's number and the try's.
type Try = (i64, i64);

#[derive(Default)]
pub(crate) struct Timings(Mutex<VecDeque<(Try, Timing)>>);

impl Timings {
    pub(crate) fn keep(&self, change: i64, number: i64, timing: Timing) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(((change, number), timing));
    }

    /// Tells the tries of a change where their time went.
    pub(crate) fn tell(&self, detail: &mut ChangeDetail) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Count(change) = detail.row.number;
        let newest = |number| kept.iter().rev().find(|(of, _)| *of == (change, number));
        for attempt in &mut detail.attempts {
            attempt.timing = newest(attempt.number.0).map(|(_, timing)| *timing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::number::Millis;

    #[test]
    fn the_newest_tries_are_kept_and_no_more() {
        let timings = Timings::default();
        for change in 0..=KEPT as i64 {
            timings.keep(change, 1, Timing { total: Millis(change), ..Timing::default() });
        }
        let kept = timings.0.lock().unwrap();
        assert_eq!(kept.len(), KEPT, "the room is bounded");
        assert_eq!(kept.front().map(|(of, _)| *of), Some((1, 1)), "the oldest goes first");
    }
}
