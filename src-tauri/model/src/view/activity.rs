//! What happened, line by line: durable, never with a field's value, a body or a server's words.

use super::Happened;
use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// What a line is about; the filters of `ui.md` 3.9, and what they leave over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// Changes of this computer that the server has.
    Sent,
    /// What came from the server.
    Received,
    /// What was put together without asking.
    Merged,
    /// Conflicts and what ended them.
    Conflict,
    /// What waits for a person.
    NeedsYou,
    /// What a person did to waiting changes.
    Queue,
    /// Settings, connections and sign-ins.
    Settings,
    /// Comparing, mending and tidying.
    Upkeep,
    /// Looks at a server that brought nothing, or did not come about.
    Checks,
}

impl ActivityKind {
    /// All of them, in the order of the filters.
    pub const ALL: [Self; 9] = [
        Self::Sent,
        Self::Received,
        Self::Merged,
        Self::Conflict,
        Self::NeedsYou,
        Self::Queue,
        Self::Settings,
        Self::Upkeep,
        Self::Checks,
    ];

    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Merged => "merged",
            Self::Conflict => "conflict",
            Self::NeedsYou => "needs_you",
            Self::Queue => "queue",
            Self::Settings => "settings",
            Self::Upkeep => "upkeep",
            Self::Checks => "checks",
        }
    }

    /// The kind of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The person at this computer.
    You,
    /// Somebody else, whom the server names.
    Person,
    /// A rule of Tidemark.
    Rule,
    /// The server.
    Server,
}

impl Actor {
    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Person => "person",
            Self::Rule => "rule",
            Self::Server => "server",
        }
    }

    /// The actor of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::You, Self::Person, Self::Rule, Self::Server].into_iter().find(|it| it.as_str() == word)
    }
}

/// Which lines a list shows; an empty filter shows all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ActivityFilter {
    /// Only this kind.
    pub kind: Option<ActivityKind>,
    /// Without what came from servers.
    pub hide_received: bool,
    /// Only this link.
    pub link: Option<String>,
    /// Only this record's, by its whole id.
    pub record: Option<String>,
    /// Only those with this text in the id of their record, change, request or transaction.
    pub search: Option<String>,
    /// Only those of this time and later.
    pub since: Option<Millis>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityLine {
    /// Its number; rises with time.
    pub id: Count,
    /// When.
    pub at: Millis,
    /// Of one that stands for several: when the last of them was.
    pub until: Option<Millis>,
    /// The run of syncing that brought it about.
    pub run: Option<Count>,
    /// Its link; none where it is about all of them.
    pub link: Option<String>,
    /// Its collection.
    pub collection: Option<String>,
    /// Its record.
    pub record: Option<String>,
    /// Its change.
    pub change: Option<String>,
    /// The key under which the change was sent.
    pub request: Option<String>,
    /// Its filter.
    pub kind: ActivityKind,
    /// Who did it.
    pub actor: Actor,
    /// The name of a person whom the server names.
    pub by: Option<String>,
    /// How many things it tells of.
    pub count: Count,
    /// What happened.
    pub happened: Happened,
    /// The same in words.
    pub sentence: String,
}

/// One run of syncing, counted over all its lines, also those that are gone by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityRun {
    /// Its number.
    pub run: Count,
    /// Its link.
    pub link: String,
    /// Its first line.
    pub started_at: Millis,
    /// Its last line.
    pub ended_at: Millis,
    /// Changes confirmed.
    pub sent: Count,
    /// Records that are another here now.
    pub received: Count,
    /// Records put together without asking.
    pub merged: Count,
    /// Conflicts met.
    pub conflicts: Count,
    /// Changes that need a person.
    pub refused: Count,
}

/// A page of lines, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityPage {
    /// The lines; perhaps none although there are more further back.
    pub lines: Vec<ActivityLine>,
    /// The runs that they belong to.
    pub runs: Vec<ActivityRun>,
    /// Where the next page begins; none where nothing older is left.
    pub next: Option<Count>,
    /// How many lines were looked at for this page.
    pub looked: Count,
}
