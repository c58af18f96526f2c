//! What cannot be kept as it was given is refused with a reason; nothing else is touched.

use serde_json::json;
use tidemark_engine::StoreError;
use tidemark_model::view::{FieldEdit, Refusal, RefusalCode, Resolution};
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World};

async fn refused(world: &World, text: &str) -> Refusal {
    world.engine().create_record(LINK, TASKS, text, None).await.unwrap_err().into()
}

async fn update(world: &World, edits: &[FieldEdit]) -> Result<Option<String>, StoreError> {
    world.engine().update_record(LINK, TASKS, "t001", edits, None).await.map(|saved| saved.change)
}

fn to(path: &str, text: &str) -> FieldEdit {
    FieldEdit { path: path.into(), set: Some(text.into()) }
}

// proves A1
#[tokio::test]
async fn a_document_that_cannot_be_kept_whole_is_refused_with_its_fault() {
    let world = Stage::tasks(1).open().await;
    let abyss = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let huge = json!({"a": "x".repeat(20 << 20)}).to_string();
    for (text, words) in [
        ("", "not JSON"),
        ("[]", "an array"),
        (r#"{"a":NaN}"#, "not JSON"),
        (r#"{"a":1,"b":{"c":1,"c":1}}"#, "'/b/c' stands twice"),
        (r#"{"a":"\ud800"}"#, "not JSON"),
        (abyss.as_str(), "deeper than 128"),
        (huge.as_str(), "20971528 bytes"),
        (r#"{"id":""}"#, "is no id"),
        (r#"{"id":"t001"}"#, "already has a record"),
    ] {
        let refusal = refused(&world, text).await;
        assert_eq!(refusal.code, RefusalCode::Invalid, "{refusal:?}");
        assert!(refusal.message.contains(words), "{words}: {refusal:?}");
        assert!(!refusal.hint.is_empty(), "{refusal:?}");
    }
    let refusal = Refusal::from(world.engine().create_record(LINK, "nothing", "{}", None).await.unwrap_err());
    assert_eq!(
        (refusal.code, refusal.message.contains("'nothing'")),
        (RefusalCode::NotFound, true),
        "{refusal:?}"
    );
    assert_eq!((world.queue(), world.count_here()), (vec![], 1));
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn an_update_of_nothing_is_no_change_and_a_wrong_one_is_refused_whole() {
    let world = Stage::tasks(1).open().await;
    assert_eq!(update(&world, &[]).await.unwrap(), None);
    assert_eq!(update(&world, &[to("/state", "\"open\"")]).await.unwrap(), None, "it is so already");
    let half_wrong = [to("/state", "\"done\""), to("/extra", r#"{"x":1,"x":2}"#)];
    assert!(update(&world, &half_wrong).await.unwrap_err().to_string().contains("'/x' stands twice"));
    let nested = |levels| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for (path, value) in [("state", "1"), ("/title/x", "1"), ("/id", "\"t002\""), ("/a", ""), ("/a", "1 2")] {
        let half_wrong = [to("/state", "\"done\""), to(path, value)];
        assert!(update(&world, &half_wrong).await.is_err(), "{path}={value}");
    }
    assert!(update(&world, &[to("/b", "{}"), to("/b/c", &nested(127))]).await.is_err(), "too deep together");
    assert!(update(&world, &[to("/a", &nested(100))]).await.is_ok());
    assert_eq!((world.here("t001").unwrap()["state"].as_str(), world.queue().len()), (Some("open"), 1));
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn metadata_is_kept_up_to_16_kib_and_refused_beyond_for_every_kind_of_edit() {
    let world = Stage::tasks(2).open().await;
    let engine = world.engine();
    let edit = [to("/state", "\"done\"")];
    // As many bytes as are taken, in letters of two bytes each.
    let most = "ß".repeat(8 * 1024);
    for (metadata, taken) in [(format!("{most}m"), false), (most, true)] {
        let with = || Some(metadata.clone());
        let saved = [
            engine.create_record(LINK, TASKS, r#"{"id":"n1"}"#, with()).await,
            engine.update_record(LINK, TASKS, "t001", &edit, with()).await,
            engine.delete_record(LINK, TASKS, "t002", with()).await,
        ];
        for saved in saved {
            match saved {
                Ok(saved) if taken => {
                    let kept = engine.get_change(&saved.change.unwrap()).unwrap().metadata;
                    assert_eq!(kept.as_deref(), Some(metadata.as_str()));
                }
                Ok(saved) => panic!("too much was taken: {saved:?}"),
                Err(error) => {
                    let refusal = Refusal::from(error);
                    assert!(!taken && refusal.message.contains("more than 16384 bytes"), "{refusal:?}");
                }
            }
        }
        assert_eq!(world.queue().len(), if taken { 3 } else { 0 });
    }
    assert_eq!(world.sync().await.confirmed, 3);
    world.finish().await;
}

// proves A1, B1
#[tokio::test]
async fn metadata_of_a_transaction_is_kept_with_each_change_and_what_is_too_long_names_it() {
    use crate::transactions::{apply, set};
    use tidemark_model::transaction::Strategy;
    use tidemark_model::view::NewChange;
    let world = Stage::tasks(2).open().await;
    let with = |change: NewChange, text: String| match change {
        NewChange::Update { collection, record, fields, depends_on, .. } => {
            NewChange::Update { collection, record, fields, depends_on, metadata: Some(text) }
        }
        other => other,
    };
    let changes = |second: usize| {
        vec![with(set("t001", "rank", 11), "m".into()), with(set("t002", "rank", 12), "m".repeat(second))]
    };
    let row = apply(&world, Strategy::Ordered, changes(16 * 1024)).await;
    for change in world.engine().get_transaction(&row.id).unwrap().changes {
        let kept = world.engine().get_change(&change.id).unwrap().metadata.unwrap();
        assert_eq!(kept.len(), if change.record == "t001" { 1 } else { 16 * 1024 });
    }
    let new = tidemark_model::view::NewTransaction {
        link: LINK.into(),
        strategy: Strategy::Ordered,
        await_sync: false,
        label: None,
        changes: changes(16 * 1024 + 1),
    };
    let refused = Refusal::from(world.engine().apply_transaction(new).await.unwrap_err());
    assert!(refused.message.contains("more than 16384 bytes"), "{refused:?}");
    assert!(refused.message.contains("change 2"), "{refused:?}");
    assert_eq!(world.queue().len(), 2, "nothing of it was taken");
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn a_merged_document_with_a_key_twice_is_refused_and_the_conflict_stays() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let met = world.engine().list_conflicts(0, 1).unwrap().rows.remove(0);
    let twice = Some(r#"{"id":"t001","state":"a","state":"b"}"#.to_owned());
    let manual = Resolution::Manual { document: twice, choices: vec![] };
    let refusal = world.engine().resolve_conflict(met.id, manual, None, NO_HOLD).await.unwrap_err();
    assert!(refusal.to_string().contains("'/state' stands twice"), "{refusal}");
    world.engine().resolve_conflict(met.id, Resolution::ServerWins {}, None, NO_HOLD).await.unwrap();
    world.finish().await;
}
