//! How a person ends a conflict: on top of what was looked at, with a way back, and never blindly.

use serde_json::json;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ChoiceAt, ConflictView, FieldChoice, RefusalCode, Resolution, Resolved};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{NO_HOLD, Stage, World};

const TEN_SECONDS: Millis = Millis(10_000);

/// `state` and `rank` clash, `title` was changed there alone.
async fn met() -> (World, Count) {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.set("t001", "rank", 10).await;
    world.colleague_sets("t001", "state", "theirs");
    world.colleague_sets("t001", "rank", 20);
    world.colleague_sets("t001", "title", "Theirs");
    assert_eq!(world.sync().await.conflicts, 1);
    let id = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    world.wire.tap.forget();
    (world, id)
}

async fn resolve(world: &World, id: Count, resolution: Resolution, hold: Millis) -> Resolved {
    world.engine().resolve_conflict(id, resolution, None, hold).await.unwrap()
}

fn choice(field: &str, choice: FieldChoice) -> ChoiceAt {
    ChoiceAt { path: format!("/{field}"), choice }
}

fn mine_and_typed() -> Vec<ChoiceAt> {
    vec![choice("state", FieldChoice::Mine), choice("rank", FieldChoice::Json("15".into()))]
}

fn by_field() -> Resolution {
    Resolution::Manual { choices: mine_and_typed(), document: None }
}

fn open(world: &World) -> Vec<ConflictView> {
    let rows = world.engine().list_conflicts(0, 10).unwrap().rows;
    rows.iter().map(|row| world.engine().get_conflict(row.id).unwrap()).collect()
}

fn chosen(conflict: &ConflictView) -> Vec<(String, FieldChoice)> {
    let fields = conflict.fields.iter().filter_map(|field| Some((field.path.clone(), field.choice.clone()?)));
    let mut chosen: Vec<_> = fields.collect();
    chosen.sort_by(|a, b| b.0.cmp(&a.0));
    chosen
}

fn expected_choices() -> Vec<(String, FieldChoice)> {
    mine_and_typed().into_iter().map(|at| (at.path, at.choice)).collect()
}

// proves D7
#[tokio::test]
async fn all_mine_is_sent_on_top_of_the_version_that_was_seen_and_read_back() {
    let (world, id) = met().await;
    resolve(&world, id, Resolution::LocalWins {}, NO_HOLD).await;
    assert_eq!(world.sync().await.confirmed, 1);
    let result = json!({"id": "t001", "title": "Theirs", "state": "mine", "rank": 10});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(result.clone()), Some(result)));
    assert_eq!(world.wire.tap.count(Point::Fetch), 1, "it was read back");
    assert_eq!((world.effects("t001").len(), open(&world)), (1, vec![]));
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn all_the_servers_sends_nothing() {
    let (world, id) = met().await;
    let resolved = resolve(&world, id, Resolution::ServerWins {}, NO_HOLD).await;
    assert_eq!(resolved.change, None);
    world.sync().await;
    let result = json!({"id": "t001", "title": "Theirs", "state": "theirs", "rank": 20});
    assert_eq!((world.here("t001"), world.effect_count()), (Some(result), 0));
    assert_eq!(world.engine().status().unwrap().ledger.superseded.0, 1);
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn field_by_field_sends_what_was_chosen() {
    let (world, id) = met().await;
    let resolved = resolve(&world, id, by_field(), NO_HOLD).await;
    let result = json!({"id": "t001", "title": "Theirs", "state": "mine", "rank": 15});
    assert_eq!(serde_json::from_str::<serde_json::Value>(&resolved.result.unwrap()).unwrap(), result);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!((world.here("t001"), world.there("t001")), (Some(result.clone()), Some(result)));
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn a_typed_document_is_sent_as_it_is() {
    let (world, id) = met().await;
    let typed = r#"{"id":"t001","state":"agreed by phone","price":1.10}"#;
    let resolution = Resolution::Manual { choices: vec![], document: Some(typed.into()) };
    resolve(&world, id, resolution, NO_HOLD).await;
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.text_there("t001").as_deref(), Some(typed));
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn a_field_without_a_choice_is_asked_for_and_nothing_is_sent() {
    let (world, id) = met().await;
    let half = Resolution::Manual { choices: vec![choice("state", FieldChoice::Mine)], document: None };
    let refused = world.engine().resolve_conflict(id, half, None, NO_HOLD).await.unwrap_err();
    assert!(refused.to_string().contains("/rank"), "it says which: {refused}");
    world.sync().await;
    assert_eq!((world.effect_count(), open(&world).len()), (0, 1));
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn later_keeps_the_choices_over_a_restart() {
    let (mut world, id) = met().await;
    let later = Resolution::Skip { choices: mine_and_typed(), until: None };
    resolve(&world, id, later, NO_HOLD).await;
    world.restart().await;
    world.sync().await;
    assert_eq!(chosen(&open(&world)[0]), expected_choices());
    assert_eq!(world.effect_count(), 0);
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn an_edit_of_a_chosen_field_clears_its_choice_alone() {
    let (world, id) = met().await;
    resolve(&world, id, Resolution::Skip { choices: mine_and_typed(), until: None }, NO_HOLD).await;
    world.set("t001", "rank", 11).await;
    assert_eq!(chosen(&open(&world)[0]), [("/state".to_owned(), FieldChoice::Mine)]);
    world.finish().await;
}

// proves D7, D9
#[tokio::test]
async fn a_held_resolution_waits_and_can_be_taken_back() {
    let (world, id) = met().await;
    let resolved = resolve(&world, id, by_field(), TEN_SECONDS).await;
    assert!(resolved.sends_at.is_some());
    world.clock.advance(9_999);
    world.sync().await;
    assert_eq!((world.wire.tap.count(Point::Push), open(&world).len()), (0, 0));
    world.check_books();

    world.engine().undo_resolution(id).await.unwrap();
    assert_eq!(chosen(&open(&world)[0]), expected_choices(), "it is open again, with its choices");
    assert_eq!(world.here("t001").unwrap()["state"], "mine");
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(world.effect_count(), 0);
    world.check_books();

    resolve(&world, id, by_field(), TEN_SECONDS).await;
    world.clock.advance_s(10);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.there("t001").unwrap()["rank"], 15);
    let too_late = world.engine().undo_resolution(id).await.unwrap_err();
    assert!(too_late.to_string().contains("not held any more"), "{too_late}");
    world.finish().await;
}

// proves D7, D8
#[tokio::test]
async fn a_server_that_moves_while_a_resolution_is_held_brings_the_conflict_back_with_its_choices() {
    let (world, id) = met().await;
    resolve(&world, id, by_field(), TEN_SECONDS).await;
    world.colleague_sets("t001", "state", "theirs again");
    assert_eq!(world.sync().await.conflicts, 1);
    let back = &open(&world)[0];
    assert_eq!((back.row.id, chosen(back)), (id, expected_choices()));
    assert!(back.server_data.as_ref().unwrap().contains("theirs again"));
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(
        (world.effect_count(), world.there("t001").unwrap()["state"].as_str()),
        (0, Some("theirs again"))
    );
    world.check_books();

    resolve(&world, id, by_field(), NO_HOLD).await;
    assert_eq!(world.sync().await.confirmed, 1);
    let there = world.there("t001").unwrap();
    assert_eq!((&there["state"], &there["rank"]), (&json!("mine"), &json!(15)));
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn a_server_that_moves_before_a_resolution_arrives_is_not_overwritten() {
    let (world, id) = met().await;
    resolve(&world, id, by_field(), NO_HOLD).await;
    world.colleague_sets("t001", "rank", 30);
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.conflicts), (0, 1));
    let back = &open(&world)[0];
    assert_eq!((back.row.id, chosen(back)), (id, expected_choices()));
    assert_eq!(world.there("t001").unwrap()["rank"], 30);
    world.finish().await;
}

// proves D7
#[tokio::test]
async fn a_resolution_of_what_is_not_there_any_more_is_refused() {
    let (world, id) = met().await;
    let seen = open(&world)[0].server_version.clone();
    world.colleague_sets("t001", "state", "theirs again");
    world.sync().await;
    let refused = world.engine().resolve_conflict(id, by_field(), seen, NO_HOLD).await.unwrap_err();
    assert_eq!(tidemark_model::view::Refusal::from(refused).code, RefusalCode::Moved);
    world.sync().await;
    assert_eq!(world.effect_count(), 0);
    let seen = open(&world)[0].server_version.clone();
    world.engine().resolve_conflict(id, by_field(), seen, NO_HOLD).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves D2, D7
#[tokio::test]
async fn mine_against_a_deletion_makes_the_record_again_and_the_servers_takes_it_away() {
    for (resolution, stays) in [(Resolution::LocalWins {}, true), (Resolution::ServerWins {}, false)] {
        let world = Stage::tasks(1).open().await;
        world.set("t001", "state", "mine").await;
        world.colleague_deletes("t001");
        world.sync().await;
        let id = open(&world)[0].row.id;
        resolve(&world, id, resolution, NO_HOLD).await;
        world.sync().await;
        assert_eq!((world.here("t001").is_some(), world.there("t001").is_some()), (stays, stays));
        assert_eq!(open(&world), []);
        world.finish().await;
    }
}

// proves D2, D7
#[tokio::test]
async fn my_deletion_against_a_change_deletes_and_the_servers_brings_it_back() {
    for (resolution, stays) in [(Resolution::LocalWins {}, false), (Resolution::ServerWins {}, true)] {
        let world = Stage::tasks(1).open().await;
        world.delete("t001").await;
        world.colleague_sets("t001", "state", "theirs");
        world.sync().await;
        let id = open(&world)[0].row.id;
        resolve(&world, id, resolution, NO_HOLD).await;
        world.sync().await;
        assert_eq!((world.here("t001").is_some(), world.there("t001").is_some()), (stays, stays));
        assert_eq!(open(&world), []);
        world.finish().await;
    }
}

// proves D8
#[tokio::test]
async fn an_edit_made_while_the_conflict_was_open_is_in_the_resolution() {
    let (world, id) = met().await;
    world.set("t001", "note", "first").await;
    world.set("t001", "note", "second").await;
    world.set("t001", "rank", 12).await;
    resolve(&world, id, Resolution::LocalWins {}, NO_HOLD).await;
    world.sync().await;
    let result = json!({"id": "t001", "title": "Theirs", "state": "mine", "rank": 12, "note": "second"});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(result.clone()), Some(result)));
    world.finish().await;
}

// proves D8
#[tokio::test]
async fn an_edit_made_while_a_resolution_is_held_is_sent_after_it() {
    let (world, id) = met().await;
    resolve(&world, id, by_field(), TEN_SECONDS).await;
    world.set("t001", "note", "afterwards").await;
    world.check_books();
    world.clock.advance_s(10);
    world.sync().await;
    let there = world.there("t001").unwrap();
    assert_eq!((&there["rank"], &there["note"]), (&json!(15), &json!("afterwards")));
    world.finish().await;
}
