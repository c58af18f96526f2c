//! How large and how slow an answer may be.

use std::time::Duration;
use tidemark_model::document;
use url::{Host, Url};

/// How long each step of a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Name, connection and handshake.
    pub connect: Duration,
    /// From the request to the answer's headers.
    pub headers: Duration,
    /// Between two pieces of the answer's body.
    pub idle: Duration,
    /// The whole body, so that a slow drip ends.
    pub body: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            headers: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            body: Duration::from_secs(600),
        }
    }
}

impl Timeouts {
    /// The same short time for every step; for tests.
    pub fn all(each: Duration) -> Self {
        Self { connect: each, headers: each, idle: each, body: each }
    }

    /// How long headers are waited for: the connection may be made first, and a long body takes its time.
    pub(super) fn until_headers(&self, body_bytes: usize) -> Duration {
        const SLOWEST_BYTES_PER_SECOND: usize = 16 * 1024;
        let upload = Duration::from_secs((body_bytes / SLOWEST_BYTES_PER_SECOND) as u64);
        self.connect + self.headers + upload
    }
}

/// How many bytes an answer may have, after decompression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One record in its envelope.
    pub document: usize,
    /// One page of records.
    pub page: usize,
    /// A description of the server, a list of collections.
    pub description: usize,
    /// A refusal.
    pub refusal: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // An envelope around the largest document needs a little more than the document.
        const ENVELOPE: usize = 64 * 1024;
        Self {
            document: document::MAX_BYTES + ENVELOPE,
            page: 64 * 1024 * 1024,
            description: 8 * 1024 * 1024,
            refusal: 64 * 1024,
        }
    }
}

/// Whether an address names this computer.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_is_loopback() {
        let loopback = |text: &str| is_loopback(&Url::parse(text).unwrap());
        assert!(
            loopback("http://127.0.0.1:1/") && loopback("http://[::1]/") && loopback("http://localhost/")
        );
        assert!(!loopback("http://127.0.0.1.example.org/") && !loopback("http://localhost.example.org/"));
        assert!(!loopback("http://10.0.0.1/"));
    }
}
