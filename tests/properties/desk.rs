//! One client at a server in memory, and beside it the same edits applied one by one, without any queue.

use crate::client::{Client, LINK, texts};
use crate::steps::{NOTES, Step};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tidemark_engine::StoreError;
use tidemark_model::change::{self, Change};
use tidemark_model::clock::Clock as _;
use tidemark_model::connector::Discovered;
use tidemark_model::document::canonical;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{FieldEdit, Resolution, StatusSnapshot};
use tidemark_sandbox::Colleague;
use tidemark_tests::clock::ManualClock;
use tidemark_tests::direct::{Direct, Weather};

pub struct Desk {
    client: Client,
    /// What the server would have if each edit were applied to it at once.
    naive: BTreeMap<String, Value>,
    /// Edits that were accepted.
    edits: usize,
    /// Somebody else is at work too: what a person sees is not what they typed alone.
    crowded: bool,
    resolved: Option<Count>,
}

impl Desk {
    pub async fn open(honours_keys: bool) -> Self {
        let clock = ManualClock::default();
        let server = Direct::new(&[NOTES], clock.clone(), honours_keys);
        let notes = Discovered { name: NOTES.into(), ..Discovered::default() };
        Self {
            client: Client::open(server, clock, 3, notes).await,
            naive: BTreeMap::new(),
            edits: 0,
            crowded: false,
            resolved: None,
        }
    }

    /// Takes a step of somebody who is alone with the server; what they see is what they typed.
    pub async fn take(&mut self, step: &Step) {
        let expected = self.apply(step);
        let done = self.act(step).await;
        assert_eq!(done.is_ok(), expected, "{step:?}: {:?}", done.err());
        self.edits +=
            usize::from(expected && matches!(step, Step::Create(..) | Step::Edit(..) | Step::Delete(_)));
        for id in ["r1", "r2", "r3"] {
            let here = self.client.here(id).map(|document| canonical(&document));
            assert_eq!(here, self.naive.get(id).map(canonical), "{id} after {step:?}");
        }
    }

    /// Takes a step among several people.
    pub async fn take_crowded(&mut self, step: &Step) {
        self.crowded = true;
        // Whether it is possible depends on what the others did.
        drop(self.act(step).await);
        let open = self.client.engine.list_conflicts(0, 10).unwrap();
        assert_eq!(open.total, Count::of(open.rows.len()), "no conflict is listed twice or not at all");
    }

    /// The edit applied at once; whether it is possible.
    fn apply(&mut self, step: &Step) -> bool {
        match step {
            Step::Create(id, document) => match self.naive.contains_key(id) {
                true => false,
                false => self.naive.insert(id.clone(), document.clone()).is_none(),
            },
            Step::Edit(id, change) => {
                let before = self.naive.get(id);
                let after =
                    before.and_then(|before| change::apply(before, std::slice::from_ref(change)).ok());
                let possible = after.is_some();
                self.naive.extend(after.map(|after| (id.clone(), after)));
                possible
            }
            Step::Delete(id) => self.naive.remove(id).is_some(),
            _ => true,
        }
    }

    async fn act(&mut self, step: &Step) -> Result<(), StoreError> {
        match step {
            Step::Create(_, document) => {
                self.client.engine.create_record(LINK, NOTES, &document.to_string(), None).await.map(drop)
            }
            Step::Edit(id, change) => {
                self.client.engine.update_record(LINK, NOTES, id, &[field_edit(change)], None).await.map(drop)
            }
            Step::Delete(id) => self.client.engine.delete_record(LINK, NOTES, id, None).await.map(drop),
            Step::Sync => self.client.engine.sync(None, None).await.map(drop),
            Step::Weather(weather) => {
                self.client.server.set_weather(*weather);
                Ok(())
            }
            Step::Wait(seconds) => {
                self.client.clock.advance_s(*seconds);
                Ok(())
            }
            Step::Restart => {
                self.client.restart().await;
                Ok(())
            }
            Step::Colleague(edit) => {
                let now = chrono::DateTime::from_timestamp_millis(self.client.clock.now().0).unwrap();
                // Where it is not possible, they leave it.
                drop(self.client.server.world().colleague(&Colleague::Edit(Box::new(edit.clone())), now));
                Ok(())
            }
            Step::Resolve { mine, hold_s } => self.resolve_oldest(*mine, *hold_s).await,
            Step::Undo => match self.resolved.take() {
                Some(conflict) => self.client.engine.undo_resolution(conflict).await,
                None => Ok(()),
            },
        }
    }

    async fn resolve_oldest(&mut self, mine: bool, hold_s: i64) -> Result<(), StoreError> {
        let open = self.client.engine.list_conflicts(0, 1)?;
        let Some(row) = open.rows.first() else { return Ok(()) };
        let resolution = if mine { Resolution::LocalWins {} } else { Resolution::ServerWins {} };
        self.resolved = Some(row.id);
        self.client.engine.resolve_conflict(row.id, resolution, None, Millis(hold_s * 1000)).await.map(drop)
    }

    /// A person ends every conflict and sends what needs them once more.
    pub async fn settle_crowded(&mut self, mine: bool) {
        for _ in 0..20 {
            self.client.server.set_weather(Weather::Fair);
            self.client.sync().await;
            self.client.clock.advance_s(600);
            self.resolve_oldest(mine, 0).await.unwrap();
            self.client.engine.reprocess_failed().await.unwrap();
            if self.status().queue_length.0 == 0 {
                // What the last ones brought is taken in.
                self.client.sync().await;
                return;
            }
        }
        self.client.waits_for_ever();
    }

    /// The weather clears up; whatever waits is sent.
    pub async fn settle(&self) {
        self.client.server.set_weather(Weather::Fair);
        for _ in 0..20 {
            self.client.sync().await;
            if self.status().queue_length.0 == 0 {
                return;
            }
            self.client.clock.advance_s(600);
        }
        self.client.waits_for_ever();
    }

    /// Both sides, and the books.
    pub fn check(&self) {
        if !self.crowded {
            assert_eq!(
                json!(texts(&self.client.there())),
                json!(texts(&self.naive)),
                "the server and the edits one by one"
            );
            let effects = self.client.report().effects.len();
            assert!(effects <= self.edits, "{effects} effects of {} edits", self.edits);
        }
        self.client.audit();
    }

    fn status(&self) -> StatusSnapshot {
        self.client.engine.status().unwrap()
    }
}

fn field_edit(change: &Change) -> FieldEdit {
    match change {
        Change::Set { path, set } => FieldEdit { path: path.clone(), set: Some(set.to_string()) },
        Change::Remove { path, .. } => FieldEdit { path: path.clone(), set: None },
    }
}
