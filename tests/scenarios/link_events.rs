//! Each link tells its steps, with where they began and where they lead.

use tidemark_model::clock::Clock as _;
use tidemark_model::number::Count;
use tidemark_model::view::{Connectivity, Event, LinkState};
use tidemark_sandbox::Switch;
use tidemark_tests::world::{LINK, Stage, TASKS, World};
use tokio::sync::broadcast::Receiver;

/// What was told so far, in order.
struct Told {
    from: Receiver<Event>,
    events: Vec<Event>,
}

/// A world whose engine works by itself, with a listener from before its first step.
async fn listening(stage: Stage) -> (World, Told) {
    let world = stage.open().await;
    let told = Told { from: world.engine().subscribe(), events: Vec::new() };
    world.engine().start();
    (world, told)
}

impl Told {
    fn take_in(&mut self) -> &[Event] {
        self.events.extend(std::iter::from_fn(|| self.from.try_recv().ok()));
        &self.events
    }

    async fn until(&mut self, world: &World, is_it: impl Fn(&Event) -> bool) {
        world.until(|_| self.take_in().iter().any(&is_it)).await;
    }

    fn states(&self) -> Vec<(LinkState, LinkState)> {
        let step = |event: &Event| match event {
            Event::LinkStatusChange(change) => {
                assert_eq!((change.id, change.link.as_str()), (Count(1), LINK));
                Some((change.from, change.to))
            }
            _ => None,
        };
        self.events.iter().filter_map(step).collect()
    }

    fn reached(&self) -> Vec<(Connectivity, Connectivity)> {
        let step = |event: &Event| match event {
            Event::LinkConnectivityChange(change) => Some((change.from, change.to)),
            _ => None,
        };
        self.events.iter().filter_map(step).collect()
    }

    fn pushed(&self) -> Vec<(i64, i64)> {
        let step = |event: &Event| match event {
            Event::PushAdvance(advance) => Some((advance.from.0, advance.to.0)),
            _ => None,
        };
        self.events.iter().filter_map(step).collect()
    }

    fn pulled(&self) -> Vec<(Option<String>, String)> {
        let step = |event: &Event| match event {
            Event::PullAdvance(advance) => {
                assert_eq!((advance.link.as_str(), advance.collection.as_str()), (LINK, TASKS));
                Some((advance.from.clone(), advance.to.clone()))
            }
            _ => None,
        };
        self.events.iter().filter_map(step).collect()
    }
}

/// One value of a table of the database.
fn stored(world: &World, sql: &str) -> String {
    let database = rusqlite::Connection::open(world.folder().join("tidemark.db")).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

// proves E2, F3
#[tokio::test]
async fn a_link_tells_that_it_came_up_went_down_and_was_paused() {
    let (world, mut told) = listening(Stage::tasks(2)).await;
    told.until(&world, |event| matches!(event, Event::LinkConnectivityChange(_))).await;
    assert_eq!(told.states(), [(LinkState::Initializing, LinkState::Live)]);
    assert_eq!(told.reached(), [(Connectivity::Unknown, Connectivity::Online)]);
    assert_eq!(stored(&world, "SELECT status FROM links"), "live");

    world.server.go_offline().await.unwrap();
    world.engine().force_sync(None, None).await.unwrap();
    let went = |to| move |event: &Event| matches!(event, Event::LinkConnectivityChange(c) if c.to == to);
    told.until(&world, went(Connectivity::Offline)).await;
    let Some(Event::LinkConnectivityChange(down)) =
        told.events.iter().find(|event| went(Connectivity::Offline)(event))
    else {
        panic!("it was told")
    };
    let error = down.error.as_ref().expect("what went wrong was on disk before it was told");
    assert!(!error.words.is_empty() && error.link == LINK, "{error:?}");
    assert!(down.next_try.is_some(), "{down:?}");

    world.server.go_online().await.unwrap();
    let before = told.reached().len();
    world
        .until(|_| {
            told.take_in();
            told.reached().len() > before
        })
        .await;
    let (unknown, online, offline) = (Connectivity::Unknown, Connectivity::Online, Connectivity::Offline);
    assert_eq!(told.reached(), [(unknown, online), (online, offline), (offline, online)]);
    let Some(Event::LinkConnectivityChange(up)) =
        told.events.iter().rfind(|event| went(Connectivity::Online)(event))
    else {
        panic!("it was told")
    };
    assert_eq!((&up.error, up.next_try), (&None, None));

    world.engine().pause(Some(LINK), None).await.unwrap();
    assert_eq!(stored(&world, "SELECT status FROM links"), "paused", "stored with the pause itself");
    told.until(&world, |event| matches!(event, Event::LinkStatusChange(c) if c.to == LinkState::Paused))
        .await;
    world.engine().resume(Some(LINK), None).await.unwrap();
    told.until(&world, |event| matches!(event, Event::LinkStatusChange(c) if c.from == LinkState::Paused))
        .await;
    world.engine().pause(None, None).await.unwrap();
    world
        .until(|_| {
            told.take_in();
            told.states().len() == 4
        })
        .await;
    world.engine().resume(None, None).await.unwrap();
    world
        .until(|_| {
            told.take_in();
            told.states().len() == 5
        })
        .await;
    let (live, paused) = (LinkState::Live, LinkState::Paused);
    assert_eq!(
        told.states(),
        [(LinkState::Initializing, live), (live, paused), (paused, live), (live, paused), (paused, live)]
    );
    world.finish().await;
}

// proves E2, F2, F5
#[tokio::test]
async fn both_checkpoints_tell_each_step_from_where_the_last_one_led() {
    let (world, mut told) = listening(Stage::tasks(3)).await;
    told.until(&world, |event| matches!(event, Event::PullAdvance(_))).await;
    assert_eq!(told.pulled().len(), 1);
    assert_eq!(told.pulled()[0].0, None, "the stream begins");

    // The first is refused; what is confirmed behind it leaves a gap.
    let refusing = Switch::always(vec![422]).method("PUT,PATCH").path("/t001");
    world.fault(|faults| faults.status = Some(refusing));
    let refused = world.set("t001", "state", "done").await.change.unwrap();
    world.set("t002", "state", "done").await;
    world.until(|world| world.queue().len() == 1 && world.effect_count() == 1).await;
    told.until(&world, |event| matches!(event, Event::PullAdvance(advance) if advance.from.is_some())).await;
    assert_eq!(told.pushed(), [], "nothing is confirmed before the gap");

    world.fault(|faults| faults.status = None);
    world.engine().retry(vec![refused]).await.unwrap();
    told.until(&world, |event| matches!(event, Event::PushAdvance(_))).await;
    assert_eq!(told.pushed()[0].0, 0);
    world.set("t003", "state", "done").await;
    world
        .until(|_| {
            told.take_in();
            told.pushed().len() == 2
        })
        .await;
    world
        .until(|_| {
            told.take_in();
            told.pulled().len() >= 3
        })
        .await;
    let last = stored(&world, "SELECT CAST(max(seq) AS TEXT) FROM outbox WHERE state = 'confirmed'");
    assert_eq!(told.pushed()[1].1.to_string(), last);
    assert_eq!(told.pushed()[1].0, told.pushed()[0].1, "a step begins where the last one led");
    let pulled = told.pulled();
    assert!(pulled.windows(2).all(|two| two[1].0.as_ref() == Some(&two[0].1)), "{pulled:?}");
    assert_eq!(pulled.last().unwrap().1, stored(&world, "SELECT received FROM collections"));
    world.finish().await;
}

// proves E2
#[tokio::test]
async fn many_steps_are_told_at_most_ten_times_a_second_and_none_is_lost() {
    let (world, mut told) = listening(Stage::tasks(150)).await;
    told.until(&world, |event| matches!(event, Event::PullAdvance(_))).await;
    let begun = world.clock.now();
    for number in 1..=150 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.until(|world| world.queue().is_empty()).await;
    let last: i64 = stored(&world, "SELECT CAST(max(seq) AS TEXT) FROM outbox WHERE state = 'confirmed'")
        .parse()
        .unwrap();
    world
        .until(|_| {
            told.take_in();
            told.pushed().last().is_some_and(|step| step.1 == last)
        })
        .await;
    let tenths = (world.clock.now().0 - begun.0) / 100 + 1;
    let pushed = told.pushed();
    assert!(pushed.len() as i64 <= tenths, "{} steps in {tenths} tenths of a second", pushed.len());
    assert!(pushed.len() < 75, "150 answers are told together: {}", pushed.len());
    assert!(pushed.windows(2).all(|two| two[1].0 == two[0].1 && two[1].1 > two[1].0), "{pushed:?}");
    world.finish().await;
}
