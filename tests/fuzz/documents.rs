//! Documents of servers, people and files: read, merged, compared, shown as forms.

use crate::believed;
use crate::ground::{Case, Target};
use crate::mutation::Form;
use crate::written::pieces;
use serde_json::{Value, json};
use tidemark_model::change::{Change, apply, diff};
use tidemark_model::connector::Remote;
use tidemark_model::document::{self, DocumentError};
use tidemark_model::failure::clip;
use tidemark_model::form::{Known, from_schema, infer};
use tidemark_model::merge::{ConflictStrategy, Merge, MergeRules, merge};
use tidemark_model::plan::{Facts, Plan, plan};
use tidemark_model::{equality, form};

/// No sentence about a fault is longer, whatever it is about.
pub const SENTENCE: usize = 1_500;

fn target(name: &'static str, variants: u32, cases: u32) -> Target {
    Target { name, corpus: "documents", form: Form::Json, variants, cases }
}

/// A refusal says what is wrong.
pub fn refused(why: &dyn std::fmt::Display) {
    assert!(!why.to_string().trim().is_empty(), "it says nothing");
}

/// And it is no longer than a person reads.
pub fn refused_shortly(why: &dyn std::fmt::Display) {
    refused(why);
    let why = why.to_string();
    let length = why.chars().count();
    assert!(length <= SENTENCE, "a sentence of {length} letters: {}", clip(&why, 200));
}

// proves A1
#[test]
fn a_document_is_taken_in_as_it_is_written_or_refused() {
    target("documents", 3, 2_000).run(|case| {
        let read = match case.variant {
            0 => document::parse(case.bytes),
            1 => document::typed(case.bytes),
            _ => document::typed_value(case.bytes),
        };
        match read {
            Ok(value) => {
                if case.variant < 2 {
                    believed::taken(&value);
                }
                let (text, said) = (document::to_text(&value), pieces(case.bytes));
                assert!(
                    said.is_none() || said == pieces(text.as_bytes()),
                    "it was taken for something else: {text}"
                );
                assert!(case.variant == 0 || said.is_some(), "a key stands twice, and one is lost");
            }
            Err(why) => {
                refused(&why);
                let place = !matches!(why, DocumentError::NotJson { line: 0, .. });
                assert!(place || case.bytes.is_empty(), "it does not say where: {why}");
            }
        }
    });
}

/// What both sides began with.
fn base() -> Value {
    json!({"id": "t1", "name": "SO-0001", "title": "Task 1", "n": 1, "tags": ["x", "y"], "stock": 5,
           "items": [{"name": "r1", "qty": 2, "rate": 10.5}, {"name": "r2", "qty": 1}],
           "text": "one\ntwo\nthree\nfour\n", "address": {"city": "Bonn"}})
}

fn rules() -> MergeRules {
    let text = r#"{"row_keys":{"/items":["name"]},"sets":["/tags"],"additive":["/stock","/n"],"server_set":["/total"],
                   "null_is_missing":["/due"],"groups":[{"name":"g","paths":["/currency","/rate"]}]}"#;
    serde_json::from_str(text).expect("the rules are right")
}

/// The three sides of a merge, one of them the case's.
fn sides(case: &Case<'_>) -> Option<[Value; 3]> {
    let strange = document::parse(case.bytes).ok()?;
    let edited =
        apply(&base(), &[Change::set("/title", json!("mine")), Change::remove("/stock")]).expect("it fits");
    Some(match case.variant {
        0 => [base(), edited, strange],
        1 => [base(), strange, edited],
        2 => [strange.clone(), edited, strange],
        _ => [strange, base(), edited],
    })
}

// proves D1
#[test]
fn any_document_can_be_merged_with_any_other() {
    target("merges", 4, 1_000).run(|case| {
        let Some([base, local, remote]) = sides(case) else { return };
        // Six merges and differences, and each difference tells the whole way to it.
        case.weighs(12);
        let rules = rules();
        let Merge { merged, .. } = merge(Some(&base), &local, &remote, &rules);
        assert!(merged.is_object());
        let again = merge(Some(&base), &local, &remote, &rules);
        assert_eq!(merged, again.merged, "the same sides give the same merge");
        let alone = merge(Some(&base), &base, &remote, &MergeRules::default());
        assert!(alone.is_clean(), "nothing was changed here");
        let there =
            Remote::Present { document: remote.clone(), version: Some("2".into()), at: None, by: None };
        let facts = Facts {
            base: Some(&base),
            base_version: Some("1"),
            local: Some(&local),
            pending: true,
            in_flight: false,
            conflict: None,
            remote: &there,
            rules: &rules,
            strategy: ConflictStrategy::ALL[case.variant as usize % ConflictStrategy::ALL.len()],
        };
        if let Plan::Rebase { merged, .. } = plan(&facts) {
            assert!(merged.is_object());
        }
        for (from, to) in [(&base, &remote), (&local, &remote), (&remote, &merged)] {
            let there = apply(from, &diff(from, to)).expect("a difference can be applied");
            assert!(document::same(&there, to), "a difference leads to the other side");
        }
    });
}

// proves D1
#[test]
fn what_is_the_same_has_the_same_key_and_nothing_else_has_it() {
    target("equality", 1, 800).run(|case| {
        let Ok(value) = document::parse(case.bytes) else { return };
        let mut all: Vec<&Value> = vec![];
        gather(&value, &mut all);
        all.truncate(60);
        let keys: Vec<String> = all.iter().map(|value| equality::canonical(value)).collect();
        for (one, key) in all.iter().zip(&keys) {
            for (other, other_key) in all.iter().zip(&keys) {
                assert_eq!(
                    equality::same(one, other),
                    key == other_key,
                    "{one} and {other}: {key} and {other_key}"
                );
            }
        }
    });
}

fn gather<'a>(value: &'a Value, all: &mut Vec<&'a Value>) {
    all.push(value);
    match value {
        Value::Array(items) => items.iter().take(60).for_each(|item| gather(item, all)),
        Value::Object(members) => members.values().take(60).for_each(|member| gather(member, all)),
        _ => {}
    }
}

// proves H3
#[test]
fn any_schema_and_any_record_makes_a_form() {
    target("forms", 2, 1_000).run(|case| {
        let Ok(value) = document::parse_value(case.bytes) else { return };
        let known = Known { id_field: "id", references: &[], server_set: &|_| false, secret_at: &|_| None };
        let form = match case.variant {
            0 => from_schema(&value, &known),
            _ => infer([&value, &base()], &known),
        };
        assert!(form.fields.len() <= 500);
        for field in &form.fields {
            form::label(Some(&value), &field.path);
        }
        serde_json::to_string(&form).expect("the window can be told of it");
    });
}

// proves A8
#[test]
fn any_list_of_changes_is_applied_whole_or_refused() {
    let target = Target { name: "changes", corpus: "changes", form: Form::Json, variants: 1, cases: 1_500 };
    target.run(|case| {
        let Ok(changes) = serde_json::from_slice::<Vec<Change>>(case.bytes) else { return };
        let before = base();
        match apply(&before, &changes) {
            Ok(after) => assert!(after.is_object()),
            Err(why) => refused(&why),
        }
        let text = serde_json::to_string(&changes).expect("they can be written");
        assert_eq!(
            serde_json::from_str::<Vec<Change>>(&text).ok().as_ref(),
            Some(&changes),
            "they come back"
        );
    });
}
