//! What people do at their clients.

use super::Simulation;
use crate::client::{Client, LINK};
use crate::steps::{Act, COLLECTIONS, Choice, FIELDS, RECORDS, Rec, Scope};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tidemark_engine::StoreError;
use tidemark_model::mutation::Operation;
use tidemark_model::number::Millis;
use tidemark_model::temporary;
use tidemark_model::transaction::Strategy;
use tidemark_model::view::{
    ChangeState, FieldEdit, NewChange, NewTransaction, QueueFilter, Resolution, Saved,
};

impl Simulation {
    /// Does it; what it came to, in words. What is refused is left.
    pub(super) async fn act(&mut self, index: usize, act: &Act) -> String {
        match self.try_act(index, act).await {
            Ok(words) => words,
            Err(StoreError::Refused(refusal)) => format!("refused: {}", refusal.message),
            Err(error) => {
                let power = self.clients[index].power();
                if !power.is_off() && !power.is_full() && !power.ails() {
                    self.faults.push(format!("c{index} {act:?}: {error}"));
                }
                error.to_string()
            }
        }
    }

    async fn try_act(&mut self, index: usize, act: &Act) -> Result<String, StoreError> {
        match act {
            Act::Create(record) => self.create(index, *record).await,
            Act::Edit(record, field) => self.edit(index, *record, *field).await,
            Act::Delete(record) => {
                let shown = self.clients[index].here(*record);
                let (collection, id) = (COLLECTIONS[record.0], self.clients[index].rid(*record).to_owned());
                // Written or not, it may take effect from now on.
                let done = self.clients[index].engine().delete_record(LINK, collection, &id, None).await;
                if !matches!(done, Err(StoreError::Refused(_))) {
                    self.people[index].sees(shown.as_ref());
                    self.people[index].deletes(*record);
                }
                done.map(|_| "saved".to_owned())
            }
            Act::Apply(strategy, await_sync, members) => {
                self.apply(index, *strategy, *await_sync, members).await
            }
            Act::Resolve(number, choice, hold_s) => self.resolve(index, *number, *choice, *hold_s).await,
            Act::Undo => match self.resolved[index].take() {
                Some(conflict) => self.clients[index]
                    .engine()
                    .undo_resolution(conflict)
                    .await
                    .map(|()| "taken back".to_owned()),
                None => Ok("nothing to take back".to_owned()),
            },
            Act::Discard(number) => {
                let queue = self.clients[index].queue()?;
                let Some(row) = queue.get(*number) else { return Ok("nothing".to_owned()) };
                self.people[index].discards();
                let done = self.clients[index].engine().discard(vec![row.id.clone()]).await?;
                Ok(format!("{}/{} {}", row.collection, row.record, done.done.0))
            }
            Act::Restore => {
                let filter = QueueFilter { state: Some(ChangeState::InTrash), ..QueueFilter::default() };
                let rows = self.clients[index].engine().list_queue(&filter, 0, 100)?.rows;
                self.people[index].restores();
                let ids = rows.into_iter().map(|row| row.id).collect();
                let done = self.clients[index].engine().restore(ids).await?;
                Ok(format!("{done:?}"))
            }
            Act::Hold(number) => {
                let queue = self.clients[index].queue()?;
                let Some(row) = queue.get(*number) else { return Ok("nothing".to_owned()) };
                let done = self.clients[index].engine().hold(vec![row.id.clone()], true).await?;
                Ok(format!("{}/{} {}", row.collection, row.record, done.done.0))
            }
            Act::Release => {
                let ids = self.clients[index].queue()?.into_iter().map(|row| row.id).collect();
                self.clients[index].engine().hold(ids, false).await.map(|done| done.done.0.to_string())
            }
            Act::Kill(None) => {
                self.clients[index].power().cut();
                Ok("dark".to_owned())
            }
            Act::Kill(Some((write, when))) => {
                self.clients[index].power().cut_at(*write, (*when).into());
                Ok("soon".to_owned())
            }
            Act::Restart => {
                self.clients[index].stop().await;
                self.start(index).await
            }
            Act::Full(full) => {
                self.clients[index].power().fill(*full);
                Ok("so it is".to_owned())
            }
            Act::Ails(ails) => {
                self.clients[index].power().ail(*ails);
                Ok("so it is".to_owned())
            }
            Act::Anew => {
                self.people[index].discards();
                let removed = self.clients[index].engine().remove_link(LINK, true).await;
                // It may be gone although nobody was told.
                let again = self.clients[index].add_link().await;
                removed.map(|removed| format!("{} not sent; {again:?}", removed.unsent.0))
            }
            Act::Copy => {
                self.clients[index].copy();
                self.people[index].copies();
                Ok("kept".to_owned())
            }
            Act::OldCopy => {
                self.clients[index].stop().await;
                let put_back = self.clients[index].put_back();
                if put_back {
                    self.people[index].puts_copy_back();
                }
                self.start(index).await.map(|runs| if put_back { runs } else { "no copy".to_owned() })
            }
            Act::Aside(act) => {
                self.clients[index].start_beside().await?;
                let done = Box::pin(self.try_act(index, act)).await;
                self.clients[index].stop_beside().await;
                done
            }
            // A disk that errs behind its commit leaves the account on it and the one that is signed in two.
            Act::Account(_) if self.clients[index].power().ails() => Ok("not now".to_owned()),
            Act::Account(others) => {
                let other = others.then(|| super::other(&self.clients[index].name));
                self.clients[index].engine().set_account(LINK, other.as_deref()).await?;
                Ok(self.clients[index].account())
            }
            Act::Line(way) => {
                self.clients[index].set_line(*way);
                Ok("so it is".to_owned())
            }
            Act::Jump(seconds) => {
                self.jumped = true;
                self.clients[index].clock.jump(seconds * 1_000);
                Ok("so it shows".to_owned())
            }
            Act::Retry => self.retry(index).await,
            Act::Sync | Act::Pause(_) | Act::Resume => self.command(index, act).await,
        }
    }

    /// What was refused goes again; the deletions of a transaction among them are its author's newest word about their records.
    async fn retry(&mut self, index: usize) -> Result<String, StoreError> {
        let deletions = |client: &Client| -> Result<BTreeMap<String, Rec>, StoreError> {
            let queue = client.queue()?.into_iter().filter(|row| row.operation == Operation::Delete);
            Ok(queue.map(|row| (row.id, client.record(&row.collection, &row.record))).collect())
        };
        let before = deletions(&self.clients[index])?;
        let done = self.clients[index].engine().reprocess_failed().await;
        let again = match &done {
            Ok(_) => {
                let now = deletions(&self.clients[index])?;
                now.into_iter().filter(|(id, _)| !before.contains_key(id)).map(|(_, record)| record).collect()
            }
            // It may have been done all the same.
            Err(_) => self.people[index].deleted(),
        };
        again.into_iter().for_each(|record| self.people[index].deletes(record));
        done.map(|_| "done".to_owned())
    }

    async fn start(&mut self, index: usize) -> Result<String, StoreError> {
        self.clients[index].start().await?;
        self.faults.append(&mut self.clients[index].faults);
        Ok("runs".to_owned())
    }

    async fn command(&self, index: usize, act: &Act) -> Result<String, StoreError> {
        let engine = self.clients[index].engine();
        match act {
            Act::Sync => engine.force_sync(None, None).await?,
            Act::Pause(Scope::All) => engine.pause(None, None).await?,
            Act::Pause(Scope::Link) => engine.pause(Some(LINK), None).await?,
            Act::Pause(Scope::Collection(collection)) => {
                engine.pause(Some(LINK), Some(COLLECTIONS[*collection])).await?
            }
            _ => {
                engine.resume(None, None).await?;
                engine.resume(Some(LINK), None).await?;
                for collection in COLLECTIONS {
                    engine.resume(Some(LINK), Some(collection)).await?;
                }
            }
        }
        Ok("done".to_owned())
    }

    /// A new document with texts of its own, by path.
    fn document(&mut self, index: usize, record: Rec) -> (Value, Vec<(&'static str, String)>) {
        let client = &self.clients[index];
        let named = client.newest_note().unwrap_or((0, record.1));
        let (author, note) = (client.account(), client.rid(named).to_owned());
        let mut document = match client.is_named_there() {
            true => json!({}),
            false => json!({"id": RECORDS[record.1]}),
        };
        let (a, x) = (self.text(&author), self.text(&author));
        (document["a"], document["n"]) = (json!(a), json!({"x": x}));
        if record.0 == 1 {
            if temporary::is(&note) {
                self.people[index].refers(&a, named);
            }
            document["note"] = json!(note);
        }
        (document, vec![("/a", a), ("/n/x", x)])
    }

    async fn create(&mut self, index: usize, record: Rec) -> Result<String, StoreError> {
        let client = &self.clients[index];
        // Where the server names records, what counts is who else knows a name that changes: every other new one is an order.
        let names_a_note = client.is_named_there() && client.newest_note().is_some() && self.texts % 4 < 2;
        let record = if names_a_note { (1, record.1) } else { record };
        if self.clients[index].is_named_there() && self.clients[index].here(record).is_some() {
            return Ok("it is there".to_owned());
        }
        let (document, texts) = self.document(index, record);
        let done = self.clients[index]
            .engine()
            .create_record(LINK, COLLECTIONS[record.0], &document.to_string(), None)
            .await;
        if !matches!(done, Err(StoreError::Refused(_))) {
            self.people[index].makes(record);
        }
        if let Ok(saved) = &done {
            self.clients[index].names(record, &saved.record);
        }
        self.saved(index, record, &texts, done)
    }

    async fn edit(&mut self, index: usize, record: Rec, field: usize) -> Result<String, StoreError> {
        let (author, rid) = (self.clients[index].account(), self.clients[index].rid(record).to_owned());
        let (path, text) = (FIELDS[field], self.text(&author));
        let shown = self.clients[index].here(record);
        self.people[index].sees(shown.as_ref());
        let fields = [FieldEdit { path: path.into(), set: Some(json!(text).to_string()) }];
        let done = self.clients[index]
            .engine()
            .update_record(LINK, COLLECTIONS[record.0], &rid, &fields, None)
            .await;
        self.saved(index, record, &[(path, text)], done)
    }

    /// What was called saved must be kept.
    fn saved(
        &mut self,
        index: usize,
        record: Rec,
        texts: &[(&str, String)],
        done: Result<Saved, StoreError>,
    ) -> Result<String, StoreError> {
        if !matches!(done, Ok(_) | Err(StoreError::Refused(_) | StoreError::DiskFull { .. })) {
            for (path, _) in texts {
                self.people[index].perhaps_types(record, path);
            }
        }
        let saved = done?;
        let words: Vec<String> = texts.iter().map(|(path, text)| format!("{path} = {text}")).collect();
        match &saved.change {
            None => Ok(format!("{} change nothing", words.join(", "))),
            Some(change) => {
                for (path, text) in texts {
                    self.people[index].types(change, record, path, text);
                }
                Ok(format!("{} saved as {}", words.join(", "), &change[..8]))
            }
        }
    }

    async fn apply(
        &mut self,
        index: usize,
        strategy: Strategy,
        await_sync: bool,
        members: &[(Rec, bool)],
    ) -> Result<String, StoreError> {
        let mut changes = Vec::new();
        let mut typed = Vec::new();
        for (record, deletes) in members {
            let (collection, id) =
                (COLLECTIONS[record.0].to_owned(), self.clients[index].rid(*record).to_owned());
            let shown = self.clients[index].here(*record);
            self.people[index].sees(shown.as_ref());
            changes.push(match (&shown, deletes) {
                (None, _) => {
                    let (document, texts) = self.document(index, *record);
                    self.people[index].makes(*record);
                    typed.push((changes.len(), *record, texts));
                    NewChange::Create {
                        collection,
                        document: document.to_string(),
                        depends_on: Vec::new(),
                        metadata: None,
                    }
                }
                (Some(_), true) => {
                    self.people[index].deletes(*record);
                    NewChange::Delete { collection, record: id, depends_on: Vec::new(), metadata: None }
                }
                (Some(_), false) => {
                    let author = self.clients[index].account();
                    let text = self.text(&author);
                    let fields = vec![FieldEdit { path: "/b".into(), set: Some(json!(text).to_string()) }];
                    typed.push((changes.len(), *record, vec![("/b", text)]));
                    NewChange::Update {
                        collection,
                        record: id,
                        fields,
                        depends_on: Vec::new(),
                        metadata: None,
                    }
                }
            });
            // What cannot be taken whole becomes a saga.
            if matches!(strategy, Strategy::Saga | Strategy::Atomic) {
                self.people[index].begins_saga(*record);
            }
        }
        let new = NewTransaction { link: LINK.into(), strategy, await_sync, label: None, changes };
        let row = self.clients[index].engine().apply_transaction(new).await?;
        let detail = self.clients[index].engine().get_transaction(&row.id)?;
        let mut words = Vec::new();
        for (number, record, texts) in typed {
            let Some(change) = detail.changes.get(number) else { continue };
            if change.operation == Operation::Create {
                self.clients[index].names(record, &change.record);
            }
            for (path, text) in texts {
                self.people[index].types(&change.id, record, path, &text);
                words.push(format!("{}/{}{path} = {text}", change.collection, change.record));
            }
        }
        Ok(format!("{} {:?}: {}", &row.id[..8], row.strategy, words.join(", ")))
    }

    pub(super) async fn resolve(
        &mut self,
        index: usize,
        number: usize,
        choice: Choice,
        hold_s: i64,
    ) -> Result<String, StoreError> {
        let open = self.clients[index].engine().list_conflicts(0, 100)?.rows;
        if open.is_empty() {
            return Ok("no conflict".to_owned());
        }
        let conflict = open[number % open.len()].id;
        let view = self.clients[index].engine().get_conflict(conflict)?;
        let record = self.clients[index].record(&view.row.resource_type, &view.row.resource_id);
        let parsed = |text: &Option<String>| -> Option<Value> {
            text.as_ref().map(|text| serde_json::from_str(text).expect("a side is JSON"))
        };
        let author = self.clients[index].account();
        let resolution = match choice {
            Choice::Mine => Resolution::LocalWins {},
            Choice::Theirs => Resolution::ServerWins {},
            Choice::Typed => {
                let sides = parsed(&view.server_data).or_else(|| parsed(&view.local_data));
                let mut document = sides.unwrap_or_else(|| json!({"id": view.row.resource_id}));
                document["a"] = json!(self.text(&author));
                Resolution::Manual { choices: Vec::new(), document: Some(document.to_string()) }
            }
        };
        let seen = view.server_version.clone();
        let done = self.clients[index]
            .engine()
            .resolve_conflict(conflict, resolution, seen, Millis(hold_s * 1_000))
            .await;
        if !matches!(done, Err(StoreError::Refused(_))) {
            self.people[index].sees(parsed(&view.server_data).as_ref());
            self.people[index].resolves(record);
            self.resolved[index] = Some(conflict);
        }
        done.map(|_| format!("{}/{}: {choice:?}", view.row.resource_type, view.row.resource_id))
    }
}
