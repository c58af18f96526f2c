//! One change that the server cannot digest holds up nothing else, and ends with a person.

use futures_util::future::join_all;
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::MutationState;
use tidemark_model::view::WaitReason;
use tidemark_sandbox::Switch;
use tidemark_tests::world::{Stage, task};

// proves A5, A6, A7, A8
#[tokio::test]
async fn one_poisoned_record_does_not_stop_the_other_999() {
    let world = Stage::default().open().await;
    let documents: Vec<_> = (1..=1000).map(task).collect();
    join_all(documents.iter().map(|document| world.create(document))).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("PUT").path("/tasks/t007")));

    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (999, 0));
    let left = world.queue();
    assert_eq!(left.iter().map(|row| row.record.as_str()).collect::<Vec<_>>(), ["t007"]);
    assert_eq!(left[0].mutation_state, MutationState::Uncertain, "a 500 is no proof that nothing was done");

    let mut delays = Vec::new();
    while world.queue()[0].mutation_state != MutationState::Parked {
        let next = world.queue()[0].next_at.expect("what waits has a wake-up");
        delays.push(next.0 - tidemark_model::clock::Clock::now(&world.clock).0);
        assert!(delays.len() < 10, "it is given up some day");
        world.clock.advance_to(next);
        world.sync().await;
    }
    assert_eq!(delays.len(), 4, "five counted attempts in all");
    for (n, delay) in delays.iter().enumerate() {
        let exact = 1_000 << n;
        assert!(
            (exact..=exact + exact / 10).contains(delay),
            "retry {n} came after {delay} ms, not about {exact}"
        );
    }

    let parked = world.engine().get_change(&left[0].id).unwrap();
    let counted = parked.attempts.iter().filter(|attempt| attempt.status == Some(500)).count();
    assert_eq!(counted, 5, "every attempt is on record: {:?}", parked.attempts);
    assert!(parked.attempts.iter().all(|attempt| attempt.class == Some(ErrorClass::Transient)));
    assert!(matches!(
        parked.row.reason,
        Some(WaitReason::Refused { status: Some(500), .. } | WaitReason::MayHaveBeenSent)
    ));
    assert_eq!(world.here("t007"), Some(task(7)), "its data is kept");
    world.check_books();

    world.server.clear_faults();
    assert_eq!(world.engine().retry(vec![left[0].id.clone()]).await.unwrap().done.0, 1);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.effect_count(), 1000);
    world.finish().await;
}

// proves A7, A8
#[tokio::test]
async fn a_refusal_parks_at_once_and_goes_only_by_a_persons_hand() {
    let world = Stage::tasks(3).open().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT").path("/tasks/t002")));
    for rid in ["t001", "t002", "t003"] {
        world.set(rid, "state", "done").await;
    }
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (2, 1));
    world.clock.advance_s(3_600);
    assert_eq!(world.sync().await.parked, 0, "it is not tried again by itself");
    assert_eq!(world.engine().get_change(&world.queue()[0].id).unwrap().attempts.len(), 1);
    assert_eq!(world.here("t002").unwrap()["state"], "done", "what was typed is still shown");

    let parked = world.queue()[0].id.clone();
    assert_eq!(world.engine().discard(vec![parked]).await.unwrap().done.0, 1);
    assert_eq!(world.here("t002").unwrap()["state"], "open");
    assert_eq!(world.engine().status().unwrap().ledger.discarded.0, 1);
    world.finish().await;
}
