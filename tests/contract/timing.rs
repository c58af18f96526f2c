//! Where the time of a change's request went.

use crate::every_kind;
use crate::ground::{Ground, connector, impatient};
use serde_json::json;
use std::time::Duration;
use tidemark_connectors::{HttpOptions, KINDS, connect};
use tidemark_model::connector::{Connector, Sealed};
use tidemark_model::number::Millis;
use tidemark_model::settings::LinkSettings;
use tidemark_model::timing::Timing;
use tidemark_tests::fault_proxy::{Fault, Rule};
use tidemark_tests::self_signed::self_signed;

every_kind!(
    a_connection_is_told_from_one_that_was_open_already,
    a_name_is_looked_up_once_for_each_connection,
    an_answer_that_does_not_come_has_no_first_byte,
    of_several_requests_at_once_no_time_is_told,
);

async fn timing(connector: &dyn Connector, sealed: &Sealed) -> Timing {
    connector.push(std::slice::from_ref(sealed)).await.exchange.expect("one request is measured").timing
}

async fn a_connection_is_told_from_one_that_was_open_already(ground: Ground) {
    let first = timing(ground.ours.as_ref(), &ground.create(&json!({"id": "a"}))).await;
    assert!(first.connect.is_some() && !first.reused, "{first:?}");
    assert_eq!((first.name, first.secure), (None, false), "an address is no name, and http has no handshake");
    assert!(first.first_byte.is_some_and(|byte| byte <= first.total), "{first:?}");
    ground.proxy.add(Rule::once(Fault::Delay(Duration::from_millis(80))));
    let second = timing(ground.ours.as_ref(), &ground.create(&json!({"id": "b"}))).await;
    assert_eq!((second.connect, second.reused), (None, true), "{second:?}");
    assert!(second.first_byte >= Some(Millis(80)), "the server took its time: {second:?}");
}

async fn a_name_is_looked_up_once_for_each_connection(ground: Ground) {
    let url = ground.proxy.url("v1").replace("127.0.0.1", "localhost");
    let ours = connector(ground.kind, &url, LinkSettings::default(), HttpOptions::default());
    let first = timing(ours.as_ref(), &ground.create(&json!({"id": "a"}))).await;
    assert!(first.name.is_some() && first.connect.is_some(), "{first:?}");
    let second = timing(ours.as_ref(), &ground.create(&json!({"id": "b"}))).await;
    assert_eq!((second.name, second.reused), (None, true), "{second:?}");
}

async fn an_answer_that_does_not_come_has_no_first_byte(ground: Ground) {
    let ours = ground.ours_with("v1", impatient());
    ground.proxy.add(Rule::once(Fault::SilenceBefore));
    let silent = timing(ours.as_ref(), &ground.create(&json!({"id": "a"}))).await;
    assert_eq!(silent.first_byte, None);
    assert!(silent.connect.is_some() && silent.total >= Millis(150), "{silent:?}");
    let silent = {
        ours.check().await.unwrap();
        ground.proxy.add(Rule::once(Fault::SilenceBefore));
        timing(ours.as_ref(), &ground.create(&json!({"id": "c"}))).await
    };
    assert_eq!((silent.connect, silent.reused), (None, true), "it was sent over an open connection");
    ground.proxy.go_offline().await.unwrap();
    let ours = ground.ours_with("v1", HttpOptions::default());
    let away = timing(ours.as_ref(), &ground.create(&json!({"id": "b"}))).await;
    assert_eq!((away.connect, away.reused, away.first_byte), (None, false, None), "nothing was connected");
}

async fn of_several_requests_at_once_no_time_is_told(ground: Ground) {
    let two = [ground.create(&json!({"id": "a"})), ground.create(&json!({"id": "b"}))];
    assert_eq!(ground.ours.push(&two).await.exchange, None);
}

#[tokio::test]
async fn a_handshake_that_fails_is_no_connection() {
    let (port, _comes) = self_signed().await;
    let ground = Ground::rest().await;
    let sealed = ground.create(&json!({"id": "a"}));
    for kind in KINDS {
        let url = format!("https://localhost:{port}/v1");
        let ours = connect(kind, &url, LinkSettings::default(), None, None).unwrap();
        let refused = timing(ours.as_ref(), &sealed).await;
        assert!(refused.name.is_some() && refused.secure, "{refused:?}");
        assert_eq!((refused.connect, refused.reused, refused.first_byte), (None, false, None));
    }
}
