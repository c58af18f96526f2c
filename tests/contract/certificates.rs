//! Connections that are not what they claim: a certificate nobody vouches for, and no encryption at all.

use std::net::Ipv4Addr;
use std::sync::Arc;
use tidemark_connectors::{KINDS, Secret, connect};
use tidemark_model::failure::{Effect, ErrorClass};
use tidemark_model::settings::LinkSettings;
use tidemark_tests::fault_proxy::FaultProxy;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A server whose certificate it signed itself; it tells of every handshake that a client went through with.
async fn self_signed() -> (u16, mpsc::UnboundedReceiver<()>) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (trusted, trusts) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if acceptor.accept(stream).await.is_ok() {
                let _ = trusted.send(());
            }
        }
    });
    (port, trusts)
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_with_the_reason() {
    let (port, mut trusts) = self_signed().await;
    for kind in KINDS {
        let url = format!("https://localhost:{port}/v1");
        let secret = Some(Secret::new("never-sent"));
        let ours = connect(kind, &url, LinkSettings::default(), None, secret).unwrap();
        let failure = ours.check().await.unwrap_err();
        assert_eq!((failure.class, failure.effect), (ErrorClass::Untrusted, Effect::None), "{failure:?}");
        assert!(failure.words.contains("certificate"), "{}", failure.words);
    }
    assert!(trusts.try_recv().is_err(), "nothing is said to a server that is not trusted");
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
