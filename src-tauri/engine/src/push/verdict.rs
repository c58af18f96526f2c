//! A host's own word about failures, where they come in and before anything follows from them (row A7).

use super::parcel::Part;
use crate::platform::{Judgement, Verdict};
use tidemark_model::connector::Outcome;
use tidemark_model::failure::{ErrorClass, Failure};

/// Judges what the server said about each change. What it says about the connection as a whole was heard before.
pub(super) fn judge(verdict: &dyn Verdict, parts: &mut [Part]) {
    for part in parts {
        if let Outcome::Failed(failure) = &mut part.outcome
            && may_be_judged(failure)
        {
            apply(verdict.judge(&part.outgoing.sealed.collection, failure), failure);
        }
    }
}

/// An answer about this one change. Outages and sign-in are nobody's to judge: they never park and never drop anything.
fn may_be_judged(failure: &Failure) -> bool {
    let about_it =
        matches!(failure.class, ErrorClass::Transient | ErrorClass::Throttled | ErrorClass::Permanent);
    about_it && failure.status.is_some_and(|status| !matches!(status, 408 | 425 | 429 | 502..=504))
}

fn apply(judgement: Judgement, failure: &mut Failure) {
    match judgement {
        Judgement::AsClassified => {}
        Judgement::NonRetriable { effect } => {
            (failure.class, failure.effect, failure.retry_after) = (ErrorClass::Permanent, effect, None);
        }
        Judgement::Retriable { after, counts } => {
            (failure.class, failure.counts) = (ErrorClass::Transient, counts);
            failure.retry_after = after.or(failure.retry_after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: ErrorClass, status: Option<u16>) -> Failure {
        Failure { status, ..Failure::new(class, "no") }
    }

    // proves A7
    #[test]
    fn only_an_answer_about_the_change_itself_is_a_hosts_to_judge() {
        use ErrorClass::*;
        for status in [400, 403, 409, 422, 451, 500, 501] {
            assert!(may_be_judged(&failure(Permanent, Some(status))), "{status}");
        }
        for status in [408, 425, 429, 502, 503, 504] {
            assert!(!may_be_judged(&failure(Transient, Some(status))), "{status} says nothing about it");
        }
        for class in [Offline, Untrusted, Auth, Upgrade, Intercepted, Conflict] {
            assert!(!may_be_judged(&failure(class, Some(500))), "{class:?}");
        }
        assert!(!may_be_judged(&failure(Transient, None)), "no answer came");
    }
}
