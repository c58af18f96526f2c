//! The built-in server before requests that nobody meant: it listens on this computer, where every program may speak to it.

use crate::ground::Target;
use crate::mutation::Form;
use crate::wire::in_time;
use axum::body::Body;
use futures_util::StreamExt as _;

/// A request from its text; none where HTTP itself would not have let it through.
fn request(raw: &[u8]) -> Option<axum::http::Request<Body>> {
    let (head, body) = crate::answers::split(raw);
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, rest) = first.split_once(' ')?;
    let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target);
    let mut made = axum::http::Request::builder().method(method).uri(target);
    for (name, value) in lines.filter_map(crate::answers::header) {
        made = made.header(name, value);
    }
    made.body(Body::from(body.to_vec())).ok()
}

#[test]
fn the_built_in_server_may_be_asked_anything() {
    let target = Target { name: "requests", corpus: "requests", form: Form::Http, variants: 1, cases: 600 };
    target.run(|case| {
        let Some(request) = request(case.bytes) else { return };
        // A whole new world for each, with its records.
        case.weighs(64);
        in_time(async {
            let options = tidemark_sandbox::SandboxOptions {
                switches: true,
                ..tidemark_sandbox::SandboxOptions::with_collections(&["tasks"])
            };
            let server = tidemark_sandbox::Sandbox::in_process(options).expect("a world opens");
            let Ok(answer) = server.answer(request).await else { return };
            let status = answer.status().as_u16();
            assert!(status < 500 || status == 501, "it fails with {status}");
            let mut body = answer.into_body().into_data_stream();
            while let Some(piece) = body.next().await {
                piece.expect("the answer comes whole");
            }
        });
    });
}
