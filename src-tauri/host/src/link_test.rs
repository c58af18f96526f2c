//! Testing a link step by step; the first step that fails is the last, and says what to do.

use crate::connections::owner_of;
use crate::faults::{HostError, hint_of};
use crate::host::Host;
use crate::registry::of_link;
use tidemark_model::connector::{Connector, PullFailure, PullRequest};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::Millis;
use tidemark_model::view::{LinkTest, TestStep, TestStepKind};

/// Clocks further apart are worth a word.
const NOTABLE_SKEW: i64 = 2 * 60 * 1000;

impl Host {
    /// Tests a link against its server; nothing is changed there.
    pub async fn test_link(&self, name: &str) -> Result<LinkTest, HostError> {
        let link = self.link(name)?;
        let mut test = Steps::default();
        let made = of_link(&self.vault, &link, link.settings.clone());
        let connector = match made {
            Ok(connector) => connector,
            Err(error) => return Ok(test.failed(TestStepKind::Address, error.to_string())),
        };
        test.passed(TestStepKind::Address, link.url.clone());
        let contact = match connector.check().await {
            Ok(contact) => contact,
            Err(failure) => return Ok(test.stopped_by(&failure)),
        };
        let host = connector.host();
        test.passed(TestStepKind::Connected, format!("{host} answered in {} ms.", contact.round_trip.0));
        test.passed(
            TestStepKind::Speaks,
            contact.software.unwrap_or_else(|| format!("It speaks {}.", link.kind)),
        );
        let signed_in = match contact.principal {
            Some(principal) => format!("Signed in as {principal}."),
            None if link.settings.sign_in.is_some() => "Signed in.".to_owned(),
            None => "Nobody had to sign in.".to_owned(),
        };
        test.passed(
            TestStepKind::SignedIn,
            match self.vault.lost_at_the_end(&owner_of(&link)) {
                Some(why) => {
                    format!("{signed_in} The next start needs a new sign-in: the server replaced this one, and {why}.")
                }
                None => signed_in,
            },
        );
        let names =
            link.settings.collections.iter().map(|collection| collection.name.clone()).collect::<Vec<_>>();
        for name in &names {
            if let Err(failure) = read_one(connector.as_ref(), name).await {
                let words = format!("'{name}' cannot be read: {} {}", failure.words, hint_of(&failure));
                return Ok(test.failed(TestStepKind::MayRead, words));
            }
        }
        test.passed(TestStepKind::MayRead, format!("Can be read: {}.", names.join(", ")));
        let skew = contact.server_time.map(|server| Millis(server.0 - self.clock().now().0));
        test.passed(TestStepKind::Clock, words_of_skew(skew));
        Ok(LinkTest { steps: test.0, ok: true, clock_skew: skew })
    }
}

async fn read_one(connector: &dyn Connector, collection: &str) -> Result<(), Failure> {
    let request = PullRequest::after(collection, None, 1);
    match connector.pull(&request).await {
        Ok(_) => Ok(()),
        Err(PullFailure::Failed(failure) | PullFailure::NoCollection(failure)) => Err(failure),
        // Without a checkpoint neither can be meant: the server answers something of its own.
        Err(PullFailure::CheckpointExpired | PullFailure::EpochChanged) => {
            Err(Failure::new(ErrorClass::Intercepted, "the server takes a first request for a later one."))
        }
    }
}

fn words_of_skew(skew: Option<Millis>) -> String {
    match skew {
        None => "The server does not say what time it has.".to_owned(),
        Some(skew) if skew.0.abs() <= NOTABLE_SKEW => {
            "The server's clock agrees with this computer's.".to_owned()
        }
        Some(skew) => {
            let (minutes, side) = (skew.0.abs() / 60_000, if skew.0 > 0 { "ahead of" } else { "behind" });
            format!("The server's clock is {minutes} min {side} this computer's; times may not compare.")
        }
    }
}

#[derive(Default)]
struct Steps(Vec<TestStep>);

impl Steps {
    fn passed(&mut self, step: TestStepKind, words: String) {
        self.0.push(TestStep { step, ok: true, words });
    }

    fn failed(mut self, step: TestStepKind, words: String) -> LinkTest {
        self.0.push(TestStep { step, ok: false, words });
        LinkTest { steps: self.0, ok: false, clock_skew: None }
    }

    /// The steps that a failed check had passed before, and the one at which it stopped.
    fn stopped_by(mut self, failure: &Failure) -> LinkTest {
        let at = step_of(failure.class);
        for before in [TestStepKind::Connected, TestStepKind::Speaks] {
            if before == at {
                break;
            }
            self.passed(before, String::new());
        }
        self.failed(at, format!("{}. {}", failure.words.trim_end_matches('.'), hint_of(failure)))
    }
}

fn step_of(class: ErrorClass) -> TestStepKind {
    match class {
        ErrorClass::Offline | ErrorClass::Untrusted => TestStepKind::Connected,
        ErrorClass::Transient | ErrorClass::Throttled | ErrorClass::Upgrade | ErrorClass::Intercepted => {
            TestStepKind::Speaks
        }
        ErrorClass::Auth => TestStepKind::SignedIn,
        ErrorClass::Conflict | ErrorClass::Permanent => TestStepKind::MayRead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_account_stops_at_signing_in_with_what_to_do() {
        let test = Steps::default().stopped_by(&Failure::new(ErrorClass::Auth, "wrong password"));
        let steps: Vec<(TestStepKind, bool)> = test.steps.iter().map(|step| (step.step, step.ok)).collect();
        assert_eq!(
            steps,
            [(TestStepKind::Connected, true), (TestStepKind::Speaks, true), (TestStepKind::SignedIn, false)]
        );
        assert!(!test.ok && test.steps[2].words.contains("again"), "{test:?}");
    }

    #[test]
    fn clocks_that_differ_are_told_in_words() {
        assert!(words_of_skew(Some(Millis(240_000))).contains("4 min ahead"));
        assert!(words_of_skew(Some(Millis(-240_000))).contains("4 min behind"));
        assert!(words_of_skew(Some(Millis(1_000))).contains("agrees"));
    }
}
