//! What one request took along and what came back, for the record of attempts.

use crate::timing::Timing;

/// How much of an answer's body is kept for one attempt, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;

/// One request and its answer as they went over the wire, beside what the answer means; no secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Where its time went.
    pub timing: Timing,
    /// Header lines that it left with, but for those that every request has (`Host`, `Content-Length`, `User-Agent`).
    pub sent: Vec<String>,
    /// Header lines of the answer; empty where none came.
    pub answered: Vec<String>,
    /// The start of the answer's body, as far as it came; at most [`BODY_BYTES`].
    pub body: Option<String>,
    /// How the server calls this request in its own logs, where it tells.
    pub request_id: Option<String>,
    /// Over which network, as the system names it: the engine's word, not the connector's.
    pub network: Option<String>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Bodies are people's records and stay out of logs.
        let body = self.body.as_ref().map_or(0, String::len);
        write!(
            f,
            "{} lines sent, {} answered, {body} bytes, {:?}",
            self.sent.len(),
            self.answered.len(),
            self.timing
        )
    }
}
