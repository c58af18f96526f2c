//! Which requests go wrong, how, and how often.

use super::answers::Canned;
use std::time::Duration;

/// A way to misbehave.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection ends; the server never sees the request.
    DropBefore,
    /// The server does it; the connection ends without its answer.
    DropAfter,
    /// No answer at all until the rules are cleared; the server never sees the request.
    SilenceBefore,
    /// The server does it; no answer at all until the rules are cleared.
    SilenceAfter,
    /// The server's answer comes late.
    Delay(Duration),
    /// Half of the server's answer, then the connection ends.
    Truncate,
    /// The server's answer with its first quarter overwritten, in the same length and type.
    Garble,
    /// The server's answer with one more header, by name and value.
    With(&'static str, &'static str),
    /// An answer of the proxy's own; the server never sees the request.
    Say(Canned),
    /// The server does it; an answer of the proxy's own is all that comes back.
    SayAfter(Canned),
    /// An answer that never ends; the server never sees the request.
    Flood,
}

impl Fault {
    /// A status with a short JSON body of no server's shape.
    pub fn status(status: u16) -> Self {
        Self::Say(Canned::json(status, "{}"))
    }

    /// A status that asks to come back later.
    pub fn status_after(status: u16, seconds: u64) -> Self {
        Self::Say(Canned::json(status, "{}").with("Retry-After", &seconds.to_string()))
    }

    /// A login page with status 200.
    pub fn html() -> Self {
        let page = "<!doctype html><title>Sign in</title><form>Welcome to the hotel</form>";
        Self::Say(Canned::new(200, "text/html; charset=utf-8", page))
    }

    /// A redirect to another place.
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::Say(Canned::new(status, "text/plain", "").with("Location", to))
    }

    /// Whether the server gets to see the request.
    pub(super) fn forwards(&self) -> bool {
        match self {
            Self::DropAfter
            | Self::SilenceAfter
            | Self::SayAfter(_)
            | Self::Delay(_)
            | Self::Truncate
            | Self::With(..)
            | Self::Garble => true,
            Self::DropBefore | Self::SilenceBefore | Self::Say(_) | Self::Flood => false,
        }
    }
}

/// A fault with its filter and its count.
#[derive(Clone, Debug)]
pub struct Rule {
    fault: Fault,
    method: Option<String>,
    part: Option<String>,
    /// How many more times; without end when absent.
    times: Option<usize>,
}

impl Rule {
    /// The fault for every request, without end.
    pub fn always(fault: Fault) -> Self {
        Self { fault, method: None, part: None, times: None }
    }

    /// The fault for the next request that fits.
    pub fn once(fault: Fault) -> Self {
        Self::always(fault).times(1)
    }

    /// The same so many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// The same for one method only.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// The same for paths and queries that contain a text.
    #[must_use]
    pub fn path(mut self, part: &str) -> Self {
        self.part = Some(part.to_owned());
        self
    }

    pub(super) fn fits(&self, method: &str, target: &str) -> bool {
        self.times != Some(0)
            && self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.part.as_deref().is_none_or(|part| target.contains(part))
    }

    pub(super) fn use_up(&mut self) {
        self.times = self.times.map(|times| times.saturating_sub(1));
    }

    pub(super) fn fault(&self) -> &Fault {
        &self.fault
    }
}
