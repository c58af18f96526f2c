//! Whatever the page sends is carried as it is, or refused with a reason; nothing panics.

use crate::stage::{LINK, Stage, TASKS};
use serde_json::{Value, json};
use tidemark_model::number::Count;
use tidemark_model::view::{ListPage, RecordDetail, RecordRow, Refusal, RefusalCode, Saved};

const MIB: usize = 1 << 20;
const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open"}"#;
const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "abc\u{202E}fed\u{2066}\u{2069}\u{200F}",
    "\u{0}\u{1}\u{1b}[2J\u{7f}\u{feff}",
    "'; DROP TABLE records; --",
    "%_\\%' OR 1=1",
    "../../etc/passwd",
    "{\"$serde_json::private::Number\":\"1\"}",
    "e\u{301}\u{1F468}\u{200D}\u{1F469}",
];

fn nested(levels: usize) -> String {
    format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
}

fn create(stage: &Stage, document: &str) -> Result<Saved, Refusal> {
    let arguments = json!({"link": LINK, "collection": TASKS, "document": document});
    let answer = stage.call("create_record", arguments);
    answer
        .map(|saved| serde_json::from_value(saved).expect("it says what was saved"))
        .map_err(|refusal| serde_json::from_value(refusal).expect("it refuses in words"))
}

/// The record is there with exactly this text, in the list too, and arrives at the server.
fn carried(stage: &Stage, id: &str, document: &str) {
    let shown: RecordDetail = stage.ask("get_record", json!({"link": LINK, "collection": TASKS, "id": id}));
    assert_eq!(shown.document.as_deref(), Some(document));
    let list = json!({"link": LINK, "collection": TASKS, "filter": {}, "offset": 0, "limit": 100});
    let rows: ListPage<RecordRow> = stage.ask("list_records", list);
    assert!(rows.rows.iter().any(|row| row.id == id), "it is in the list");
    stage.sync();
    assert_eq!(stage.there(id).as_deref(), Some(document), "and arrived as it is");
}

// proves C1
#[test]
fn hostile_values_pass_as_text_and_nothing_else() {
    let stage = Stage::linked(&[TASK]);
    for (n, text) in HOSTILE.into_iter().enumerate() {
        let document = json!({"id": format!("h{n}"), "title": text, text: [text]}).to_string();
        create(&stage, &document).expect("it is a record like any other");
        carried(&stage, &format!("h{n}"), &document);
        stage.set("t1", "title", &Value::from(text).to_string());
        let search =
            json!({"link": LINK, "collection": TASKS, "filter": {"search": text}, "offset": 0, "limit": 9});
        stage.ask::<ListPage<RecordRow>>("list_records", search);
        let filter = json!({"search": text, "link": text, "collection": text});
        stage.ask::<Value>("list_queue", json!({"filter": filter, "offset": 0, "limit": 9}));
    }
    stage.finish();
}

#[test]
fn a_mebibyte_of_text_is_carried() {
    let stage = Stage::linked(&[TASK]);
    let document = json!({"id": "big", "title": "\u{202E}x".repeat(MIB / 4)}).to_string();
    create(&stage, &document).expect("it is below the limit");
    carried(&stage, "big", &document);
    let long = "y".repeat(MIB);
    stage.set("t1", "title", &Value::from(long.as_str()).to_string());
    stage.sync();
    assert_eq!(stage.member_there("t1", "title"), long);
    stage.finish();
}

#[test]
fn a_document_over_the_limit_is_refused_and_told_why() {
    let stage = Stage::linked(&[TASK]);
    let refusal =
        create(&stage, &json!({"id": "huge", "x": "z".repeat(17 * MIB)}).to_string()).expect_err("too large");
    assert_eq!(refusal.code, RefusalCode::Invalid);
    assert!(refusal.message.len() < 500 && refusal.message.contains("16777216"), "{refusal:?}");
    let half = Value::from("z".repeat(10 * MIB)).to_string();
    stage.set("t1", "one", &half);
    let edits = json!([{"path": "/two", "set": half}]);
    let second = json!({"link": LINK, "collection": TASKS, "id": "t1", "edits": edits});
    let refusal = stage.refused("update_record", second);
    assert_eq!(refusal.code, RefusalCode::Invalid, "two halves make too much: {}", refusal.message);
    stage.finish();
}

#[test]
fn a_hundred_and_twenty_eight_levels_are_carried_and_one_more_is_refused() {
    let stage = Stage::linked(&[TASK]);
    let document = format!(r#"{{"id":"deep","x":{}}}"#, nested(127));
    create(&stage, &document).expect("128 levels with its own");
    carried(&stage, "deep", &document);
    let refusal =
        create(&stage, &format!(r#"{{"id":"deeper","x":{}}}"#, nested(128))).expect_err("129 levels");
    assert_eq!(refusal.code, RefusalCode::Invalid);
    assert!(refusal.message.contains("128"), "{refusal:?}");
    create(&stage, &nested(100_000)).expect_err("that deep it is not even looked at");

    // A value that is deep enough alone becomes too deep inside its record.
    let deep = |levels: usize| {
        let edits = json!([{"path": "/x", "set": nested(levels)}]);
        json!({"link": LINK, "collection": TASKS, "id": "t1", "edits": edits})
    };
    let refusal = stage.refused("update_record", deep(128));
    assert_eq!(refusal.code, RefusalCode::Invalid, "{}", refusal.message);
    stage.ask::<Saved>("update_record", deep(127));
    stage.sync();
    assert_eq!(stage.member_there("t1", "x").to_string(), nested(127));
    assert_eq!(stage.status().queue_length, Count(0));
    stage.finish();
}

#[test]
fn an_id_that_could_lead_elsewhere_touches_nothing_else() {
    let stage = Stage::linked(&[TASK]);
    let ids =
        ["../tasks/t1", "..", ".", "t1/../t1", "t1?x=1", "t1#x", "a b", "%2e%2e", "\u{202E}x", "t1 ", "T1"];
    for id in ids {
        match create(&stage, &json!({"id": id, "title": "new"}).to_string()) {
            Ok(saved) => assert_eq!(saved.record, id, "an id is taken as it is"),
            Err(refusal) => assert_eq!(refusal.code, RefusalCode::Invalid, "{id:?}: {refusal:?}"),
        }
    }
    stage.sync();
    assert_eq!(stage.there("t1").as_deref(), Some(TASK), "the record that they point at is untouched");
    assert_eq!(stage.here("t1").as_deref(), Some(TASK));
    for id in ids {
        let at = json!({"link": LINK, "collection": TASKS, "id": id});
        if stage.call("get_record", at.clone()).is_ok() {
            stage.ask::<Saved>("delete_record", at);
        }
    }
    stage.sync();
    assert_eq!(stage.there("t1").as_deref(), Some(TASK));
    stage.finish();
}

// proves A1
#[test]
fn what_would_be_saved_otherwise_than_it_was_typed_is_refused_and_named() {
    let stage = Stage::linked(&[TASK]);
    let abyss = format!("{{\"a\":{}}}", nested(10_000));
    let huge = json!({"a": "x".repeat(20 * MIB)}).to_string();
    for (document, words) in [
        (r#"{"title":"A","state":"open","title":"B"}"#, "'/title' stands twice"),
        (r#"{"n":NaN}"#, "not JSON"),
        (abyss.as_str(), "deeper than 128 levels"),
        (huge.as_str(), "at most 16777216"),
    ] {
        let refusal = create(&stage, document).expect_err(words);
        assert_eq!(refusal.code, RefusalCode::Invalid);
        assert!(refusal.message.contains(words), "{refusal:?}");
        assert!(refusal.message.len() < 1_000, "a refusal is a sentence");
    }
    let update = |edits: Value| {
        stage.call("update_record", json!({"link": LINK, "collection": TASKS, "id": "t1", "edits": edits}))
    };
    let twice = update(json!([{"path": "/extra", "set": r#"{"x":1,"x":2}"#}])).expect_err("it stands twice");
    assert!(twice["message"].as_str().unwrap_or_default().contains("'/x' stands twice"), "{twice}");
    let nothing: Saved =
        serde_json::from_value(update(json!([])).expect("nothing is no fault")).expect("it says so");
    assert_eq!(nothing.change, None, "an empty update is no change");
    let nowhere = json!({"link": LINK, "collection": "nothing", "document": "{}"});
    let refusal = stage.call("create_record", nowhere).expect_err("there is no such collection");
    assert_eq!(refusal["code"], "not_found", "{refusal}");
    stage.sync();
    assert_eq!(stage.there("t1").as_deref(), Some(TASK));
    stage.finish();
}

/// Every command with each of its arguments by turns huge, deep, hostile or of a wrong type.
#[test]
fn no_command_panics_at_any_argument() {
    let stage = Stage::linked(&[TASK]);
    stage.conflict_over("t1");
    let right = json!({
        "link": LINK, "collection": TASKS, "id": "t1", "name": LINK, "ids": ["x"], "filter": {}, "offset": 0,
        "limit": 10, "held": true, "force": false, "secret": "", "offline": true, "expected": 7, "seen": null, "record": "x",
        "document": "{}", "edits": [], "resolution": {"strategy": "skip"}, "settings": {},
    });
    let mut strange: Vec<Value> = HOSTILE.map(Value::from).to_vec();
    strange.extend([
        Value::from("x".repeat(MIB)),
        serde_json::from_str(&nested(120)).expect("an array"),
        Value::from(nested(129)),
        json!(i64::MIN),
        json!(u64::MAX),
        serde_json::from_str("12345678901234567890123.5e99").expect("a number"),
        json!(-1),
        json!(true),
        json!({}),
        json!([]),
        Value::Null,
    ]);
    for (command, names) in tidemark::arguments::ARGUMENTS {
        // To be forced is the one argument that may do harm when it is true, as it should.
        let names = names.iter().filter(|name| **name != "force");
        for name in names.clone() {
            for value in &strange {
                let mut arguments: serde_json::Map<String, Value> =
                    names.clone().map(|name| ((*name).to_owned(), right[*name].clone())).collect();
                arguments.insert((*name).to_owned(), value.clone());
                if let Err(refusal) = stage.call(command, Value::Object(arguments)) {
                    let said = tidemark_model::failure::clip(&refusal.to_string(), 300);
                    assert_ne!(
                        refusal["code"], "store",
                        "{command} {name} blames the disk for its input: {said}"
                    );
                }
            }
        }
    }
    stage.ask::<()>("resume", json!({}));
    assert_eq!(stage.status().attention.conflicts, Count(1), "what was there is there");
    stage.finish();
}
