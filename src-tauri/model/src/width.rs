//! How many requests go at once: fewer while the server is at its limit, more again as it keeps up.

/// A link's width, learnt by additive increase and multiplicative decrease as TCP learns its window (RFC 5681,
/// section 3.1): an answer that tells of overload halves it, once for all that was under way then; as many good
/// answers as go at once widen it by one, up to the setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Width {
    /// How many go at once while that is fewer than the setting allows.
    narrowed: Option<usize>,
    /// Good answers since it last changed.
    good: usize,
    /// Requests sent so far; a request's number is what this was after it.
    sent: u64,
    /// Answers to requests up to here tell of the width before it was last halved.
    halved_at: u64,
}

impl Width {
    /// How many may be under way at once, at least 1, where the setting allows `most`.
    pub fn at_once(&self, most: usize) -> usize {
        self.narrowed.map_or(most, |narrowed| narrowed.min(most)).max(1)
    }

    /// Counts a request; its number goes to [`Width::answered`].
    pub fn send(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }

    /// Takes in the answer to a request, or that none came; `overloaded` where it tells of a server at its limit.
    pub fn answered(&mut self, request: u64, overloaded: bool, most: usize) {
        if request <= self.halved_at {
            return;
        }
        if overloaded {
            self.narrowed = Some((self.at_once(most) / 2).max(1));
            self.halved_at = self.sent;
            self.good = 0;
            return;
        }
        let Some(narrowed) = self.narrowed else { return };
        self.good += 1;
        if self.good >= narrowed {
            self.good = 0;
            self.narrowed = Some(narrowed + 1).filter(|wider| *wider < most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(width: &mut Width, overloaded: bool) {
        let request = width.send();
        width.answered(request, overloaded, 6);
    }

    // proves A5
    #[test]
    fn overload_halves_it_and_good_answers_widen_it_one_by_one() {
        let mut width = Width::default();
        (0..20).for_each(|_| answer(&mut width, false));
        assert_eq!(width.at_once(6), 6, "never more than the setting");
        answer(&mut width, true);
        assert_eq!(width.at_once(6), 3);
        let mut widths = Vec::new();
        for _ in 0..12 {
            answer(&mut width, false);
            widths.push(width.at_once(6));
        }
        assert_eq!(widths, [3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6]);
    }

    #[test]
    fn what_was_under_way_together_halves_it_once() {
        let mut width = Width::default();
        let requests = [(); 6].map(|()| width.send());
        requests.iter().for_each(|request| width.answered(*request, true, 6));
        assert_eq!(width.at_once(6), 3);
        let next = width.send();
        width.answered(next, true, 6);
        assert_eq!(width.at_once(6), 1);
        answer(&mut width, true);
        assert_eq!(width.at_once(6), 1, "one always goes");
    }

    #[test]
    fn good_answers_from_before_do_not_widen_it() {
        let mut width = Width::default();
        let requests = [(); 6].map(|()| width.send());
        width.answered(requests[0], true, 6);
        requests[1..].iter().for_each(|request| width.answered(*request, false, 6));
        assert_eq!(width.at_once(6), 3);
    }

    #[test]
    fn another_setting_holds_at_once() {
        let mut width = Width::default();
        answer(&mut width, true);
        assert_eq!((width.at_once(2), width.at_once(6)), (2, 3));
        (0..3).for_each(|_| answer(&mut width, false));
        assert_eq!((width.at_once(2), width.at_once(32)), (2, 4));
    }
}
