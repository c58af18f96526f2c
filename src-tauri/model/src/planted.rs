//! Bugs that a build with the feature `planted` can be told to have, so that it can be shown that the tests find them.
//!
//! Without the feature [`is`] is `false` and costs nothing.

/// A mistake that somebody could make; each is made in one place of the code, where [`is`] asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Bug {
    /// An acknowledgement ends what was edited meanwhile.
    DropSuccessor = 1,
    /// The checkpoint is stored before the page.
    CheckpointFirst,
    /// A start forgets how long a change was to wait.
    ForgetBackoff,
    /// A key stands for another body.
    ReuseKey,
    /// A failed change is never woken.
    ForgetWakeUp,
    /// A pulled row is planned while its record's change is on its way.
    PlanDuringAnswer,
    /// Tries without a connection count towards giving up.
    CountOffline,
    /// Two sides are merged as if the server's were what both began with.
    MergeWithoutBase,
    /// Any 2xx is taken for the server's yes.
    TrustAnyAnswer,
    /// A temporary id is mapped in its own record only.
    NameOnce,
    /// A write goes without its precondition.
    SkipPrecondition,
    /// What was deleted there stays here.
    KeepDeleted,
}

impl Bug {
    /// Every one.
    pub const ALL: [Self; 12] = [
        Self::DropSuccessor,
        Self::CheckpointFirst,
        Self::ForgetBackoff,
        Self::ReuseKey,
        Self::ForgetWakeUp,
        Self::PlanDuringAnswer,
        Self::CountOffline,
        Self::MergeWithoutBase,
        Self::TrustAnyAnswer,
        Self::NameOnce,
        Self::SkipPrecondition,
        Self::KeepDeleted,
    ];
}

#[cfg(feature = "planted")]
mod on {
    use super::Bug;
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Gives this thread a bug, or none.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Whether this thread has this bug.
    pub fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}

#[cfg(feature = "planted")]
pub use on::{is, plant};

/// Never.
#[cfg(not(feature = "planted"))]
pub const fn is(_: Bug) -> bool {
    false
}
