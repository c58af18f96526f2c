//! Why a request has no answer that was taken in.

use tidemark_model::failure::{ErrorClass, Failure};

/// Why a request has no answer.
#[derive(Debug)]
pub enum Stop {
    /// One that is larger than the limit and, as far as it was read, of the kind that the server gives: a JSON object.
    TooLarge(Failure),
    /// Anything else.
    Failed(Failure),
}

impl Stop {
    /// Whether it is a good answer of the server's that is only too large.
    pub fn is_good(&self) -> bool {
        match self {
            Self::TooLarge(failure) => failure.status.is_some_and(|status| (200..300).contains(&status)),
            Self::Failed(_) => false,
        }
    }

    /// The failure where one record was asked for or changed: a good answer is about that record, and says nothing against
    /// the server.
    pub fn about_one(self) -> Failure {
        self.said("the record on the server cannot be read")
    }

    /// The failure of a list whose next row alone is more than a page may hold: that list stands, and nothing else.
    pub fn at_one_row(self) -> Failure {
        self.said("the next record of this collection cannot be read, nor what comes behind it")
    }

    fn said(self, what: &str) -> Failure {
        let is_good = self.is_good();
        let failure = Failure::from(self);
        match is_good {
            true => Failure {
                class: ErrorClass::Permanent,
                words: format!("{what}: {}", failure.words),
                ..failure
            },
            false => failure,
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::TooLarge(failure) | Stop::Failed(failure) => failure,
        }
    }
}
