//! What putting a decision back restores, and whether what was decided still stands (row D9).

use serde_json::Value;

use super::alike::alike;
use super::merge;
use super::rules::{MergeRules, RuleNode};
use crate::change::{self, Change};
use crate::path;
use crate::view::Restores;

/// A decision or an automatic merge with all that was kept of it.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// What both started from.
    pub base: Option<&'a Value>,
    /// Mine; none where deleted here.
    pub local: Option<&'a Value>,
    /// The server's; none where deleted there.
    pub server: Option<&'a Value>,
    /// What was made of it; none where the record was to be gone.
    pub result: Option<&'a Value>,
}

/// What putting it back does.
#[derive(Clone, Debug, PartialEq)]
pub enum Former {
    /// Fields get another value.
    Fields {
        /// Whose values these are.
        restores: Restores,
        /// The changes that bring them, from the result on.
        changes: Vec<Change>,
        /// The paths that have to be as they were decided: those of the changes, and what is grouped with them.
        watched: Vec<String>,
    },
    /// The record is made again.
    Record {
        /// Whose record it was.
        restores: Restores,
        /// The record.
        document: Value,
    },
    /// The record would have to be deleted.
    Deletion,
    /// Both sides' values are the result's.
    Nothing,
}

/// What putting a decision back would do: the server's former values come back, or mine where the server's were kept whole.
pub fn former(past: &Past<'_>, rules: &MergeRules) -> Former {
    let fields = |result: &Value, former: &Value, restores| {
        let changes = changes(result, former, rules);
        let watched = watched(&changes, rules);
        (!changes.is_empty()).then_some(Former::Fields { restores, changes, watched })
    };
    match (past.result, past.server, past.local) {
        (Some(result), Some(server), local) => {
            if let Some(former) = fields(result, server, Restores::Server) {
                return former;
            }
            let Some(local) = local else { return Former::Deletion };
            // Rules of today may take the server's value where the person or the rule of then did; here it is mine that
            // is wanted.
            let plain = MergeRules { policies: Default::default(), ..rules.clone() };
            let mine = merge(past.base, local, server, &plain).merged;
            fields(result, &mine, Restores::Mine).unwrap_or(Former::Nothing)
        }
        (Some(_), None, _) => Former::Deletion,
        (None, Some(server), _) => Former::Record { restores: Restores::Server, document: server.clone() },
        (None, None, Some(local)) => Former::Record { restores: Restores::Mine, document: local.clone() },
        (None, None, None) => Former::Nothing,
    }
}

/// Of the paths that have to be as they were decided, those where `now` says something else; what the server computes is
/// nobody's change.
pub fn moved_on<'w>(now: &Value, result: &Value, watched: &'w [String], rules: &MergeRules) -> Vec<&'w str> {
    let root = RuleNode::new(rules);
    let stands = |path: &&String| {
        has_room(now, path)
            && alike(path::get(now, path), path::get(result, path), At::new(&root, path).rules)
    };
    watched.iter().filter(|path| !stands(path)).map(String::as_str).collect()
}

/// The changes that bring the former values, without those that make no difference. A secret is one value, as it is for the
/// merge, whatever it is made of.
fn changes(result: &Value, former: &Value, rules: &MergeRules) -> Vec<Change> {
    let root = RuleNode::new(rules);
    let mut changes: Vec<Change> = Vec::new();
    for change in change::diff(result, former) {
        let at = At::new(&root, change.path());
        let is_same = alike(path::get(result, change.path()), path::get(former, change.path()), at.rules);
        if at.in_server_set || is_same {
            continue;
        }
        let whole = match at.secret_from {
            // What is in it differs, so it is in both.
            Some(secret) if secret != change.path() => match path::get(former, &secret) {
                Some(value) => Change::set(secret, value.clone()),
                None => change,
            },
            _ => change,
        };
        if !changes.contains(&whole) {
            changes.push(whole);
        }
    }
    changes
}

/// The paths of the changes with all fields of the groups that they touch: half a group would be neither side's.
fn watched(changes: &[Change], rules: &MergeRules) -> Vec<String> {
    let mut paths: Vec<String> = changes.iter().map(|change| change.path().to_owned()).collect();
    for group in &rules.groups {
        // Rows of lists are not told apart here: the whole list is one value.
        let fields = || group.paths.iter().filter(|at| !at.split('/').any(|key| key == "*"));
        let touches = |at: &String| paths.iter().any(|path| path::within(path, at) || path::within(at, path));
        if fields().any(touches) {
            let others: Vec<String> = fields().filter(|at| !paths.contains(at)).cloned().collect();
            paths.extend(others);
        }
    }
    paths
}

/// Whether the object that holds the field is still there, or the field's own place in it would be made up.
fn has_room(document: &Value, path: &str) -> bool {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    path::get(document, parent).is_some_and(Value::is_object)
}

/// The rules at a path, and those above it that hold for all that is in them.
pub(super) struct At<'r> {
    pub(super) rules: Option<&'r RuleNode>,
    /// Where the secret begins that it is, or lies in.
    pub(super) secret_from: Option<String>,
    in_server_set: bool,
}

impl<'r> At<'r> {
    pub(super) fn new(root: &'r RuleNode, path: &str) -> Self {
        let mut here = String::new();
        let mut at = Self {
            rules: Some(root),
            secret_from: root.secret.then(String::new),
            in_server_set: root.server_set,
        };
        for key in path::keys(path).unwrap_or_default() {
            here = path::child(&here, &key);
            // A row of a list is named by its index or by its key.
            at.rules = at.rules.and_then(|rules| rules.field(&key).or_else(|| rules.row()));
            at.in_server_set |= at.rules.is_some_and(|rules| rules.server_set);
            let begins = at.secret_from.is_none() && at.rules.is_some_and(|rules| rules.secret);
            at.secret_from = at.secret_from.or_else(|| begins.then(|| here.clone()));
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FieldGroup, FieldPolicy};
    use super::*;
    use serde_json::json;

    fn past<'a>(sides: &'a [Option<Value>; 4]) -> Past<'a> {
        let [base, local, server, result] = sides;
        Past { base: base.as_ref(), local: local.as_ref(), server: server.as_ref(), result: result.as_ref() }
    }

    fn of(sides: [Option<Value>; 4], rules: &MergeRules) -> Former {
        former(&past(&sides), rules)
    }

    fn fields(former: Former) -> (Restores, Vec<Change>) {
        match former {
            Former::Fields { restores, changes, .. } => (restores, changes),
            other => panic!("{other:?}"),
        }
    }

    // proves D9
    #[test]
    fn the_servers_former_values_come_back_where_the_result_differs_from_them_and_nowhere_else() {
        let sides = [
            Some(json!({"a": 1, "b": 1, "c": 1})),
            Some(json!({"a": 2, "b": 1, "c": 1, "d": 4})),
            Some(json!({"a": 1, "b": 2, "c": 1})),
            Some(json!({"a": 2, "b": 2, "c": 1, "d": 4})),
        ];
        let expected = vec![Change::remove("/d"), Change::set("/a", json!(1))];
        assert_eq!(fields(of(sides, &MergeRules::default())), (Restores::Server, expected));
    }

    // proves D9
    #[test]
    fn mine_comes_back_where_the_servers_was_kept_whole_whatever_rule_decided_so() {
        let server = json!({"a": 3, "b": 2});
        let sides = [
            Some(json!({"a": 1, "b": 1})),
            Some(json!({"a": 2, "b": 1})),
            Some(server.clone()),
            Some(server),
        ];
        let policies = [("/a".to_owned(), FieldPolicy::Server)].into();
        for rules in [MergeRules::default(), MergeRules { policies, ..MergeRules::default() }] {
            let expected = vec![Change::set("/a", json!(2))];
            assert_eq!(fields(of(sides.clone(), &rules)), (Restores::Mine, expected));
        }
    }

    // proves D9
    #[test]
    fn a_record_that_was_to_be_gone_is_made_again_and_none_is_ever_deleted() {
        let (rules, doc) = (MergeRules::default(), json!({"a": 1}));
        let some = || Some(doc.clone());
        let made = |restores| Former::Record { restores, document: doc.clone() };
        assert_eq!(of([some(), None, some(), None], &rules), made(Restores::Server));
        assert_eq!(of([some(), some(), None, None], &rules), made(Restores::Mine));
        assert_eq!(of([some(), some(), None, some()], &rules), Former::Deletion);
        assert_eq!(of([some(), None, some(), some()], &rules), Former::Deletion);
        assert_eq!(of([some(), some(), some(), some()], &rules), Former::Nothing);
    }

    // proves D9
    #[test]
    fn what_the_server_computes_and_what_says_the_same_is_not_touched() {
        let rules = MergeRules { server_set: ["/total".to_owned()].into(), ..MergeRules::default() };
        let result = json!({"a": 1, "total": 5, "n": 1.0});
        let sides =
            [None, Some(json!({"a": 1})), Some(json!({"a": 2, "total": 7, "n": 1})), Some(result.clone())];
        let Former::Fields { changes, watched, .. } = of(sides, &rules) else { panic!("fields") };
        assert_eq!(changes, [Change::set("/a", json!(2))]);
        let now = json!({"a": 1.00, "total": 9, "n": 4});
        assert_eq!(moved_on(&now, &result, &watched, &rules), Vec::<&str>::new());
        assert_eq!(moved_on(&json!({"a": 3}), &result, &watched, &rules), ["/a"]);
        assert_eq!(moved_on(&json!({}), &result, &watched, &rules), ["/a"]);
    }

    // proves D9
    #[test]
    fn a_group_that_somebody_changed_in_part_has_moved_on() {
        let group = FieldGroup { name: "money".into(), paths: vec!["/currency".into(), "/rate".into()] };
        let rules = MergeRules { groups: vec![group], ..MergeRules::default() };
        let result = json!({"currency": "EUR", "rate": 1});
        let server = json!({"currency": "USD", "rate": 1});
        let sides = [Some(server.clone()), Some(result.clone()), Some(server), Some(result.clone())];
        let Former::Fields { changes, watched, .. } = of(sides, &rules) else { panic!("fields") };
        assert_eq!(changes.len(), 1);
        let now = json!({"currency": "EUR", "rate": 2});
        assert_eq!(moved_on(&now, &result, &watched, &rules), ["/rate"]);
    }

    // proves D9
    #[test]
    fn a_field_whose_object_went_has_moved_on() {
        let (result, server) = (json!({"at": {"x": 1}}), json!({"at": {"x": 1, "y": 2}}));
        let sides = [None, Some(result.clone()), Some(server), Some(result.clone())];
        let rules = MergeRules::default();
        let Former::Fields { watched, .. } = of(sides, &rules) else { panic!("fields") };
        assert_eq!(moved_on(&json!({"at": {"x": 7}}), &result, &watched, &rules), Vec::<&str>::new());
        for now in [json!({}), json!({"at": []}), json!({"at": null})] {
            assert_eq!(moved_on(&now, &result, &watched, &rules), ["/at/y"]);
        }
    }

    // proves D9
    #[test]
    fn a_secret_comes_back_whole() {
        let rules = MergeRules { secret: ["/card".to_owned()].into(), ..MergeRules::default() };
        let server = json!({"card": {"number": 1, "until": 2}});
        let result = json!({"card": {"number": 3, "until": 4, "name": 5}});
        let sides = [None, Some(result.clone()), Some(server.clone()), Some(result)];
        let (_, changes) = fields(of(sides, &rules));
        assert_eq!(changes, [Change::set("/card", server["card"].clone())]);
    }
}
