//! Ended conflicts and automatic merges, as they are listed and put back (row D9).

use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which one: its text is `conflict-7` or `merge-12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecisionId {
    /// An ended conflict, by its number.
    Conflict(i64),
    /// An automatic merge, by its number.
    Merge(i64),
}

impl DecisionId {
    /// The one of a text.
    pub fn parse(text: &str) -> Option<Self> {
        let (word, number) = text.split_once('-')?;
        // As it is written, and no other way: '+7' and '07' name nothing.
        let number: i64 =
            number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok()).flatten()?;
        let id = match word {
            "conflict" => Self::Conflict(number),
            "merge" => Self::Merge(number),
            _ => return None,
        };
        (id.to_string() == text).then_some(id)
    }

    /// The conflict's number, where it is one.
    pub fn conflict(self) -> Option<Count> {
        match self {
            Self::Conflict(number) => Some(Count(number)),
            Self::Merge(_) => None,
        }
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(number) => write!(f, "conflict-{number}"),
            Self::Merge(number) => write!(f, "merge-{number}"),
        }
    }
}

/// Who or what decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DecisionBy {
    /// Both sides had changed different things: it was merged without asking.
    Merge,
    /// A rule of its collection or of its fields.
    Rule,
    /// Its collection's hook.
    Hook,
    /// A person.
    Person,
    /// Nobody: both sides came to agree, or it went with what it was about.
    Itself,
}

/// Whose values putting it back brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Restores {
    /// The server's, as they were before.
    Server,
    /// Mine, which were let go because all the server's were kept.
    Mine,
}

/// Why something cannot be put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum NotPutBack {
    /// It was put back before.
    Already,
    /// It ended by itself: nothing was decided.
    ByItself,
    /// There is nothing that it would change.
    Nothing,
    /// The record would have to be deleted, which putting back never does.
    WouldDelete,
    /// The connection was removed.
    NoConnection,
    /// A conflict about the record is open.
    ConflictOpen,
    /// What was decided is held: it can be taken back whole.
    Held,
    /// A change of the record is not finished.
    Unfinished,
    /// The record was deleted here and that is not finished.
    DeletedHere,
    /// The record is gone.
    Gone,
    /// The record, which was to be gone, is there again.
    ThereAgain,
    /// The server names new records itself, so this one would become another.
    NamedByServer,
    /// The record was changed again at these fields.
    ChangedAgain,
}

/// That something cannot be put back, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CannotPutBack {
    /// Why.
    pub code: NotPutBack,
    /// The same in words.
    pub sentence: String,
    /// What to do about it.
    pub hint: String,
}

/// One ended conflict or automatic merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRow {
    /// Which: `conflict-7` or `merge-12`.
    pub id: String,
    /// The conflict's number; none of an automatic merge.
    pub conflict: Option<Count>,
    /// Who or what decided.
    pub by: DecisionBy,
    /// When.
    pub at: Millis,
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Record's id.
    pub record: String,
    /// Record's title, else its id.
    pub title: String,
    /// How many fields putting it back touches.
    pub touched: Count,
    /// Whose values that brings; none where it would bring none.
    pub restores: Option<Restores>,
    /// The whole record comes back, which was to be gone.
    pub makes_record: bool,
    /// Why it cannot be put back; none where it can.
    pub cannot: Option<CannotPutBack>,
    /// The change that put it back.
    pub put_back: Option<String>,
}

/// One of them, field by field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DecisionView {
    /// Its row.
    #[serde(flatten)]
    pub row: DecisionRow,
    /// The fields that putting it back touches.
    pub fields: Vec<DecisionField>,
}

/// A field that putting back touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DecisionField {
    /// JSON Pointer.
    pub path: String,
    /// Its name for people.
    pub label: String,
    /// What was decided, JSON text; none where absent.
    pub result: Option<String>,
    /// What it becomes; none where the field goes.
    pub becomes: Option<String>,
    /// It was changed again since, here or on the server.
    pub moved_on: bool,
}

/// What putting something back became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DecisionPutBack {
    /// What was put back.
    pub id: String,
    /// The new change that does it; it goes on like any other.
    pub change: String,
    /// Its record.
    pub record: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_text_names_a_decision() {
        for id in [DecisionId::Conflict(7), DecisionId::Merge(i64::MAX)] {
            assert_eq!(DecisionId::parse(&id.to_string()), Some(id));
        }
        for text in [
            "",
            "7",
            "merge",
            "merge-",
            "merge-+7",
            "merge-07",
            "merge--7",
            "Merge-7",
            "merge-7 ",
            "merge-1e3",
        ] {
            assert_eq!(DecisionId::parse(text), None, "{text}");
        }
        assert_eq!(DecisionId::parse("merge-99999999999999999999"), None);
    }
}
