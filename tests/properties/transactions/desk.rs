//! One client at a server in memory that may refuse, and beside it the reference interpreter.

use super::promises;
use super::reference::{Act, Entry, Reference};
use super::steps::{Doing, RECORDS, Step};
use crate::client::{Client, LINK, texts};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tidemark_engine::StoreError;
use tidemark_model::connector::Discovered;
use tidemark_model::document::canonical;
use tidemark_model::mutation::Operation;
use tidemark_model::number::{Count, Millis};
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{
    ChangeDetail, ChangeRow, ChangeState, ConflictRow, FieldEdit, NewChange, NewTransaction, QueueFilter,
    Resolution, TransactionDetail, TransactionRow, WaitReason,
};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::direct::{Direct, Taken, Weather};

const NOTES: &str = "notes";

/// What the server can do.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    pub honours_keys: bool,
    pub takes_batches: bool,
}

pub struct Desk {
    pub client: Client,
    pub reference: Reference,
    /// Where each transaction stood after the former step.
    stood: BTreeMap<String, TransactionState>,
    /// Every record that was ever refused.
    pub refused: BTreeSet<String>,
    /// Transactions of which a person put something in the trash.
    pub thinned: BTreeSet<String>,
    /// Conflicts that a person decided for the server's side.
    pub given_up: Vec<Count>,
    /// The interpreter can tell what is seen: no conflict was open, nothing was taken back or put in the trash.
    pub exact: bool,
    typed: u64,
    done: usize,
}

impl Desk {
    pub async fn open(server: Server) -> Self {
        let clock = ManualClock::default();
        let direct = Direct::new(&[NOTES], clock.clone(), server.honours_keys);
        let direct = direct.taking_at_once(if server.takes_batches { 100 } else { 0 });
        let notes = Discovered { name: NOTES.into(), ..Discovered::default() };
        let mut desk = Self {
            client: Client::open(direct, clock, 11, notes).await,
            reference: Reference::default(),
            stood: BTreeMap::new(),
            refused: BTreeSet::new(),
            thinned: BTreeSet::new(),
            given_up: Vec::new(),
            exact: true,
            typed: 1000,
            done: 0,
        };
        for record in &RECORDS[..4] {
            desk.act(&Step::Edit(record, Doing::Both)).await.unwrap();
        }
        desk.act(&Step::Sync).await.unwrap();
        desk
    }

    /// Takes a step; every promise holds after it.
    pub async fn take(&mut self, step: &Step) {
        let done = self.act(step).await;
        let may_fail = matches!(step, Step::Restore(_)) || !self.exact;
        assert!(done.is_ok() || may_fail, "{step:?}: {:?}", done.err());
        self.follow(&format!("{step:?}"));
    }

    async fn act(&mut self, step: &Step) -> Result<(), StoreError> {
        match step {
            Step::Edit(record, doing) => self.edit(record, *doing).await?,
            Step::Apply { strategy, await_sync, members } => {
                self.apply(*strategy, *await_sync, members).await?
            }
            Step::Refuse(record) => {
                self.refused.insert((*record).to_owned());
                self.client.server.refuse(record, true);
            }
            Step::RefuseAfterNext(record) => {
                self.refused.insert((*record).to_owned());
                self.client.server.refuse_after_next(record);
            }
            Step::Relent => RECORDS.iter().for_each(|record| self.client.server.refuse(record, false)),
            Step::Weather(weather) => self.client.server.set_weather(*weather),
            Step::Sync => drop(self.client.engine.sync(None, None).await?),
            Step::Wait(seconds) => self.client.clock.advance_s(*seconds),
            Step::Restart => {
                self.client.restart().await;
            }
            Step::Restore(which) => {
                let failed: Vec<_> = self.rows().into_iter().filter(|row| row.rolled_back.0 > 0).collect();
                if !failed.is_empty() {
                    self.restore(&failed[which.index(failed.len())].id.clone()).await?;
                }
            }
            Step::Retry => {
                self.client.engine.reprocess_failed().await?;
            }
            Step::Discard(which) => {
                let queue = self.queue();
                if !queue.is_empty() {
                    let row = &queue[which.index(queue.len())];
                    self.exact = false;
                    self.client.engine.discard(vec![row.id.clone()]).await?;
                    // It took along what stood on it: any of them may be of a transaction.
                    let trash = self.queue_in(Some(ChangeState::InTrash));
                    self.thinned.extend(trash.into_iter().filter_map(|row| row.transaction));
                }
            }
        }
        Ok(())
    }

    async fn restore(&mut self, id: &str) -> Result<(), StoreError> {
        self.client.engine.restore_transaction(id).await?;
        self.reference.restore(id);
        self.stood.remove(id);
        Ok(())
    }

    fn entry(&mut self, record: &str, doing: Doing, transaction: Option<String>) -> Entry {
        let act = match (self.client.here(record), doing) {
            (None, _) => Act::Make,
            (Some(_), Doing::Delete) => Act::Delete,
            (Some(_), _) => Act::Set,
        };
        let fields: &[&'static str] = match doing {
            Doing::A | Doing::Delete => &["a"],
            Doing::B => &["b"],
            Doing::Both => &["a", "b"],
        };
        let mut values = Vec::new();
        for field in fields.iter().filter(|_| act != Act::Delete) {
            self.typed += 1;
            values.push((*field, self.typed));
        }
        self.done += 1;
        Entry {
            number: self.done,
            change: String::new(),
            single: transaction.is_none(),
            transaction,
            record: record.to_owned(),
            act,
            values,
            out: false,
        }
    }

    async fn edit(&mut self, record: &str, doing: Doing) -> Result<(), StoreError> {
        let entry = self.entry(record, doing, None);
        let engine = &self.client.engine;
        let saved = match entry.act {
            Act::Make => engine.create_record(LINK, NOTES, &entry.document().to_string(), None).await?,
            Act::Set => engine.update_record(LINK, NOTES, record, &fields(&entry), None).await?,
            Act::Delete => engine.delete_record(LINK, NOTES, record, None).await?,
        };
        self.reference.entries.push(Entry { change: saved.change.unwrap(), ..entry });
        Ok(())
    }

    async fn apply(
        &mut self,
        strategy: Strategy,
        await_sync: bool,
        members: &[(&'static str, Doing)],
    ) -> Result<(), StoreError> {
        let mut entries = Vec::new();
        for (record, doing) in members {
            entries.push(self.entry(record, *doing, Some(String::new())));
        }
        let collection = NOTES.to_owned();
        let changes = entries.iter().map(|entry| {
            let (collection, record) = (collection.clone(), entry.record.clone());
            match entry.act {
                Act::Make => NewChange::Create {
                    collection,
                    document: entry.document().to_string(),
                    depends_on: vec![],
                    metadata: None,
                },
                Act::Set => NewChange::Update {
                    collection,
                    record,
                    fields: fields(entry),
                    depends_on: vec![],
                    metadata: None,
                },
                Act::Delete => NewChange::Delete { collection, record, depends_on: vec![], metadata: None },
            }
        });
        let new = NewTransaction {
            link: LINK.into(),
            strategy,
            await_sync,
            label: None,
            changes: changes.collect(),
        };
        let row = self.client.engine.apply_transaction(new).await?;
        let members = self.detail(&row.id).changes;
        for entry in entries {
            let change = members.iter().find(|change| change.record == entry.record).unwrap().id.clone();
            self.reference.entries.push(Entry { transaction: Some(row.id.clone()), change, ..entry });
        }
        Ok(())
    }

    /// Takes over from the engine only which transactions failed, and judges whether they had to.
    fn follow(&mut self, after: &str) {
        let (rows, taken) = (self.rows(), self.client.server.taken());
        let (mut failed, mut back) = (Vec::new(), None);
        self.exact &= self.client.engine.list_conflicts(0, 1).unwrap().total.0 == 0;
        for row in &rows {
            let before = self.stood.insert(row.id.clone(), row.state);
            let detail = self.detail(&row.id);
            if before == Some(TransactionState::Failed) && row.state != TransactionState::Failed {
                // A person sent its changes once more one by one, which brings back all of it.
                self.exact &= back.is_none();
                back = Some(&row.id);
                self.reference.restore(&row.id);
            }
            if row.undoing || promises::took_back(&detail, &taken, &self.reference) {
                self.exact = false;
            }
            if row.state == TransactionState::Failed && before != Some(TransactionState::Failed) {
                promises::has_a_reason(self, row, after);
                // Of one that locks nothing only what has lost its record goes back.
                if row.rolled_back.0 > 0 && row.strategy.locks() {
                    self.reference.roll_back(&row.id, |entry| is_taken(entry, &detail, &taken));
                    failed.push(row.id.clone());
                }
            }
        }
        let view = self.reference.view();
        promises::hold_always(self, &rows, &taken, after);
        if !self.exact {
            return;
        }
        promises::took_along(self, &failed, &rows, after);
        for record in RECORDS {
            let here = self.client.here(record).map(|document| canonical(&document));
            assert_eq!(here, view.get(record).map(canonical), "{record} after {after}");
        }
    }

    pub fn rows(&self) -> Vec<TransactionRow> {
        let mut rows = self.client.engine.list_transactions(false, 0, 1000).unwrap().rows;
        rows.reverse();
        rows
    }

    pub fn detail(&self, id: &str) -> TransactionDetail {
        self.client.engine.get_transaction(id).unwrap()
    }

    pub fn queue(&self) -> Vec<ChangeRow> {
        self.queue_in(None)
    }

    /// The rows of some state, or all that are not finished.
    fn queue_in(&self, state: Option<ChangeState>) -> Vec<ChangeRow> {
        let filter = QueueFilter { state, ..QueueFilter::default() };
        self.client.engine.list_queue(&filter, 0, 1000).unwrap().rows
    }

    pub fn change(&self, id: &str) -> ChangeDetail {
        self.client.engine.get_change(id).unwrap()
    }

    pub fn record_of(&self, change: &str) -> String {
        self.change(change).row.record
    }

    /// Faults stop. A person ends conflicts; where they are `restoring`, all that failed goes once more.
    pub async fn settle(&mut self, restoring: bool) {
        self.client.server.set_weather(Weather::Fair);
        self.act(&Step::Relent).await.unwrap();
        let mut before = None;
        for _ in 0..24 {
            self.take(&Step::Sync).await;
            self.client.clock.advance_s(600);
            let conflicts = self.client.engine.list_conflicts(0, 1).unwrap().rows;
            for conflict in &conflicts {
                if !self.think_twice(conflict).await {
                    continue;
                }
                // Every second one goes to the server's side.
                let server = conflict.id.0 % 2 == 0;
                let decision = if server { Resolution::ServerWins {} } else { Resolution::LocalWins {} };
                self.client.engine.resolve_conflict(conflict.id, decision, None, Millis(0)).await.unwrap();
                self.given_up.extend(server.then_some(conflict.id));
            }
            if restoring {
                for row in self.rows().into_iter().filter(|row| row.rolled_back.0 > 0) {
                    // It may have to wait for what else stands in its lanes.
                    drop(self.restore(&row.id).await);
                }
                self.client.engine.reprocess_failed().await.unwrap();
            }
            self.follow("settling");
            let now: Vec<_> = self.queue().into_iter().map(|row| (row.record, row.mutation_state)).collect();
            if conflicts.is_empty() && (now.is_empty() || (before.as_ref() == Some(&now))) {
                self.take(&Step::Sync).await;
                return;
            }
            before = Some(now);
        }
        let rows = self.rows();
        panic!("something waits for ever: {:#?}\n{:#?}", self.queue(), rows);
    }

    /// A document is typed and taken back: everything is where it was. Not so where its transaction was refused meanwhile,
    /// and took what was decided back with it.
    async fn think_twice(&mut self, conflict: &ConflictRow) -> bool {
        self.typed += 2;
        let typed = json!({"id": conflict.resource_id, "a": self.typed - 1, "b": self.typed}).to_string();
        let manual = Resolution::Manual { document: Some(typed), choices: Vec::new() };
        let (before, shown) = (self.queue(), self.client.here(&conflict.resource_id));
        self.client.engine.resolve_conflict(conflict.id, manual, None, Millis(60_000)).await.unwrap();
        if self.client.engine.undo_resolution(conflict.id).await.is_err() {
            let back = self.queue().into_iter().find(|row| row.record == conflict.resource_id);
            let reason = back.and_then(|row| row.reason);
            assert!(matches!(reason, Some(WaitReason::RolledBack { .. })), "{reason:?}");
            return false;
        }
        assert_eq!(self.queue(), before, "conflict {:?} was decided and taken back", conflict.id);
        assert_eq!(self.client.here(&conflict.resource_id), shown);
        true
    }

    /// Both sides, the books, and what remains.
    pub fn check(&mut self) {
        let there = self.client.there();
        if self.exact && self.queue().is_empty() {
            assert_eq!(
                json!(texts(&there)),
                json!(texts(&self.reference.view())),
                "the server and the interpreter"
            );
        }
        promises::hold_at_rest(self, &there);
        self.client.audit();
    }
}

fn fields(entry: &Entry) -> Vec<FieldEdit> {
    let edit =
        |(name, value): &(&str, u64)| FieldEdit { path: format!("/{name}"), set: Some(value.to_string()) };
    entry.values.iter().map(edit).collect()
}

/// Whether the server ever took an edit: a value by itself, a deletion by its change.
pub fn is_taken(entry: &Entry, detail: &TransactionDetail, taken: &[Taken]) -> bool {
    if entry.act == Act::Delete {
        let by = |id: &str| taken.iter().any(|taken| taken.mutation == id);
        return detail
            .changes
            .iter()
            .any(|row| row.record == entry.record && row.operation == Operation::Delete && by(&row.id));
    }
    taken.iter().any(|taken| taken.record == entry.record && holds(taken.document.as_ref(), entry))
}

/// Whether a document has a value that was typed.
pub fn holds(document: Option<&Value>, entry: &Entry) -> bool {
    document.is_some_and(|document| entry.values.iter().any(|(name, value)| document[*name] == json!(value)))
}
