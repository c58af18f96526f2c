//! Conflicts as the resolver shows them.

use super::*;
use crate::store::SideState;
use crate::store::conflicts::{DecidedBy, Ending, Sides};
use crate::store::views::fixture::Fixture;
use serde_json::json;
use tidemark_model::merge::FieldClass;
use tidemark_model::view::{ChoiceAt, ConflictType, Resolution};

const SCHEMA: &str = r#"{"name":"tasks","merge":{"secret":["/pin"]},"schema":{"properties":{
    "due":{"title":"Due date"},"pin":{"title":"PIN"}}}}"#;

fn open(
    fixture: &Fixture,
    rid: &str,
    base: Option<Value>,
    local: Option<Value>,
    server: Option<Value>,
) -> i64 {
    let record = fixture.record(1, rid, base.clone(), local.clone());
    let rid = rid.to_owned();
    fixture.write(move |tx| {
        let server = SideState {
            document: server,
            version: Some("7".into()),
            at: Some(Millis(300)),
            by: Some("Anna K.".into()),
        };
        let counts = match (&local, &server.document) {
            (Some(local), Some(server)) => {
                let merged = merge::merge(base.as_ref(), local, server, &MergeRules::default());
                let clashes = merged.clashes().count() as i64;
                (clashes, merged.fields.len() as i64 - clashes)
            }
            _ => (1, 0),
        };
        let sides = Sides {
            kind: ConflictType::BothUpdated,
            title: "Rossi",
            base: base.as_ref(),
            base_at: Some(Millis(100)),
            local: local.as_ref(),
            local_at: Some(Millis(200)),
            server: &server,
            may_be_in: false,
            to_choose: counts.0,
            shape: Vec::new(),
            merged: counts.1,
            choices: &[],
            now: Millis(400),
        };
        table::insert(tx, (1, 1, record), &rid, &sides)
    })
}

fn choose(fixture: &Fixture, id: i64, choices: &[(&str, FieldChoice)]) {
    let choices: Vec<ChoiceAt> = choices
        .iter()
        .map(|(path, choice)| ChoiceAt { path: (*path).into(), choice: choice.clone() })
        .collect();
    fixture.write(move |tx| table::set_choices(tx, id, &choices, None));
}

fn two_clashes(fixture: &Fixture) -> i64 {
    fixture.sql(&format!("UPDATE collections SET settings = '{SCHEMA}' WHERE id = 1"));
    open(
        fixture,
        "r",
        Some(json!({"due": "30", "note": "a", "qty": 1, "tel": "1", "same": 0})),
        Some(json!({"due": "15", "note": "b", "qty": 2, "tel": "1", "same": 0})),
        Some(json!({"due": "7", "note": "c", "qty": 1, "tel": "2", "same": 0})),
    )
}

fn view(fixture: &Fixture, id: i64) -> ConflictView {
    fixture.read(|tx| get(tx, id)).unwrap()
}

fn field<'a>(view: &'a ConflictView, path: &str) -> &'a ConflictField {
    view.fields.iter().find(|field| field.path == path).unwrap()
}

#[test]
fn a_conflict_is_shown_field_by_field_with_names_for_people() {
    let fixture = Fixture::new();
    let shown = view(&fixture, two_clashes(&fixture));
    let due = field(&shown, "/due");
    assert_eq!((due.label.as_str(), due.class, due.undecided), ("Due date", FieldClass::Clash, true));
    assert_eq!(
        (due.base.as_deref(), due.local.as_deref(), due.server.as_deref(), due.result.as_deref()),
        (Some("\"30\""), Some("\"15\""), Some("\"7\""), None),
        "nothing is chosen beforehand"
    );
    assert_eq!(field(&shown, "/note").label, "note", "without a title the key names it");
    let qty = field(&shown, "/qty");
    assert_eq!((qty.class, qty.undecided, qty.result.as_deref()), (FieldClass::OnlyMine, false, Some("2")));
    assert_eq!(shown.unchanged, Count(1));
    assert_eq!((shown.row.to_choose, shown.row.merged, shown.row.chosen), (Count(2), Count(2), Count(0)));
    assert_eq!((shown.row.link.as_str(), shown.row.server.as_str()), ("erp", "erp.example.com"));
    assert_eq!((shown.row.resource_type.as_str(), shown.row.resource_id.as_str()), ("tasks", "r"));
    assert_eq!((shown.base_at, shown.row.server_by.as_deref()), (Some(Millis(100)), Some("Anna K.")));
    let result: Value = serde_json::from_str(&shown.result.unwrap()).unwrap();
    assert_eq!(
        result,
        json!({"due": "15", "note": "b", "qty": 2, "tel": "2", "same": 0}),
        "Mine until chosen"
    );
}

#[test]
fn choices_so_far_are_in_the_result_and_in_the_counts_of_list_and_view_alike() {
    let fixture = Fixture::new();
    let id = two_clashes(&fixture);
    choose(
        &fixture,
        id,
        &[
            ("/due", FieldChoice::Server),
            ("/tel", FieldChoice::Json("\"9\"".into())),
            ("/gone", FieldChoice::Mine),
            ("/note", FieldChoice::Json("no JSON".into())),
        ],
    );
    let shown = view(&fixture, id);
    let due = field(&shown, "/due");
    assert_eq!(
        (due.undecided, &due.choice, due.result.as_deref()),
        (false, &Some(FieldChoice::Server), Some("\"7\""))
    );
    assert!(field(&shown, "/note").undecided, "a choice that cannot be read is none");
    let result: Value = serde_json::from_str(shown.result.as_deref().unwrap()).unwrap();
    assert_eq!(result, json!({"due": "7", "note": "b", "qty": 2, "tel": "9", "same": 0}));
    assert_eq!((shown.row.to_choose, shown.row.merged, shown.row.chosen), (Count(1), Count(1), Count(2)));
    let listed = fixture.read(|tx| list(tx, 0, 10));
    assert_eq!(listed.rows, [shown.row]);
    choose(&fixture, id, &[("/due", FieldChoice::Base), ("/note", FieldChoice::Json("\"d\"".into()))]);
    let shown = view(&fixture, id);
    assert_eq!(shown.row.to_choose, Count(0));
    let result: Value = serde_json::from_str(shown.result.as_deref().unwrap()).unwrap();
    assert_eq!(result, json!({"due": "30", "note": "d", "qty": 2, "tel": "2", "same": 0}));
}

#[test]
fn a_deleted_side_leaves_no_fields_but_the_record_still_waits_for_a_choice() {
    let fixture = Fixture::new();
    let id = open(&fixture, "r", Some(json!({"a": 1})), Some(json!({"a": 2})), None);
    let shown = view(&fixture, id);
    assert_eq!((shown.fields.len(), shown.server_data, shown.result), (0, None, None));
    assert_eq!(shown.row.to_choose, Count(1));
    assert_eq!(fixture.read(|tx| list(tx, 0, 10)).rows, [shown.row]);
}

#[test]
fn secrets_are_chosen_without_being_read() {
    let fixture = Fixture::new();
    fixture.sql(&format!("UPDATE collections SET settings = '{SCHEMA}' WHERE id = 1"));
    let pin = |pin: &str| Some(json!({"pin": pin}));
    let id = open(&fixture, "r", pin("1111"), pin("2222"), pin("3333"));
    for choice in [None, Some(FieldChoice::Mine), Some(FieldChoice::Json("\"4444\"".into()))] {
        if let Some(choice) = choice {
            choose(&fixture, id, &[("/pin", choice)]);
        }
        let text = format!("{:?}", field(&view(&fixture, id), "/pin"));
        assert!(!["1111", "2222", "3333", "4444"].iter().any(|pin| text.contains(pin)), "{text}");
    }
}

#[test]
fn open_conflicts_are_listed_oldest_first_and_resolved_ones_are_not() {
    let fixture = Fixture::new();
    let ids: Vec<i64> = (0..5)
        .map(|n| open(&fixture, &format!("r{n}"), None, Some(json!({"a": 1})), Some(json!({"a": 2}))))
        .collect();
    fixture.write(|tx| {
        let resolution = Resolution::ServerWins {};
        let ending =
            Ending { resolution: &resolution, by: DecidedBy::Person, result: None, mutation_id: None };
        table::resolve(tx, 2, &ending, Millis(900))
    });
    let page = |offset, limit| fixture.read(|tx| list(tx, offset, limit));
    assert_eq!(page(0, 10).total, Count(4));
    let listed: Vec<i64> =
        [page(0, 3), page(3, 3)].into_iter().flat_map(|page| page.rows).map(|row| row.id.0).collect();
    assert_eq!(listed, [ids[0], ids[2], ids[3], ids[4]]);
    assert_eq!(fixture.read(|tx| get(tx, 99)), None);
}
