//! How conflicts of a collection are decided, and single fields of it (rows D4, D5).

use serde::{Deserialize, Serialize};
use specta::Type;

/// Who decides what both sides changed differently. Fields that only one side changed are merged under each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ConflictStrategy {
    /// Three-way merge; a person decides the rest.
    #[default]
    Merge,
    /// The side that changed the record later.
    LastWriteWins,
    /// For each field the side that changed it later.
    FieldLww,
    /// The server.
    ServerWins,
    /// This computer.
    ClientWins,
    /// A person, also where the sides changed different fields.
    Manual,
}

impl ConflictStrategy {
    /// Every one, the default first.
    pub const ALL: [Self; 6] =
        [Self::Merge, Self::LastWriteWins, Self::FieldLww, Self::ServerWins, Self::ClientWins, Self::Manual];

    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::LastWriteWins => "last_write_wins",
            Self::FieldLww => "field_lww",
            Self::ServerWins => "server_wins",
            Self::ClientWins => "client_wins",
            Self::Manual => "manual",
        }
    }

    /// The strategy of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == word)
    }
}

/// What becomes of one field that both sides changed differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FieldPolicy {
    /// The value of the side that changed it later.
    Newer,
    /// The server's value.
    Server,
    /// This computer's value.
    Local,
    /// The greater number, instant or date.
    Max,
    /// The smaller number, instant or date.
    Min,
    /// What it started as with both sides' changes added.
    Sum,
    /// A list with what both sides added, without what either removed.
    Union,
    /// Text merged by line, however short.
    Text,
    /// A person's choice, also where both could be combined.
    Manual,
}

impl FieldPolicy {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Newer,
        Self::Server,
        Self::Local,
        Self::Max,
        Self::Min,
        Self::Sum,
        Self::Union,
        Self::Text,
        Self::Manual,
    ];

    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newer => "newer",
            Self::Server => "server",
            Self::Local => "local",
            Self::Max => "max",
            Self::Min => "min",
            Self::Sum => "sum",
            Self::Union => "union",
            Self::Text => "text",
            Self::Manual => "manual",
        }
    }

    /// The policy of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == word)
    }

    /// Whether it keeps what was combined of both sides' changes; every other replaces that.
    pub(super) fn combines(self) -> bool {
        matches!(self, Self::Union | Self::Text)
    }
}
