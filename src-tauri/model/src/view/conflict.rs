//! Conflicts as people see them; the names of [`ConflictView`] are those of row H2.

use crate::document;
use crate::merge::Choice;
use crate::number::{Count, Millis};
use crate::view::FieldChange;
use serde::{Deserialize, Serialize};

/// Row D2, and the cases of `ui.md` 3.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ConflictType {
    /// Both sides changed it.
    BothUpdated,
    /// Changed here, deleted there.
    UpdatedHereDeletedThere,
    /// Deleted here, changed there.
    DeletedHereUpdatedThere,
    /// Made on both sides under one id.
    CreatedOnBoth,
    /// The starting version is missing.
    NoBase,
}

impl ConflictType {
    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BothUpdated => "both_updated",
            Self::UpdatedHereDeletedThere => "updated_here_deleted_there",
            Self::DeletedHereUpdatedThere => "deleted_here_updated_there",
            Self::CreatedOnBoth => "created_on_both",
            Self::NoBase => "no_base",
        }
    }

    /// The type of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        use ConflictType::*;
        [BothUpdated, UpdatedHereDeletedThere, DeletedHereUpdatedThere, CreatedOnBoth, NoBase]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// One row of the conflicts' list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ConflictRow {
    /// Its id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// The server's host.
    pub server: String,
    /// Collection's name.
    pub resource_type: String,
    /// Record's id.
    pub resource_id: String,
    /// Record's title, else its id.
    pub title: String,
    /// Row D2.
    pub conflict_type: ConflictType,
    /// Fields still to choose.
    pub to_choose: Count,
    /// Fields merged without asking.
    pub merged: Count,
    /// Choices made so far.
    pub chosen: Count,
    /// When it was met.
    pub created_at: Millis,
    /// When the server side last moved.
    pub updated_at: Millis,
    /// When mine was changed.
    pub local_at: Option<Millis>,
    /// When the server's was changed, by its clock.
    pub server_at: Option<Millis>,
    /// Who changed the server's, where known.
    pub server_by: Option<String>,
    /// Put off until then.
    pub later_until: Option<Millis>,
    /// An answer was lost: mine may already be in the server's version.
    pub may_already_be_in: bool,
}

/// A conflict, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ConflictView {
    /// Its row.
    #[serde(flatten)]
    pub row: ConflictRow,
    /// Still to be decided; else it has ended, and stands among what was decided.
    pub open: bool,
    /// Started as: JSON text; none where there is none. In all documents a mask stands in the place of a secret.
    pub base_data: Option<String>,
    /// Mine: JSON text; none where deleted here.
    pub local_data: Option<String>,
    /// Server: JSON text; none where deleted there.
    pub server_data: Option<String>,
    /// The version of the server's side; the resolution is sent on top of it.
    pub server_version: Option<String>,
    /// The merge with every choice so far: JSON text.
    pub result: Option<String>,
    /// Where the result is not what the server has: JSON Pointers, in document order.
    pub sends: Vec<String>,
    /// Field by field; what is unchanged is only counted.
    pub fields: Vec<ConflictField>,
    /// Where one side deleted the record: what the other changed of it since both were the same; else empty.
    pub changed: Vec<FieldChange>,
    /// Fields that nobody changed.
    pub unchanged: Count,
    /// When the starting version was agreed.
    pub base_at: Option<Millis>,
    /// How far the server's clock is ahead of this computer's, in milliseconds.
    pub clock_skew: Option<Millis>,
    /// Why its collection's hook decided nothing, in words for people; none where there is no hook or it simply left it.
    pub hook_said: Option<String>,
}

/// One field of a conflict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ConflictField {
    /// JSON Pointer.
    pub path: String,
    /// Its name for people.
    pub label: String,
    /// The class by which it is shown (`ui.md` 3.8).
    pub class: crate::merge::FieldClass,
    /// Started as, JSON text; none where absent.
    pub base: Option<String>,
    /// Mine.
    pub local: Option<String>,
    /// Server.
    pub server: Option<String>,
    /// What will be stored; none where absent or not yet chosen.
    pub result: Option<String>,
    /// Whether a choice is still needed.
    pub undecided: bool,
    /// The choice made by the person.
    pub choice: Option<FieldChoice>,
    /// The rule that decided it, where no choice of a person stands before it.
    pub rule: Option<crate::merge::Rule>,
    /// What to mind, as the merge says it.
    pub note: Option<crate::merge::Note>,
}

/// What a rule decided of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RuledAt {
    /// JSON Pointer.
    pub path: String,
    /// What it took.
    pub choice: FieldChoice,
    /// Which rule.
    pub rule: crate::merge::Rule,
}

/// A person's choice for one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FieldChoice {
    /// This computer's value.
    Mine,
    /// The server's value.
    Server,
    /// The value both started from.
    Base,
    /// A typed value, JSON text.
    Json(String),
}

impl FieldChoice {
    /// A merge's choice as it is stored and shown.
    pub fn of(choice: &Choice) -> Self {
        match choice {
            Choice::Mine => Self::Mine,
            Choice::Server => Self::Server,
            Choice::Base => Self::Base,
            Choice::Value(value) => Self::Json(document::to_text(value)),
        }
    }
}

/// One choice in a resolution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct ChoiceAt {
    /// JSON Pointer of a field of the conflict.
    pub path: String,
    /// What to keep there.
    pub choice: FieldChoice,
}

/// Row D7: how a person ends a conflict. The braces let an unknown member be refused also where there is none to give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "strategy", rename_all = "snake_case", deny_unknown_fields)]
pub enum Resolution {
    /// All mine, on top of the version that was seen.
    LocalWins {},
    /// All the server's.
    ServerWins {},
    /// Field by field, or a whole document.
    Manual {
        /// Choices by path.
        #[serde(default)]
        choices: Vec<ChoiceAt>,
        /// A whole document as JSON text; then no choices are given.
        #[serde(default)]
        document: Option<String>,
    },
    /// Later; choices made so far are kept.
    Skip {
        /// Choices by path.
        #[serde(default)]
        choices: Vec<ChoiceAt>,
        /// Until when; none for no date.
        #[serde(default)]
        until: Option<Millis>,
    },
}

/// What a resolution became.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// The conflict's id.
    pub conflict: Count,
    /// The change that carries it; none where nothing need be sent.
    pub change: Option<String>,
    /// When it goes, where it is held for undo.
    pub sends_at: Option<Millis>,
    /// The whole result as JSON text; none where the record is deleted.
    pub result: Option<String>,
}
