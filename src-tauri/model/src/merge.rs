//! Three-way merge of JSON documents: what each side changed, what follows by itself, what a person must choose.
//!
//! Pure: the window, the command line and the engine show and store the same list of [`FieldDifference`]s. Documents
//! only; what happens to a record that one side deleted is decided before anything is merged.

mod alike;
mod build;
mod combine;
mod compare;
mod decide;
mod field;
mod former;
mod groups;
mod resolve;
mod rules;
mod shape;
mod strategy;
mod times;
mod veil;

use crate::planted::{self, Bug};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use specta::Type;

pub use decide::{Rule, Ruling, decide, decide_whole};
pub use field::{FieldClass, FieldDifference, MASK, Note, Side, Taken, is_masked};
pub use former::{Former, Past, former, moved_on};
pub use resolve::{Choice, ResolveError, resolve};
pub(crate) use rules::RuleNode;
pub use rules::{FieldGroup, MergeRules};
pub use strategy::{ConflictStrategy, FieldPolicy};
pub use times::{FAR_AHEAD, Later, SKEW_RESOLUTION, Times, field_times};
pub use veil::{LEFT_OUT, Veil};

/// What a merge came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The document with everything combined that could be; clashing paths show Mine. JSON text on the wire.
    #[serde(with = "field::json_text")]
    #[specta(type = String)]
    pub merged: Value,
    /// Every path on which the three documents are not the same, in document order.
    pub fields: Vec<FieldDifference>,
    /// How many values are the same everywhere.
    #[specta(type = u32)]
    pub unchanged: usize,
}

/// Merges two changed documents that started from one.
///
/// Without a base nobody can tell who changed what: every path that differs clashes. The merged document
/// follows the key order of `remote`, then comes what only `local` has.
pub fn merge(base: Option<&Value>, local: &Value, remote: &Value, rules: &MergeRules) -> Merge {
    let rules = RuleNode::new(rules);
    let base = if planted::is(Bug::MergeWithoutBase) { Some(remote) } else { base };
    let comparison = compare::compare(base, local, remote, &rules);
    let merged = build::build(&comparison.root, &comparison.facts, &[]);
    Merge {
        // Only a document whose root itself is no object and removed could leave nothing.
        merged: merged.unwrap_or(Value::Null),
        fields: comparison.facts.iter().map(field::Fact::to_difference).collect(),
        unchanged: comparison.unchanged,
    }
}

impl Merge {
    /// What a person must choose.
    pub fn clashes(&self) -> impl Iterator<Item = &FieldDifference> {
        self.fields.iter().filter(|field| !field.decided)
    }

    /// The paths that a person must choose, with `*` for each row of a list.
    pub fn shape(&self) -> Vec<String> {
        shape::shape(self.clashes().map(|field| field.path.as_str()), &self.merged)
    }

    /// A path of this merge with `*` for each row of a list, as [`Self::shape`] has it.
    pub fn pattern(&self, path: &str) -> String {
        shape::pattern(path, &self.merged)
    }

    /// What was decided without a person, and whose value it is.
    pub fn taken(&self) -> impl Iterator<Item = Taken<'_>> {
        self.fields.iter().filter_map(FieldDifference::taken)
    }

    /// Whether nothing is left to choose.
    pub fn is_clean(&self) -> bool {
        self.clashes().next().is_none()
    }
}
