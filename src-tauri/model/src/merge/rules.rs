//! What a schema or a person says about the fields of a collection, as far as merging needs it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use specta::Type;

use super::strategy::FieldPolicy;
use crate::path;

/// What is known about the fields of a document beyond their values.
///
/// Fields are named by JSON Pointers in which `*` stands for any row of a list: `/items/*/rate`. Empty by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default, deny_unknown_fields)]
pub struct MergeRules {
    /// The fields that name the rows of a list, by the list's path; several fields name a row together.
    pub row_keys: BTreeMap<String, Vec<String>>,
    /// Lists whose order means nothing and whose members stand once: tags, labels.
    pub sets: BTreeSet<String>,
    /// Fields that the server computes: its value is always taken.
    pub server_set: BTreeSet<String>,
    /// Fields whose values are never shown.
    pub secret: BTreeSet<String>,
    /// Numbers whose changes can be added up, such as a stock count.
    pub additive: BTreeSet<String>,
    /// Fields where `null` says the same as no field.
    pub null_is_missing: BTreeSet<String>,
    /// Fields that are chosen together.
    pub groups: Vec<FieldGroup>,
    /// What becomes of fields, and of all that is in them, that both sides changed differently.
    pub policies: BTreeMap<String, FieldPolicy>,
}

/// Fields that only make sense together, such as a currency and its rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields)]
pub struct FieldGroup {
    /// What the group is called.
    pub name: String,
    /// Its fields.
    pub paths: Vec<String>,
}

/// The rules as a tree beside the document, so that a merge walks both together.
#[derive(Debug, Default)]
pub(crate) struct RuleNode {
    children: BTreeMap<String, RuleNode>,
    pub(crate) row_key: Vec<String>,
    pub(crate) set: bool,
    pub(crate) server_set: bool,
    pub(crate) secret: bool,
    pub(crate) additive: bool,
    pub(crate) null_is_missing: bool,
    pub(crate) group: Option<String>,
    pub(crate) policy: Option<FieldPolicy>,
}

/// The key under which the rules of all rows of a list stand.
const ANY_ROW: &str = "*";

impl RuleNode {
    pub(crate) fn new(rules: &MergeRules) -> Self {
        let mut root = Self::default();
        for (at, key) in &rules.row_keys {
            root.mark(at, |node| node.row_key.clone_from(key));
        }
        rules.sets.iter().for_each(|at| root.mark(at, |node| node.set = true));
        rules.server_set.iter().for_each(|at| root.mark(at, |node| node.server_set = true));
        rules.secret.iter().for_each(|at| root.mark(at, |node| node.secret = true));
        rules.additive.iter().for_each(|at| root.mark(at, |node| node.additive = true));
        rules.null_is_missing.iter().for_each(|at| root.mark(at, |node| node.null_is_missing = true));
        rules.policies.iter().for_each(|(at, policy)| root.mark(at, |node| node.policy = Some(*policy)));
        for group in &rules.groups {
            for at in &group.paths {
                root.mark(at, |node| node.group = Some(group.name.clone()));
            }
        }
        root
    }

    /// The rules of a field of an object.
    pub(crate) fn field(&self, key: &str) -> Option<&Self> {
        self.children.get(key)
    }

    /// The rules of each field of an object.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.children.iter().filter(|(key, _)| *key != ANY_ROW).map(|(key, rules)| (key.as_str(), rules))
    }

    /// The rules of any row of a list.
    pub(crate) fn row(&self) -> Option<&Self> {
        self.children.get(ANY_ROW)
    }

    /// Whether a field may name the rows of this list: a row is named in paths, so nothing secret may name it.
    pub(crate) fn may_name_rows(&self, field: &str) -> bool {
        !self.row().is_some_and(|row| row.secret || row.field(field).is_some_and(|field| field.secret))
    }

    /// Whether the value here, or one inside it, is secret.
    pub(crate) fn holds_secret(&self) -> bool {
        self.secret || self.children.values().any(Self::holds_secret)
    }

    /// Marks the node at a path; a text that is no path names no field and changes nothing.
    fn mark(&mut self, at: &str, set: impl FnOnce(&mut Self)) {
        if let Some(keys) = path::keys(at) {
            set(keys.into_iter().fold(self, |node, key| node.children.entry(key).or_default()));
        }
    }
}
