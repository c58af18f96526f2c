//! One client at a server in memory, and beside it the same edits applied one by one, without any queue.

use crate::steps::Step;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::{Engine, EngineSettings, LinkDraft, Platform, WriterMode};
use tidemark_model::change::{self, Change};
use tidemark_model::clock::Clock as _;
use tidemark_model::connector::Discovered;
use tidemark_model::document::canonical;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{FieldEdit, StatusSnapshot};
use tidemark_tests::audit::{Audit, audit, listed};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::direct::{Direct, Weather};
use tidemark_tests::rng::SeededRng;

const LINK: &str = "office";
const NOTES: &str = "notes";

pub struct Desk {
    engine: Option<Engine>,
    server: Direct,
    clock: ManualClock,
    rng: Arc<SeededRng>,
    folder: TempDir,
    /// What the server would have if each edit were applied to it at once.
    naive: BTreeMap<String, Value>,
    /// Edits that were accepted.
    pub edits: usize,
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
        let platform = Platform {
            clock: Arc::new(self.clock.clone()),
            rng: self.rng.clone(),
            connect: Arc::new(self.server.clone()),
        };
        let settings = EngineSettings::default();
        self.engine =
            Some(Engine::open(self.folder.path(), platform, settings, WriterMode::Inline).await.unwrap());
    }

    fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    pub async fn take(&mut self, step: &Step) {
        match step {
            Step::Create(id, document) => {
                let done = self.engine().create_record(LINK, NOTES, &document.to_string(), None).await;
                let expected = !self.naive.contains_key(id);
                assert_eq!(done.is_ok(), expected, "{step:?}: {:?}", done.err());
                if expected {
                    self.naive.insert(id.clone(), document.clone());
                    self.edits += 1;
                }
            }
            Step::Edit(id, change) => self.edit(id, change).await,
            Step::Delete(id) => {
                let done = self.engine().delete_record(LINK, NOTES, id, None).await;
                let expected = self.naive.remove(id).is_some();
                assert_eq!(done.is_ok(), expected, "{step:?}: {:?}", done.err());
                self.edits += usize::from(expected);
            }
            Step::Sync => drop(self.engine().sync(None, None).await.unwrap()),
            Step::Weather(weather) => self.server.set_weather(*weather),
            Step::Wait(seconds) => self.clock.advance_s(*seconds),
            Step::Restart => {
                self.engine().shutdown().await;
                self.start().await;
            }
        }
        self.shows_what_was_typed(step);
    }

    async fn edit(&mut self, id: &str, change: &Change) {
        let edit = match change {
            Change::Set { path, set } => FieldEdit { path: path.clone(), set: Some(set.to_string()) },
            Change::Remove { path, .. } => FieldEdit { path: path.clone(), set: None },
        };
        let done = self.engine().update_record(LINK, NOTES, id, &[edit], None).await;
        let before = self.naive.get(id);
        let after = before.and_then(|before| change::apply(before, std::slice::from_ref(change)).ok());
        assert_eq!(done.is_ok(), after.is_some(), "{change:?} of {id}: {:?}", done.err());
        if let Some(after) = after {
            self.naive.insert(id.to_owned(), after);
            self.edits += 1;
        }
    }

    /// Nobody else edits here: what a person sees is what they typed, whatever is under way.
    fn shows_what_was_typed(&self, step: &Step) {
        for id in ["r1", "r2", "r3"] {
            let text = self.engine().get_record(LINK, NOTES, id).ok().and_then(|record| record.document);
            let here = text.map(|text| canonical(&serde_json::from_str(&text).unwrap()));
            assert_eq!(here, self.naive.get(id).map(canonical), "{id} after {step:?}");
        }
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
        panic!("something waits for ever: {:?}", self.engine().list_queue(&Default::default(), 0, 10));
    }

    /// Both sides, and the books.
    pub fn check(&self) {
        let there = listed(&mut self.server.world(), &[NOTES.to_owned()]);
        let naive: BTreeMap<_, _> = self
            .naive
            .iter()
            .map(|(id, document)| ((NOTES.to_owned(), id.clone()), document.clone()))
            .collect();
        assert_eq!(json!(texts(&there)), json!(texts(&naive)), "the server and the edits one by one");
        let report = self.server.world().report().unwrap();
        assert!(
            report.effects.len() <= self.edits,
            "{} effects of {} edits",
            report.effects.len(),
            self.edits
        );
        let faults = audit(&Audit {
            folder: self.folder.path(),
            status: self.status(),
            stats: self.engine().queue_stats().unwrap(),
            report,
            there,
            now: self.clock.now(),
            at_rest: true,
        });
        assert!(faults.is_empty(), "the books do not agree:\n  {}", faults.join("\n  "));
    }

    fn status(&self) -> StatusSnapshot {
        self.engine().status().unwrap()
    }
}

fn texts(records: &BTreeMap<(String, String), Value>) -> BTreeMap<String, String> {
    records.iter().map(|((_, id), document)| (id.clone(), canonical(document))).collect()
}
