//! What rules decide of a merge (rows D4, D5): the policy of a field first, else the strategy of its collection.
//!
//! A rule decides what both sides changed differently and nothing else. What it cannot decide, because a value has not
//! the form that it needs or a time is not known, stays a person's.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use specta::Type;

use super::combine::both_changes;
use super::compare::compare;
use super::field::{Fact, FieldClass};
use super::resolve::Choice;
use super::rules::{MergeRules, RuleNode};
use super::strategy::{ConflictStrategy, FieldPolicy};
use super::times::{Later, Times};
use crate::equality;
use crate::planted::{self, Bug};
use crate::view::ConflictType;

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The field's own policy.
    Policy(FieldPolicy),
    /// The collection's strategy.
    Strategy(ConflictStrategy),
}

impl Rule {
    /// The word by which it is set.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy(policy) => policy.as_str(),
            Self::Strategy(strategy) => strategy.as_str(),
        }
    }
}

/// What rules say of the fields that both sides changed differently.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// By path, what is taken and why; the choices are those of [`super::resolve`].
    pub decided: BTreeMap<String, (Choice, Rule)>,
    /// How many are left to a person.
    pub left: usize,
}

/// Decides what it can of the fields that both sides changed differently; fields of a group together or not at all.
pub fn decide(
    base: Option<&Value>,
    local: &Value,
    remote: &Value,
    rules: &MergeRules,
    strategy: ConflictStrategy,
    times: &Times<'_>,
) -> Ruling {
    let rules = RuleNode::new(rules);
    let base = if planted::is(Bug::MergeWithoutBase) { Some(remote) } else { base };
    let comparison = compare(base, local, remote, &rules);
    let decided: Vec<Option<(Choice, Rule)>> =
        comparison.facts.iter().map(|fact| decide_field(fact, strategy, times)).collect();
    let torn = torn_groups(&comparison.facts, &decided);
    let whole = |fact: &Fact<'_>| fact.group.as_ref().is_none_or(|group| !torn.contains(&group));
    let asked = comparison.facts.iter().filter(|fact| !fact.decided).count();
    let decided: BTreeMap<_, _> = comparison
        .facts
        .iter()
        .zip(decided)
        .filter(|(fact, _)| whole(fact))
        .filter_map(|(fact, decided)| Some((fact.path.clone(), decided?)))
        .collect();
    Ruling { left: asked - decided.len(), decided }
}

/// Whose record stays where one side deleted it.
pub fn decide_whole(kind: ConflictType, strategy: ConflictStrategy, times: &Times<'_>) -> Later {
    match (kind, strategy) {
        // These have fields to decide.
        (ConflictType::BothUpdated | ConflictType::CreatedOnBoth | ConflictType::NoBase, _) => Later::Unknown,
        (_, ConflictStrategy::Merge | ConflictStrategy::Manual) => Later::Unknown,
        (_, ConflictStrategy::ServerWins) => Later::Server,
        (_, ConflictStrategy::ClientWins) => Later::Mine,
        (_, ConflictStrategy::LastWriteWins | ConflictStrategy::FieldLww) => times.later(),
    }
}

fn decide_field(fact: &Fact<'_>, strategy: ConflictStrategy, times: &Times<'_>) -> Option<(Choice, Rule)> {
    if fact.decided {
        return None;
    }
    if let Some(policy) = fact.policy {
        return by_policy(policy, fact, times).map(|choice| (choice, Rule::Policy(policy)));
    }
    let choice = match strategy {
        ConflictStrategy::Merge | ConflictStrategy::Manual => None,
        ConflictStrategy::ServerWins => Some(Choice::Server),
        ConflictStrategy::ClientWins => Some(Choice::Mine),
        ConflictStrategy::LastWriteWins => side(times.later()),
        ConflictStrategy::FieldLww => side(times.later_at(&fact.path)),
    };
    choice.map(|choice| (choice, Rule::Strategy(strategy)))
}

fn by_policy(policy: FieldPolicy, fact: &Fact<'_>, times: &Times<'_>) -> Option<Choice> {
    match policy {
        FieldPolicy::Newer => side(times.later_at(&fact.path)),
        FieldPolicy::Server => Some(Choice::Server),
        FieldPolicy::Local => Some(Choice::Mine),
        FieldPolicy::Max | FieldPolicy::Min | FieldPolicy::Sum if fact.secret => None,
        FieldPolicy::Max => greater(fact).map(|mine| if mine { Choice::Mine } else { Choice::Server }),
        FieldPolicy::Min => greater(fact).map(|mine| if mine { Choice::Server } else { Choice::Mine }),
        FieldPolicy::Sum => sum(fact).map(Choice::Value),
        // What they can do is done by the merge.
        FieldPolicy::Union | FieldPolicy::Text | FieldPolicy::Manual => None,
    }
}

fn side(later: Later) -> Option<Choice> {
    match later {
        Later::Mine => Some(Choice::Mine),
        Later::Server => Some(Choice::Server),
        Later::Unknown => None,
    }
}

/// Whether mine is the greater value; none where the two cannot be put in an order.
fn greater(fact: &Fact<'_>) -> Option<bool> {
    let order = equality::order(fact.local.as_deref()?, fact.remote.as_deref()?)?;
    Some(order == Ordering::Greater)
}

fn sum(fact: &Fact<'_>) -> Option<Value> {
    match (fact.base.as_deref()?, fact.local.as_deref()?, fact.remote.as_deref()?) {
        (Value::Number(base), Value::Number(local), Value::Number(remote)) => {
            both_changes(base.as_str(), local.as_str(), remote.as_str())
        }
        _ => None,
    }
}

/// Groups of which not all would come from one side.
fn torn_groups<'f>(facts: &'f [Fact<'_>], decided: &[Option<(Choice, Rule)>]) -> Vec<&'f (String, String)> {
    let mut groups: BTreeMap<&(String, String), Vec<Option<Choice>>> = BTreeMap::new();
    for (fact, decided) in facts.iter().zip(decided) {
        let from = match (fact.class, decided) {
            (FieldClass::SameChange | FieldClass::SetByServer, _) => continue,
            (_, Some((choice, _))) => Some(choice.clone()),
            (FieldClass::OnlyMine, None) => Some(Choice::Mine),
            (FieldClass::OnlyServer, None) => Some(Choice::Server),
            (_, None) => None,
        };
        if let Some(group) = &fact.group {
            groups.entry(group).or_default().push(from);
        }
    }
    let one_side = |from: &[Option<Choice>]| {
        [Choice::Mine, Choice::Server].iter().any(|side| from.iter().all(|from| from.as_ref() == Some(side)))
    };
    groups.into_iter().filter(|(_, from)| !one_side(from)).map(|(group, _)| group).collect()
}
