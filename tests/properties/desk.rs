//! One client at a server in memory, and beside it the same edits applied one by one, without any queue.

use crate::steps::{NOTES, Step};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::{Engine, EngineSettings, LinkDraft, Platform, StoreError, WriterMode};
use tidemark_model::change::{self, Change};
use tidemark_model::clock::Clock as _;
use tidemark_model::connector::Discovered;
use tidemark_model::document::canonical;
use tidemark_model::number::{Count, Millis};
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{FieldEdit, QueueFilter, Resolution, StatusSnapshot};
use tidemark_sandbox::{Colleague, Report};
use tidemark_tests::audit::{Audit, audit, listed};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::direct::{Direct, Weather};
use tidemark_tests::rng::SeededRng;

const LINK: &str = "office";

pub struct Desk {
    engine: Option<Engine>,
    server: Direct,
    clock: ManualClock,
    rng: Arc<SeededRng>,
    folder: TempDir,
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
        let mut desk = Self {
            engine: None,
            server: Direct::new(&[NOTES], clock.clone(), honours_keys),
            clock,
            rng: Arc::new(SeededRng::new(3)),
            folder: tempfile::tempdir().unwrap(),
            naive: BTreeMap::new(),
            edits: 0,
            crowded: false,
            resolved: None,
        };
        desk.start().await;
        let notes = Discovered { name: NOTES.into(), ..Discovered::default() };
        let draft = LinkDraft {
            name: LINK.into(),
            kind: "rest".into(),
            url: "http://localhost/".into(),
            user: None,
            settings: LinkSettings::default(),
            collections: vec![notes],
            secret_kept: false,
        };
        desk.engine().add_link(draft).await.unwrap();
        desk
    }

    async fn start(&mut self) {
        let platform =
            Platform::new(Arc::new(self.clock.clone()), self.rng.clone(), Arc::new(self.server.clone()));
        let settings = EngineSettings::default();
        self.engine =
            Some(Engine::open(self.folder.path(), platform, settings, WriterMode::Inline).await.unwrap());
    }

    fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    /// Takes a step of somebody who is alone with the server; what they see is what they typed.
    pub async fn take(&mut self, step: &Step) {
        let expected = self.apply(step);
        let done = self.act(step).await;
        assert_eq!(done.is_ok(), expected, "{step:?}: {:?}", done.err());
        self.edits +=
            usize::from(expected && matches!(step, Step::Create(..) | Step::Edit(..) | Step::Delete(_)));
        for id in ["r1", "r2", "r3"] {
            let here = self.here(id).map(|document| canonical(&document));
            assert_eq!(here, self.naive.get(id).map(canonical), "{id} after {step:?}");
        }
    }

    /// Takes a step among several people.
    pub async fn take_crowded(&mut self, step: &Step) {
        self.crowded = true;
        // Whether it is possible depends on what the others did.
        drop(self.act(step).await);
        let open = self.engine().list_conflicts(0, 10).unwrap();
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
                self.engine().create_record(LINK, NOTES, &document.to_string(), None).await.map(drop)
            }
            Step::Edit(id, change) => {
                self.engine().update_record(LINK, NOTES, id, &[field_edit(change)], None).await.map(drop)
            }
            Step::Delete(id) => self.engine().delete_record(LINK, NOTES, id, None).await.map(drop),
            Step::Sync => self.engine().sync(None, None).await.map(drop),
            Step::Weather(weather) => {
                self.server.set_weather(*weather);
                Ok(())
            }
            Step::Wait(seconds) => {
                self.clock.advance_s(*seconds);
                Ok(())
            }
            Step::Restart => {
                self.engine().shutdown().await;
                self.start().await;
                Ok(())
            }
            Step::Colleague(edit) => {
                let now = chrono::DateTime::from_timestamp_millis(self.clock.now().0).unwrap();
                // Where it is not possible, they leave it.
                drop(self.server.world().colleague(&Colleague::Edit(Box::new(edit.clone())), now));
                Ok(())
            }
            Step::Resolve { mine, hold_s } => self.resolve_oldest(*mine, *hold_s).await,
            Step::Undo => match self.resolved.take() {
                Some(conflict) => self.engine().undo_resolution(conflict).await,
                None => Ok(()),
            },
        }
    }

    async fn resolve_oldest(&mut self, mine: bool, hold_s: i64) -> Result<(), StoreError> {
        let open = self.engine().list_conflicts(0, 1)?;
        let Some(row) = open.rows.first() else { return Ok(()) };
        let resolution = if mine { Resolution::LocalWins {} } else { Resolution::ServerWins {} };
        self.resolved = Some(row.id);
        self.engine().resolve_conflict(row.id, resolution, None, Millis(hold_s * 1000)).await.map(drop)
    }

    fn here(&self, id: &str) -> Option<Value> {
        let text = self.engine().get_record(LINK, NOTES, id).ok()?.document?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// A person ends every conflict and sends what needs them once more.
    pub async fn settle_crowded(&mut self, mine: bool) {
        for _ in 0..20 {
            self.server.set_weather(Weather::Fair);
            self.engine().sync(None, None).await.unwrap();
            self.clock.advance_s(600);
            self.resolve_oldest(mine, 0).await.unwrap();
            self.engine().reprocess_failed().await.unwrap();
            if self.status().queue_length.0 == 0 {
                // What the last ones brought is taken in.
                self.engine().sync(None, None).await.unwrap();
                return;
            }
        }
        panic!("something waits for ever: {:?}", self.engine().list_queue(&QueueFilter::default(), 0, 10));
    }

    /// The weather clears up; whatever waits is sent.
    pub async fn settle(&self) {
        self.server.set_weather(Weather::Fair);
        for _ in 0..20 {
            self.engine().sync(None, None).await.unwrap();
            if self.status().queue_length.0 == 0 {
                return;
            }
            self.clock.advance_s(600);
        }
        panic!("something waits for ever: {:?}", self.engine().list_queue(&QueueFilter::default(), 0, 10));
    }

    /// Both sides, and the books.
    pub fn check(&self) {
        let there = listed(&mut self.server.world(), &[NOTES.to_owned()]);
        let report = self.server.world().report().unwrap();
        if self.crowded {
            return self.audit(there, report);
        }
        let naive: BTreeMap<_, _> = self
            .naive
            .iter()
            .map(|(id, document)| ((NOTES.to_owned(), id.clone()), document.clone()))
            .collect();
        assert_eq!(json!(texts(&there)), json!(texts(&naive)), "the server and the edits one by one");
        let effects = report.effects.len();
        assert!(effects <= self.edits, "{effects} effects of {} edits", self.edits);
        self.audit(there, report);
    }

    fn audit(&self, there: BTreeMap<(String, String), Value>, report: Report) {
        let faults = audit(&Audit {
            folder: self.folder.path(),
            status: self.status(),
            stats: self.engine().queue_stats().unwrap(),
            report,
            there,
            never_woken: self.engine().without_wake_up().unwrap(),
            now: self.clock.now(),
            at_rest: true,
        });
        assert!(faults.is_empty(), "the books do not agree:\n  {}", faults.join("\n  "));
    }

    fn status(&self) -> StatusSnapshot {
        self.engine().status().unwrap()
    }
}

fn field_edit(change: &Change) -> FieldEdit {
    match change {
        Change::Set { path, set } => FieldEdit { path: path.clone(), set: Some(set.to_string()) },
        Change::Remove { path, .. } => FieldEdit { path: path.clone(), set: None },
    }
}

fn texts(records: &BTreeMap<(String, String), Value>) -> BTreeMap<String, String> {
    records.iter().map(|((_, id), document)| (id.clone(), canonical(document))).collect()
}
