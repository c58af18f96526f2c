//! A refused sign-in pauses the link and drops nothing.

use tidemark_model::mutation::MutationState;
use tidemark_model::view::{Connectivity, Sentence, Stopped};
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage};

// proves A7, A4
#[tokio::test]
async fn a_401_pauses_and_after_the_sign_in_it_goes_on_with_the_same_key() {
    let world = Stage::tasks(20).open().await;
    for number in 1..=20 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.fault(|faults| faults.unauthorized = Some(Switch::always(true).method("PUT").path("/t003")));
    world.sync().await;
    let status = world.engine().status().unwrap();
    assert!(matches!(status.links[0].stopped, Some(Stopped::SignIn { .. })), "{:?}", status.links[0].stopped);
    assert_eq!(status.attention.sign_in.len(), 1);
    let confirmed = status.ledger.confirmed.0;
    assert!(confirmed < 20, "it stopped in the middle");
    assert_eq!(
        (status.ledger.needs_you.0, status.queue_length.0),
        (0, 20 - confirmed),
        "nothing was dropped"
    );
    let refused = world.queue().into_iter().find(|row| row.record == "t003").unwrap();
    assert_eq!(refused.mutation_state, MutationState::Queued);
    let key =
        world.wire.tap.passed(Point::Push).into_iter().find(|passed| passed.record == "t003").unwrap().token;
    world.check_books();

    world.server.clear_faults();
    world.engine().reconnect(LINK).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 20 - confirmed);
    let attempts = world.engine().get_change(&refused.id).unwrap().attempts;
    assert_eq!(
        attempts.iter().map(|attempt| Some(attempt.key.clone())).collect::<Vec<_>>(),
        [key.clone(), key.clone()]
    );
    let effects = world.server.report().unwrap().effects;
    assert_eq!(effects.iter().find(|effect| effect.id == "t003").unwrap().key, key);
    assert_eq!(effects.len(), 20);
    world.finish().await;
}

// proves A7, E3
#[tokio::test]
async fn a_link_that_wants_a_sign_in_leaves_the_server_alone() {
    let world = Stage::tasks(1).open().await;
    world.fault(|faults| faults.unauthorized = Some(Switch::always(true)));
    world.set("t001", "state", "done").await;
    world.engine().start();
    world.until(|world| matches!(world.engine().status().unwrap().sentence, Sentence::SignIn { .. })).await;
    world.wire.tap.forget();
    for _ in 0..48 {
        let laid_down = world.clock.lie_downs();
        world.clock.advance_s(1_800);
        world.clock.laid_down(laid_down).await;
    }
    assert_eq!(world.wire.tap.count(Point::Check), 0, "only a person can start it again");
    assert_eq!(world.queue().len(), 1);
    world.server.clear_faults();
    world.engine().reconnect(LINK).await.unwrap();
    world.wire.tap.reached(Point::PushAnswer, 1).await;
    world.finish().await;
}

// proves A7, E3
#[tokio::test]
async fn a_server_that_was_away_and_wants_a_sign_in_is_reached() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.server.go_offline().await.unwrap();
    world.sync().await;
    let away = world.engine().status().unwrap().links.remove(0);
    assert_eq!(away.connectivity, Connectivity::Offline);
    assert!(away.next_try.is_some() && away.offline_since.is_some(), "{away:?}");

    world.server.go_online().await.unwrap();
    world.fault(|faults| faults.unauthorized = Some(Switch::always(true)));
    world.sync().await;
    let link = world.engine().status().unwrap().links.remove(0);
    assert!(matches!(link.stopped, Some(Stopped::SignIn { .. })), "{:?}", link.stopped);
    assert_eq!(
        (link.connectivity, link.offline_since, link.next_try),
        (Connectivity::Online, None, None),
        "it answered, and nothing goes out by its being reached or by a time's coming"
    );
    world.server.clear_faults();
    world.engine().reconnect(LINK).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}
