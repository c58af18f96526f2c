//! Promises of the merge that hold for any documents.
// proves D3
#![allow(clippy::unwrap_used)]

mod documents;

use std::collections::{BTreeMap, BTreeSet};

use documents::{json_value, triple};
use proptest::prelude::*;
use serde_json::Value;
use tidemark_model::merge::{
    Choice, FieldClass, FieldDifference, FieldGroup, Merge, MergeRules, Note, merge, resolve,
};
use tidemark_model::path;

fn plain(base: &Value, local: &Value, remote: &Value) -> Merge {
    merge(Some(base), local, remote, &MergeRules::default())
}

/// What may be said about some of the paths that documents have, but for what the server sets.
fn rules() -> impl Strategy<Value = MergeRules> {
    const PATHS: [&str; 8] = ["/a", "/b", "/c", "/d", "/a/*", "/b/*/x", "/c/*/id", "/d/a"];
    let some = || prop::collection::btree_set(prop::sample::select(&PATHS[..]).prop_map(str::to_owned), 0..3);
    (some(), some(), some(), some(), some()).prop_map(|(sets, secret, additive, null_is_missing, group)| {
        let groups = vec![FieldGroup { name: "g".to_owned(), paths: group.into_iter().collect() }];
        MergeRules { sets, secret, additive, null_is_missing, groups, ..MergeRules::default() }
    })
}

/// The same choice for every listed path.
fn all(fields: &[FieldDifference], choice: Choice) -> BTreeMap<String, Choice> {
    fields.iter().map(|field| (field.path.clone(), choice.clone())).collect()
}

fn resolved(
    base: Option<&Value>,
    local: &Value,
    remote: &Value,
    choices: &BTreeMap<String, Choice>,
) -> Value {
    resolve(base, local, remote, &MergeRules::default(), choices).unwrap()
}

/// What a field is about, with the sides by name, so that mirrored merges can be compared.
fn told(field: &FieldDifference, mirrored: bool) -> String {
    let class = match field.class {
        FieldClass::OnlyMine if mirrored => FieldClass::OnlyServer,
        FieldClass::OnlyServer if mirrored => FieldClass::OnlyMine,
        other => other,
    };
    let (local, remote) =
        if mirrored { (&field.remote, &field.local) } else { (&field.local, &field.remote) };
    if field.note == Some(Note::RowOrder) || field.path.ends_with("/order") {
        return format!("order {class:?}");
    }
    format!("{class:?} {:?} {local:?} {remote:?}", field.base)
}

/// Lists in any order and nothing empty: what both sides made has no start to go back to but an empty one.
fn unordered(value: &Value) -> Value {
    let empty = |value: &Value| {
        matches!(value, Value::Array(items) if items.is_empty())
            || matches!(value, Value::Object(map) if map.is_empty())
    };
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(unordered).filter(|value| !empty(value)).collect();
            items.sort_by_key(tidemark_model::document::canonical);
            Value::Array(items)
        }
        Value::Object(map) => {
            let fields = map.iter().map(|(key, value)| (key.clone(), unordered(value)));
            Value::Object(fields.filter(|(_, value)| !empty(value)).collect())
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_only_the_server_changed_is_the_servers((base, _, remote) in triple()) {
        let found = plain(&base, &base, &remote);
        prop_assert_eq!(&found.merged, &remote, "merge(b, b, r) = r");
        prop_assert!(found.fields.iter().all(|field| field.class == FieldClass::OnlyServer));
    }

    #[test]
    fn what_only_i_changed_is_mine((base, local, _) in triple()) {
        let found = plain(&base, &local, &base);
        prop_assert_eq!(&found.merged, &local, "merge(b, l, b) = l");
        prop_assert!(found.fields.iter().all(|field| field.class == FieldClass::OnlyMine));
    }

    #[test]
    fn the_same_on_both_sides_is_never_a_conflict((base, local, _) in triple()) {
        let found = plain(&base, &local, &local);
        prop_assert!(found.is_clean());
        prop_assert_eq!(&found.merged, &local);
        prop_assert!(merge(None, &local, &local, &MergeRules::default()).fields.is_empty());
    }

    #[test]
    fn swapping_the_sides_mirrors((base, local, remote) in triple()) {
        for base in [Some(&base), None] {
            let one = merge(base, &local, &remote, &MergeRules::default());
            let other = merge(base, &remote, &local, &MergeRules::default());
            let mut expected: Vec<String> = one.fields.iter().map(|field| told(field, false)).collect();
            let mut found: Vec<String> = other.fields.iter().map(|field| told(field, true)).collect();
            expected.sort();
            found.sort();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(one.unchanged, other.unchanged);
        }
    }

    /// If choosing one side everywhere gives back exactly that side, then nothing of it vanished without being listed.
    #[test]
    fn nothing_of_either_side_vanishes_without_being_listed((base, local, remote) in triple()) {
        for base in [Some(&base), None] {
            let found = merge(base, &local, &remote, &MergeRules::default());
            prop_assert_eq!(resolved(base, &local, &remote, &all(&found.fields, Choice::Mine)), local.clone());
            prop_assert_eq!(resolved(base, &local, &remote, &all(&found.fields, Choice::Server)), remote.clone());
        }
        let found = plain(&base, &local, &remote);
        let back = resolved(Some(&base), &local, &remote, &all(&found.fields, Choice::Base));
        prop_assert_eq!(unordered(&back), unordered(&base));
    }

    #[test]
    fn no_rule_swallows_an_edit((base, local, remote) in triple(), rules in rules()) {
        for base in [Some(&base), None] {
            let found = merge(base, &local, &remote, &rules);
            for (choice, side) in [(Choice::Mine, &local), (Choice::Server, &remote)] {
                let chosen = resolve(base, &local, &remote, &rules, &all(&found.fields, choice));
                prop_assert_eq!(&chosen.unwrap(), side);
            }
            let other = merge(base, &remote, &local, &rules);
            let mut expected: Vec<String> = found.fields.iter().map(|field| told(field, false)).collect();
            let mut mirrored: Vec<String> = other.fields.iter().map(|field| told(field, true)).collect();
            expected.sort();
            mirrored.sort();
            prop_assert_eq!(mirrored, expected);
        }
        prop_assert_eq!(&merge(Some(&base), &base, &remote, &rules).merged, &remote);
        prop_assert_eq!(&merge(Some(&base), &local, &base, &rules).merged, &local);
    }

    #[test]
    fn every_path_is_listed_once_and_decided_or_asked((base, local, remote) in triple()) {
        let found = plain(&base, &local, &remote);
        let paths: BTreeSet<&str> = found.fields.iter().map(|field| field.path.as_str()).collect();
        prop_assert_eq!(paths.len(), found.fields.len());
        prop_assert_eq!(found.taken().count() + found.clashes().count(), found.fields.len());
        prop_assert!(found.fields.iter().all(|field| path::keys(&field.path).is_some()), "paths are JSON Pointers");
        prop_assert!(found.clashes().all(|field| field.result.is_none()), "nothing is chosen beforehand");
    }

    #[test]
    fn a_path_chosen_by_side_is_that_sides((base, local, remote) in triple(), picks in prop::collection::vec(0..3u8, 40)) {
        let found = plain(&base, &local, &remote);
        let choices: BTreeMap<String, Choice> = found.fields.iter().zip(picks.iter().cycle()).map(|(field, pick)| {
            (field.path.clone(), [Choice::Mine, Choice::Server, Choice::Base][usize::from(*pick)].clone())
        }).collect();
        let result = resolved(Some(&base), &local, &remote, &choices);
        for field in found.fields.iter().filter(|field| !field.path.contains(':') && field.note != Some(Note::RowOrder)) {
            let chosen = match &choices[&field.path] {
                Choice::Mine => &field.local,
                Choice::Server => &field.remote,
                Choice::Base => &field.base,
                Choice::Value(_) => unreachable!("not chosen here"),
            };
            prop_assert_eq!(result.pointer(&field.path), chosen.as_ref(), "{}", field.path);
        }
    }

    #[test]
    fn an_accepted_result_merges_quietly((base, local, remote) in triple(), picks in prop::collection::vec(any::<bool>(), 40)) {
        let found = plain(&base, &local, &remote);
        let choices: BTreeMap<String, Choice> = found.clashes().zip(picks.iter().cycle())
            .map(|(field, mine)| (field.path.clone(), if *mine { Choice::Mine } else { Choice::Server })).collect();
        let accepted = resolved(Some(&base), &local, &remote, &choices);
        for (again, what) in [
            (plain(&remote, &accepted, &remote), "before it is sent"),
            (plain(&remote, &accepted, &accepted), "when it comes back"),
            (plain(&base, &accepted, &accepted), "when the start is still the old one"),
            (plain(&accepted, &accepted, &accepted), "afterwards"),
        ] {
            prop_assert!(again.is_clean(), "{what}: {:?}", again.fields);
            prop_assert_eq!(&again.merged, &accepted, "{}", what);
        }
        prop_assert!(plain(&accepted, &accepted, &accepted).fields.is_empty());
    }

    #[test]
    fn choosing_nothing_on_a_clean_merge_is_the_merge((base, local, remote) in triple()) {
        let found = plain(&base, &local, &remote);
        if found.is_clean() {
            prop_assert_eq!(resolved(Some(&base), &local, &remote, &BTreeMap::new()), found.merged);
        } else {
            prop_assert!(resolve(Some(&base), &local, &remote, &MergeRules::default(), &BTreeMap::new()).is_err());
        }
    }

    #[test]
    fn the_same_merge_twice_is_the_same_to_the_letter((base, local, remote) in triple()) {
        let text = |merge: Merge| serde_json::to_string(&merge).unwrap();
        prop_assert_eq!(text(plain(&base, &local, &remote)), text(plain(&base, &local, &remote)));
    }

    #[test]
    fn a_merge_survives_the_wire((base, local, remote) in triple()) {
        let found = plain(&base, &local, &remote);
        let back: Merge = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
        prop_assert_eq!(back, found);
    }

    #[test]
    fn any_json_and_any_rules_merge_without_a_panic(
        base in prop::option::of(json_value()), local in json_value(), remote in json_value(),
        paths in prop::collection::vec("(/[a-e*]{1}){0,3}|x", 6),
    ) {
        let rules = MergeRules {
            row_keys: [(paths[0].clone(), vec!["x".to_owned(), "id".to_owned()])].into(),
            sets: [paths[1].clone()].into(),
            server_set: [paths[2].clone()].into(),
            secret: [paths[3].clone()].into(),
            additive: [paths[4].clone()].into(),
            null_is_missing: [paths[5].clone()].into(),
            groups: Vec::new(),
            policies: BTreeMap::new(),
        };
        let found = merge(base.as_ref(), &local, &remote, &rules);
        let asked: Vec<FieldDifference> = found.clashes().cloned().collect();
        let result = resolve(base.as_ref(), &local, &remote, &rules, &all(&asked, Choice::Server));
        prop_assert!(result.is_ok());
    }
}
