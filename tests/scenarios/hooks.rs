//! Scripts and host code that decide conflicts, and what becomes of a conflict that they cannot decide.

use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use tidemark_engine::{HostHooks, StoreError};
use tidemark_model::hook::{ConflictHook, HookAnswer, HookError, HookInput};
use tidemark_model::view::{
    ActivityFilter, ChoiceAt, ConflictView, Decided, DecisionBy, Event, FieldChoice, Happened, HookPlace,
    RefusalCode, Resolution,
};
use tidemark_sandbox::Switch;
use tidemark_tests::clock::ManualClock;
use tidemark_tests::store_files::database;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World};

const HIGHER_TOTAL: &str = include_str!("../../docs/hooks/higher_grand_total.rhai");
const ADD_UP: &str = include_str!("../../docs/hooks/quantities_add_up.rhai");
const MINE: &str = r#"fn resolve(base, local, server, info) { "local" }"#;
/// Wrong in its third line.
const WRONG: &str = "fn resolve(base, local, server, info) {\n    // A misspelt name.\n    local.stat\n}";

fn place() -> HookPlace {
    HookPlace { link: LINK.into(), collection: TASKS.into() }
}

/// A world whose tasks have this hook.
async fn with(stage: Stage, script: &str) -> World {
    let world = stage.open().await;
    world.engine().set_hook(&place(), script.into()).await.unwrap();
    world
}

fn open(world: &World) -> Vec<ConflictView> {
    let rows = world.engine().list_conflicts(0, 10).unwrap().rows;
    rows.iter().map(|row| world.engine().get_conflict(row.id).unwrap()).collect()
}

/// Both sides change this field of the first task.
async fn both_change(world: &World, field: &str, mine: impl Into<Value>, theirs: impl Into<Value>) {
    world.set("t001", field, mine).await;
    world.colleague_sets("t001", field, theirs);
}

/// Both sides hold this in a field of the first task, and nothing waits.
async fn both_end_with(world: World, field: &str, value: impl Into<Value>) {
    world.sync().await;
    let value = value.into();
    let sides = [world.here("t001"), world.there("t001")].map(|side| side.map(|side| side[field].clone()));
    assert_eq!(sides, [Some(value.clone()), Some(value)]);
    assert_eq!((open(&world), world.queue()), (vec![], vec![]));
    world.finish().await;
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

fn invoice(total: &str) -> Stage {
    Stage::default().record(TASKS, &format!(r#"{{"id": "t001", "grand_total": {total}, "quantity": 10}}"#))
}

// proves D6
#[tokio::test]
async fn the_higher_total_wins_and_nobody_is_asked() {
    let world = with(invoice("90"), HIGHER_TOTAL).await;
    both_change(&world, "grand_total", 99, 100).await;
    assert_eq!(world.sync().await.confirmed, 0, "theirs is there already");
    assert_eq!(decided(&world), [Decided::ByHook]);
    both_end_with(world, "grand_total", 100).await;

    let world = with(invoice("90"), HIGHER_TOTAL).await;
    both_change(&world, "grand_total", 101, 100).await;
    world.colleague_sets("t001", "note", "theirs");
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["grand_total"], 101, "sent in the same cycle");
    assert_eq!(world.there("t001").unwrap()["note"], "theirs", "what only they changed stays");
    both_end_with(world, "grand_total", 101).await;
}

// proves D6, D1
#[tokio::test]
async fn quantities_add_up_also_where_the_pull_saw_it_first() {
    let world = with(invoice("1"), ADD_UP).await;
    let change = world.set("t001", "quantity", 8).await.change.unwrap();
    world.engine().hold(vec![change], true).await.unwrap();
    world.colleague_sets("t001", "quantity", 15);
    world.sync().await;
    assert_eq!(world.effects("t001").len(), 1, "settled at the pull, and sent once");
    both_end_with(world, "quantity", 13).await;
}

// proves D6, D9
#[tokio::test]
async fn a_hooks_decision_keeps_all_three_sides_and_can_be_put_back() {
    let world = with(Stage::tasks(1), MINE).await;
    both_change(&world, "state", "mine", "theirs").await;
    world.sync().await;
    let lines = world.engine().activity(&ActivityFilter::default(), None, 500).unwrap().lines;
    let id = lines.iter().find_map(|line| match line.happened {
        Happened::ConflictSettled { conflict, .. } => Some(conflict),
        _ => None,
    });
    let ended = world.engine().get_conflict(id.unwrap()).unwrap();
    let state = |side: &Option<String>| {
        serde_json::from_str::<Value>(side.as_deref().unwrap()).unwrap()["state"].clone()
    };
    let sides = [&ended.base_data, &ended.local_data, &ended.server_data].map(state);
    assert_eq!(sides, [json!("open"), json!("mine"), json!("theirs")]);
    let decision = world.engine().list_decisions(0, 10).unwrap().rows.remove(0);
    assert_eq!((decision.by, decision.cannot), (DecisionBy::Hook, None));
    world.engine().put_back(&decision.id).await.unwrap();
    both_end_with(world, "state", "theirs").await;
}

// proves D6
#[tokio::test]
async fn a_hook_that_goes_wrong_leaves_it_to_a_person_and_says_where() {
    let endless = "fn resolve(base, local, server, info) { loop { } }";
    let other = r#"fn resolve(base, local, server, info) { "mine" }"#;
    for (script, said) in [
        (WRONG, "the hook stopped at line 3, column 11: Property not found: stat."),
        (endless, "it took more than 200000 steps"),
        (other, "the hook answered another text"),
    ] {
        let world = with(Stage::tasks(1), script).await;
        let mut events = world.engine().subscribe();
        both_change(&world, "state", "mine", "theirs").await;
        assert_eq!(world.sync().await.conflicts, 1);
        let conflict = open(&world).remove(0);
        let words = conflict.hook_said.unwrap();
        assert!(words.contains(said) && words.contains("chosen by hand"), "{words}");
        assert_eq!(conflict.row.to_choose.0, 1);
        let mut told = 0;
        while let Ok(event) = events.try_recv() {
            told += usize::from(matches!(event, Event::ConflictCreated(_)));
        }
        assert_eq!(told, 1, "once the hook had left it");
        assert_eq!((world.effect_count(), decided(&world)), (0, vec![]));
        // What is set in its place is asked about what is open.
        world.engine().set_hook(&place(), MINE.into()).await.unwrap();
        both_end_with(world, "state", "mine").await;
    }
}

// proves D6
#[tokio::test]
async fn a_script_that_cannot_be_read_is_refused_with_its_line_and_the_old_one_stays() {
    let world = with(Stage::tasks(1), MINE).await;
    for (script, said) in [
        ("fn resolve(base, local, server, info) {\n  let x = ;\n}", "at line 2"),
        ("fn decide(x) { x }", "it has no fn resolve(base, local, server, info)"),
        (&"x".repeat(70_000), "longer than 65536 bytes"),
    ] {
        let refused = world.engine().set_hook(&place(), script.to_owned()).await;
        match refused {
            Err(StoreError::Refused(refusal)) => {
                assert_eq!(refusal.code, RefusalCode::Invalid);
                assert!(refusal.message.contains(said), "{}", refusal.message);
            }
            other => panic!("{other:?}"),
        }
    }
    let hooks = world.engine().hooks().unwrap();
    assert_eq!((hooks.len(), hooks[0].script.as_str()), (1, MINE));
    world.finish().await;
}

// proves D6, D10
#[tokio::test]
async fn a_hook_is_kept_ends_what_is_open_and_leaves_with_its_removal() {
    let mut world = Stage::tasks(2).open().await;
    for rid in ["t001", "t002"] {
        world.set(rid, "state", "mine").await;
        world.colleague_sets(rid, "state", "theirs");
    }
    world.sync().await;
    let id = open(&world).iter().find(|conflict| conflict.row.resource_id == "t002").unwrap().row.id;
    let begun = vec![ChoiceAt { path: "/state".into(), choice: FieldChoice::Server }];
    let later = Resolution::Skip { choices: begun, until: None };
    world.engine().resolve_conflict(id, later, None, NO_HOLD).await.unwrap();
    world.engine().set_hook(&place(), MINE.into()).await.unwrap();
    let left: Vec<String> = open(&world).into_iter().map(|conflict| conflict.row.resource_id).collect();
    assert_eq!(left, ["t002"], "what a person began, a person ends");
    world.restart().await;
    assert_eq!(world.engine().hooks().unwrap()[0].script, MINE);
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "mine");
    world.engine().resolve_conflict(id, Resolution::ServerWins {}, None, NO_HOLD).await.unwrap();

    world.engine().remove_hook(&place()).await.unwrap();
    assert!(world.engine().remove_hook(&place()).await.is_err(), "it has none any more");
    both_change(&world, "state", "mine again", "theirs again").await;
    world.sync().await;
    assert_eq!(open(&world).len(), 1, "people decide again");
    world.finish().await;
}

// proves D6, D5
#[tokio::test]
async fn a_hook_decides_only_what_rules_leave() {
    let tasks = r#"{"collections": [{"name": "tasks", "policies": {"/rank": "sum"}}]}"#;
    let says = r#"fn resolve(base, local, server, info) {
        if info.to_choose != ["/state"] || info.merged.rank != 8 { throw "asked about the wrong fields" }
        "local"
    }"#;
    let world = with(Stage::tasks(1).settings(tasks), says).await;
    both_change(&world, "rank", 6, 3).await;
    both_change(&world, "state", "mine", "theirs").await;
    world.sync().await;
    assert_eq!(open(&world).first().and_then(|conflict| conflict.hook_said.clone()), None);
    assert_eq!(world.there("t001").unwrap()["rank"], 8, "1, and 5 more here, and 2 more there");
    both_end_with(world, "state", "mine").await;

    let merges = "fn resolve(base, local, server, info) { info.merged }";
    let world = with(Stage::tasks(1).settings(tasks), merges).await;
    both_change(&world, "rank", 6, 3).await;
    both_change(&world, "state", "mine", "theirs").await;
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "mine");
    both_end_with(world, "rank", 8).await;
}

// proves D6, D2
#[tokio::test]
async fn a_hook_keeps_one_side_of_a_record_that_the_other_deleted() {
    for (answer, state) in [("server", Some("theirs")), ("local", None)] {
        let script = format!(r#"fn resolve(base, local, server, info) {{ "{answer}" }}"#);
        let world = with(Stage::tasks(1), &script).await;
        world.delete("t001").await;
        world.colleague_sets("t001", "state", "theirs");
        world.sync().await;
        world.sync().await;
        let state_of = |side: Option<Value>| side.map(|side| side["state"].as_str().unwrap().to_owned());
        let sides = [state_of(world.here("t001")), state_of(world.there("t001"))];
        assert_eq!(sides, [state.map(str::to_owned), state.map(str::to_owned)], "{answer}");
        assert_eq!(decided(&world), [Decided::ByHook]);
        world.finish().await;
    }
}

// proves D6, A6
#[tokio::test]
async fn after_a_lost_answer_no_hook_is_asked() {
    let keyless = r#"{"collections": [{"name": "tasks"}], "write": {"keys": {"honoured": false}}}"#;
    let stage = invoice("1").settings(keyless);
    let world = with(stage, ADD_UP).await;
    world.set("t001", "quantity", 8).await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT,PATCH")));
    world.sync().await;
    world.colleague_sets("t001", "quantity", 9);
    world.fault(|_| {});
    world.clock.advance_s(3_600);
    world.sync().await;
    let conflict = open(&world).remove(0);
    assert!(conflict.row.may_already_be_in && conflict.hook_said.is_none());
    assert_eq!(world.there("t001").unwrap()["quantity"], 9, "added up, mine would count twice");
    world.engine().resolve_conflict(conflict.row.id, Resolution::ServerWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    world.finish().await;
}

// proves D6, D8
#[tokio::test]
async fn an_answer_about_what_is_no_longer_so_is_not_taken() {
    let (began, begins) = mpsc::channel();
    let (go, goes) = mpsc::channel();
    let (asked, goes) = (Arc::new(AtomicUsize::new(0)), Mutex::new(goes));
    let counted = Arc::clone(&asked);
    let mine = move |_: &HookInput<'_>| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            began.send(()).unwrap();
            goes.lock().unwrap().recv().unwrap();
        }
        Ok(HookAnswer::KeepLocal)
    };
    let world = Stage { hooks: host(mine), ..Stage::tasks(1) }.open().await;
    both_change(&world, "state", "mine", "theirs").await;
    let syncing = world.begin_sync();
    tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
    world.set("t001", "state", "mine, typed while the hook was asked").await;
    go.send(()).unwrap();
    syncing.await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2, "it was asked about what is so now");
    both_end_with(world, "state", "mine, typed while the hook was asked").await;
}

// proves D6
#[tokio::test]
async fn a_hosts_hook_comes_before_the_script_and_may_leave_it_to_that() {
    let state_of = |side: Option<&Value>| side.and_then(|side| side["state"].as_str().map(str::to_owned));
    let hook = move |conflict: &HookInput<'_>| match state_of(conflict.server).as_deref() {
        Some("the host's") => Ok(HookAnswer::KeepServer),
        Some("no good") => panic!("a host's code may do that too"),
        _ => Ok(HookAnswer::Undecided),
    };
    let world = with(Stage { hooks: host(hook), ..Stage::tasks(1) }, MINE).await;
    both_change(&world, "state", "mine", "the host's").await;
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "the host's");
    both_change(&world, "state", "mine", "theirs").await;
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "mine");
    both_change(&world, "state", "mine too", "no good").await;
    world.sync().await;
    let conflict = open(&world).remove(0);
    assert!(conflict.hook_said.unwrap().contains("it broke off"));
    assert_eq!(decided(&world), [Decided::ByHook, Decided::ByHook]);
    world.engine().resolve_conflict(conflict.row.id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    both_end_with(world, "state", "mine too").await;
}

// proves D6
#[tokio::test]
async fn whoever_sets_a_hook_does_not_wait_for_the_last_of_very_many() {
    const MANY: usize = 6;
    let slow: Arc<OnceLock<ManualClock>> = Arc::default();
    let (clock, asked) = (Arc::clone(&slow), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&asked);
    let hook = move |_: &HookInput<'_>| {
        let Some(clock) = clock.get() else { return Ok(HookAnswer::Undecided) };
        clock.advance_s(1);
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(HookAnswer::KeepLocal)
    };
    let world = Stage { hooks: host(hook), ..Stage::tasks(MANY) }.open().await;
    for number in 1..=MANY {
        let rid = format!("t{number:03}");
        world.set(&rid, "state", "mine").await;
        world.colleague_sets(&rid, "state", "theirs");
    }
    assert_eq!(world.sync().await.conflicts, MANY as i64);
    assert!(slow.set(world.clock.clone()).is_ok());
    world.engine().set_hook(&place(), MINE.into()).await.unwrap();
    let awaited = asked.load(Ordering::SeqCst);
    assert!((1..MANY).contains(&awaited), "{awaited} were waited for");
    world.sync().await;
    assert_eq!((asked.load(Ordering::SeqCst), decided(&world).len()), (MANY, MANY), "each of them once");
    assert_eq!(open(&world), []);
    world.finish().await;
}

// proves D6, A1
#[tokio::test]
async fn a_question_that_an_end_cut_off_is_asked_anew() {
    let mut world = Stage::tasks(1).open().await;
    both_change(&world, "state", "mine", "theirs").await;
    world.sync().await;
    world.close().await;
    let db = rusqlite::Connection::open(database(world.folder())).unwrap();
    db.execute("INSERT INTO hooks SELECT id, ?1, 0 FROM collections", [MINE]).unwrap();
    db.execute("UPDATE conflicts SET judging = 'asking'", []).unwrap();
    drop(db);
    world.open_engine().await;
    assert_eq!(open(&world).len(), 1);
    both_end_with(world, "state", "mine").await;
}

// proves D6, D10
#[tokio::test]
async fn a_trial_says_what_a_script_would_have_done_and_changes_nothing() {
    let world = Stage::tasks(4).open().await;
    for (rid, mine, resolution) in [
        ("t001", "a", Some(Resolution::LocalWins {})),
        ("t002", "b", Some(Resolution::ServerWins {})),
        ("t003", "wrong", Some(Resolution::ServerWins {})),
        ("t004", "c", None),
    ] {
        world.set(rid, "state", mine).await;
        world.colleague_sets(rid, "state", "theirs");
        world.sync().await;
        if let Some(resolution) = resolution {
            let id = open(&world)[0].row.id;
            world.engine().resolve_conflict(id, resolution, None, NO_HOLD).await.unwrap();
            world.sync().await;
        }
    }
    let script = r#"fn resolve(base, local, server, info) {
        if local.state == "wrong" { throw "no such state" }
        "local"
    }"#;
    let trial = world.engine().try_hook(&place(), script).await.unwrap();
    let counts = &trial.trial;
    assert_eq!((counts.past.0, counts.decided.0, counts.differently.0), (3, 2, 1));
    assert_eq!((counts.open.0, counts.ends.0, trial.untried.0), (1, 1, 0));
    assert_eq!(counts.examples.iter().map(|one| one.record.as_str()).collect::<Vec<_>>(), ["t002"]);
    let [fault] = &trial.faults[..] else { panic!("{:?}", trial.faults) };
    assert_eq!((trial.wrong.0, fault.record.as_str()), (1, "t003"));
    assert!(fault.said.contains("line 2") && fault.said.contains("no such state"), "{}", fault.said);
    assert_eq!((open(&world).len(), world.engine().hooks().unwrap()), (1, vec![]));
    world.finish().await;
}

/// A host's code as the hook of every collection.
fn host(
    decide: impl Fn(&HookInput<'_>) -> Result<HookAnswer, HookError> + Send + Sync + 'static,
) -> Arc<dyn HostHooks> {
    struct Code<F>(F);
    impl<F: Fn(&HookInput<'_>) -> Result<HookAnswer, HookError> + Send + Sync> ConflictHook for Code<F> {
        fn decide(&self, conflict: &HookInput<'_>) -> Result<HookAnswer, HookError> {
            (self.0)(conflict)
        }
    }
    let hook: Arc<dyn ConflictHook> = Arc::new(Code(decide));
    Arc::new(move |_: &str| Some(Arc::clone(&hook)))
}
