//! Connections that are not what they claim: a certificate nobody vouches for, and no encryption at all.

use tidemark_connectors::{KINDS, Secret, connect};
use tidemark_model::failure::{Effect, ErrorClass};
use tidemark_model::settings::LinkSettings;
use tidemark_tests::deadline::soon;
use tidemark_tests::fault_proxy::FaultProxy;
use tidemark_tests::self_signed::self_signed;

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_with_the_reason() {
    let (port, mut comes) = self_signed().await;
    for kind in KINDS {
        let url = format!("https://localhost:{port}/v1");
        let secret = Some(Secret::new("never-sent"));
        let ours = connect(kind, &url, LinkSettings::default(), None, secret).unwrap();
        let failure = ours.check().await.unwrap_err();
        assert_eq!((failure.class, failure.effect), (ErrorClass::Untrusted, Effect::None), "{failure:?}");
        assert!(failure.words.contains("certificate"), "{}", failure.words);
    }
    for _ in KINDS {
        let went_through = soon("a connection comes", comes.recv()).await;
        assert_eq!(went_through, Some(false), "nothing is said to a server that is not trusted");
    }
}

#[tokio::test]
async fn a_server_without_encryption_is_not_reached_by_https() {
    let plain = FaultProxy::start("http://127.0.0.1:9").await.unwrap();
    let url = plain.url("v1").replace("http://", "https://");
    for kind in KINDS {
        let ours = connect(kind, &url, LinkSettings::default(), None, None).unwrap();
        let failure = ours.check().await.unwrap_err();
        assert_eq!((failure.class, failure.effect), (ErrorClass::Offline, Effect::None), "{failure:?}");
    }
}
