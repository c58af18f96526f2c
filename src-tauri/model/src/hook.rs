//! Hooks: what a host's code or a person's script may decide about a conflict (row D6).
//!
//! A hook is asked about one conflict and answers at once; its answer is checked by [`accept`] before anything is made of
//! it. Whatever it cannot answer, and whatever it answers wrongly, is chosen by hand.

mod accept;
mod order;
mod secrets;

pub use accept::accept;
pub use order::in_order_of;
pub use secrets::{Concealed, conceal};

use crate::merge::{Choice, Later, MergeRules};
use crate::number::Millis;
use crate::view::ConflictType;
use serde_json::Value;
use std::collections::BTreeMap;

/// The answer that keeps this computer's side, as scripts write it.
pub const LOCAL: &str = "local";
/// The answer that keeps the server's side, as scripts write it.
pub const SERVER: &str = "server";

/// Decides conflicts of one resource type.
///
/// It is called outside any transaction, and the cycle that met the conflict waits for it: it does no I/O and comes back soon.
/// It is not asked about a conflict whose change may already be in the server's version (`engine.md` 4).
pub trait ConflictHook: Send + Sync {
    /// Decides one conflict, or says why it cannot.
    fn decide(&self, conflict: &HookInput<'_>) -> Result<HookAnswer, HookError>;
}

/// Asks a hook and checks its answer; the way in which every hook is asked.
pub fn ask(hook: &dyn ConflictHook, conflict: &HookInput<'_>) -> Result<HookAnswer, HookError> {
    accept(hook.decide(conflict)?, conflict)
}

/// What a hook is told of a conflict. It cannot be printed either.
#[derive(Clone, Copy)]
pub struct HookInput<'a> {
    /// The collection's name.
    pub resource_type: &'a str,
    /// The record's id.
    pub resource_id: &'a str,
    /// Row D2.
    pub conflict_type: ConflictType,
    /// What both sides started from, where it is known.
    pub base: Option<&'a Value>,
    /// This computer's document; none where it is deleted here.
    pub local: Option<&'a Value>,
    /// The server's document; none where it is deleted there.
    pub server: Option<&'a Value>,
    /// When this computer's was changed.
    pub local_at: Option<Millis>,
    /// When the server's was changed, by this computer's clock: the measured skew is taken out.
    pub server_at: Option<Millis>,
    /// Whose change came later.
    pub later: Later,
    /// Who changed the server's, where the server says so.
    pub server_by: Option<&'a str>,
    /// The field in which a document holds its record's id.
    pub id_field: &'a str,
    /// What is known of the collection's fields.
    pub rules: &'a MergeRules,
    /// What rules have decided of its fields, by path: that is not the hook's to choose any more.
    pub decided: &'a BTreeMap<String, Choice>,
}

/// No rule decided anything.
#[cfg(test)]
static NOTHING: BTreeMap<String, Choice> = BTreeMap::new();

#[cfg(test)]
impl<'a> HookInput<'a> {
    /// A record that both sides changed: base, local, server.
    fn both_updated([base, local, server]: [Option<&'a Value>; 3], rules: &'a MergeRules) -> Self {
        Self {
            resource_type: "invoice",
            resource_id: "A1",
            conflict_type: ConflictType::BothUpdated,
            base,
            local,
            server,
            local_at: None,
            server_at: None,
            later: Later::Server,
            server_by: None,
            id_field: "id",
            rules,
            decided: &NOTHING,
        }
    }
}

/// What a hook decides. It cannot be printed: a document must not get into a log.
#[derive(Clone, PartialEq)]
pub enum HookAnswer {
    /// This computer's side, as by [`crate::view::Resolution::LocalWins`].
    KeepLocal,
    /// The server's side, as by [`crate::view::Resolution::ServerWins`].
    KeepServer,
    /// This document.
    Merged(Value),
    /// Nothing: a person chooses.
    Undecided,
}

/// Why a hook's answer was not taken; the conflict is chosen by hand.
///
/// A message may hold what a script has thrown, and so a value of the record: it is shown to the person, never logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// The script has a fault, or threw.
    #[error("the hook stopped{}: {message}. Correct the hook; this conflict is chosen by hand", Where(*.at))]
    Script {
        /// What is wrong, in the interpreter's words or the script's own.
        message: String,
        /// Where in the script, if that is known.
        at: Option<ScriptPlace>,
    },
    /// It went past a limit.
    #[error("the hook stopped{}: {limit}. Make it do less; this conflict is chosen by hand", Where(*.at))]
    OverLimit {
        /// Which one.
        limit: HookLimit,
        /// Where in the script, if that is known: what it runs into while it runs is told without a place.
        at: Option<ScriptPlace>,
    },
    /// It answered something that cannot be taken.
    #[error("the hook answered {found}; {expected}. Correct the hook; this conflict is chosen by hand")]
    WrongAnswer {
        /// What it answered.
        found: String,
        /// What it may answer there.
        expected: String,
    },
    /// Both sides changed a secret, and whoever decides would have to know it.
    #[error(
        "the secret '{path}' was changed on both sides, and no hook decides about secrets; choose by hand"
    )]
    SecretOnBothSides {
        /// JSON Pointer of the secret.
        path: String,
    },
}

impl HookError {
    /// Which of them it is, in one word: all of it that may be logged.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Script { .. } => "script",
            Self::OverLimit { .. } => "over_limit",
            Self::WrongAnswer { .. } => "wrong_answer",
            Self::SecretOnBothSides { .. } => "secret_on_both_sides",
        }
    }

    /// What is wrong with a script, and where, for whoever sets it.
    pub fn of_script(&self) -> String {
        let (what, at) = match self {
            Self::Script { message, at } => (message.clone(), *at),
            Self::OverLimit { limit, at } => (limit.to_string(), *at),
            Self::WrongAnswer { .. } | Self::SecretOnBothSides { .. } => (self.to_string(), None),
        };
        format!("the script cannot be used{}: {what}", Where(at))
    }
}

/// A place in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptPlace {
    /// From 1.
    pub line: usize,
    /// In characters, from 1; 0 where only the line is known.
    pub column: usize,
}

/// What a script may use up; the number in each is the most that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookLimit {
    /// Bytes of the script itself.
    #[error("the script is longer than {0} bytes")]
    Source(usize),
    /// Steps of the interpreter.
    #[error("it took more than {0} steps")]
    Operations(u64),
    /// Calls within calls.
    #[error("its functions call each other more than {0} deep")]
    Calls(usize),
    /// Expressions or blocks within each other.
    #[error("its expressions stand more than {0} deep in each other")]
    Expressions(usize),
    /// Levels of an answer.
    #[error("its answer is nested deeper than {0} levels")]
    Levels(usize),
    /// What one value holds, or one side's document.
    #[error("it would work on more than {text} bytes of text or {entries} fields and list entries at once")]
    Size {
        /// Bytes of text.
        text: usize,
        /// Fields of objects, or entries of lists, with those inside them.
        entries: usize,
    },
    /// Variables at one time.
    #[error("it keeps more than {0} variables")]
    Variables(usize),
    /// Functions of a script.
    #[error("it has more than {0} functions")]
    Functions(usize),
    /// Milliseconds.
    #[error("it took longer than {0} ms")]
    Time(i64),
    /// Bytes of a merged document.
    #[error("its answer is larger than {0} bytes")]
    Answer(usize),
}

/// `at line 3, column 5`, with a space before it, or nothing.
struct Where(Option<ScriptPlace>);

impl std::fmt::Display for Where {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(ScriptPlace { line, column: 0 }) => write!(f, " at line {line}"),
            Some(ScriptPlace { line, column }) => write!(f, " at line {line}, column {column}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves D6
    #[test]
    fn a_message_says_what_happened_where_and_what_to_do() {
        let at = Some(ScriptPlace { line: 3, column: 5 });
        let thrown = HookError::Script { message: "no total".into(), at };
        let said = "the hook stopped at line 3, column 5: no total. Correct the hook; this conflict is chosen by hand";
        assert_eq!(thrown.to_string(), said);
        let slow = HookError::OverLimit { limit: HookLimit::Time(500), at: None };
        let said =
            "the hook stopped: it took longer than 500 ms. Make it do less; this conflict is chosen by hand";
        assert_eq!(slow.to_string(), said);
    }
}
