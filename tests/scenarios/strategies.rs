//! What a collection's strategy and its fields' policies decide without a person, and how honestly.

use serde_json::{Value, json};
use tidemark_engine::StoreError;
use tidemark_model::clock::Clock as _;
use tidemark_model::merge::{ConflictStrategy, FieldPolicy, Rule};
use tidemark_model::view::{
    ActivityFilter, ChoiceAt, ConflictView, Decided, FieldChoice, Happened, RecordState, RefusalCode,
    Resolution, RulePlace, RuleRow,
};
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World};

/// A world whose tasks have these settings.
async fn with(settings: &str) -> World {
    with_clock(settings, 0).await
}

async fn with_clock(settings: &str, server_ahead_s: i64) -> World {
    let text = format!(r#"{{"collections": [{{"name": "tasks", {settings}}}]}}"#);
    let stage = Stage { server_ahead_s, ..Stage::tasks(3).settings(&text) };
    stage.open().await
}

fn open(world: &World) -> Vec<ConflictView> {
    let rows = world.engine().list_conflicts(0, 10).unwrap().rows;
    rows.iter().map(|row| world.engine().get_conflict(row.id).unwrap()).collect()
}

/// Both sides hold this state of the first task, and nothing waits.
async fn both_end_with(world: World, state: &str) {
    world.sync().await;
    let sides = [world.here("t001"), world.there("t001")].map(|side| side.map(|side| side["state"].clone()));
    assert_eq!(sides, [Some(json!(state)), Some(json!(state))]);
    assert_eq!((open(&world), world.queue()), (vec![], vec![]));
    world.finish().await;
}

/// The conflict that ended last.
fn ended(world: &World) -> ConflictView {
    let lines = world.engine().activity(&ActivityFilter::default(), None, 500).unwrap().lines;
    let conflict = lines.iter().find_map(|line| match line.happened {
        Happened::ConflictSettled { conflict, .. } => Some(conflict),
        _ => None,
    });
    world.engine().get_conflict(conflict.unwrap()).unwrap()
}

/// How the conflicts ended, newest last.
fn decided(world: &World) -> Vec<Decided> {
    let lines = world.engine().activity(&ActivityFilter::default(), None, 500).unwrap().lines;
    let ends = lines.into_iter().rev().filter_map(|line| match line.happened {
        Happened::ConflictSettled { decided, .. } => Some(decided),
        _ => None,
    });
    ends.collect()
}

// proves D4
#[tokio::test]
async fn the_later_write_wins_and_nobody_is_asked() {
    let world = with(r#""strategy": "last_write_wins""#).await;
    world.colleague_sets("t001", "state", "theirs");
    world.colleague_sets("t001", "title", "Theirs");
    world.clock.advance_s(10);
    world.set("t001", "state", "mine").await;
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["title"], "Theirs", "what only they changed stays");
    assert_eq!(decided(&world), [Decided::ByRule]);
    both_end_with(world, "mine").await;

    let world = with(r#""strategy": "last_write_wins""#).await;
    world.set("t001", "state", "mine").await;
    world.clock.advance_s(10);
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    assert_eq!(world.effect_count(), 0, "nothing had to be sent");
    both_end_with(world, "theirs").await;
}

// proves D4
#[tokio::test]
async fn a_tie_is_the_servers() {
    let world = with(r#""strategy": "last_write_wins""#).await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    both_end_with(world, "theirs").await;
}

// proves D4
#[tokio::test]
async fn a_server_whose_clock_is_wrong_neither_wins_nor_loses_by_it() {
    for ahead_s in [3_600, -3_600] {
        let world = with_clock(r#""strategy": "last_write_wins""#, ahead_s).await;
        world.colleague_sets("t001", "state", "theirs");
        world.clock.advance_s(10);
        world.set("t001", "state", "mine").await;
        both_end_with(world, "mine").await;

        let world = with_clock(r#""strategy": "last_write_wins""#, ahead_s).await;
        world.set("t001", "state", "mine").await;
        world.clock.advance_s(10);
        world.colleague_sets("t001", "state", "theirs");
        both_end_with(world, "theirs").await;
    }
}

// proves D4
#[tokio::test]
async fn each_field_goes_to_whoever_changed_it_later() {
    let world = with(r#""strategy": "field_lww""#).await;
    world.set("t001", "state", "mine").await;
    world.clock.advance_s(10);
    world.colleague_sets("t001", "state", "theirs");
    world.colleague_sets("t001", "rank", 20);
    world.clock.advance_s(10);
    world.set("t001", "rank", 10).await;
    world.sync().await;
    assert_eq!(
        world.there("t001").unwrap()["rank"],
        10,
        "this was typed after theirs, though into one change"
    );
    both_end_with(world, "theirs").await;
}

// proves D4
#[tokio::test]
async fn a_later_edit_of_another_field_makes_no_field_younger() {
    let world = with(r#""strategy": "last_write_wins""#).await;
    world.set("t001", "state", "mine").await;
    world.clock.advance_s(10);
    world.colleague_sets("t001", "state", "theirs");
    world.clock.advance_s(10);
    world.set("t001", "rank", 10).await;
    both_end_with(world, "mine").await;
}

// proves D4, D2
#[tokio::test]
async fn one_side_wins_also_where_one_of_them_deleted() {
    for (strategy, changed_there, survives) in [
        ("client_wins", false, Some("mine")),
        ("server_wins", false, None),
        ("client_wins", true, None),
        ("server_wins", true, Some("theirs")),
    ] {
        let world = with(&format!(r#""strategy": "{strategy}""#)).await;
        match changed_there {
            true => {
                world.delete("t001").await;
                world.colleague_sets("t001", "state", "theirs");
            }
            false => {
                world.set("t001", "state", "mine").await;
                world.colleague_deletes("t001");
            }
        }
        world.sync().await;
        world.sync().await;
        let state = |side: Option<Value>| side.map(|side| side["state"].as_str().unwrap().to_owned());
        let sides = (state(world.here("t001")), state(world.there("t001")));
        assert_eq!(
            sides,
            (survives.map(str::to_owned), survives.map(str::to_owned)),
            "{strategy} {changed_there}"
        );
        assert_eq!((open(&world), decided(&world)), (vec![], vec![Decided::ByRule]), "{strategy}");
        world.finish().await;
    }
}

// proves D4
#[tokio::test]
async fn by_hand_asks_also_where_the_sides_changed_different_fields() {
    let world = with(r#""strategy": "manual""#).await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "title", "Theirs");
    world.set("t002", "state", "mine").await;
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.conflicts), (1, 1), "what nobody else changed goes out");
    let conflict = open(&world).remove(0);
    assert_eq!(conflict.row.to_choose.0, 0);
    world.engine().resolve_conflict(conflict.row.id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["title"], "Theirs", "only what both changed is mine");
    both_end_with(world, "mine").await;
}

// proves D5, D1
#[tokio::test]
async fn policies_decide_their_fields_before_anything_is_sent() {
    let world = with(r#""policies": {"/rank": "sum", "/state": "server"}"#).await;
    world.set("t001", "rank", 6).await;
    let change = world.set("t001", "state", "mine").await;
    let change = change.combined_into.or(change.change).unwrap();
    world.engine().hold(vec![change.clone()], true).await.unwrap();
    world.colleague_sets("t001", "rank", 3);
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    assert_eq!(world.here("t001").unwrap()["rank"], 8, "1, and 5 more here, and 2 more there");
    world.sync().await;
    assert_eq!(world.effects("t001").len(), 1, "it was settled at the pull and sent once");
    assert_eq!(world.there("t001").unwrap()["rank"], 8);
    both_end_with(world, "theirs").await;
}

// proves D5, D7, D9
#[tokio::test]
async fn what_rules_leave_is_a_persons_and_what_they_decided_is_shown_with_it() {
    let world = with(r#""policies": {"/rank": "max"}"#).await;
    world.set("t001", "rank", 10).await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "rank", 20);
    world.colleague_sets("t001", "state", "theirs");
    assert_eq!(world.sync().await.conflicts, 1);
    let conflict = open(&world).remove(0);
    let of = |path: &str| conflict.fields.iter().find(|field| field.path == path).unwrap();
    assert_eq!((of("/rank").undecided, of("/rank").result.as_deref()), (false, Some("20")));
    assert_eq!(of("/rank").rule, Some(Rule::Policy(FieldPolicy::Max)));
    assert!(of("/state").undecided);
    assert_eq!(conflict.row.to_choose.0, 1);
    assert_eq!(world.record("t001").unwrap().row.state, RecordState::Conflict);

    let choices = vec![ChoiceAt { path: "/state".into(), choice: FieldChoice::Mine }];
    let by_hand = Resolution::Manual { choices, document: None };
    world.engine().resolve_conflict(conflict.row.id, by_hand, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["rank"], 20);
    assert_eq!(decided(&world), [Decided::Chosen]);
    both_end_with(world, "mine").await;
}

// proves D5, D7
#[tokio::test]
async fn a_persons_choice_stands_before_a_rules() {
    let world = with(r#""policies": {"/rank": "max"}"#).await;
    world.set("t001", "rank", 10).await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "rank", 20);
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let id = open(&world)[0].row.id;
    let choices = ["/state", "/rank"].map(|path| ChoiceAt { path: path.into(), choice: FieldChoice::Mine });
    let by_hand = Resolution::Manual { choices: choices.to_vec(), document: None };
    world.engine().resolve_conflict(id, by_hand, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["rank"], 10);
    both_end_with(world, "mine").await;
}

// proves D4, D7
#[tokio::test]
async fn what_a_person_decided_comes_back_to_a_person_whatever_the_strategy() {
    let world = with(r#""strategy": "server_wins", "policies": {"/state": "manual"}"#).await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let id = open(&world)[0].row.id;
    world.engine().resolve_conflict(id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.colleague_sets("t001", "rank", 50);
    world.colleague_sets("t001", "title", "Moved");
    world.set("t001", "rank", 10).await;
    world.sync().await;
    assert_eq!(open(&world).len(), 1, "the server's rank would have won without a word");
    world.set("t001", "title", "Mine").await;
    assert_eq!(open(&world).len(), 1, "nor does an edit hand it to the rules");
    let id = open(&world)[0].row.id;
    world.engine().resolve_conflict(id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["rank"], 10);
    both_end_with(world, "mine").await;
}

// proves D4, D7
#[tokio::test]
async fn what_a_person_began_to_choose_is_ended_by_no_rule() {
    let world = with(r#""strategy": "server_wins", "policies": {"/state": "manual"}"#).await;
    world.set("t001", "state", "mine").await;
    world.set("t001", "rank", 10).await;
    world.colleague_sets("t001", "state", "theirs");
    world.colleague_sets("t001", "rank", 20);
    world.sync().await;
    let id = open(&world)[0].row.id;
    let choices = vec![ChoiceAt { path: "/state".into(), choice: FieldChoice::Mine }];
    let later = Resolution::Skip { choices, until: None };
    world.engine().resolve_conflict(id, later, None, NO_HOLD).await.unwrap();
    world.colleague_sets("t001", "state", "open");
    world.sync().await;
    assert_eq!(open(&world).len(), 1, "the rules could decide all of it now");
    world.engine().resolve_conflict(id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    both_end_with(world, "mine").await;
}

// proves D4, D7
#[tokio::test]
async fn a_server_that_moves_before_a_rules_result_arrives_is_decided_about_again() {
    let world = with(r#""strategy": "last_write_wins""#).await;
    world.colleague_sets("t001", "state", "theirs");
    world.clock.advance_s(10);
    world.set("t001", "state", "mine").await;
    let typed_at = world.clock.now();
    world.clock.advance_s(10);
    world.wire.tap.hold_from(Point::Push, 2);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Push, 2).await;
    world.colleague_sets("t001", "state", "theirs, after mine");
    world.wire.tap.release();
    syncing.await.unwrap();
    assert_eq!(decided(&world), [Decided::ByRule, Decided::ByRule]);
    assert_eq!(ended(&world).row.local_at, Some(typed_at), "mine is as old as it was");
    both_end_with(world, "theirs, after mine").await;
}

// proves D5, A6
#[tokio::test]
async fn after_a_lost_answer_no_rule_decides() {
    let settings = r#"{"collections": [{"name": "tasks", "policies": {"/rank": "sum"}, "strategy": "client_wins"}],
        "write": {"keys": {"honoured": false}}}"#;
    let world = Stage::tasks(1).settings(settings).open().await;
    world.set("t001", "rank", 6).await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT,PATCH")));
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["rank"], 6, "it arrived, and its answer was lost");
    world.colleague_sets("t001", "rank", 7);
    world.fault(|_| {});
    world.clock.advance_s(3_600);
    world.sync().await;
    let conflict = open(&world).remove(0);
    assert!(conflict.row.may_already_be_in, "added up once more, mine would count twice");
    assert_eq!(world.there("t001").unwrap()["rank"], 7);
    world.engine().resolve_conflict(conflict.row.id, Resolution::ServerWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    world.finish().await;
}

// proves D4, D9
#[tokio::test]
async fn a_rules_decision_keeps_all_three_sides_and_who_decided() {
    let world = with(r#""strategy": "server_wins""#).await;
    world.set("t001", "state", "typed with care").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let ended = ended(&world);
    let state = |side: &Option<String>| {
        serde_json::from_str::<Value>(side.as_deref().unwrap()).unwrap()["state"].clone()
    };
    let sides = [&ended.base_data, &ended.local_data, &ended.server_data].map(state);
    assert_eq!(sides, [json!("open"), json!("typed with care"), json!("theirs")]);
    assert_eq!(ended.fields[0].rule, Some(Rule::Strategy(ConflictStrategy::ServerWins)));
    both_end_with(world, "theirs").await;
}

/// The place of a rule for tasks.
fn at(path: Option<&str>) -> RulePlace {
    RulePlace { link: LINK.into(), collection: TASKS.into(), path: path.map(str::to_owned) }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> RefusalCode {
    match result {
        Err(StoreError::Refused(refusal)) => refusal.code,
        other => panic!("no refusal: {other:?}"),
    }
}

// proves D10, D4, D5
#[tokio::test]
async fn a_rule_that_is_set_ends_the_open_conflicts_that_it_decides() {
    let mut world = Stage::tasks(3).open().await;
    for rid in ["t001", "t002", "t003"] {
        world.set(rid, "state", "mine").await;
        world.colleague_sets(rid, "state", "theirs");
    }
    world.set("t002", "rank", 10).await;
    world.colleague_sets("t002", "rank", 20);
    world.sync().await;
    assert_eq!(open(&world).len(), 3);
    let mine = Rule::Policy(FieldPolicy::Local);
    let trial = world.engine().try_rule(&at(Some("/state")), mine).unwrap();
    assert_eq!((trial.open.0, trial.ends.0, open(&world).len()), (3, 2, 3), "asking changes nothing");
    world.engine().set_rule(at(Some("/state")), mine).await.unwrap();
    assert_eq!(open(&world).len(), 1, "t002 has another field to choose");
    let rules = || vec![RuleRow { place: at(Some("/state")), rule: mine }];
    assert_eq!(world.engine().rules().unwrap(), rules());
    world.restart().await;
    assert_eq!(world.engine().rules().unwrap(), rules(), "it is kept");
    world.engine().set_rule(at(None), Rule::Strategy(ConflictStrategy::ServerWins)).await.unwrap();
    world.sync().await;
    assert_eq!((open(&world), world.queue()), (vec![], vec![]));
    let t002 = world.there("t002").unwrap();
    assert_eq!((&t002["state"], &t002["rank"]), (&json!("mine"), &json!(20)));

    world.engine().remove_rule(at(None)).await.unwrap();
    world.engine().remove_rule(at(Some("/state"))).await.unwrap();
    world.set("t001", "state", "mine again").await;
    world.colleague_sets("t001", "state", "theirs again");
    world.sync().await;
    assert_eq!(open(&world).len(), 1, "people decide again");
    world.finish().await;
}

// proves D10
#[tokio::test]
async fn a_trial_says_what_a_rule_would_have_done_otherwise_than_people_did() {
    let world = Stage::tasks(3).open().await;
    for (rid, resolution) in [
        ("t001", Resolution::LocalWins {}),
        ("t002", Resolution::ServerWins {}),
        ("t003", Resolution::ServerWins {}),
    ] {
        world.set(rid, "state", "mine").await;
        world.colleague_sets(rid, "state", "theirs");
        world.sync().await;
        let id = open(&world)[0].row.id;
        world.engine().resolve_conflict(id, resolution, None, NO_HOLD).await.unwrap();
        world.sync().await;
    }
    let trial = |strategy| world.engine().try_rule(&at(None), Rule::Strategy(strategy)).unwrap();
    let (server, mine, asks) = (
        trial(ConflictStrategy::ServerWins),
        trial(ConflictStrategy::ClientWins),
        trial(ConflictStrategy::Merge),
    );
    assert_eq!((server.past.0, server.decided.0, server.differently.0), (3, 3, 1));
    assert_eq!(server.examples[0].record, "t001");
    assert_eq!((mine.decided.0, mine.differently.0), (3, 2));
    assert_eq!((asks.past.0, asks.decided.0), (3, 0));
    world.finish().await;
}

// proves D4, D5
#[tokio::test]
async fn a_rule_that_makes_no_sense_is_refused() {
    let world = Stage::tasks(1).open().await;
    let set = |place, rule| world.engine().set_rule(place, rule);
    let (strategy, policy) = (Rule::Strategy(ConflictStrategy::ServerWins), Rule::Policy(FieldPolicy::Max));
    assert_eq!(refusal(set(at(Some("rank")), policy).await), RefusalCode::Invalid, "no pointer");
    assert_eq!(refusal(set(at(Some("")), policy).await), RefusalCode::Invalid, "the whole record");
    assert_eq!(refusal(set(at(None), policy).await), RefusalCode::Invalid);
    assert_eq!(refusal(set(at(Some("/rank")), strategy).await), RefusalCode::Invalid);
    let elsewhere = RulePlace { collection: "nowhere".into(), ..at(None) };
    assert_eq!(refusal(set(elsewhere, strategy).await), RefusalCode::NotFound);
    assert_eq!(refusal(world.engine().remove_rule(at(None)).await), RefusalCode::NotFound);
    assert_eq!(world.engine().rules().unwrap(), []);
    world.finish().await;
}

// proves D5
#[tokio::test]
async fn a_collection_takes_500_rules_for_fields_and_says_so_at_the_next() {
    let policies: Vec<String> = (0..500).map(|field| format!(r#""/f{field}": "max""#)).collect();
    let world = with(&format!(r#""policies": {{{}}}"#, policies.join(","))).await;
    let max = Rule::Policy(FieldPolicy::Max);
    assert_eq!(refusal(world.engine().set_rule(at(Some("/rank")), max).await), RefusalCode::Invalid);
    world.engine().set_rule(at(Some("/f7")), Rule::Policy(FieldPolicy::Min)).await.unwrap();
    assert_eq!(world.engine().rules().unwrap().len(), 500, "one that is there may be another");
    world.finish().await;
}

// proves D4, B5
#[tokio::test]
async fn what_a_rule_sends_is_of_the_account_that_typed_it() {
    let world = with(r#""strategy": "server_wins""#).await;
    world.set("t001", "state", "mine").await;
    world.set("t001", "rank", 10).await;
    world.engine().set_account(LINK, Some("somebody else")).await.unwrap();
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    world.sync().await;
    assert_eq!(open(&world), [], "the rule decided about the state");
    assert_eq!(world.effect_count(), 0, "somebody else sends nothing of what was typed before");
    world.engine().set_account(LINK, None).await.unwrap();
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["rank"], 10);
    both_end_with(world, "theirs").await;
}

// proves D5
#[tokio::test]
async fn policies_of_a_settings_file_are_rules_wherever_they_stand() {
    let world =
        with(r#""policies": {"/rank": "max"}, "merge": {"policies": {"/rank": "min", "/state": "local"}}"#)
            .await;
    let listed: Vec<_> =
        world.engine().rules().unwrap().into_iter().map(|row| (row.place.path, row.rule)).collect();
    let rule = |path: &str, policy| (Some(path.to_owned()), Rule::Policy(policy));
    assert_eq!(listed, [rule("/rank", FieldPolicy::Max), rule("/state", FieldPolicy::Local)]);
    world.engine().remove_rule(at(Some("/state"))).await.unwrap();
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    assert_eq!(open(&world).len(), 1, "what was taken away decides nothing");
    world.finish().await;
}
