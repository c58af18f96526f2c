//! Bytes on a real socket: what HTTP itself makes of them, and of bodies that are packed.

use crate::believed;
use crate::ground::{Case, Target};
use crate::mutation::Form;
use crate::wire::{ASKED, ask, checkpoint};
use crate::words::SECRET;
use std::time::Duration;
use tidemark_connectors::{HttpOptions, Limits, Secret, Timeouts, connect_with};
use tidemark_model::settings::LinkSettings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Answers every connection with the same bytes and ends it.
async fn serve(listener: TcpListener, answer: Vec<u8>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut asked = vec![0; 16 * 1024];
        // One piece is enough: what is asked here is short.
        let _ = stream.read(&mut asked).await;
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    }
}

async fn answered(kind: &str, case: &Case<'_>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let base = format!("http://{}/v1/", listener.local_addr().expect("it has an address"));
    let server = tokio::spawn(serve(listener, case.bytes.to_vec()));
    let options = HttpOptions {
        timeouts: Timeouts::all(Duration::from_secs(20)),
        limits: Limits { document: 1 << 20, page: 1 << 20, description: 1 << 20, refusal: 64 << 10 },
        carrier: None,
    };
    let (user, secret) = ((kind == "kinto").then(|| "ann".to_owned()), Some(Secret::new(SECRET)));
    let connector =
        connect_with(kind, &base, LinkSettings::default(), user, secret, options).expect("it connects");
    let what = [0, 2, 3, 5, 6][(case.variant % 5) as usize];
    ask(connector.as_ref(), what.min(ASKED), checkpoint(&base, kind, "{}"), true).await;
    server.abort();
    // The bodies that are taken in are bounded by the limits above, not by what was sent.
    case.weighs(6);
}

// proves A7, A15
#[test]
fn what_comes_on_a_socket_may_be_anything() {
    let target =
        Target { name: "bytes on a socket", corpus: "raw", form: Form::Http, variants: 10, cases: 250 };
    target.run(|case| {
        believed::given(case.bytes);
        crate::wire::in_time(answered(if case.variant < 5 { "rest" } else { "kinto" }, case));
    });
}
