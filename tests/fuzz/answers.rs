//! A server that answers whatever it is told to, in place of the network.

use axum::http::{HeaderName, HeaderValue};
use std::sync::Mutex;
use tidemark_connectors::Carrier;
use tidemark_model::clock::BoxFuture;
use tidemark_model::failure::Failure;

/// More requests than any one call has a reason for, whatever it is answered: the pages of a bucket's collections and a
/// count of each of these.
const MOST_REQUESTS: usize = 6_000;

/// Answers the first requests in turn, and all that follow with the last.
pub struct Answers {
    raw: Vec<Vec<u8>>,
    asked: Mutex<usize>,
}

impl Answers {
    pub fn new(raw: Vec<Vec<u8>>) -> Self {
        Self { raw, asked: Mutex::new(0) }
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        *self.asked.lock().expect("nobody panics while it counts")
    }

    fn next(&self) -> &[u8] {
        let mut asked = self.asked.lock().expect("nobody panics while it counts");
        *asked += 1;
        assert!(*asked <= MOST_REQUESTS, "it asks without end");
        &self.raw[(*asked - 1).min(self.raw.len() - 1)]
    }
}

impl Carrier for Answers {
    fn carry(&self, _: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Failure>> {
        let answer = response(self.next());
        Box::pin(async move { Ok(answer) })
    }
}

/// A line of a head as a header; none where it is no such line.
pub fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
}

/// An answer from its text; what could not have come through HTTP is left out of it.
pub fn response(raw: &[u8]) -> reqwest::Response {
    let (head, body) = split(raw);
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status =
        lines.next().and_then(|line| std::str::from_utf8(line).ok()?.split(' ').nth(1)?.parse::<u16>().ok());
    let status = status.filter(|status| (200..1000).contains(status)).unwrap_or(200);
    let mut made = axum::http::Response::builder().status(status);
    for (name, value) in lines.filter_map(header) {
        made = made.header(name, value);
    }
    made.body(body.to_vec()).map(reqwest::Response::from).expect("its parts are in order")
}

/// The head and the body of an answer.
pub fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let find = |end: &[u8]| raw.windows(end.len()).position(|window| window == end).map(|at| (at, end.len()));
    match find(b"\r\n\r\n").or_else(|| find(b"\n\n")) {
        Some((at, length)) => (&raw[..at], &raw[at + length..]),
        None => (raw, &[]),
    }
}
