//! A server that wants a newer client, or that nobody vouches for, stops its link until a person has done something.

use tidemark_model::mutation::MutationState;
use tidemark_model::view::{AttemptView, Sentence, Stopped};
use tidemark_sandbox::Switch;
use tidemark_tests::deadline::soon;
use tidemark_tests::self_signed::self_signed;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World};

/// The key under which a change of a task left last.
fn key(world: &World, rid: &str) -> String {
    let pushed = world.wire.tap.passed(Point::Push).into_iter().rfind(|passed| passed.record == rid);
    pushed.and_then(|passed| passed.token).expect("it was sent")
}

/// A running engine with two changes: one whose answer was lost, and one that nobody has tried.
async fn at_work() -> (World, String) {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").times(1)));
    world.sync().await;
    assert_eq!(world.queue()[0].mutation_state, MutationState::Uncertain);
    let key = key(&world, "t001");
    world.set("t002", "state", "done").await;
    (world, key)
}

fn requests(world: &World) -> usize {
    let points = [Point::Check, Point::Push, Point::Pull, Point::Fetch];
    points.into_iter().map(|point| world.wire.tap.count(point)).sum()
}

/// Six hours pass in which a person edits too.
async fn six_hours_pass(world: &World) {
    world.wire.tap.forget();
    for hour in 0..6 {
        world.set("t002", "rank", hour).await;
        for _ in 0..4 {
            world.clock.advance_s(900);
            let mut looks = 0;
            world
                .until(|_| {
                    looks += 1;
                    looks > 12
                })
                .await;
        }
    }
    assert_eq!(requests(world), 0, "only a person can start it again");
}

/// What of the queue must stay as it is: states, tries, counts.
fn stand(world: &World) -> Vec<(MutationState, i64)> {
    let attempts = |id: &str| world.engine().get_change(id).unwrap().attempts.len() as i64;
    world.queue().iter().map(|row| (row.mutation_state, attempts(&row.id))).collect()
}

// proves A7, A8, A4
#[tokio::test]
async fn a_server_that_wants_a_newer_client_is_left_alone_until_a_person_connects_anew() {
    let (world, first_key) = at_work().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![426]).method("PUT")));
    world.engine().start();
    let is_stopped = |world: &World| {
        matches!(world.engine().status().unwrap().links[0].stopped, Some(Stopped::Upgrade { .. }))
    };
    world.until(is_stopped).await;
    let status = world.engine().status().unwrap();
    assert!(matches!(status.sentence, Sentence::Stopped { .. }), "{:?}", status.sentence);
    let before = stand(&world);
    six_hours_pass(&world).await;
    let after = stand(&world);
    assert_eq!(after[0], before[0], "nothing parked, nothing tried");
    assert_eq!(world.engine().status().unwrap().queue.needs_you.0, 0);
    world.check_books();

    world.server.clear_faults();
    world.engine().reconnect(LINK).await.unwrap();
    world.until(|world| world.queue().is_empty()).await;
    let effects = world.server.report().unwrap().effects;
    let ours: Vec<_> = effects.iter().filter(|effect| effect.id == "t001").collect();
    assert_eq!((ours.len(), ours[0].key.as_deref()), (1, Some(first_key.as_str())), "once, under its key");
    assert_eq!(world.there("t002").unwrap()["rank"], 5);
    world.finish().await;
}

// proves A7, A4
#[tokio::test]
async fn a_426_to_a_change_leaves_its_key_and_its_counts_as_they_were() {
    let world = Stage::tasks(1).open().await;
    let change = world.set("t001", "state", "done").await.change.unwrap();
    world.fault(|faults| faults.status = Some(Switch::always(vec![426]).method("PUT")));
    for _ in 0..6 {
        world.sync().await;
        world.clock.advance_s(60);
    }
    assert_eq!(world.engine().status().unwrap().queue.needs_you.0, 0, "six of them park nothing");
    world.server.clear_faults();
    world.engine().reconnect(LINK).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    let attempts = world.engine().get_change(&change).unwrap().attempts;
    let timed = |tried: &AttemptView| tried.timing.is_some_and(|timing| timing.first_byte.is_some());
    assert!(attempts.iter().all(timed), "each try tells where its time went: {attempts:?}");
    assert!(attempts.len() > 1 && attempts.iter().all(|attempt| attempt.key == attempts[0].key));
    world.finish().await;
}

// proves A7, A8, A4
#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_left_alone_until_a_person_connects_anew() {
    let (world, first_key) = at_work().await;
    let (port, mut comes) = self_signed().await;
    let before = stand(&world);
    world.wire.set_url(Some(format!("https://localhost:{port}/v1")));
    world.engine().reconnect(LINK).await.unwrap();
    world.engine().start();
    let is_stopped = |world: &World| {
        matches!(world.engine().status().unwrap().links[0].stopped, Some(Stopped::Untrusted { .. }))
    };
    world.until(is_stopped).await;
    let status = world.engine().status().unwrap();
    assert!(matches!(status.sentence, Sentence::Stopped { .. }), "{:?}", status.sentence);
    assert_eq!(soon("it is tried", comes.recv()).await, Some(false), "and nothing said");
    six_hours_pass(&world).await;
    assert!(comes.try_recv().is_err(), "nobody even connects");
    assert_eq!(stand(&world)[0], before[0], "nothing parked, nothing tried");
    world.check_books();

    world.wire.set_url(None);
    world.engine().reconnect(LINK).await.unwrap();
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.effects("t001"), ["put"], "once");
    let key = world.server.report().unwrap().effects.into_iter().find(|effect| effect.id == "t001");
    assert_eq!(key.unwrap().key, Some(first_key));
    world.finish().await;
}
