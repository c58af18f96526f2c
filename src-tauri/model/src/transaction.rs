//! What an explicit transaction is, and what follows from where its members stand (`engine.md` 6).

use serde::{Deserialize, Serialize};

/// How the members of a transaction belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// One after the other; its records are locked, and a refusal rolls back what was not accepted.
    #[default]
    Ordered,
    /// Each on its own; no lock and no roll-back.
    Parallel,
    /// All or none, in one request.
    Atomic,
    /// One after the other; a refusal takes back what was accepted before it.
    Saga,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 4] = [Self::Ordered, Self::Parallel, Self::Atomic, Self::Saga];

    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Parallel => "parallel",
            Self::Atomic => "atomic",
            Self::Saga => "saga",
        }
    }

    /// The strategy of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == word)
    }

    /// Whether its records are locked and a refusal of one member takes the others along.
    pub fn locks(self) -> bool {
        self != Self::Parallel
    }

    /// Whether a member waits for the one before it.
    pub fn in_order(self) -> bool {
        matches!(self, Self::Ordered | Self::Saga)
    }
}

/// Where a transaction stands (row B1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum TransactionState {
    /// Behind another transaction that has one of its records.
    Queued,
    /// Ready, or waiting for something else.
    Pending,
    /// Begun: some of it was sent.
    Persisting,
    /// The server has all of it; what it shows is not pulled yet.
    PersistedAwaitingSync,
    /// Done.
    Completed,
    /// Refused, or failed with one that it was behind.
    Failed,
    /// A member stands in an open conflict.
    Conflicted,
}

impl TransactionState {
    /// Every state, in the order of a transaction's life.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Pending,
        Self::Persisting,
        Self::PersistedAwaitingSync,
        Self::Completed,
        Self::Failed,
        Self::Conflicted,
    ];

    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Pending => "pending",
            Self::Persisting => "persisting",
            Self::PersistedAwaitingSync => "persisted_awaiting_sync",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Conflicted => "conflicted",
        }
    }

    /// The state of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// How many members stand where; those that another member took in are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In line.
    pub waiting: i64,
    /// Sealed, or without a definite answer.
    pub on_wire: i64,
    /// In an open conflict.
    pub conflicted: i64,
    /// Refused, in its lane.
    pub parked: i64,
    /// Rolled back, in no lane.
    pub rolled_back: i64,
    /// Accepted.
    pub confirmed: i64,
    /// Ended for the server's version.
    pub superseded: i64,
    /// Put in the trash by a person.
    pub discarded: i64,
}

impl Tally {
    /// All of them.
    pub fn all(&self) -> i64 {
        self.unfinished() + self.rolled_back + self.confirmed + self.superseded + self.discarded
    }

    /// Those that may still be accepted.
    pub fn unfinished(&self) -> i64 {
        self.waiting + self.on_wire + self.conflicted + self.parked
    }
}

/// Everything the decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// How the members belong together.
    pub strategy: Strategy,
    /// The members.
    pub members: Tally,
    /// What takes accepted members back.
    pub undoing: Option<Tally>,
    /// Another transaction has one of its records first.
    pub behind: bool,
    /// It is to be seen in a pull before it is done.
    pub await_sync: bool,
    /// It was seen in one, or that took too long.
    pub seen: bool,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stands here.
    Stands(TransactionState),
    /// A member was refused for good, or put in the trash: what was not accepted is rolled back, and with it what stands behind.
    RollBack,
    /// The same, and what was accepted is taken back.
    Undo,
}

/// Decides. A transaction of one member is a single change: refused, it is parked and nothing rolls back.
pub fn judge(facts: &Facts) -> Verdict {
    use TransactionState::{Completed, Conflicted, Failed, PersistedAwaitingSync, Persisting, Queued};
    let Facts { strategy, members, .. } = *facts;
    if let Some(undoing) = facts.undoing {
        return Verdict::Stands(match undoing {
            Tally { conflicted: 1.., .. } => Conflicted,
            // What cannot be taken back is a person's: the transaction itself has failed.
            _ if undoing.waiting + undoing.on_wire > 0 => Persisting,
            _ => Failed,
        });
    }
    let rolls_back = strategy.locks() && members.all() > 1;
    // An open conflict and an answer that is not in are waited for: what they come to decides what is rolled back.
    let broken = members.parked > 0 || (members.discarded > 0 && members.waiting > 0);
    if rolls_back && broken && members.on_wire == 0 && members.conflicted == 0 {
        let undo = strategy == Strategy::Saga && members.confirmed > 0;
        return if undo { Verdict::Undo } else { Verdict::RollBack };
    }
    let begun = members.on_wire + members.confirmed + members.superseded > 0;
    let going = members.waiting + members.on_wire;
    Verdict::Stands(match members {
        Tally { conflicted: 1.., .. } => Conflicted,
        // One of a parallel transaction went back with what it was made on; the others go on.
        Tally { rolled_back: 1.., .. } if going == 0 || rolls_back => Failed,
        _ if going > 0 && (begun || (members.parked + members.rolled_back > 0 && !rolls_back)) => Persisting,
        _ if going > 0 && facts.behind => Queued,
        _ if going > 0 => TransactionState::Pending,
        Tally { parked: 1.., .. } | Tally { discarded: 1.., .. } => Failed,
        Tally { confirmed: 1.., .. } if facts.await_sync && !facts.seen => PersistedAwaitingSync,
        _ => Completed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(strategy: Strategy, members: Tally) -> Facts {
        Facts { strategy, members, undoing: None, behind: false, await_sync: false, seen: false }
    }

    #[test]
    fn the_members_alone_say_where_a_transaction_stands() {
        use TransactionState::*;
        let t = Tally::default();
        let cases = [
            ("all in line", Tally { waiting: 3, ..t }, Pending),
            ("one on the wire", Tally { waiting: 2, on_wire: 1, ..t }, Persisting),
            ("one accepted", Tally { waiting: 2, confirmed: 1, ..t }, Persisting),
            ("one in conflict", Tally { waiting: 2, conflicted: 1, ..t }, Conflicted),
            ("all accepted", Tally { confirmed: 3, ..t }, Completed),
            ("one decided for the server", Tally { confirmed: 2, superseded: 1, ..t }, Completed),
            ("one in the trash", Tally { confirmed: 2, discarded: 1, ..t }, Failed),
            ("rolled back", Tally { rolled_back: 3, ..t }, Failed),
        ];
        for (name, members, state) in cases {
            for strategy in Strategy::ALL {
                assert_eq!(judge(&facts(strategy, members)), Verdict::Stands(state), "{name}, {strategy:?}");
            }
        }
        let behind =
            Facts { behind: true, ..facts(Strategy::Ordered, Tally { waiting: 2, ..Tally::default() }) };
        assert_eq!(judge(&behind), Verdict::Stands(Queued));
    }

    #[test]
    fn a_refusal_takes_the_others_along_unless_they_stand_apart() {
        let refused = Tally { waiting: 1, parked: 1, confirmed: 1, ..Tally::default() };
        assert_eq!(judge(&facts(Strategy::Ordered, refused)), Verdict::RollBack);
        assert_eq!(judge(&facts(Strategy::Atomic, refused)), Verdict::RollBack);
        assert_eq!(judge(&facts(Strategy::Saga, refused)), Verdict::Undo);
        let first = Tally { confirmed: 0, ..refused };
        assert_eq!(judge(&facts(Strategy::Saga, first)), Verdict::RollBack, "nothing was accepted");
        let apart = judge(&facts(Strategy::Parallel, refused));
        assert_eq!(apart, Verdict::Stands(TransactionState::Persisting), "the others go on");
        let single = Tally { parked: 1, ..Tally::default() };
        for strategy in Strategy::ALL {
            let verdict = judge(&facts(strategy, single));
            assert_eq!(verdict, Verdict::Stands(TransactionState::Failed), "one change rolls nothing back");
        }
    }

    #[test]
    fn one_in_the_trash_takes_the_others_along_too() {
        let members = Tally { waiting: 1, discarded: 1, ..Tally::default() };
        assert_eq!(judge(&facts(Strategy::Atomic, members)), Verdict::RollBack);
        let apart = judge(&facts(Strategy::Parallel, members));
        assert_eq!(apart, Verdict::Stands(TransactionState::Pending));
    }

    #[test]
    fn a_refusal_beside_an_answer_that_is_not_in_waits_for_it() {
        let members = Tally { parked: 1, on_wire: 1, ..Tally::default() };
        assert_eq!(judge(&facts(Strategy::Atomic, members)), Verdict::Stands(TransactionState::Persisting));
    }

    #[test]
    fn a_saga_has_failed_when_all_that_can_be_is_taken_back() {
        let members = Tally { rolled_back: 1, confirmed: 2, ..Tally::default() };
        let undoing = |undoing| judge(&Facts { undoing: Some(undoing), ..facts(Strategy::Saga, members) });
        let t = Tally::default();
        let stands = Verdict::Stands;
        assert_eq!(undoing(Tally { waiting: 2, ..t }), stands(TransactionState::Persisting));
        assert_eq!(undoing(Tally { confirmed: 1, conflicted: 1, ..t }), stands(TransactionState::Conflicted));
        assert_eq!(undoing(Tally { confirmed: 2, ..t }), stands(TransactionState::Failed));
        assert_eq!(undoing(Tally { confirmed: 1, parked: 1, ..t }), stands(TransactionState::Failed));
    }

    #[test]
    fn what_waits_to_be_seen_is_done_when_it_was_seen() {
        let facts = Facts {
            await_sync: true,
            ..facts(Strategy::Ordered, Tally { confirmed: 2, ..Tally::default() })
        };
        assert_eq!(judge(&facts), Verdict::Stands(TransactionState::PersistedAwaitingSync));
        assert_eq!(judge(&Facts { seen: true, ..facts }), Verdict::Stands(TransactionState::Completed));
    }

    #[test]
    fn every_stored_word_comes_back() {
        for state in TransactionState::ALL {
            assert_eq!(TransactionState::parse(state.as_str()), Some(state));
        }
        for strategy in Strategy::ALL {
            assert_eq!(Strategy::parse(strategy.as_str()), Some(strategy));
        }
    }
}
