//! What is secret by the rules of a collection is masked in its changes, requests and answers.

use super::*;
use tidemark_model::change::Change;
use tidemark_model::merge::{LEFT_OUT, MASK, MergeRules, Veil};

/// A refused change of a record with secrets: its id.
fn refused() -> (Fixture, String) {
    let fixture = Fixture::new();
    fixture.sql(
        r#"UPDATE collections SET settings = '{"name":"tasks","merge":{"secret":["/pin","/card"]}}' WHERE id = 1"#,
    );
    let base = json!({"pin": "old-4711", "card": {"number": "old-4711", "until": "4711"}, "n": 1});
    let record = fixture.record(1, "r", Some(base.clone()), Some(base));
    let seq = fixture.change(Row {
        record: Some(record),
        state: "parked",
        changes: r#"[{"path":"/pin","set":"new-4711"},{"path":"/card/number","set":"new-4711"},
                     {"path":"/card/until","remove":true},{"path":"/n","set":1.10}]"#
            .into(),
        ..Row::default()
    });
    fixture.sql(&format!(
        r#"UPDATE outbox SET wire = json_set(wire, '$.body', '{{"data":{{"pin":"new-4711","n":1.10}}}}');
           INSERT INTO attempts (seq, number, key, started_at, ended_at, status, class, words, excerpt)
           VALUES ({seq}, 1, 'key-1', 10, 20, 422, 'permanent', 'no', '{{"pin":"new-4711","n":1.10}}'),
                  ({seq}, 2, 'key-1', 30, 40, 422, 'permanent', 'no', '{{"pin":"new-47');
           INSERT INTO exchanges (seq, number, failed, at, sent, answered, body)
           VALUES ({seq}, 1, 1, 20, '[]', '[]', '{{"n":1.10,"row":{{"card":{{"number":"new-4711"}}}}}}')"#
    ));
    let id = only(&fixture, seq).id;
    (fixture, id)
}

#[test]
fn a_change_shows_that_a_secret_was_changed_and_not_to_what() {
    let (fixture, id) = refused();
    let shown = fixture.read(|tx| detail(tx, &id)).unwrap();
    let text = serde_json::to_string(&shown).unwrap();
    assert!(!text.contains("47"), "{text}");
    let mask = json!(MASK).to_string();
    let change = |path: &str, before: &str, after: &str| FieldChange {
        path: path.into(),
        before: Some(before.into()),
        after: Some(after.into()),
    };
    assert_eq!(
        shown.changes,
        [change("/pin", &mask, &mask), change("/card", &mask, &mask), change("/n", "1", "1.10")]
    );
    let body = shown.request.unwrap().body.unwrap();
    assert_eq!(body, format!(r#"{{"data":{{"pin":{mask},"n":1.10}}}}"#));
    let excerpts: Vec<_> = shown.attempts.into_iter().filter_map(|tried| tried.excerpt).collect();
    assert_eq!(excerpts, [LEFT_OUT.to_owned(), format!(r#"{{"pin":{mask},"n":1.10}}"#)]);
}

#[test]
fn a_try_is_kept_word_for_word_but_for_secrets() {
    let (fixture, id) = refused();
    let tried = |number| fixture.read(|tx| attempt(tx, &id, number)).unwrap();
    let (first, second) = (tried(1), tried(2));
    let mask = json!(MASK).to_string();
    assert_eq!(first.request.unwrap().body.unwrap(), format!(r#"{{"data":{{"pin":{mask},"n":1.10}}}}"#));
    assert_eq!(first.body.unwrap(), format!(r#"{{"n":1.10,"row":{{"card":{mask}}}}}"#));
    assert_eq!(second.body.as_deref(), Some(LEFT_OUT), "its start is no whole JSON");
}

#[test]
fn a_secret_that_is_taken_away_is_shown_as_gone_and_one_that_is_not_is_not() {
    let secret = ["/card".to_owned()].into();
    let rules = MergeRules { secret, ..Default::default() };
    let veil = Veil::new(&rules);
    let before = json!({"card": {"number": 1}});
    let afters = |changes: &[Change]| -> Vec<Option<String>> {
        detail::shown(&before, changes, &veil).into_iter().map(|one| one.after).collect()
    };
    let mask = Some(json!(MASK).to_string());
    assert_eq!(afters(&[Change::remove("/card")]), [None]);
    assert_eq!(afters(&[Change::remove("/card/number")])[0], mask);
    assert_eq!(afters(&[Change::set("/card/number", json!(2)), Change::remove("/card")]), [None]);
    assert_eq!(afters(&[Change::remove("/card"), Change::set("/card", json!({}))]), [mask]);
}
