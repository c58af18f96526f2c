//! Several changes that the server in memory applies whole or not at all.

use super::{Direct, Weather, outcome, taken};
use serde_json::Value;
use tidemark_model::connector::{Outcome, Sealed};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_sandbox::world::answer::{Answer, ProblemKind};
use tidemark_sandbox::world::call::{Batch, Call};

impl Direct {
    /// The same server, which takes so many changes all or none.
    pub fn taking_at_once(mut self, most: usize) -> Self {
        self.at_once = most;
        self
    }

    pub(super) fn send_whole(&self, items: &[Sealed]) -> Vec<Outcome> {
        let all = |failure: Failure| items.iter().map(|_| Outcome::Failed(failure.clone())).collect();
        let lost = || Failure::new(ErrorClass::Transient, "no answer came").uncertain();
        match self.weather() {
            Weather::Away => all(Failure::new(ErrorClass::Offline, "the weather is bad")),
            Weather::WritesLost => all(lost()),
            Weather::AnswersLost => {
                self.arrive_whole(items);
                all(lost())
            }
            Weather::Fair => self.arrive_whole(items),
        }
    }

    /// One request under the first one's key, as the contract has it.
    fn arrive_whole(&self, items: &[Sealed]) -> Vec<Outcome> {
        if let Some(refused) = items.iter().position(|item| self.refuses(item)) {
            let outcome = |place| match place == refused {
                true => Outcome::Failed(taken::refusal()),
                false => Outcome::NotDone,
            };
            return (0..items.len()).map(outcome).collect();
        }
        let writes =
            items.iter().map(|item| tidemark_sandbox::world::call::Write { key: None, ..self.write(item) });
        let key = items.first().filter(|_| self.honours_keys).map(|first| first.key.clone());
        let answer = self.ask(Call::Batch(Batch { atomic: true, items: writes.collect(), key }));
        let said = answer.json();
        let rows = said["items"].as_array().cloned().unwrap_or_default();
        if !answer.is_ok() || rows.len() != items.len() {
            let failure = Failure::new(ErrorClass::Permanent, answer.body.clone()).with_status(answer.status);
            return items.iter().map(|_| Outcome::Failed(failure.clone())).collect();
        }
        let parts: Vec<Answer> = rows.iter().map(|row| part(row, answer.replayed)).collect();
        if parts.iter().all(Answer::is_ok) && !answer.replayed {
            self.take(items);
        }
        let told = |(item, part): (&Sealed, &Answer)| match part.status {
            424 => Outcome::NotDone,
            _ => outcome(item, part),
        };
        items.iter().zip(&parts).map(told).collect()
    }
}

/// One item's part as an answer of its own.
fn part(row: &Value, replayed: bool) -> Answer {
    let status = row["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
    let problem = match status {
        200..=299 => None,
        412 => Some(ProblemKind::VersionConflict),
        410 => Some(ProblemKind::Gone),
        404 => Some(ProblemKind::NotFound),
        _ => Some(ProblemKind::Invalid),
    };
    Answer {
        status,
        version: row["version"].as_str().map(str::to_owned),
        body: row.get("doc").or_else(|| row.get("problem")).unwrap_or(&Value::Null).to_string(),
        problem,
        replayed,
        retry_after_s: None,
    }
}
