//! Records in lists, one record whole, and forms.

use super::*;
use crate::store::views::fixture::{Fixture, Row};
use serde_json::json;
use tidemark_model::merge::MASK;
use tidemark_model::number::Millis;

fn conflict(fixture: &Fixture, record: i64) {
    fixture.sql(&format!(
        "INSERT INTO conflicts (link_id, collection_id, record_id, rid, title, kind, to_choose, merged, created_at,
                                updated_at) VALUES (1, 1, {record}, 'r', 'r', 'both_updated', 1, 0, 1, 1)"
    ));
}

fn all(fixture: &Fixture, filter: &RecordFilter) -> Vec<(String, RecordState)> {
    let page = fixture.read(|tx| list(tx, "erp", "tasks", filter, 0, 500));
    assert_eq!(page.total.0, page.rows.len() as i64, "the total is the number of rows: {filter:?}");
    page.rows.into_iter().map(|row| (row.id, row.state)).collect()
}

/// One record in each state, and one of another collection.
fn every_state() -> Fixture {
    let fixture = Fixture::new();
    let document = || Some(json!({"name": "Rossi"}));
    let make = |rid: &str, local: Option<Value>, states: &[&'static str]| {
        let record = fixture.record(1, rid, document(), local);
        for state in states {
            fixture.change(Row { record: Some(record), rid: rid.into(), state, ..Row::default() });
        }
        record
    };
    make("clean", document(), &["confirmed", "discarded"]);
    make("saved", document(), &["queued"]);
    make("sending", document(), &["sealed", "queued"]);
    make("lost", document(), &["uncertain"]);
    make("parked", document(), &["parked", "queued"]);
    make("deleted", None, &["queued"]);
    make("deleted-refused", None, &["parked"]);
    conflict(&fixture, make("conflict", document(), &["conflicted", "queued"]));
    conflict(&fixture, make("conflict-refused", document(), &["parked"]));
    fixture.record(3, "other", document(), document());
    fixture
}

#[test]
fn a_record_shows_what_most_needs_to_be_known_of_it() {
    use RecordState::*;
    assert_eq!(
        all(&every_state(), &RecordFilter::default()),
        [
            ("clean", Clean),
            ("conflict", Conflict),
            ("conflict-refused", Conflict),
            ("deleted", DeletedHere),
            ("deleted-refused", NeedsYou),
            ("lost", Sending),
            ("parked", NeedsYou),
            ("saved", SavedHere),
            ("sending", Sending),
        ]
        .map(|(id, state)| (id.to_owned(), state))
    );
}

#[test]
fn filters_leave_the_records_they_name() {
    let fixture = every_state();
    filters_leave(&fixture);
    // More changes than records: the same is found from the other side.
    fixture.write(|tx| (0..50).try_for_each(|_| Row::default().insert(tx).map(|_| ())));
    filters_leave(&fixture);
}

fn filters_leave(fixture: &Fixture) {
    let ids = |filter: RecordFilter| -> Vec<String> {
        all(fixture, &filter).into_iter().map(|(id, _)| id).collect()
    };
    let none = RecordFilter::default;
    assert_eq!(ids(RecordFilter { changed_here: true, ..none() }).len(), 8, "all but the clean one");
    assert_eq!(ids(RecordFilter { conflict: true, ..none() }), ["conflict", "conflict-refused"]);
    assert_eq!(ids(RecordFilter { deleted_here: true, ..none() }), ["deleted", "deleted-refused"]);
    assert!(ids(RecordFilter { deleted_here: true, conflict: true, ..none() }).is_empty());
    let search = |text: &str| ids(RecordFilter { search: Some(text.into()), ..none() });
    assert_eq!(search("REFUSED"), ["conflict-refused", "deleted-refused"], "in the id, whatever the case");
    assert_eq!(search("ossi").len(), 9, "in the title");
    assert!(search("%").is_empty() && search("_").is_empty(), "wildcards stand for themselves");
}

#[test]
fn pages_follow_each_other_without_gaps_and_unknown_places_are_empty() {
    let fixture = every_state();
    let filter = RecordFilter::default();
    let page = |offset| fixture.read(|tx| list(tx, "erp", "tasks", &filter, offset, 4));
    let ids: Vec<String> =
        [0, 4, 8].into_iter().flat_map(|offset| page(offset).rows).map(|row| row.id).collect();
    assert_eq!(ids.len(), 9);
    assert!(ids.is_sorted());
    for (link, collection) in [("erp", "none"), ("none", "tasks")] {
        let page = fixture.read(|tx| list(tx, link, collection, &filter, 0, 10));
        assert_eq!((page.total.0, page.rows.len()), (0, 0));
    }
}

#[test]
fn a_plain_list_is_walked_in_its_index() {
    let fixture = every_state();
    fixture.read(|tx| {
        let collection = find(tx, "erp", "tasks")?.unwrap();
        let Shown { sql, order, .. } = shown(tx, &collection, &RecordFilter::default())?;
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT records.id, {order} FROM {sql} ORDER BY {order} LIMIT 9 OFFSET 9"
        );
        let mut statement = tx.prepare(&sql)?;
        let steps = statement.query_map([], |row| row.get::<_, String>("detail"))?;
        let steps: Vec<String> = steps.collect::<Result<_, _>>()?;
        assert!(steps.len() == 1 && steps[0].contains("INDEX records_listed"), "{steps:?}");
        Ok(())
    });
}

#[test]
fn columns_are_the_first_short_fields_beside_id_and_title() {
    let fixture = Fixture::new();
    let long = "x".repeat(300);
    let document: Value = serde_json::from_str(&format!(
        r#"{{"id":"a","name":"Rossi","qty":1.10,"tags":["x"],"city":"{long}","open":true,"due":null,"more":1,"rest":2}}"#
    ))
    .unwrap();
    fixture.record(1, "a", Some(document.clone()), Some(document));
    fixture.record(1, "b", None, Some(json!({"id": "b", "city": "Rome", "due": "2026-11-17"})));
    let page = fixture.read(|tx| list(tx, "erp", "tasks", &RecordFilter::default(), 0, 9));
    let row: Vec<(&str, &str)> =
        page.rows[0].columns.iter().map(|column| (column.path.as_str(), column.value.as_str())).collect();
    assert_eq!(page.rows[0].title, "Rossi");
    assert_eq!(row, [("/qty", "1.10"), ("/open", "true"), ("/due", "null"), ("/more", "1")]);
    assert_eq!(page.rows[1].columns.len(), 1, "a field that a record does not have is no column of it");
}

#[test]
fn a_record_is_shown_whole_with_what_is_not_sent_yet() {
    let fixture = Fixture::new();
    let base = serde_json::from_str(r#"{"a":1.10,"b":"x","c":{"d":1}}"#).ok();
    let record = fixture.record(1, "r", base, Some(json!({"a": 2, "c": {"d": 1, "e": 3}})));
    fixture.sql(&format!("UPDATE records SET local_rev = 3, local_at = 900 WHERE id = {record}"));
    let seq = fixture.change(Row { record: Some(record), ..Row::default() });
    fixture.change(Row { record: Some(record), state: "confirmed", ..Row::default() });
    conflict(&fixture, record);
    let shown = fixture.read(|tx| detail(tx, "erp", "tasks", "r")).unwrap();
    let pending: Vec<_> = shown
        .pending
        .iter()
        .map(|change| (change.path.as_str(), change.before.as_deref(), change.after.as_deref()))
        .collect();
    assert_eq!(
        pending,
        [("/b", Some("\"x\""), None), ("/a", Some("1.10"), Some("2")), ("/c/e", None, Some("3"))]
    );
    assert_eq!(shown.base.as_deref(), Some(r#"{"a":1.10,"b":"x","c":{"d":1}}"#), "literals are kept");
    assert_eq!((shown.revision, shown.conflict), (Count(3), Some(Count(1))));
    assert_eq!(shown.row.changed_at, Some(Millis(900)));
    let id: String =
        fixture.read(|tx| Ok(tx.query_row("SELECT id FROM outbox WHERE seq = ?1", [seq], |row| row.get(0))?));
    assert_eq!(shown.changes, [id], "only what is not finished");
    assert_eq!(fixture.read(|tx| detail(tx, "erp", "tasks", "none")), None);
    fixture.record(1, "gone", Some(json!({"a": 1})), None);
    let gone = fixture.read(|tx| detail(tx, "erp", "tasks", "gone")).unwrap();
    assert_eq!((gone.document, gone.pending[0].after.as_deref()), (None, None));
    fixture.sql("UPDATE records SET visible = 0 WHERE rid = 'gone'");
    assert_eq!(fixture.read(|tx| detail(tx, "erp", "tasks", "gone")), None, "it is gone on both sides");
}

#[test]
fn a_form_comes_from_the_schema_else_from_the_records() {
    let fixture = Fixture::new();
    fixture.record(1, "a", Some(json!({"id": "a", "qty": 1})), Some(json!({"id": "a", "qty": 1})));
    let inferred = fixture.read(|tx| form(tx, "erp", "tasks"));
    assert!(!inferred.from_schema);
    let kinds: Vec<_> = inferred.fields.iter().map(|field| (field.path.as_str(), field.kind)).collect();
    assert_eq!(kinds, [("/id", FieldKind::Text), ("/qty", FieldKind::Integer)]);
    assert!(inferred.fields[0].read_only, "the id names the record");
    fixture.sql(
        r#"UPDATE collections SET settings = '{"name":"tasks","schema":{"properties":{"due":{"type":"string",
           "format":"date","title":"Due"}}},"references":[{"path":"/due","collection":"customers"}]}' WHERE id = 1"#,
    );
    let said = fixture.read(|tx| form(tx, "erp", "tasks"));
    assert!(said.from_schema);
    assert_eq!((said.fields[0].label.as_str(), said.fields[0].kind), ("Due", FieldKind::Reference));
    fixture.sql(r#"UPDATE collections SET settings = '{"name":"tasks","schema":{}}' WHERE id = 1"#);
    let empty = fixture.read(|tx| form(tx, "erp", "tasks"));
    assert!(!empty.from_schema && empty.fields.len() == 2, "a schema without fields says nothing");
    assert_eq!(fixture.read(|tx| form(tx, "erp", "none")).fields.len(), 0);
}

#[test]
fn a_secret_is_masked_in_columns_documents_and_what_is_not_sent() {
    let fixture = Fixture::new();
    fixture.sql(
        r#"UPDATE collections SET settings = '{"name":"tasks","merge":{"secret":["/pin","/card","/title"]}}'
            WHERE id = 1"#,
    );
    let base = json!({"id": "r", "pin": "old-4711", "card": {"number": "old-4711"}, "title": "old-4711"});
    let local = json!({"id": "r", "pin": "new-4711", "card": {"number": "new-4711", "until": "4711"},
                       "title": "new-4711", "name": "Rossi"});
    fixture.record(1, "r", Some(base), Some(local));
    let listed = |search: &str| {
        let filter = RecordFilter { search: Some(search.into()), ..RecordFilter::default() };
        fixture.read(|tx| list(tx, "erp", "tasks", &filter, 0, 9)).rows
    };
    let row = listed("").remove(0);
    let mask = json!(MASK).to_string();
    assert_eq!(row.title, "Rossi", "a secret is no title");
    assert!(row.columns.contains(&FieldValue { path: "/pin".into(), value: mask.clone() }), "{row:?}");
    assert!(listed("4711").is_empty(), "no secret is found by a part of it");
    let shown = fixture.read(|tx| detail(tx, "erp", "tasks", "r")).unwrap();
    let text = serde_json::to_string(&shown).unwrap();
    assert!(!text.contains("4711") && !text.contains("until"), "{text}");
    let changes: Vec<_> = shown.pending.iter().map(|one| (one.path.as_str(), one.after.as_deref())).collect();
    let hidden = |path| (path, Some(mask.as_str()));
    assert_eq!(changes, [hidden("/pin"), hidden("/card"), hidden("/title"), ("/name", Some("\"Rossi\""))]);
}
