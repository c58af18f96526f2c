//! A database of an earlier version is opened by today's program: everything is there, the books balance, and it syncs.

use serde_json::json;
use std::path::Path;
use tidemark_model::merge::{ConflictStrategy, FieldPolicy, Rule};
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::transaction::TransactionState;
use tidemark_model::view::{
    ActivityFilter, ChangeRow, DraftEdit, Happened, HookPlace, RecordFilter, Resolution, RulePlace,
};
use tidemark_sandbox::{ColleagueEdit, CollectionSpec};
use tidemark_tests::by_time::{ByTime, Manners};
use tidemark_tests::clock::START;
use tidemark_tests::earlier::{ROWS, STEPS, put_database_with};
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World, task};

/// A world whose data folder holds a database of that version, and whose server is as that one left it.
async fn with_old_database(version: usize, stage: Stage, happened_there: impl FnOnce(&World)) -> World {
    let mut world = stage.open().await;
    put_old_database(version, &mut world, |rows| rows.to_owned()).await;
    happened_there(&world);
    world.wire.set_url(Some(world.server.url()));
    world.open_engine().await;
    world
}

/// Puts a database of that version in the place of a world's own; its engine has ended then.
async fn put_old_database(version: usize, world: &mut World, rows: impl FnOnce(&str) -> String) {
    world.close().await;
    put_database_with(world.folder(), version, &rows(ROWS[version - 1]));
}

fn states(queue: &[ChangeRow]) -> Vec<(&str, MutationState)> {
    queue.iter().map(|row| (row.record.as_str(), row.mutation_state)).collect()
}

// proves A1, A8, B6, D8
#[tokio::test]
async fn nothing_of_a_database_of_the_first_version_is_lost_and_it_syncs() {
    let world = with_old_database(1, Stage::tasks(8), |world| {
        // What the first version had sent, and what a colleague had done meanwhile.
        world.colleague_sets("t006", "state", "done");
        world.colleague_sets("t004", "state", "theirs");
    })
    .await;
    let queue = world.queue();
    let found = states(&queue);
    let expected = [
        ("t004", MutationState::Conflicted),
        ("t005", MutationState::Parked),
        ("t003", MutationState::Uncertain),
        // It was sealed: nobody knows what became of it.
        ("t002", MutationState::Uncertain),
        ("t001", MutationState::Queued),
        ("t100", MutationState::Queued),
        ("t007", MutationState::Queued),
    ];
    assert_eq!(found, expected);
    let status = world.engine().status().unwrap();
    assert_eq!((status.ledger.saved.0, status.ledger.confirmed.0, status.ledger.balanced), (8, 1, true));
    assert_eq!(status.put_back, None, "an older version is no older copy");
    assert_eq!(world.here("t001").unwrap()["state"], "queued");
    assert_eq!(world.here("t100"), Some(task(100)));
    let refused = world.engine().get_change(&queue[1].id).unwrap();
    assert!(!refused.attempts.is_empty(), "its history is there");
    world.check_books();

    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "queued");
    assert_eq!(world.there("t002").unwrap()["state"], "sealed");
    assert_eq!(world.there("t003").unwrap()["state"], "doubtful");
    assert_eq!((world.there("t007"), world.there("t100")), (None, Some(task(100))));
    assert_eq!(world.there("t004").unwrap()["state"], "theirs", "the conflict still waits for a person");
    let left: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(left, ["t004", "t005"]);
    world.finish().await;
}

// proves A1, B6, C4
#[tokio::test]
async fn nothing_of_a_database_of_the_second_version_is_lost_and_it_syncs() {
    let world = with_old_database(2, Stage::tasks(8), |world| {
        let deep = (0..150).fold(json!("bottom"), |inner, _| json!([inner]));
        let create = json!({"id": "t009", "state": deep}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
        // What the second version had sent of the transaction that failed.
        world.colleague_sets("t001", "state", "rolled back");
        world.colleague_sets("t007", "state", "theirs");
    })
    .await;
    let states = || -> Vec<TransactionState> {
        let listed = world.engine().list_transactions(false, 0, 10).unwrap().rows;
        listed.into_iter().rev().map(|row| row.state).collect()
    };
    let (failed, pending, queued) =
        (TransactionState::Failed, TransactionState::Pending, TransactionState::Queued);
    assert_eq!(states(), [failed, pending, queued]);
    let status = world.engine().status().unwrap();
    assert_eq!((status.ledger.saved.0, status.ledger.balanced), (9, true));
    assert_eq!((status.queue.needs_you, status.put_back), (Count(1), None));
    assert_eq!((status.queue.in_conflict, status.queue.not_confirmed), (Count(1), Count(1)));
    // A yes was not for a number then: what would go is asked about anew, and for each collection.
    assert_eq!((status.links[0].stopped.clone(), status.links[0].collections[0].asks), (None, None));
    let row = world.engine().list_unreadable(Some(LINK), None, 0, 10).unwrap().rows.remove(0);
    assert_eq!((row.record, status.attention.unreadable), (None, Count(1)));
    let text = world.engine().get_unreadable(row.id).unwrap().text.unwrap();
    assert_eq!((text.len() as i64, text.contains("bottom")), (row.bytes.0, true));
    world.check_books();

    world.sync().await;
    assert_eq!(states(), [failed, TransactionState::Completed, TransactionState::Completed]);
    let there = |rid: &str| world.there(rid).unwrap()["state"].clone();
    assert_eq!(
        (there("t003"), there("t004"), there("t005")),
        ("together".into(), "behind".into(), "behind".into())
    );
    assert_eq!((there("t006"), there("t002")), ("single".into(), "open".into()));
    assert_eq!((there("t007"), there("t008")), ("theirs".into(), "sealed".into()));
    assert_eq!(world.engine().status().unwrap().attention.conflicts, Count(1), "it waits for a person");
    assert_eq!(world.effects("t008").len(), 1);
    let failed = world.engine().list_transactions(false, 2, 1).unwrap().rows.remove(0);
    world.engine().restore_transaction(&failed.id).await.unwrap();
    world.sync().await;
    assert_eq!(there("t002"), "refused", "what was rolled back had kept its value");
    world.engine().forget_unreadable(&[row.id]).await.unwrap();
    world.finish().await;
}

/// Eight tasks and sixty notes.
fn with_notes() -> Stage {
    let stage = Stage::tasks(8).collection(CollectionSpec::named("notes"));
    (1..=60).fold(stage, |stage, number| {
        stage.record("notes", &json!({"id": format!("n{number:02}")}).to_string())
    })
}

// proves A1, A4, B6, C4
#[tokio::test]
async fn nothing_of_a_database_of_the_third_version_is_lost_and_it_syncs() {
    let world = with_old_database(3, with_notes(), |world| {
        // What the third version had sent, and what colleagues had done meanwhile.
        world.colleague_sets("t001", "state", "confirmed");
        world.colleague_sets("t008", "state", "doubtful");
        world.colleague_sets("t007", "state", "theirs");
        let deep = (0..150).fold(json!("bottom"), |inner, _| json!([inner]));
        let create = json!({"id": "t009", "state": deep}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
        for number in 1..=55 {
            world.colleague(ColleagueEdit::delete("notes", &format!("n{number:02}")));
        }
    })
    .await;
    let asks = |world: &World| {
        let found = world.engine().status().unwrap().links.remove(0).collections;
        let asks = found.into_iter().find(|of| of.name == "notes").unwrap().asks;
        asks.map(|asks| (asks.would_remove.0, asks.of.0))
    };
    let queue = world.queue();
    let found = states(&queue);
    let expected = [
        ("t007", MutationState::Conflicted),
        ("t002", MutationState::Parked),
        ("t008", MutationState::Uncertain),
        // They were sealed: nobody knows what became of them.
        ("t003", MutationState::Uncertain),
        ("t004", MutationState::Queued),
        ("t004", MutationState::Queued),
        ("t005", MutationState::Queued),
        ("t006", MutationState::Uncertain),
    ];
    assert_eq!(found, expected);
    let status = world.engine().status().unwrap();
    assert_eq!((status.ledger.saved.0, status.ledger.confirmed.0, status.ledger.balanced), (9, 1, true));
    assert_eq!((status.put_back, status.attention.unreadable), (None, Count(1)));
    assert_eq!(asks(&world), Some((55, 60)), "the question stands");
    let sealed = queue.iter().find(|row| row.record == "t006").unwrap();
    let key = world.engine().get_change(&sealed.id).unwrap().attempts.remove(0).key;
    world.check_books();

    world.clock.advance_s(60);
    world.sync().await;
    let left: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(left, ["t007", "t002"], "a person is asked about these two");
    let there = |rid: &str| world.there(rid).unwrap()["state"].clone();
    assert_eq!([there("t003"), there("t004"), there("t005")], ["together", "behind", "behind"]);
    assert_eq!([there("t006"), there("t008"), there("t007")], ["sealed", "doubtful", "theirs"]);
    let effects = world.server.report().unwrap().effects;
    let ours: Vec<_> = effects.iter().filter(|effect| effect.id == "t006").collect();
    assert_eq!((ours.len(), ours[0].key.as_deref()), (1, Some(key.as_str())), "under the key it had");
    assert!(world.effects("t008").is_empty(), "it was there already");
    assert_eq!(asks(&world), Some((55, 60)), "and nothing goes until it is answered");
    world.engine().allow_removals(LINK, "notes", Count(55)).await.unwrap();
    world.sync().await;
    let notes = world.engine().list_records(LINK, "notes", &RecordFilter::default(), 0, 1).unwrap();
    assert_eq!((notes.total, asks(&world)), (Count(5), None));
    world.finish().await;
}

/// A world whose data folder holds a database of that version, cut off in the middle of a listing by time; what colleagues
/// had done: a conflict was met over the first task, and another one is still to come.
async fn midway(version: usize, to_come: &str) -> (World, ByTime) {
    let mut world = Stage::tasks(5).open().await;
    let desk = ByTime::before(&world, Manners::default()).await;
    let stream = format!("{}/c/tasks", desk.url());
    put_old_database(version, &mut world, |rows| rows.replace("STREAM", &stream)).await;
    world.colleague_sets("t001", "state", "theirs");
    world.colleague_sets(to_come, "state", "theirs");
    world.wire.set_url(Some(desk.url()));
    world.open_engine().await;
    (world, desk)
}

// proves A1, A4, B6, C3, D8
#[tokio::test]
async fn a_database_of_the_fourth_version_goes_on_in_the_middle_of_its_listing_by_time() {
    let (world, desk) = midway(4, "t004").await;
    let found: Vec<_> = world.queue().into_iter().map(|row| (row.record, row.mutation_state)).collect();
    let expected = [
        ("t003", MutationState::Uncertain),
        ("t002", MutationState::Queued),
        ("t001", MutationState::Conflicted),
    ];
    assert_eq!(found, expected.map(|(record, state)| (record.to_owned(), state)));
    assert_eq!((world.count_here(), world.engine().status().unwrap().ledger.balanced), (3, true));
    world.check_books();

    world.sync().await;
    let left: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(left, ["t001"], "the conflict waits for a person");
    let met = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0);
    let sides = world.engine().get_conflict(met.id).unwrap();
    let state = |side: Option<String>| {
        serde_json::from_str::<serde_json::Value>(&side.unwrap()).unwrap()["state"].clone()
    };
    assert_eq!([sides.base_data, sides.local_data, sides.server_data].map(state), ["open", "mine", "theirs"]);
    world.engine().resolve_conflict(met.id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!((world.queue(), world.there("t001").unwrap()["state"].clone()), (vec![], "mine".into()));
    assert_eq!(
        (world.count_here(), desk.asked()[0].since),
        (5, Some(START.0 - 1)),
        "from where the page had ended"
    );
    let there = |rid: &str| world.there(rid).unwrap()["state"].clone();
    assert_eq!([there("t002"), there("t003"), there("t004")], ["queued", "sealed", "theirs"]);
    world.clock.advance_s(120);
    world.colleague_sets("t005", "state", "later");
    world.sync().await;
    assert_eq!(world.here("t005").unwrap()["state"], "later");
    world.finish().await;
}

// proves A1, A4, A8, A9, B6, D8
#[tokio::test]
async fn a_database_of_the_fifth_version_keeps_its_tries_and_its_activity_and_tells_later_tries_word_for_word()
 {
    let (world, _desk) = midway(5, "t005").await;
    let queue = world.queue();
    let found = states(&queue);
    let expected = [
        ("t003", MutationState::Uncertain),
        ("t002", MutationState::Queued),
        ("t001", MutationState::Conflicted),
        ("t004", MutationState::Parked),
    ];
    assert_eq!(found, expected);
    let refused = queue.iter().find(|row| row.record == "t004").unwrap().id.clone();
    let tried = world.engine().get_change(&refused).unwrap().attempts.remove(0);
    assert_eq!((tried.status, tried.timing, tried.network), (Some(422), None, None), "nobody had measured");
    let whole = world.engine().get_attempt(&refused, Count(1)).unwrap();
    assert_eq!((whole.answered.len(), whole.body), (0, tried.excerpt), "its start is what was kept");
    assert!(whole.request.unwrap().body.unwrap().contains("refused"));
    let lines = world.engine().activity(&ActivityFilter::default(), None, 10).unwrap().lines;
    assert!(lines.iter().any(|line| matches!(line.happened, Happened::ConflictMet { .. })), "{lines:?}");
    world.check_books();

    world.sync().await;
    let there = |rid: &str| world.there(rid).unwrap()["state"].clone();
    assert_eq!([there("t002"), there("t003"), there("t004")], ["queued", "sealed", "open"]);
    assert_eq!(world.here("t005").unwrap()["state"], "theirs", "from where the page had ended");
    world.engine().retry(vec![refused.clone()]).await.unwrap();
    world.sync().await;
    assert_eq!(there("t004"), "refused");
    let [newest, first] = world.engine().get_change(&refused).unwrap().attempts.try_into().unwrap();
    assert!(newest.timing.is_some() && first.status == Some(422));
    assert!(!world.engine().get_attempt(&refused, newest.number).unwrap().answered.is_empty());
    world.finish().await;
}

// proves A1, A9, D4, D7, D8
#[tokio::test]
async fn a_database_of_the_sixth_version_keeps_what_people_decided_from_the_rules_of_later_ones() {
    let (world, _desk) = midway(6, "t002").await;
    let queue = world.queue();
    let found = states(&queue);
    let expected = [
        ("t003", MutationState::Uncertain),
        ("t002", MutationState::Queued),
        ("t001", MutationState::Conflicted),
        ("t004", MutationState::Parked),
    ];
    assert_eq!(found, expected);
    let refused = queue.iter().find(|row| row.record == "t004").unwrap().id.clone();
    assert_eq!(world.engine().get_attempt(&refused, Count(1)).unwrap().answered.len(), 1, "word for word");
    world.check_books();

    let place = RulePlace { link: LINK.into(), collection: TASKS.into(), path: None };
    let rule = Rule::Strategy(ConflictStrategy::ServerWins);
    world.engine().set_rule(place, rule).await.unwrap();
    world.sync().await;
    world.sync().await;
    assert_eq!(world.here("t001").unwrap()["state"], "theirs", "nobody had decided about that");
    let open = world.engine().list_conflicts(0, 10).unwrap().rows;
    let open: Vec<&str> = open.iter().map(|row| row.resource_id.as_str()).collect();
    assert_eq!(open, ["t002"], "a person had, and is asked again where the server moved");
    world.finish().await;
}

// proves A1, A9, D6, D7
#[tokio::test]
async fn a_database_of_the_seventh_version_keeps_what_people_and_rules_decided_from_the_hooks_of_later_ones()
{
    let (world, _desk) = midway(7, "t002").await;
    assert_eq!(world.queue().len(), 4);
    world.check_books();
    let place = HookPlace { link: LINK.into(), collection: TASKS.into() };
    let theirs = r#"fn resolve(base, local, server, info) { "server" }"#;
    world.engine().set_hook(&place, theirs.into()).await.unwrap();
    world.sync().await;
    world.sync().await;
    assert_eq!(world.here("t001").unwrap()["state"], "theirs", "nobody had decided about that");
    let open = world.engine().list_conflicts(0, 10).unwrap().rows;
    let open: Vec<&str> = open.iter().map(|row| row.resource_id.as_str()).collect();
    assert_eq!(open, ["t002"], "a person had, and is asked again where the server moved");
    let ended = world.engine().get_conflict(Count(3)).unwrap();
    assert_eq!(ended.fields[0].rule, Some(Rule::Policy(FieldPolicy::Server)));
    world.finish().await;
}

// proves A1, D6, D10
#[tokio::test]
async fn a_database_of_the_eighth_version_has_its_hook_and_groups_by_what_rules_left_to_choose() {
    let (world, _desk) = midway(8, "t005").await;
    assert_eq!(world.queue().len(), 4);
    world.check_books();
    let hooks = world.engine().hooks().unwrap();
    let places: Vec<&str> = hooks.iter().map(|hook| hook.place.collection.as_str()).collect();
    assert_eq!(places, [TASKS]);
    let shape = world.engine().conflict_shape(Count(1)).unwrap();
    assert_eq!(shape.paths, ["/state"], "a rule has decided about the rank");
    let alike = world.engine().group_members(&shape, 0, 10).unwrap();
    assert_eq!(alike.rows.iter().map(|member| member.conflict.id).collect::<Vec<_>>(), [Count(1)]);
    world.sync().await;
    let left: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(left, ["t001", "t004"]);
    world.finish().await;
}

// proves A1, A8, B6
#[tokio::test]
async fn a_database_of_the_ninth_version_takes_drafts_from_now_on() {
    let (mut world, _desk) = midway(9, "t005").await;
    assert_eq!(world.queue().len(), 4);
    world.check_books();
    let typed = DraftEdit { path: "/title".into(), set: Some(r#""Typed""#.into()), before: None };
    assert_eq!(world.engine().get_draft(LINK, TASKS, Some("t002")).unwrap(), None);
    world.engine().keep_draft(LINK, TASKS, Some("t002".into()), vec![typed.clone()]).await.unwrap();
    world.restart().await;
    let kept = world.engine().get_draft(LINK, TASKS, Some("t002")).unwrap().unwrap();
    assert_eq!(kept.edits, [typed]);
    assert_eq!(world.engine().conflict_shape(Count(1)).unwrap().paths, ["/state"]);
    world.sync().await;
    let left: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(left, ["t001", "t004"]);
    world.finish().await;
}

#[test]
fn every_version_but_the_last_has_its_database_here() {
    let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/engine/src/store/migrations");
    let steps = std::fs::read_dir(steps).unwrap().count();
    assert_eq!((STEPS.len(), ROWS.len()), (steps - 1, steps - 1), "each is opened above");
}
