//! A secret of a record: everything shown has a mask in its place, and no mask is ever stored.

use crate::unreadable_answers::behind_a_proxy;
use chrono::DateTime;
use serde_json::{Value, json};
use tidemark_engine::StoreError;
use tidemark_model::merge::MASK;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{
    ActivityFilter, ChoiceAt, Event, ExportFormat, FieldChoice, FieldEdit, QueueFilter, RecordFilter,
    RefusalCode, Resolution,
};
use tidemark_sandbox::world::call::{Call, Caller, Write};
use tidemark_tests::audit::COLLEAGUE;
use tidemark_tests::fault_proxy::{Canned, Fault, Rule};
use tidemark_tests::world::{LINK, Stage, TASKS, World};

const SECRETS: &str = r#"{"collections": [{"name": "tasks",
    "merge": {"secret": ["/title", "/pin", "/card", "/rows/*/code"]}}]}"#;

/// Stands in every secret of these tests.
const CANARY: &str = "canary-4711";
const NO_HOLD: Millis = Millis(0);

fn with_secrets(who: &str) -> Value {
    let secret = format!("{who} {CANARY}");
    json!({"title": secret, "pin": secret, "card": {"number": secret}, "rows": [{"code": secret, "n": 1.10}]})
}

async fn save(world: &World, rid: &str, values: &Value) -> String {
    let edits: Vec<FieldEdit> = values
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| FieldEdit { path: format!("/{key}"), set: Some(value.to_string()) })
        .collect();
    let saved = world.engine().update_record(LINK, TASKS, rid, &edits, None).await.unwrap();
    saved.change.unwrap()
}

fn colleague_saves(world: &World, rid: &str, values: &Value) {
    for (key, value) in values.as_object().into_iter().flatten() {
        world.colleague_sets(rid, key, value.clone());
    }
}

/// Everything that is shown of a world, each view's JSON by its name.
fn all_views(world: &World) -> Vec<(String, String)> {
    let engine = world.engine();
    let mut views: Vec<(String, String)> = Vec::new();
    let mut see = |name: String, view: Result<String, serde_json::Error>| views.push((name, view.unwrap()));
    macro_rules! see {
        ($name:expr, $view:expr) => {{
            let view = $view.unwrap();
            see($name.to_string(), serde_json::to_string(&view));
            view
        }};
    }
    see!("status", engine.status());
    see!("activity", engine.activity(&ActivityFilter::default(), None, 500));
    see!("form", engine.get_form(LINK, TASKS));
    see!("causes", engine.list_causes(None));
    see!("by record", engine.list_by_record(None));
    see!("groups", engine.conflict_groups());
    for record in see!("records", engine.list_records(LINK, TASKS, &RecordFilter::default(), 0, 500)).rows {
        see!(format!("record {}", record.id), engine.get_record(LINK, TASKS, &record.id));
    }
    let changes = see!("queue", engine.list_queue(&QueueFilter::default(), 0, 500)).rows;
    for change in &changes {
        let detail = see!(format!("change {}", change.number.0), engine.get_change(&change.id));
        for tried in detail.attempts {
            let name = format!("try {} of {}", tried.number.0, change.number.0);
            see!(name, engine.get_attempt(&change.id, tried.number));
        }
    }
    let ids: Vec<String> = changes.into_iter().map(|change| change.id).collect();
    for format in [ExportFormat::Json, ExportFormat::Curl] {
        see!(format!("{format:?}"), engine.export_changes(&ids, format));
    }
    for conflict in see!("conflicts", engine.list_conflicts(0, 500)).rows {
        see!(format!("conflict {}", conflict.id.0), engine.get_conflict(conflict.id));
    }
    for decision in see!("decisions", engine.list_decisions(0, 500)).rows {
        see!(format!("decision {}", decision.id), engine.get_decision(&decision.id));
    }
    for row in see!("unreadable", engine.list_unreadable(None, None, 0, 500)).rows {
        see!(format!("unreadable {}", row.id.0), engine.get_unreadable(row.id));
    }
    views
}

/// Looks at everything; the names of what was seen.
fn look(world: &World) -> Vec<String> {
    let views = all_views(world);
    for (name, text) in &views {
        assert!(!text.contains("4711"), "{name}: {text}");
    }
    views.into_iter().map(|(name, _)| name).collect()
}

// proves E6
#[tokio::test]
async fn no_view_shows_a_secret_whatever_happens_to_its_record() {
    let (world, proxy) = behind_a_proxy(Stage::tasks(5).settings(SECRETS)).await;
    colleague_saves(&world, "t001", &with_secrets("theirs"));
    world.sync().await;
    look(&world);

    // Refused with the record in the answer, and with a text.
    let echo = json!({"detail": "No", "data": {"docs": [with_secrets("echoed")]}}).to_string();
    for answer in [Canned::json(422, echo), Canned::json(422, format!("pin={CANARY}"))] {
        proxy.add(Rule::once(Fault::Say(answer)).method("PUT"));
    }
    let refused = save(&world, "t001", &with_secrets("mine")).await;
    save(&world, "t002", &with_secrets("mine")).await;
    world.sync().await;
    assert!(look(&world).iter().any(|name| name.starts_with("try 1")), "with its tries");
    let tried = world.engine().get_attempt(&refused, Count(1)).unwrap();
    let body: Value = serde_json::from_str(&tried.request.unwrap().body.unwrap()).unwrap();
    assert!(body.to_string().contains(MASK), "{body}");
    assert!(tried.body.unwrap().contains(MASK), "the answer is shown but for its secrets");

    // The trash, and what the record is called without the change.
    world.engine().discard(vec![refused]).await.unwrap();
    look(&world);

    // A conflict, and what became of it.
    save(&world, "t003", &with_secrets("mine")).await;
    colleague_saves(&world, "t003", &with_secrets("theirs"));
    world.sync().await;
    assert!(look(&world).iter().any(|name| name.starts_with("conflict ")));
    let mut told = world.engine().subscribe();
    for conflict in world.engine().list_conflicts(0, 10).unwrap().rows {
        let choice = FieldChoice::Json(json!(format!("typed {CANARY}")).to_string());
        let choices: Vec<ChoiceAt> = world
            .engine()
            .get_conflict(conflict.id)
            .unwrap()
            .fields
            .into_iter()
            .filter(|field| field.undecided)
            .map(|field| ChoiceAt { path: field.path, choice: choice.clone() })
            .collect();
        let resolution = Resolution::Manual { choices, document: None };
        let done = world.engine().resolve_conflict(conflict.id, resolution, None, NO_HOLD).await.unwrap();
        assert!(done.result.as_ref().is_some_and(|text| !text.contains("4711")), "{done:?}");
    }
    let events: Vec<Event> = std::iter::from_fn(|| told.try_recv().ok()).collect();
    assert!(events.iter().any(|event| matches!(event, Event::ConflictResolved(_))));
    assert!(!format!("{events:?}").contains("4711"), "{events:?}");
    assert!(look(&world).iter().any(|name| name.starts_with("decision ")));

    // A new record, a deleted one, and a row that cannot be read.
    let mut new = with_secrets("new");
    new["id"] = "t009".into();
    world.create(&new).await;
    look(&world);
    colleague_saves(&world, "t004", &with_secrets("theirs"));
    world.sync().await;
    world.delete("t004").await;
    let deep = (0..150).fold(json!(CANARY), |inner, _| json!([inner]));
    let document = json!({"id": "t005", "pin": CANARY, "state": deep}).to_string();
    let caller = Caller { account: Some(COLLEAGUE.to_owned()), ..Caller::default() };
    let write = Call::Write(Write::put(TASKS, "t005", document));
    let answer = world.server.with_world(|server| server.handle(write, &caller, DateTime::UNIX_EPOCH));
    assert!(answer.is_ok(), "{answer:?}");
    look(&world);
    world.sync().await;
    assert!(look(&world).iter().any(|name| name.starts_with("unreadable ")));
    world.finish_unaudited().await;
}

// proves E6
#[tokio::test]
async fn a_secret_is_told_to_whoever_asks_for_it_and_nothing_else_is() {
    let world = Stage::tasks(1).settings(SECRETS).open().await;
    save(&world, "t001", &with_secrets("mine")).await;
    let ask = |rid: &str, path: &str| world.engine().record_secret(LINK, TASKS, rid, path);
    assert_eq!(ask("t001", "/pin").unwrap(), Some(json!(format!("mine {CANARY}")).to_string()));
    assert_eq!(ask("t001", "/rows/0/code").unwrap(), Some(json!(format!("mine {CANARY}")).to_string()));
    assert_eq!(ask("t001", "/rows/7/code").unwrap(), None);
    for (rid, path, code) in [
        ("t001", "/state", RefusalCode::Invalid),
        ("t001", "", RefusalCode::Invalid),
        ("t001", "/rows", RefusalCode::Invalid),
        ("none", "/pin", RefusalCode::NotFound),
    ] {
        match ask(rid, path) {
            Err(StoreError::Refused(refusal)) => assert_eq!(refusal.code, code, "{rid} {path}"),
            other => panic!("{other:?}"),
        }
    }
    world.finish().await;
}

// proves E6
#[tokio::test]
async fn a_mask_that_comes_back_is_never_stored() {
    let world = Stage::tasks(1).settings(SECRETS).open().await;
    save(&world, "t001", &with_secrets("mine")).await;
    world.sync().await;
    let before = world.there("t001").unwrap();
    let shown: Value =
        serde_json::from_str(world.record("t001").unwrap().document.as_deref().unwrap()).unwrap();
    assert_eq!(
        (&shown["pin"], &shown["card"], &shown["rows"][0]["n"]),
        (&json!(MASK), &json!(MASK), &json!(1.10))
    );
    let set = |path: &str, value: &Value| FieldEdit { path: path.into(), set: Some(value.to_string()) };
    let refused = [
        set("/pin", &json!(MASK)),
        set("/card/number", &json!(MASK)),
        set("/rows", &shown["rows"]),
        set("", &shown),
    ];
    for edit in refused {
        match world.engine().update_record(LINK, TASKS, "t001", &[edit], None).await {
            Err(StoreError::Refused(refusal)) => {
                assert_eq!(refusal.code, RefusalCode::Invalid);
                assert!(refusal.message.contains("mask of a secret"), "{}", refusal.message);
            }
            other => panic!("{other:?}"),
        }
    }
    let mut copy = shown;
    copy["id"] = "t002".into();
    let created = world.engine().create_record(LINK, TASKS, &copy.to_string(), None).await;
    assert!(matches!(created, Err(StoreError::Refused(_))), "{created:?}");
    assert_eq!((world.queue(), world.there("t001").unwrap()), (vec![], before));
    world.set("t001", "state", "done").await;
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["pin"], format!("mine {CANARY}"), "what was not touched stays");
    world.finish().await;
}
