//! The document that follows from a merge and a person's choices.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use specta::Type;

use super::build::{build, named_rows};
use super::compare::{Comparison, Node, compare};
use super::field::{FieldClass, json_text};
use super::rules::{MergeRules, RuleNode};

/// What a person chose for a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// This computer's value, or its removal.
    Mine,
    /// The server's value, or its removal.
    Server,
    /// What both started from.
    Base,
    /// A value typed by hand; JSON text on the wire.
    Value(
        #[serde(with = "json_text")]
        #[specta(type = String)]
        Value,
    ),
}

/// Why choices make no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A choice for a path on which the documents do not differ.
    #[error("there is nothing to choose at '{path}'")]
    UnknownPath {
        /// The path.
        path: String,
    },
    /// A path on which both sides changed something has no choice.
    #[error("'{path}' was changed on both sides and nothing is chosen for it")]
    MissingChoice {
        /// The path.
        path: String,
    },
    /// A choice against the server for a field that the server computes.
    #[error("'{path}' is set by the server and cannot be chosen")]
    SetByServer {
        /// The path.
        path: String,
    },
    /// What both started from was chosen, and it is not known.
    #[error("it is not known what '{path}' started as")]
    NoBase {
        /// The path.
        path: String,
    },
    /// An order that names a row twice or a row that is not there.
    #[error("the order chosen for '{path}' must be a list of its rows' names, each once")]
    InvalidOrder {
        /// The path.
        path: String,
    },
    /// Nothing would be left of the document.
    #[error("these choices leave no document")]
    NothingLeft,
}

/// A choice for one fact, or none.
pub(super) enum Pick<'c> {
    Unchosen,
    Mine,
    Server,
    Base,
    Value(&'c Value),
}

/// The document with a person's choices in it, by the paths of [`super::FieldDifference`]s.
///
/// Every clash needs a choice; what was merged without a person may be chosen differently.
pub fn resolve(
    base: Option<&Value>,
    local: &Value,
    remote: &Value,
    rules: &MergeRules,
    choices: &BTreeMap<String, Choice>,
) -> Result<Value, ResolveError> {
    let rules = RuleNode::new(rules);
    let comparison = compare(base, local, remote, &rules);
    let picks = picks(&comparison, choices)?;
    check_orders(&comparison.root, &comparison, &picks)?;
    build(&comparison.root, &comparison.facts, &picks).ok_or(ResolveError::NothingLeft)
}

fn picks<'c>(
    comparison: &Comparison<'_>,
    choices: &'c BTreeMap<String, Choice>,
) -> Result<Vec<Pick<'c>>, ResolveError> {
    let facts = &comparison.facts;
    let places: HashMap<&str, usize> =
        facts.iter().enumerate().map(|(index, fact)| (fact.path.as_str(), index)).collect();
    let mut picks: Vec<Pick<'c>> = facts.iter().map(|_| Pick::Unchosen).collect();
    for (path, choice) in choices {
        let index =
            *places.get(path.as_str()).ok_or_else(|| ResolveError::UnknownPath { path: path.clone() })?;
        if facts[index].class == FieldClass::SetByServer && *choice != Choice::Server {
            return Err(ResolveError::SetByServer { path: path.clone() });
        }
        picks[index] = match choice {
            Choice::Mine => Pick::Mine,
            Choice::Server => Pick::Server,
            Choice::Base if facts[index].two_way => return Err(ResolveError::NoBase { path: path.clone() }),
            Choice::Base => Pick::Base,
            Choice::Value(value) => Pick::Value(value),
        };
    }
    let missing =
        facts.iter().zip(&picks).find(|(fact, pick)| !fact.decided && matches!(pick, Pick::Unchosen));
    match missing {
        Some((fact, _)) => Err(ResolveError::MissingChoice { path: fact.path.clone() }),
        None => Ok(picks),
    }
}

/// Orders given by hand must name rows of their own list.
fn check_orders(
    node: &Node<'_>,
    comparison: &Comparison<'_>,
    picks: &[Pick<'_>],
) -> Result<(), ResolveError> {
    match node {
        Node::Same(_) | Node::Field(_) => Ok(()),
        Node::Object(fields) => fields.iter().try_for_each(|(_, node)| check_orders(node, comparison, picks)),
        Node::Rows(list) => {
            if let Some(index) = list.order
                && let Pick::Value(names) = picks[index]
                && named_rows(list, names).is_none()
            {
                return Err(ResolveError::InvalidOrder { path: comparison.facts[index].path.clone() });
            }
            list.rows.iter().try_for_each(|node| check_orders(node, comparison, picks))
        }
    }
}
