//! Drafts: what was typed into a form and not saved outlives the program, follows its record, and is never sent.

use crate::naming::stage::{self as named, KEYS};
use serde_json::json;
use tidemark_engine::{Beside, StoreError};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{
    Draft, DraftEdit, Event, FieldEdit, RecordFilter, RecordRow, RecordState, RefusalCode,
};
use tidemark_tests::clock::START;
use tidemark_tests::world::{LINK, Stage, TASKS, World};
use tokio::sync::broadcast::Receiver;

fn typed(field: &str, text: &str, before: Option<&str>) -> DraftEdit {
    DraftEdit { path: format!("/{field}"), set: Some(text.into()), before: before.map(str::to_owned) }
}

async fn keep_of(world: &World, collection: &str, rid: Option<&str>, edits: &[DraftEdit]) -> Vec<String> {
    world.engine().keep_draft(LINK, collection, rid.map(str::to_owned), edits.to_vec()).await.unwrap()
}

async fn keep(world: &World, rid: &str, edits: &[DraftEdit]) {
    assert!(keep_of(world, TASKS, Some(rid), edits).await.is_empty(), "nothing of it is a secret");
}

fn draft_of(world: &World, collection: &str, rid: Option<&str>) -> Vec<DraftEdit> {
    world.engine().get_draft(LINK, collection, rid).unwrap().map(|draft| draft.edits).unwrap_or_default()
}

fn draft(world: &World, rid: &str) -> Vec<DraftEdit> {
    draft_of(world, TASKS, Some(rid))
}

fn from_form() -> Beside {
    Beside { from_form: true, ..Beside::default() }
}

fn edit(field: &str, text: &str) -> FieldEdit {
    FieldEdit { path: format!("/{field}"), set: Some(text.into()) }
}

fn listed(world: &World, collection: &str, filter: RecordFilter) -> Vec<(String, RecordState, bool)> {
    let page = world.engine().list_records(LINK, collection, &filter, 0, 100).unwrap();
    assert_eq!(page.total, Count::of(page.rows.len()));
    page.rows.into_iter().map(|RecordRow { id, state, draft, .. }| (id, state, draft)).collect()
}

fn drafts() -> RecordFilter {
    RecordFilter { draft: true, ..RecordFilter::default() }
}

/// What was typed, one of it no JSON yet.
fn some() -> Vec<DraftEdit> {
    vec![
        typed("title", r#""Ring twice""#, Some(r#""Task 1""#)),
        typed("rank", "12,", Some("1")),
        DraftEdit { path: "/state".into(), set: None, before: Some(r#""open""#.into()) },
    ]
}

#[tokio::test]
async fn what_was_typed_and_not_saved_is_there_after_the_program_was_killed() {
    let mut world = Stage::tasks(2).open().await;
    world.clock.advance_s(5);
    keep(&world, "t001", &some()).await;
    keep_of(&world, TASKS, None, &[typed("title", r#""A new one""#, None)]).await;
    world.drop_engine();
    world.open_engine().await;
    let kept = world.engine().get_draft(LINK, TASKS, Some("t001")).unwrap();
    assert_eq!(kept, Some(Draft { edits: some(), at: Millis(START.0 + 5_000) }), "to the letter");
    assert_eq!(draft_of(&world, TASKS, None), [typed("title", r#""A new one""#, None)]);
    assert_eq!(draft(&world, "t002"), []);
    world.sync().await;
    assert_eq!(world.effect_count(), 0, "a draft is no change");
    assert_eq!((world.queue().len(), &world.here("t001").unwrap()["title"]), (0, &json!("Task 1")));

    keep(&world, "t001", &[]).await;
    assert_eq!(world.engine().get_draft(LINK, TASKS, Some("t001")).unwrap(), None, "taken back");
    world.finish().await;
}

#[tokio::test]
async fn a_field_that_is_saved_leaves_the_draft_and_the_others_stay() {
    let mut world = Stage::tasks(2).open().await;
    let other = typed("rank", "7", Some("1"));
    keep(&world, "t001", &[typed("title", r#""Ring twi""#, None), other.clone()]).await;
    let saved = [edit("title", r#""Ring twice""#)];
    world.engine().update_record(LINK, TASKS, "t001", &saved, None).await.unwrap();
    assert_eq!(draft(&world, "t001").len(), 2, "another program's edit of the same is none of the form's");
    world.engine().update_record_with(LINK, TASKS, "t001", &saved, from_form()).await.unwrap();
    assert_eq!(draft(&world, "t001"), [other], "also where the record says so already");

    let new = [typed("title", r#""A new one""#, None)];
    keep_of(&world, TASKS, None, &new).await;
    world.engine().create_record(LINK, TASKS, r#"{"id":"t008","title":"By a program"}"#, None).await.unwrap();
    assert_eq!(draft_of(&world, TASKS, None), new);
    let document = r#"{"id":"t009","title":"A new one"}"#;
    world.engine().create_record_with(LINK, TASKS, document, from_form()).await.unwrap();
    assert_eq!(draft_of(&world, TASKS, None), [], "or the next new record would be made twice");

    keep(&world, "t002", &some()).await;
    world.engine().delete_record_with(LINK, TASKS, "t002", from_form()).await.unwrap();
    assert_eq!(draft(&world, "t002"), []);
    world.restart().await;
    world.sync().await;
    world.finish().await;
}

#[tokio::test]
async fn a_save_that_fails_keeps_its_draft() {
    let world = Stage::tasks(1).open().await;
    keep(&world, "t001", &some()).await;
    let refused = [edit("id", r#""t999""#)];
    let error = world.engine().update_record_with(LINK, TASKS, "t001", &refused, from_form()).await;
    assert!(matches!(error, Err(StoreError::Refused(_))), "{error:?}");
    assert_eq!(draft(&world, "t001"), some());
    world.finish().await;
}

#[tokio::test]
async fn a_draft_follows_its_record_to_the_name_that_the_server_gives() {
    let world = named::open(KEYS).await;
    let rid = named::make(&world, "customers", json!({"title": "Rossi"})).await;
    let mine = typed("title", r#""Rossi SRL""#, Some(r#""Rossi""#));
    keep_of(&world, "customers", Some(&rid), std::slice::from_ref(&mine)).await;
    world.sync().await;
    let name = named::record(&world, "customers", &rid).row.id;
    assert_ne!(name, rid, "the server gave it a name");
    for known_as in [&rid, &name] {
        assert_eq!(draft_of(&world, "customers", Some(known_as)), std::slice::from_ref(&mine));
    }
    assert_eq!(listed(&world, "customers", drafts()), [(name, RecordState::Clean, true)]);
    let more = [mine, typed("state", r#""late""#, None)];
    keep_of(&world, "customers", Some(&rid), &more).await;
    assert_eq!(listed(&world, "customers", drafts()).len(), 1, "an open form that knows it by the old name");
    world.finish().await;
}

#[tokio::test]
async fn drafts_are_listed_also_of_records_that_are_gone_or_were_never_saved() {
    let world = Stage::tasks(4).open().await;
    assert_eq!(listed(&world, TASKS, drafts()), []);
    keep(&world, "t002", &some()).await;
    keep(&world, "t003", &some()).await;
    keep_of(&world, TASKS, None, &[typed("title", r#""A new one""#, None)]).await;
    world.set("t003", "state", "mine").await;
    world.colleague_deletes("t002");
    world.sync().await;
    assert_eq!(world.here("t002"), None);
    assert_eq!(draft(&world, "t002"), some(), "the server took the record away, not what was typed");
    let row = |id: &str, state, draft| (id.to_owned(), state, draft);
    let (new, gone) = (row("", RecordState::Gone, true), row("t002", RecordState::Gone, true));
    let there = row("t003", RecordState::Clean, true);
    assert_eq!(listed(&world, TASKS, drafts()), [new, gone.clone(), there.clone()]);
    let search = |text: &str| RecordFilter { search: Some(text.into()), ..drafts() };
    assert_eq!(listed(&world, TASKS, search("T002")), [gone]);
    assert_eq!(listed(&world, TASKS, search("task 3")), std::slice::from_ref(&there));
    assert_eq!(listed(&world, TASKS, RecordFilter { deleted_here: true, ..drafts() }), []);
    world.set("t003", "state", "again").await;
    let changed = RecordFilter { changed_here: true, ..drafts() };
    assert_eq!(listed(&world, TASKS, changed), [row("t003", RecordState::SavedHere, true)]);
    let all: Vec<bool> =
        listed(&world, TASKS, RecordFilter::default()).into_iter().map(|row| row.2).collect();
    assert_eq!(all, [false, true, false], "three are left, and one of them has a draft");
    world.finish().await;
}

/// The records that are told of until this one is.
async fn told(world: &World, events: &mut Receiver<Event>, until: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    world
        .until(|_| {
            while let Ok(event) = events.try_recv() {
                if let Event::RecordsChanged(event) = event {
                    names.extend(event.records);
                }
            }
            names.iter().any(|name| name == until)
        })
        .await;
    names
}

#[tokio::test]
async fn lists_are_told_when_a_draft_comes_and_goes_and_not_of_each_letter() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    world.engine().start();
    let mut events = world.engine().subscribe();
    keep(&world, "t001", &some()).await;
    told(&world, &mut events, "t001").await;
    world.set("t002", "state", "begun").await;
    told(&world, &mut events, "t002").await;
    keep(&world, "t001", &some()[..1]).await;
    world.set("t002", "state", "done").await;
    assert_eq!(told(&world, &mut events, "t002").await, ["t002"]);
    keep(&world, "t001", &[]).await;
    told(&world, &mut events, "t001").await;
    world.finish().await;
}

#[tokio::test]
async fn a_draft_keeps_no_secret_and_says_which_it_left_out() {
    let settings = r#"{"collections": [{"name": "tasks", "merge": {"secret": ["/pin", "/rows/*/code"]}}]}"#;
    let world = Stage::tasks(1).settings(settings).open().await;
    let secrets = [
        typed("pin", r#""canary-4711""#, None),
        typed("pin/inner", r#""canary-4711""#, None),
        typed("rows", r#"[{"code":"canary-4711","n":1}]"#, None),
        typed("rows", r#"[{"code":"canary-4711","#, None),
    ];
    for secret in secrets {
        let left_out = keep_of(&world, TASKS, Some("t001"), &[secret.clone(), some().remove(0)]).await;
        assert_eq!(left_out, [secret.path], "it stays with the form alone");
        assert_eq!(draft(&world, "t001"), some()[..1]);
    }
    let plain = [typed("rows", r#"[{"n":1}]"#, None)];
    assert!(keep_of(&world, TASKS, Some("t001"), &plain).await.is_empty(), "no row of it has a code");
    let database = std::fs::read(world.folder().join("tidemark.db")).unwrap();
    let log = std::fs::read(world.folder().join("tidemark.db-wal")).unwrap_or_default();
    let canary = b"canary-4711";
    assert!(!database.windows(canary.len()).chain(log.windows(canary.len())).any(|part| part == canary));
    world.finish().await;
}

#[tokio::test]
async fn a_connection_with_drafts_goes_only_by_force_and_a_draft_has_a_limit() {
    let world = Stage::tasks(1).open().await;
    keep(&world, "t001", &some()).await;
    let asked = world.engine().remove_link(LINK, false).await.unwrap();
    assert_eq!((asked.removed, asked.unsent, asked.drafts), (false, Count(0), Count(1)));
    let huge = typed("title", &"x".repeat(16 * 1024 * 1024), None);
    let refused = world.engine().keep_draft(LINK, TASKS, None, vec![huge]).await.unwrap_err();
    let StoreError::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.code, RefusalCode::Invalid);
    assert_eq!(draft(&world, "t001"), some());
    let gone = world.engine().remove_link(LINK, true).await.unwrap();
    assert_eq!((gone.removed, gone.drafts), (true, Count(1)));
    world.finish_unaudited().await;
}
