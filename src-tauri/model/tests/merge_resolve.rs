//! Choices: what they give, what they refuse, what they hide, and how long it all takes.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tidemark_model::merge::{
    Choice, FieldClass, MergeRules, Note, ResolveError, Side, Taken, merge, resolve,
};

fn doc(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn choices<const N: usize>(list: [(&str, Choice); N]) -> BTreeMap<String, Choice> {
    list.into_iter().map(|(path, choice)| (path.to_owned(), choice)).collect()
}

fn chosen<const N: usize>(
    base: &Value,
    local: &Value,
    remote: &Value,
    list: [(&str, Choice); N],
) -> Result<Value, ResolveError> {
    resolve(Some(base), local, remote, &MergeRules::default(), &choices(list))
}

#[test]
fn each_choice_gives_its_value_and_a_typed_one_keeps_its_literal() {
    let (base, local, remote) = (json!({"n": 1, "k": 0}), json!({"n": 2, "k": 0}), json!({"n": 3, "k": 5}));
    assert_eq!(chosen(&base, &local, &remote, [("/n", Choice::Mine)]), Ok(json!({"n": 2, "k": 5})));
    assert_eq!(chosen(&base, &local, &remote, [("/n", Choice::Server)]), Ok(json!({"n": 3, "k": 5})));
    assert_eq!(chosen(&base, &local, &remote, [("/n", Choice::Base)]), Ok(json!({"n": 1, "k": 5})));
    let typed = Choice::Value(doc("12345678901234567890.10"));
    assert_eq!(
        chosen(&base, &local, &remote, [("/n", typed)]).unwrap().to_string(),
        r#"{"n":12345678901234567890.10,"k":5}"#
    );
}

#[test]
fn a_choice_for_a_side_that_removed_the_field_removes_it() {
    let (base, local, remote) =
        (json!({"a": 1, "fax": {"n": 1}}), json!({"a": 1, "fax": {"n": 2}}), json!({"a": 1}));
    assert_eq!(chosen(&base, &local, &remote, [("/fax", Choice::Server)]), Ok(json!({"a": 1})));
    let kept = chosen(&base, &local, &remote, [("/fax", Choice::Mine)]);
    assert_eq!(kept, Ok(json!({"a": 1, "fax": {"n": 2}})));
}

#[test]
fn what_was_merged_by_itself_may_be_chosen_differently() {
    let (base, local, remote) = (json!({"a": 1, "b": 1}), json!({"a": 2, "b": 1}), json!({"a": 1, "b": 2}));
    assert_eq!(chosen(&base, &local, &remote, [("/b", Choice::Mine)]), Ok(json!({"a": 2, "b": 1})));
    assert_eq!(chosen(&base, &local, &remote, [("/a", Choice::Server)]), Ok(json!({"a": 1, "b": 2})));
}

#[test]
fn a_clash_without_a_choice_and_a_choice_without_a_difference_name_their_path() {
    let (base, local, remote) =
        (json!({"a/b": 1, "c": 1}), json!({"a/b": 2, "c": 1}), json!({"a/b": 3, "c": 1}));
    assert_eq!(
        chosen(&base, &local, &remote, []),
        Err(ResolveError::MissingChoice { path: "/a~1b".to_owned() })
    );
    for path in ["/c", "/a/b", "", "nonsense"] {
        let refused = chosen(&base, &local, &remote, [("/a~1b", Choice::Mine), (path, Choice::Mine)]);
        assert_eq!(refused, Err(ResolveError::UnknownPath { path: path.to_owned() }));
        assert!(refused.unwrap_err().to_string().contains(path), "a person reads which path it was");
    }
}

#[test]
fn what_the_server_sets_can_only_be_the_servers() {
    let rules = MergeRules { server_set: ["/_rev".to_owned()].into(), ..MergeRules::default() };
    let (base, local, remote) = (json!({"_rev": 1}), json!({"_rev": 1}), json!({"_rev": 2}));
    let with = |choice| resolve(Some(&base), &local, &remote, &rules, &choices([("/_rev", choice)]));
    assert_eq!(with(Choice::Mine), Err(ResolveError::SetByServer { path: "/_rev".to_owned() }));
    assert_eq!(with(Choice::Server), Ok(json!({"_rev": 2})));
}

#[test]
fn without_a_start_nobody_can_choose_it() {
    let list = choices([("/a", Choice::Base)]);
    let refused = resolve(None, &json!({"a": 1}), &json!({"a": 2}), &MergeRules::default(), &list);
    assert_eq!(refused, Err(ResolveError::NoBase { path: "/a".to_owned() }));
}

#[test]
fn a_row_and_the_order_of_rows_are_chosen_by_their_names() {
    let base = json!({"items": [{"id": 1, "q": 1}, {"id": 2, "q": 1}, {"id": 3, "q": 1}]});
    let local = json!({"items": [{"id": 3, "q": 1}, {"id": 1, "q": 9}, {"id": 2, "q": 1}]});
    let remote = json!({"items": [{"id": 2, "q": 1}, {"id": 3, "q": 1}]});
    let ids = |result: Result<Value, ResolveError>| {
        let result = result.unwrap();
        let rows = result["items"].as_array().unwrap();
        rows.iter().map(|row| row["id"].to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids(chosen(&base, &local, &remote, [("/items/id:1", Choice::Server)])), "3 2");
    let mine = ("/items/id:1", Choice::Mine);
    assert_eq!(ids(chosen(&base, &local, &remote, [mine.clone()])), "3 1 2");
    assert_eq!(ids(chosen(&base, &local, &remote, [mine.clone(), ("/items/order", Choice::Base)])), "1 2 3");
    let typed = |names: Value| [mine.clone(), ("/items/order", Choice::Value(names))];
    assert_eq!(ids(chosen(&base, &local, &remote, typed(json!(["id:2", "id:1", "id:3"])))), "2 1 3");
    for wrong in [json!(["id:2", "id:2"]), json!(["id:9"]), json!("id:1"), json!([1])] {
        assert_eq!(
            chosen(&base, &local, &remote, typed(wrong)),
            Err(ResolveError::InvalidOrder { path: "/items/order".to_owned() })
        );
    }
}

#[test]
fn choices_travel_as_words_and_json_text() {
    for (choice, text) in [
        (Choice::Mine, r#""mine""#.to_owned()),
        (Choice::Base, r#""base""#.to_owned()),
        (Choice::Value(doc("1.10")), r#"{"value":"1.10"}"#.to_owned()),
    ] {
        assert_eq!(serde_json::to_string(&choice).unwrap(), text);
        assert_eq!(serde_json::from_str::<Choice>(&text).unwrap(), choice);
    }
    assert!(serde_json::from_str::<Choice>(r#"{"value":"{"}"#).is_err());
}

#[test]
fn null_and_no_field_are_told_apart_on_the_wire() {
    let found = merge(Some(&json!({"a": 1})), &json!({"a": null}), &json!({}), &MergeRules::default());
    let wire = serde_json::to_value(&found.fields[0]).unwrap();
    assert_eq!((&wire["local"], &wire["remote"]), (&json!("null"), &Value::Null));
}

#[test]
fn what_was_taken_says_from_whom() {
    let rules = MergeRules { sets: ["/t".to_owned()].into(), ..MergeRules::default() };
    let found = merge(
        Some(&json!({"a": 1, "b": 1, "t": [], "x": 1})),
        &json!({"a": 2, "b": 1, "t": ["m"], "x": 2}),
        &json!({"a": 1, "b": 2, "t": ["s"], "x": 3}),
        &rules,
    );
    let taken: Vec<Taken<'_>> = found.taken().collect();
    assert_eq!(
        taken,
        [
            Taken { path: "/a", from: Side::Mine },
            Taken { path: "/b", from: Side::Server },
            Taken { path: "/t", from: Side::Both },
        ]
    );
    assert_eq!(found.clashes().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["/x"]);
    assert!(!found.is_clean());
}

#[test]
fn no_secret_leaves_the_merge_except_in_the_document() {
    let rules = MergeRules {
        secret: ["/pin".to_owned(), "/users/*/token".to_owned()].into(),
        ..MergeRules::default()
    };
    let base = json!({"pin": "S3CRET-0", "users": [{"id": 1, "token": "S3CRET-1"}]});
    let local = json!({"pin": "S3CRET-2", "users": [{"id": 1, "token": "S3CRET-3", "x": 1}, {"id": 2, "token": "S3CRET-4"}]});
    let remote = json!({"pin": "S3CRET-5", "users": []});
    let found = merge(Some(&base), &local, &remote, &rules);
    let shown = format!("{:?} {}", found.fields, serde_json::to_string(&found.fields).unwrap());
    assert!(!shown.contains("S3CRET"), "{shown}");
    assert!(found.fields.iter().all(|field| field.secret), "each of them holds a secret and says so");
    assert_eq!(found.fields[0].class, FieldClass::Secret);
    let list = choices([("/pin", Choice::Server), ("/users/id:1", Choice::Mine)]);
    let result = resolve(Some(&base), &local, &remote, &rules, &list).unwrap();
    assert_eq!(result["pin"], "S3CRET-5", "the choice gives the real value");
    assert_eq!(result["users"][0]["token"], "S3CRET-3");
}

#[test]
fn unknown_rules_are_refused() {
    assert!(serde_json::from_str::<MergeRules>(r#"{"row_key": {}}"#).is_err());
    assert_eq!(serde_json::from_str::<MergeRules>("{}").unwrap(), MergeRules::default());
}

#[test]
fn a_hundred_and_twenty_eight_levels_merge_on_a_small_stack() {
    fn nested(levels: usize, leaf: Value) -> Value {
        (0..levels).fold(leaf, |inner, level| {
            if level % 2 == 0 { json!({"a": inner, "b": level}) } else { json!([{"id": 1, "in": inner}]) }
        })
    }
    let work = || {
        let side = |leaf: i32| json!({"deep": {"er": nested(84, json!(leaf))}});
        let found = merge(Some(&side(0)), &side(1), &side(2), &MergeRules::default());
        assert_eq!(found.clashes().count(), 1);
        assert!(found.fields[0].path.ends_with("/a"), "found at the very bottom");
    };
    let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(work).unwrap();
    assert!(thread.join().is_ok(), "a stack of 1 MiB is enough");
}

#[test]
fn text_that_cannot_be_lined_up_is_one_choice_and_says_why() {
    let side = |letter: &str| json!({"body": format!("{}\n", letter.repeat(999)).repeat(2_200)});
    let found = merge(Some(&side("a")), &side("b"), &side("c"), &MergeRules::default());
    assert_eq!(found.fields[0].class, FieldClass::Clash);
    assert!(matches!(found.fields[0].note, Some(Note::TooDifferent)), "{:?}", found.fields[0].note);
}

#[test]
fn a_megabyte_of_text_edited_on_both_sides_is_merged_by_line() {
    let text = |mark: usize| {
        let line = |n: usize| format!("{n}: {} {}", "word ".repeat(34), mark != 0 && n % 120 == mark);
        json!({"body": (0..6_000).map(line).collect::<Vec<_>>().join("\n")})
    };
    let (base, local, remote) = (text(0), text(7), text(9));
    assert!(base["body"].as_str().unwrap().len() > 1024 * 1024);
    let found = merge(Some(&base), &local, &remote, &MergeRules::default());
    assert_eq!(
        found.fields[0].note,
        Some(Note::LineMerged),
        "within its time, also where the code is not optimised"
    );
    let merged = found.merged["body"].as_str().unwrap();
    assert_eq!(merged.matches(" true").count(), 100, "fifty lines of each side");
}

#[test]
fn two_hundred_fields_and_five_thousand_rows_merge_at_once() {
    let side = |mark: usize| {
        let mut document = Map::new();
        for n in 0..200 {
            let changed = mark != 0 && n % 50 == mark;
            document.insert(format!("field_{n}"), json!(format!("value {n} {changed}")));
        }
        let rows = (0..5_000).map(|n| {
            let qty = if mark != 0 && n % 100 == mark { n + 1 } else { n };
            json!({"name": format!("row-{n:05}"), "item": format!("Item {}", n % 37), "qty": qty, "rate": 1.5,
                "uom": "kg", "warehouse": "Main", "note": null, "idx": n})
        });
        document.insert("items".to_owned(), Value::Array(rows.collect()));
        Value::Object(document)
    };
    let (base, local, remote) = (side(0), side(1), side(2));
    let rules = MergeRules::default();
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        let found = merge(Some(&base), &local, &remote, &rules);
        best = best.min(started.elapsed());
        assert_eq!((found.is_clean(), found.fields.len()), (true, 108));
    }
    // Unoptimised code is some ten times slower than what people run.
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 50 });
    assert!(best < limit, "it took {best:?}; the window waits for it");
}
