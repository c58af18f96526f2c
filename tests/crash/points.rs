//! A short working day in which the process ends at each write in turn: before it, in the middle of it, and after its
//! commit. Whoever goes on comes to the same end as if nothing had happened.

use crate::child::{self, Worker, say, told};
use crate::extent::{self, Run, UnderWay};
use crate::script::{self, STEPS, Shown};
use crate::watched::{self, At, WROTE};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::sync::Arc;
use tidemark_engine::{Engine, EngineSettings, Platform, StoreError};
use tidemark_model::number::Count;
use tidemark_tests::clock::ManualClock;
use tidemark_tests::network::TestNetwork;
use tidemark_tests::rng::SeededRng;
use tidemark_tests::wire::Wire;
use tidemark_tests::world::World;

/// In the child: with which step it goes on.
const FROM: &str = "TIDEMARK_CRASH_FROM";
/// In the child: how many have worked on this day before it.
pub const NTH: &str = "TIDEMARK_CRASH_NTH";
/// In the child: at which port the server is, where it is not the link's own.
pub const PORT: &str = "TIDEMARK_CRASH_PORT";
/// Before what a person sees after a step.
pub const GONE: &str = "gone: ";
/// Not every day is in the way of another: so many go on at once, most of them waiting for the disk.
pub const AT_ONCE: usize = 4;

/// This process takes over from at most two children.
const LAST: usize = 2;
/// SIGABRT.
pub const ABORTED: i32 = 6;

/// The commit points by name, each by what grows with it.
const NAMED: &[(&str, &str)] = &[
    ("the database is taken", "generation"),
    ("a change is saved", "change queued"),
    ("a batch is sealed", "change sealed"),
    ("an attempt is noted", "attempt"),
    ("answers are acknowledged", "change confirmed"),
    ("a page comes with its checkpoint", "pulled to"),
    ("a conflict is opened", "conflict open"),
    ("it is resolved", "conflict resolved"),
    ("a transaction is applied", "transaction pending"),
    ("one stands behind another", "transaction queued"),
    ("it begins", "transaction persisting"),
    ("it completes", "transaction completed"),
    ("it is rolled back", "transaction failed"),
    ("a change is refused", "change parked"),
    ("it goes to the trash", "change discarded"),
    ("a change is put into another", "change combined"),
    ("a change is held", "held"),
    ("it is made urgent", "urgent"),
    ("the link is paused", "paused"),
    ("what is old is removed", "purged"),
];

/// A day without a kill.
pub struct Day {
    /// What grew with each write.
    pub writes: Vec<String>,
    /// What a person saw before the first step and after each.
    seen: Vec<Shown>,
    end: End,
}

/// What a day came to.
#[derive(Debug, PartialEq)]
pub struct End {
    here: Shown,
    there: Shown,
    /// What our changes did on the server, by record, in order.
    effects: BTreeMap<String, Vec<(String, Option<Value>)>>,
    needs_you: Count,
    discarded: Count,
    conflicts: Count,
}

// proves A1, A4, A8, B1, B2, B4, B6, C3, D7
#[tokio::test]
async fn a_day_comes_to_the_same_end_at_whatever_write_its_process_ends() {
    let name = "points::a_day_comes_to_the_same_end_at_whatever_write_its_process_ends";
    if child::folder().is_some() {
        return play_as_child().await;
    }
    let mut run = Run::of(name);
    let day = Day::without_a_kill(name).await;
    for (point, grows) in NAMED {
        assert!(day.writes.iter().any(|grew| grew.contains(grows)), "{point}: in none of {:#?}", day.writes);
    }
    let all: Vec<(usize, At)> =
        (1..=day.writes.len()).flat_map(|write| At::ALL.map(|at| (write, at))).collect();
    let part = if extent::is_long() { 1 } else { all.len().div_ceil(extent::kills()) };
    let chosen = all.into_iter().skip(run.dice.below(part)).step_by(part);
    let points = chosen.map(|(write, at)| Point {
        write,
        at,
        again: run.dice.in_hundred(30).then(|| (1 + run.dice.below(8), run.dice.pick(&At::ALL))),
    });
    let points: Vec<Point> = points.collect();
    let mut days = stream::iter(points).map(|point| day.ends_at(name, point)).buffer_unordered(AT_ONCE);
    while let Some(killed) = days.next().await {
        run.killed += killed;
    }
}

/// Where a day is cut off.
#[derive(Clone, Copy, Debug)]
struct Point {
    write: usize,
    at: At,
    /// Where whoever goes on is cut off as well.
    again: Option<(usize, At)>,
}

/// In the child: goes on with the day, on a store that may end it.
pub async fn play_as_child() {
    let folder = child::folder().unwrap();
    let clock = ManualClock::default();
    let (from, nth) = (told(FROM).unwrap(), told(NTH).unwrap());
    script::set_clock(&clock, from, nth);
    let engine = engine_on(&folder, &clock, nth).await.unwrap();
    let tell = |shown| say(&format!("{GONE}{}", serde_json::to_string(&shown).unwrap()));
    script::play(&engine, &clock, (from, nth), tell).await;
    engine.shutdown().await;
}

/// In the child: the engine on a store that may end it, as the n-th to work on the folder.
pub async fn engine_on(folder: &Path, clock: &ManualClock, nth: usize) -> Result<Engine, StoreError> {
    let rng = Arc::new(SeededRng::new(1_000 + nth as u64));
    let wire = Wire::default();
    wire.set_url(told(PORT).map(|port| format!("http://127.0.0.1:{port}/v1")));
    let platform = Platform {
        surroundings: Arc::new(TestNetwork::default()),
        ..Platform::new(Arc::new(clock.clone()), rng, Arc::new(wire))
    };
    Engine::open(folder, platform, EngineSettings::default(), watched::keep(folder)?).await
}

/// What a child is told that goes on with a step, as the n-th.
pub fn goes_on_from(step: usize, nth: usize) -> [(&'static str, usize); 2] {
    [(FROM, step), (NTH, nth)]
}

impl Day {
    /// Lets a child do it that nobody ends.
    pub async fn without_a_kill(name: &str) -> Self {
        let mut world = script::morning().await;
        world.open_engine().await;
        let mut seen = vec![script::shown(world.engine())];
        world.close().await;
        let (said, ended) = Worker::start(name, world.folder(), &goes_on_from(0, 0)).end().await;
        assert!(ended.success());
        let mut writes = Vec::new();
        for line in said {
            if let Some(grew) = line.strip_prefix(WROTE) {
                writes.push(grew.to_owned());
            } else if let Some(shown) = line.strip_prefix(GONE) {
                seen.push(serde_json::from_str(shown).unwrap());
            }
        }
        assert_eq!(seen.len(), STEPS.len() + 1, "each step was gone");
        world.open_engine().await;
        script::set_clock(&world.clock, STEPS.len(), LAST);
        let end = End::of(&world).await;
        world.finish().await;
        Self { writes, seen, end }
    }

    /// Cuts a day off and goes on with it; how often a process ended.
    async fn ends_at(&self, name: &str, point: Point) -> usize {
        let _told = UnderWay(format!("{point:?}, which is {}", self.writes[point.write - 1]));
        let mut world = script::morning().await;
        let (mut gone, mut killed) = (0, 0);
        let ends = [Some((point.write, point.at)), point.again];
        for (nth, (write, at)) in ends.into_iter().flatten().enumerate() {
            let numbers = [goes_on_from(gone, nth), watched::ends_at(write, at)].concat();
            let (said, ended) = Worker::start(name, world.folder(), &numbers).end().await;
            gone += said.iter().filter(|line| line.starts_with(GONE)).count();
            if nth > 0 && ended.success() {
                // So near the end of the day whoever goes on has fewer writes left.
                assert_eq!(gone, STEPS.len(), "it was done before it was cut off");
                break;
            }
            assert_eq!(ended.signal(), Some(ABORTED), "it ends at a write");
            killed += 1;
        }
        self.goes_on(&mut world, gone).await;
        self.has_its_end(world).await;
        killed
    }

    /// This process takes over after so many steps; everything of them is there, and of the next one all, some or nothing.
    pub async fn goes_on(&self, world: &mut World, gone: usize) {
        script::set_clock(&world.clock, gone, LAST);
        world.open_engine().await;
        assert_eq!(world.engine().status().unwrap().put_back, None, "a crash is no old copy");
        world.check_books();
        let here = script::shown(world.engine());
        let (before, after) = (&self.seen[gone], &self.seen[(gone + 1).min(STEPS.len())]);
        for rid in before.keys().chain(after.keys()).chain(here.keys()) {
            let here = here.get(rid);
            assert!(
                here == before.get(rid) || here == after.get(rid),
                "{rid} is {here:?} after {gone} steps; it was {:?} before the next one and {:?} after",
                before.get(rid),
                after.get(rid)
            );
        }
        script::play(world.engine(), &world.clock, (gone, LAST), drop).await;
    }

    /// The end is the same as without a kill.
    pub async fn has_its_end(&self, world: World) {
        assert_eq!(End::of(&world).await, self.end);
        world.finish().await;
    }
}

impl End {
    /// As it is after a last sync.
    pub async fn of(world: &World) -> Self {
        world.sync().await;
        let mut effects: BTreeMap<String, Vec<(String, Option<Value>)>> = BTreeMap::new();
        let history = world.server.with_world(|server| server.history()).unwrap();
        for (effect, document) in history.into_iter().filter(|(effect, _)| effect.op != "seed") {
            effects.entry(effect.id).or_default().push((effect.op, document));
        }
        let here = script::shown(world.engine());
        let there = here.keys().filter_map(|rid| Some((rid.clone(), world.there(rid)?))).collect();
        let status = world.engine().status().unwrap();
        let (needs_you, discarded) = (status.ledger.needs_you, status.ledger.discarded);
        Self { here, there, effects, needs_you, discarded, conflicts: status.ledger.conflicts }
    }
}
