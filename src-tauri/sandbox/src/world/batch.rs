//! Several changes in one request, one by one or all or none.

use super::answer::{Answer, ProblemKind};
use super::call::{Batch, Write};
use super::document::invalid;
use super::keys::{fingerprint_of, keep, known};
use super::read::json_answer;
use super::write::Desk;
use crate::store::StoreError;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

type Slot = (String, String);

impl Desk<'_> {
    /// Makes the changes of a batch, in order, inside the one transaction.
    pub fn batch(
        &mut self,
        batch: &Batch,
        max: usize,
        since: i64,
        running: &HashSet<Slot>,
    ) -> Result<Answer, StoreError> {
        if batch.items.len() > max {
            return Ok(invalid(format!(
                "A batch has at most {max} items; this one has {}.",
                batch.items.len()
            )));
        }
        if !batch.atomic {
            let mut answers = Vec::with_capacity(batch.items.len());
            for item in &batch.items {
                answers.push(self.item(item, since, running)?);
            }
            return Ok(listed(&batch.items, &answers));
        }
        self.all_or_none(batch, since, running)
    }

    fn all_or_none(
        &mut self,
        batch: &Batch,
        since: i64,
        running: &HashSet<Slot>,
    ) -> Result<Answer, StoreError> {
        let before = self.seq;
        self.tx.execute_batch("SAVEPOINT whole")?;
        let mut answers = Vec::with_capacity(batch.items.len());
        for item in &batch.items {
            let answer = self.item(item, since, running)?;
            let refused = !answer.is_ok();
            answers.push(answer);
            if refused {
                break;
            }
        }
        let Some(refused) = answers.iter().position(|answer| !answer.is_ok()) else {
            self.tx.execute_batch("RELEASE whole")?;
            return Ok(listed(&batch.items, &answers));
        };
        self.tx.execute_batch("ROLLBACK TO whole; RELEASE whole")?;
        self.seq = before;
        let others = (0..batch.items.len()).map(|place| match place == refused {
            true => answers[place].clone(),
            false => Answer::refuse_with(
                ProblemKind::Invalid,
                424,
                format!("Not done, because item {refused} of the same group was refused."),
                Map::from_iter([("refused_item".to_owned(), refused.into())]),
            ),
        });
        Ok(listed(&batch.items, &others.collect::<Vec<_>>()))
    }

    /// One item, with its own key before everything else.
    fn item(&mut self, item: &Write, since: i64, running: &HashSet<Slot>) -> Result<Answer, StoreError> {
        let fingerprint = fingerprint_of(item);
        let Some(key) = item.key.as_deref() else { return self.apply(item, &fingerprint) };
        let owner = self.caller.owner();
        if running.contains(&(owner.to_owned(), key.to_owned())) {
            return Ok(Answer::refuse(ProblemKind::KeyInUse, "Ask again in a moment."));
        }
        if let Some(answer) = known(self.tx, owner, key, &fingerprint, since)? {
            return Ok(answer);
        }
        let answer = self.apply(item, &fingerprint)?;
        keep(self.tx, owner, key, fingerprint, &answer, self.seq, self.now)?;
        Ok(answer)
    }
}

fn listed(items: &[Write], answers: &[Answer]) -> Answer {
    let items: Vec<Value> = items
        .iter()
        .zip(answers)
        .map(|(item, answer)| {
            let mut row = json!({"status": answer.status});
            if let Some(id) = &item.id {
                row["id"] = id.as_str().into();
            }
            if let Some(version) = &answer.version {
                row["version"] = version.as_str().into();
            }
            if answer.replayed {
                row["replayed"] = true.into();
            }
            let member = if answer.problem.is_some() { "problem" } else { "doc" };
            row[member] = super::document::parse(&answer.body).unwrap_or(Value::Null);
            row
        })
        .collect();
    json_answer(&json!({ "items": items }))
}
