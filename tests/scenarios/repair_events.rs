//! The comparison of a collection's whole set tells its gap, its tries and its end, and the link's status says so meanwhile.

use tidemark_engine::{Engine, EngineSettings};
use tidemark_model::clock::Clock as _;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{Event, LinkState, Sentence};
use tidemark_sandbox::{CollectionSpec, Switch};
use tidemark_tests::deadline::soon;
use tidemark_tests::store_files::{Copied, database};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World};
use tokio::sync::broadcast::Receiver;

/// Seven tasks come in four pages.
fn paged() -> Stage {
    Stage { engine: EngineSettings { page: 2, ..EngineSettings::default() }, ..Stage::tasks(7) }
}

/// What a listener heard of repairs and of the link's status, in order.
struct Heard {
    from: Receiver<Event>,
    events: Vec<Event>,
}

impl Heard {
    fn of(engine: &Engine) -> Self {
        Self { from: engine.subscribe(), events: Vec::new() }
    }

    fn words(&mut self) -> Vec<String> {
        self.events.extend(std::iter::from_fn(|| self.from.try_recv().ok()));
        self.events.iter().filter_map(words).collect()
    }

    /// How many were such ones.
    fn all(&mut self, is_it: impl Fn(&Event) -> bool) -> usize {
        self.events.extend(std::iter::from_fn(|| self.from.try_recv().ok()));
        self.events.iter().filter(|event| is_it(event)).count()
    }

    fn repairs(&mut self) -> Vec<String> {
        self.words().into_iter().filter(|word| !word.contains("->")).collect()
    }

    /// Waits for something to be told, also while a request is held.
    async fn hears(&mut self, world: &World, word: &str) {
        while !self.words().iter().any(|told| told == word) {
            world.clock.advance(100);
            let event = soon(word, self.from.recv()).await.unwrap();
            self.events.push(event);
        }
    }

    async fn until(&mut self, world: &World, word: &str) {
        world.until(|_| self.words().iter().any(|told| told == word)).await;
    }
}

fn words(event: &Event) -> Option<String> {
    let (link, collection, said) = match event {
        Event::GapDetected(gap) => (&gap.link, &gap.collection, format!("gap {:?}", gap.reason)),
        Event::RepairStarted(begun) => {
            (&begun.link, &begun.collection, format!("started {}", begun.attempt.0))
        }
        Event::RepairFailed(failed) => {
            assert!(failed.error.link == LINK && !failed.error.words.is_empty(), "{failed:?}");
            let said = format!("failed {} {:?}", failed.attempt.0, failed.error.class);
            (&failed.link, &failed.collection, said)
        }
        Event::DegradedPollEntered(entered) => {
            let said = format!("degraded {} {:?}", entered.attempt.0, entered.error.class);
            (&entered.link, &entered.collection, said)
        }
        Event::RepairCompleted(ended) => {
            let found = (ended.compared.0, ended.brought.0, ended.removed.0);
            let said = format!("completed {}: {} {} {}", ended.attempt.0, found.0, found.1, found.2);
            (&ended.link, &ended.collection, said)
        }
        Event::LinkStatusChange(change) => return Some(format!("{:?}->{:?}", change.from, change.to)),
        _ => return None,
    };
    assert_eq!(link, LINK);
    Some(if collection == TASKS { said } else { format!("{collection}: {said}") })
}

fn stored(world: &World) -> (String, Option<String>) {
    rusqlite::Connection::open(database(world.folder()))
        .unwrap()
        .query_row("SELECT status, received FROM links JOIN collections ON link_id = links.id", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap()
}

/// A colleague changes a task, and the server forgets what was before.
fn expires(world: &World) {
    world.colleague_sets("t007", "title", format!("At {}", world.clock.now().0));
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
}

/// Until told otherwise no page with this in its address can be had.
fn breaks(world: &World, part: &str) {
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("GET").path(part)));
}

/// Something is sent, and then the copy from before it is put back.
async fn put_back(world: &mut World) {
    world.close().await;
    let copied = Copied::of(world.folder());
    world.open_engine().await;
    world.set("t001", "state", "done").await;
    world.sync().await;
    world.close().await;
    copied.put_back(world.folder());
    world.open_engine().await;
}

/// The next pull finds the checkpoint void, and the wish for the n-th page of the comparison is held.
async fn held_at(world: &World, page: usize) {
    let tap = &world.wire.tap;
    tap.forget();
    tap.hold_from(Point::Pull, page + 1);
    world.engine().force_sync(None, None).await.unwrap();
    tap.reached(Point::Pull, page + 1).await;
}

/// A program that works by itself and is at rest, and what it tells from now on.
async fn at_rest(stage: Stage) -> (World, Heard) {
    let world = stage.open().await;
    let mut heard = Heard::of(world.engine());
    world.engine().start();
    heard.until(&world, "Initializing->Live").await;
    rests(&world).await;
    assert_eq!(heard.words(), ["Initializing->Live"], "the first bringing in is no repair");
    heard.events.clear();
    (world, heard)
}

/// What programs do at their start has been done.
async fn rests(world: &World) {
    let then = world.clock.now().plus(3_000);
    world
        .until(|world| world.clock.now() >= then && !world.engine().status().unwrap().links[0].syncing)
        .await;
}

// proves E2, F3, F4
#[tokio::test]
async fn an_expired_checkpoint_tells_its_gap_the_repair_and_what_it_found() {
    let (world, mut heard) = at_rest(paged()).await;
    world.colleague_deletes("t001");
    expires(&world);
    let (_, position) = stored(&world);
    held_at(&world, 1).await;
    assert_eq!(stored(&world), ("repairing".to_owned(), None), "in the commit that voids the checkpoint");
    heard.hears(&world, "Live->Repairing").await;
    assert_eq!(heard.words(), ["gap Expired", "started 1", "Live->Repairing"]);
    assert_eq!(world.engine().status().unwrap().links[0].state, LinkState::Repairing);
    let gap = heard.events.iter().find_map(|event| match event {
        Event::GapDetected(gap) => Some(gap.position.clone()),
        _ => None,
    });
    assert!(position.is_some() && gap == Some(position), "{gap:?}");
    world.wire.tap.release();
    heard.until(&world, "Repairing->Live").await;
    assert_eq!(heard.words()[3..], ["completed 1: 6 1 1", "Repairing->Live"]);
    assert_eq!((stored(&world).0.as_str(), world.here("t001")), ("live", None));
    world.finish().await;
}

// proves E2, F2, F4
#[tokio::test]
async fn a_new_epoch_is_a_gap_and_one_in_the_middle_of_a_repair_begins_its_next_try() {
    let (world, mut heard) = at_rest(paged()).await;
    world.server.new_epoch(0).unwrap();
    held_at(&world, 2).await;
    world.engine().pause(Some(LINK), Some(TASKS)).await.unwrap();
    world.wire.tap.release();
    world.until(|world| !world.engine().status().unwrap().links[0].syncing).await;
    assert_eq!(stored(&world).0, "live", "a paused collection is nothing that its link waits for");
    world.server.new_epoch(0).unwrap();
    world.engine().resume(Some(LINK), Some(TASKS)).await.unwrap();
    heard.until(&world, "completed 2: 7 0 0").await;
    let steps = ["gap NewEpoch", "started 1", "gap NewEpoch", "started 2", "completed 2: 7 0 0"];
    assert_eq!(heard.repairs(), steps);
    world.finish().await;
}

// proves E2, F3, F4
#[tokio::test]
async fn a_comparison_that_fails_is_degraded_once_and_counts_its_tries() {
    let (world, mut heard) = at_rest(paged()).await;
    expires(&world);
    held_at(&world, 2).await;
    heard.hears(&world, "Live->Repairing").await;
    let (_, position) = stored(&world);
    breaks(&world, "limit=");
    world.wire.tap.release();
    heard.until(&world, "failed 2 Transient").await;
    assert_eq!(stored(&world).0, "degraded_poll");
    world.server.clear_faults();
    heard.until(&world, "DegradedPoll->Live").await;
    assert_eq!(
        heard.words(),
        [
            "gap Expired",
            "started 1",
            "Live->Repairing",
            "failed 1 Transient",
            "degraded 1 Transient",
            "Repairing->DegradedPoll",
            "started 2",
            "failed 2 Transient",
            "started 3",
            "completed 3: 7 1 0",
            "DegradedPoll->Live"
        ]
    );
    let from = heard.events.iter().filter_map(|event| match event {
        Event::RepairStarted(started) => Some(started.position.clone()),
        Event::RepairFailed(failed) => Some(failed.position.clone()),
        _ => None,
    });
    let from: Vec<_> = from.collect();
    assert!(position.is_some());
    assert_eq!(from[0], None, "from the beginning");
    assert!(
        from[1..].iter().all(|from| *from == position),
        "each goes on where the last one stopped: {from:?}"
    );
    world.finish().await;
}

// proves E2, F4
#[tokio::test]
async fn an_outage_in_the_middle_fails_the_try_and_looks_at_a_dead_server_are_no_further_ones() {
    let (world, mut heard) = at_rest(paged()).await;
    expires(&world);
    held_at(&world, 2).await;
    world.server.go_offline().await.unwrap();
    world.wire.tap.release();
    heard.until(&world, "degraded 1 Offline").await;
    let then = world.wire.tap.count(Point::Check);
    world.engine().force_sync(None, None).await.unwrap();
    world.until(|world| world.wire.tap.count(Point::Check) > then).await;
    world.server.go_online().await.unwrap();
    world.engine().force_sync(None, None).await.unwrap();
    heard.until(&world, "DegradedPoll->Live").await;
    assert_eq!(
        heard.repairs(),
        [
            "gap Expired",
            "started 1",
            "failed 1 Offline",
            "degraded 1 Offline",
            "started 2",
            "completed 2: 7 1 0"
        ]
    );
    world.finish().await;
}

// proves E2, F4
#[tokio::test]
async fn an_outage_that_a_change_meets_in_the_middle_fails_the_try_too() {
    let (world, mut heard) = at_rest(paged()).await;
    expires(&world);
    let tap = &world.wire.tap;
    tap.forget();
    // The first page of the comparison is here and not seen yet.
    tap.hold_from(Point::PullAnswer, 2);
    world.engine().force_sync(None, None).await.unwrap();
    tap.reached(Point::PullAnswer, 2).await;
    world.set("t003", "state", "mine").await;
    world.server.go_offline().await.unwrap();
    tap.release();
    heard.until(&world, "degraded 1 Offline").await;
    assert_eq!(
        (tap.count(Point::Pull), tap.count(Point::Push)),
        (2, 1),
        "it was no page that was not answered"
    );
    world.server.go_online().await.unwrap();
    heard.until(&world, "DegradedPoll->Live").await;
    assert_eq!(heard.repairs()[2..4], ["failed 1 Offline", "degraded 1 Offline"]);
    world.finish().await;
}

// proves E2
#[tokio::test]
async fn many_tries_are_told_at_most_ten_times_a_second_and_the_last_one_always_is() {
    let (world, mut heard) = at_rest(paged()).await;
    expires(&world);
    held_at(&world, 1).await;
    breaks(&world, "limit=");
    world.wire.tap.release();
    heard.until(&world, "failed 1 Transient").await;
    let begun = world.clock.now();
    for _ in 0..30 {
        world.sync().await;
    }
    let is_last = |event: &Event| matches!(event, Event::RepairFailed(failed) if failed.attempt.0 > 30);
    world.until(|_| heard.all(is_last) > 0).await;
    let tenths = (world.clock.now().0 - begun.0) / 100 + 1;
    let told = heard.all(|event| matches!(event, Event::RepairFailed(_))) as i64;
    assert!(told <= 1 + tenths && told < 10, "{told} in {tenths} tenths of a second");
    world.server.clear_faults();
    world.sync().await;
    heard.until(&world, "DegradedPoll->Live").await;
    world.finish().await;
}

// proves E1, F3
#[tokio::test]
async fn nothing_is_said_to_be_up_to_date_while_a_comparison_is_not_at_its_end() {
    let world = paged().open().await;
    let said = || world.engine().status().unwrap().sentence;
    assert!(matches!(said(), Sentence::UpToDate { .. }), "{:?}", said());
    expires(&world);
    world.wire.tap.forget();
    world.wire.tap.hold_from(Point::Pull, 3);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Pull, 3).await;
    breaks(&world, "limit=");
    world.wire.tap.release();
    syncing.await.unwrap();
    assert!(matches!(said(), Sentence::Checking { .. }), "{:?}", said());
    world.server.clear_faults();
    world.sync().await;
    assert!(matches!(said(), Sentence::UpToDate { .. }), "{:?}", said());
    world.finish().await;
}

// proves E2, F3, F4
#[tokio::test]
async fn a_try_goes_on_under_its_number_after_a_restart_and_a_failed_one_is_not_forgotten() {
    let mut world = paged().open().await;
    expires(&world);
    world.wire.tap.hold_from(Point::Pull, 3);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Pull, 3).await;
    world.crash(syncing).await;
    assert_eq!(stored(&world).0, "repairing");
    breaks(&world, "limit=");
    world.sync().await;
    assert_eq!(stored(&world).0, "degraded_poll");
    world.restart().await;
    assert_eq!(stored(&world).0, "degraded_poll");
    let mut heard = Heard::of(world.engine());
    world.server.clear_faults();
    world.engine().start();
    heard.until(&world, "DegradedPoll->Live").await;
    assert_eq!(heard.words(), ["started 2", "completed 2: 7 1 0", "DegradedPoll->Live"]);

    world.restart().await;
    world.colleague_sets("t001", "state", "theirs");
    expires(&world);
    world.wire.tap.forget();
    world.wire.tap.hold_from(Point::Pull, 3);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Pull, 3).await;
    world.crash(syncing).await;
    let mut heard = Heard::of(world.engine());
    world.engine().start();
    heard.until(&world, "Repairing->Live").await;
    assert_eq!(heard.words(), ["completed 1: 7 2 0", "Repairing->Live"], "what it brought before counts");
    world.finish().await;
}

// proves E2, F3, A14
#[tokio::test]
async fn a_pause_in_the_middle_wins_and_the_same_try_goes_on_after_it() {
    let (world, mut heard) = at_rest(paged()).await;
    expires(&world);
    held_at(&world, 2).await;
    heard.hears(&world, "Live->Repairing").await;
    world.engine().pause(Some(LINK), None).await.unwrap();
    assert_eq!(stored(&world).0, "paused");
    let asked = world.wire.tap.count(Point::Pull);
    world.wire.tap.release();
    heard.until(&world, "Repairing->Paused").await;
    world.until(|world| !world.engine().status().unwrap().links[0].syncing).await;
    assert_eq!(
        world.wire.tap.count(Point::Pull),
        asked,
        "what was on its way may come in, and nothing more is asked for"
    );
    assert_eq!(stored(&world).0, "paused");
    world.engine().resume(Some(LINK), None).await.unwrap();
    assert_eq!(stored(&world).0, "repairing");
    heard.until(&world, "completed 1: 7 1 0").await;
    let words = heard.words();
    assert_eq!(words[..4], ["gap Expired", "started 1", "Live->Repairing", "Repairing->Paused"]);
    assert_eq!(heard.repairs(), ["gap Expired", "started 1", "completed 1: 7 1 0"]);
    world.finish().await;
}

// proves E2, H6
#[tokio::test]
async fn a_program_that_does_not_send_hears_the_same_steps() {
    let (world, mut first) = at_rest(paged()).await;
    let second = world.second_engine().await;
    assert!(!second.is_sender());
    second.start();
    rests(&world).await;
    let mut other = Heard::of(&second);
    expires(&world);
    held_at(&world, 2).await;
    breaks(&world, "limit=");
    world.wire.tap.release();
    first.until(&world, "failed 2 Transient").await;
    world.server.clear_faults();
    first.until(&world, "DegradedPoll->Live").await;
    other.until(&world, "DegradedPoll->Live").await;
    let steps = [
        "gap Expired",
        "started 1",
        "failed 1 Transient",
        "degraded 1 Transient",
        "started 2",
        "failed 2 Transient",
        "started 3",
        "completed 3: 7 1 0",
    ];
    assert_eq!(first.repairs(), steps);
    assert_eq!(other.repairs(), steps);
    second.shutdown().await;
    world.finish().await;
}

// proves E2, A1
#[tokio::test]
async fn an_old_copy_put_back_tells_its_gaps_to_the_first_who_listens() {
    let mut world = paged().open().await;
    put_back(&mut world).await;
    assert_eq!(stored(&world).0, "repairing");
    let mut heard = Heard::of(world.engine());
    world.engine().start();
    heard.until(&world, "completed 1: 7 1 0").await;
    assert_eq!(heard.repairs(), ["gap PutBack", "started 1", "completed 1: 7 1 0"]);
    world.finish().await;
}

// proves E2, F3, F4
#[tokio::test]
async fn a_link_is_degraded_once_for_all_its_collections_and_until_the_last_of_them_is_compared() {
    let stage = paged().collection(CollectionSpec::named("notes")).record("notes", r#"{"id":"n1"}"#);
    let mut world = stage.open().await;
    put_back(&mut world).await;
    breaks(&world, "limit=");
    let mut heard = Heard::of(world.engine());
    world.engine().start();
    heard.until(&world, "Repairing->DegradedPoll").await;
    let gaps = ["gap PutBack", "notes: gap PutBack"];
    let failed = ["started 1", "failed 1 Transient", "degraded 1 Transient"];
    let mut told = heard.repairs();
    told.sort_unstable();
    let mut both = [&gaps[..], &failed, &["notes: started 1", "notes: failed 1 Transient"]].concat();
    both.sort_unstable();
    assert_eq!(told, both);
    breaks(&world, "/c/notes");
    heard.until(&world, "completed 2: 7 1 0").await;
    assert_eq!(stored(&world).0, "degraded_poll");
    world.server.clear_faults();
    heard.until(&world, "DegradedPoll->Live").await;
    assert!(heard.repairs().last().unwrap().starts_with("notes: completed"), "{:?}", heard.repairs());
    world.finish().await;
}

// proves E2, F3, F4
#[tokio::test]
async fn before_a_collection_was_once_here_a_gap_begins_no_repair() {
    let world = paged().open().await;
    let mut heard = Heard::of(world.engine());
    world.add_link_named("again", LinkSettings::default()).await;
    world.wire.tap.hold_from(Point::Pull, 3);
    let engine = world.engine().clone();
    let syncing = tokio::spawn(async move { engine.sync(Some("again"), None).await });
    world.wire.tap.reached(Point::Pull, 3).await;
    world.server.new_epoch(0).unwrap();
    world.wire.tap.release();
    syncing.await.unwrap().unwrap();
    world.engine().start();
    world
        .until(|_| heard.all(|event| matches!(event, Event::LinkStatusChange(c) if c.link == "again")) > 0)
        .await;
    assert_eq!(heard.all(|event| matches!(event, Event::GapDetected(gap) if gap.link == "again")), 1);
    assert_eq!(heard.all(|event| matches!(event, Event::RepairStarted(of) if of.link == "again")), 0);
    assert_eq!(heard.all(|event| matches!(event, Event::RepairCompleted(of) if of.link == "again")), 0);
    world.finish().await;
}
