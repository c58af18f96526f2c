//! What a mutation is and where it can stand (`engine.md` 1).

use serde::{Deserialize, Serialize};

/// What a mutation does to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Makes a record that the server does not have.
    Create,
    /// Changes fields of a record.
    Update,
    /// Puts a whole new document in the place of the old one (a delete followed by a create).
    Replace,
    /// Takes a record away.
    Delete,
    /// An opaque request of another program; it touches no record that Tidemark keeps.
    Request,
}

impl Operation {
    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Request => "request",
        }
    }

    /// The operation of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::Replace, Self::Delete, Self::Request]
            .into_iter()
            .find(|operation| operation.as_str() == word)
    }
}

/// Where a mutation stands. Every saved change is in exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum MutationState {
    /// Waits in its lane; its changes may still grow.
    Queued,
    /// Body and key are fixed; it is on the wire or about to be.
    Sealed,
    /// Sent, and no definite answer came.
    Uncertain,
    /// The server has another version; a person or a rule decides.
    Conflicted,
    /// Will not go without a person.
    Parked,
    /// The server accepted it.
    Confirmed,
    /// Ended by a decision for the server's version.
    Superseded,
    /// Taken into an older mutation of its lane, or into a resolution.
    Combined,
    /// A create that met its own delete before either was sent.
    Cancelled,
    /// A person put it in the trash.
    Discarded,
}

impl MutationState {
    /// Every state, in the order of a mutation's life.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Sealed,
        Self::Uncertain,
        Self::Conflicted,
        Self::Parked,
        Self::Confirmed,
        Self::Superseded,
        Self::Combined,
        Self::Cancelled,
        Self::Discarded,
    ];

    /// Those in which something may still happen to it.
    pub const UNFINISHED: [Self; 5] =
        [Self::Queued, Self::Sealed, Self::Uncertain, Self::Conflicted, Self::Parked];

    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sealed => "sealed",
            Self::Uncertain => "uncertain",
            Self::Conflicted => "conflicted",
            Self::Parked => "parked",
            Self::Confirmed => "confirmed",
            Self::Superseded => "superseded",
            Self::Combined => "combined",
            Self::Cancelled => "cancelled",
            Self::Discarded => "discarded",
        }
    }

    /// The state of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more will happen to it by itself or by a person's answer.
    pub fn is_finished(self) -> bool {
        !Self::UNFINISHED.contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stored_word_comes_back_as_the_state_it_names() {
        for state in MutationState::ALL {
            assert_eq!(MutationState::parse(state.as_str()), Some(state));
        }
        assert_eq!(MutationState::parse("done"), None);
    }
}
