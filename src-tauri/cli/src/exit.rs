//! How a run ended, for scripts.

use std::process::ExitCode;
use tidemark_model::failure::ErrorClass;
use tidemark_model::view::{RefusalCode, StatusSnapshot, Stopped};

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: an error.
    Error,
    /// 2: something needs a person.
    Person,
    /// 3: the server is away or busy; everything is kept.
    Offline,
    /// 64: wrong usage.
    Usage,
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Person => 2,
            Exit::Offline => 3,
            Exit::Usage => 64,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(u8::from(exit))
    }
}

impl Exit {
    /// The exit of a refusal.
    pub fn of_refusal(code: RefusalCode) -> Self {
        match code {
            RefusalCode::Offline => Self::Offline,
            RefusalCode::SignIn | RefusalCode::Moved => Self::Person,
            RefusalCode::NotFound
            | RefusalCode::Invalid
            | RefusalCode::NotNow
            | RefusalCode::Store
            | RefusalCode::Server
            | RefusalCode::Keychain => Self::Error,
        }
    }

    /// The exit of a sync: what kept it from ending, then what waits for a person, then what still waits.
    pub fn of_sync(failure: Option<ErrorClass>, status: &StatusSnapshot) -> Self {
        if status.store_fault.is_some() {
            return Self::Error;
        }
        if let Some(class) = failure {
            return match class {
                ErrorClass::Offline | ErrorClass::Transient | ErrorClass::Throttled => Self::Offline,
                ErrorClass::Untrusted
                | ErrorClass::Auth
                | ErrorClass::Upgrade
                | ErrorClass::Intercepted
                | ErrorClass::Conflict
                | ErrorClass::Permanent => Self::Person,
            };
        }
        let stopped = status.links.iter().any(|link| link.stopped.as_ref().is_some_and(asks_somebody));
        let still_waits = status.queue.waiting.0 > status.queue.on_hold.0;
        let paused = status.paused || status.links.iter().any(|link| link.paused);
        let attention = &status.attention;
        let asks = [attention.conflicts, attention.needs_you, attention.removals, attention.unreadable];
        match asks.iter().any(|count| count.0 > 0) || stopped {
            true => Self::Person,
            false if still_waits && paused => Self::Person,
            false if still_waits => Self::Offline,
            false => Self::Done,
        }
    }
}

fn asks_somebody(stopped: &Stopped) -> bool {
    match stopped {
        Stopped::SignIn { .. }
        | Stopped::Untrusted { .. }
        | Stopped::Upgrade { .. }
        | Stopped::NotFound { .. }
        | Stopped::Intercepted { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::number::Count;
    use tidemark_model::view::{Attention, StoreFault};

    #[test]
    fn a_sync_tells_scripts_what_is_left() {
        let mut status = StatusSnapshot::default();
        assert_eq!(Exit::of_sync(None, &status), Exit::Done);
        status.store_fault = Some(StoreFault::Damaged);
        assert_eq!(Exit::of_sync(None, &status), Exit::Error, "nothing was synced");
        status.store_fault = None;
        for asks in [|of: &mut Attention| of.removals.0 = 1, |of: &mut Attention| of.unreadable.0 = 1] {
            let mut status = StatusSnapshot::default();
            asks(&mut status.attention);
            assert_eq!(Exit::of_sync(None, &status), Exit::Person);
        }
        assert_eq!(Exit::of_sync(Some(ErrorClass::Offline), &status), Exit::Offline);
        assert_eq!(Exit::of_sync(Some(ErrorClass::Auth), &status), Exit::Person);
        status.queue.waiting = Count(1);
        assert_eq!(Exit::of_sync(None, &status), Exit::Offline, "a busy server keeps it waiting");
        status.queue.on_hold = Count(1);
        assert_eq!(Exit::of_sync(None, &status), Exit::Done, "it is held on purpose");
        status.attention.conflicts = Count(1);
        assert_eq!(Exit::of_sync(None, &status), Exit::Person);
    }
}
