//! What a failure means is decided where it is born, never by the digits in its text.

use crate::offline_pushes::is_gone_when_it_leaves;
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::MutationState;
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule};
use tidemark_tests::world::{Stage, World};

async fn classes(world: &World) -> Vec<Option<ErrorClass>> {
    let change = world.queue().remove(0).id;
    world.engine().get_change(&change).unwrap().attempts.into_iter().map(|attempt| attempt.class).collect()
}

// proves A7
#[tokio::test]
async fn a_timeout_whose_text_says_400_is_no_400() {
    let mut world = Stage::tasks(1).open().await;
    let proxy = FaultProxy::start(&world.server.origin()).await.unwrap();
    world.wire.set_url(Some(proxy.url("/v1/")));
    world.restart().await;
    world.set("t001", "state", "400 Bad Request").await;
    for (status, words) in [(504, "upstream timed out after 400 ms"), (503, "400 Bad Request"), (502, "409")]
    {
        let said = format!(r#"{{"type":"about:blank","title":"{words}","status":400}}"#);
        proxy
            .add(Rule::once(Fault::Say(Canned::new(status, "application/problem+json", said))).method("PUT"));
        world.sync().await;
        assert_eq!(world.queue()[0].mutation_state, MutationState::Uncertain, "{words}");
        world.clock.advance_s(400);
    }
    assert_eq!(classes(&world).await, [Some(ErrorClass::Transient); 3]);
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

/// A port with 400 in it that nobody has.
fn port_with_400() -> u16 {
    let taken = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_err();
    let mut ports = (14_000..14_010).chain(24_000..24_010);
    ports.find(|port| !taken(port)).expect("one of twenty ports is free")
}

// proves A7
#[tokio::test]
async fn a_refused_connection_to_a_port_with_400_in_it_is_no_400() {
    let mut stage = Stage::tasks(1);
    stage.server.port = port_with_400();
    let world = stage.open().await;
    world.set("t001", "state", "done").await;
    for time in 1..=12 {
        is_gone_when_it_leaves(&world).await;
        assert_eq!(classes(&world).await, vec![Some(ErrorClass::Offline); time]);
        assert_eq!(world.queue()[0].mutation_state, MutationState::Queued);
        world.clock.advance_s(400);
    }
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}
