//! A decision about a conflict whose process ends at each write from *Apply* to *Confirmed*: before it, in the middle of it,
//! and after its commit. No choice is lost, and nothing is sent twice.

use crate::child::{self, Worker};
use crate::extent::{Run, UnderWay};
use crate::points::{ABORTED, AT_ONCE, NTH, engine_on};
use crate::watched::{self, At, WROTE};
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt as _;
use tidemark_engine::Engine;
use tidemark_model::number::Millis;
use tidemark_model::view::{ChoiceAt, FieldChoice, Resolution};
use tidemark_tests::clock::{ManualClock, START};
use tidemark_tests::world::{LINK, Stage, World};

/// How long a person can take it back.
const HOLD: Millis = Millis(10_000);
/// Whoever goes on does so later than whoever was killed.
const LATER: i64 = 60_000;
/// The row: so many points at least.
const POINTS: usize = 20;

// proves D7, A1, A4
#[tokio::test]
async fn a_decision_is_sent_once_and_as_chosen_at_whatever_write_its_process_ends() {
    let name = "decided::a_decision_is_sent_once_and_as_chosen_at_whatever_write_its_process_ends";
    if let Some(folder) = child::folder() {
        let (clock, nth) = (ManualClock::default(), child::told(NTH).unwrap());
        set_clock(&clock, nth);
        let engine = engine_on(&folder, &clock, nth).await.unwrap();
        decide_and_send(&engine, &clock).await;
        return engine.shutdown().await;
    }
    let mut run = Run::of(name);
    let writes = writes_without_a_kill(name).await;
    let points: Vec<_> = (1..=writes.len()).flat_map(|write| At::ALL.map(|at| (write, at))).collect();
    assert!(points.len() >= POINTS, "{writes:#?}");
    // Whoever goes on is killed as well, at any write that it may come to.
    let points = points.into_iter().map(|(write, at)| {
        let again = run.dice.in_hundred(50).then(|| (1 + run.dice.below(4), run.dice.pick(&At::ALL)));
        (write, at, again)
    });
    let points: Vec<_> = points.collect();
    let writes = &writes;
    let mut ends = stream::iter(points)
        .map(async |(write, at, again)| {
            let _told =
                UnderWay(format!("{at:?} write {write}, then {again:?}, which is {}", writes[write - 1]));
            ends_at(name, [Some((write, at)), again]).await
        })
        .buffer_unordered(AT_ONCE);
    while let Some(killed) = ends.next().await {
        run.killed += killed;
    }
}

fn set_clock(clock: &ManualClock, nth: usize) {
    clock.advance_to(START.plus(LATER * (1 + i64::try_from(nth).unwrap())));
}

/// `state` and `rank` clash, `title` was changed there alone; the person has chosen and not yet said *Apply*.
async fn chosen() -> World {
    let mut world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.set("t001", "rank", 10).await;
    world.colleague_sets("t001", "state", "theirs");
    world.colleague_sets("t001", "rank", 20);
    world.colleague_sets("t001", "title", "Theirs");
    assert_eq!(world.sync().await.conflicts, 1);
    let later = Resolution::Skip { choices: choices(), until: None };
    let id = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    world.engine().resolve_conflict(id, later, None, Millis(0)).await.unwrap();
    world.close().await;
    world
}

fn choices() -> Vec<ChoiceAt> {
    [("state", FieldChoice::Mine), ("rank", FieldChoice::Json("15".into()))]
        .map(|(field, choice)| ChoiceAt { path: format!("/{field}"), choice })
        .into()
}

fn result() -> Value {
    json!({"id": "t001", "title": "Theirs", "state": "mine", "rank": 15})
}

/// What was chosen is applied, where it is not yet, waits for its ten seconds, and goes.
async fn decide_and_send(engine: &Engine, clock: &ManualClock) {
    if let Some(row) = engine.list_conflicts(0, 1).unwrap().rows.first() {
        let conflict = engine.get_conflict(row.id).unwrap();
        let kept = conflict
            .fields
            .iter()
            .filter_map(|field| Some(ChoiceAt { path: field.path.clone(), choice: field.choice.clone()? }));
        let apply = Resolution::Manual { choices: kept.collect(), document: None };
        engine.resolve_conflict(row.id, apply, conflict.server_version, HOLD).await.unwrap();
    }
    for _ in 0..3 {
        engine.sync(Some(LINK), None).await.unwrap();
        clock.advance_s(11);
    }
}

async fn writes_without_a_kill(name: &str) -> Vec<String> {
    let mut world = chosen().await;
    let (said, ended) = Worker::start(name, world.folder(), &[(NTH, 0)]).end().await;
    assert!(ended.success());
    world.open_engine().await;
    comes_to_its_end(world).await;
    said.iter().filter_map(|line| line.strip_prefix(WROTE)).map(str::to_owned).collect()
}

/// How often a process ended.
async fn ends_at(name: &str, ends: [Option<(usize, At)>; 2]) -> usize {
    let mut world = chosen().await;
    let mut killed = 0;
    for (nth, (write, at)) in ends.into_iter().flatten().enumerate() {
        let numbers = [vec![(NTH, nth)], watched::ends_at(write, at).to_vec()].concat();
        let (_, ended) = Worker::start(name, world.folder(), &numbers).end().await;
        if ended.success() {
            assert!(nth > 0, "it ends at a write");
            break;
        }
        assert_eq!(ended.signal(), Some(ABORTED), "it ends at a write");
        killed += 1;
    }
    set_clock(&world.clock, ends.len());
    world.open_engine().await;
    world.check_books();
    let open = world.engine().list_conflicts(0, 10).unwrap().rows;
    match open.first() {
        Some(row) => {
            let fields = world.engine().get_conflict(row.id).unwrap().fields;
            for ChoiceAt { path, choice } in choices() {
                let field = fields.iter().find(|field| field.path == path).unwrap();
                assert_eq!(field.choice.as_ref(), Some(&choice), "{path} is as it was chosen");
            }
        }
        None => assert_eq!(world.here("t001"), Some(result()), "what was decided is shown"),
    }
    decide_and_send(world.engine(), &world.clock).await;
    comes_to_its_end(world).await;
    killed
}

async fn comes_to_its_end(world: World) {
    assert_eq!((world.here("t001"), world.there("t001")), (Some(result()), Some(result())));
    assert_eq!(world.effects("t001").len(), 1, "it was sent once: {:?}", world.effects("t001"));
    let ledger = world.engine().status().unwrap().ledger;
    assert_eq!((world.queue(), ledger.conflicts.0, ledger.needs_you.0), (vec![], 0, 0));
    world.finish().await;
}
