//! Whatever is told to wait for whatever: everything gets to the server, each after what it was told to wait for.

use crate::client::{Client, LINK};
use proptest::prelude::*;
use serde_json::json;
use tidemark_engine::{Beside, StoreError};
use tidemark_model::connector::Discovered;
use tidemark_model::mutation::MutationState;
use tidemark_model::request::Method;
use tidemark_model::view::{ChangeDetail, FieldEdit, NewRequest, QueueFilter, Saved};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::direct::{Direct, Weather};

const NOTES: &str = "notes";
const RECORDS: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    /// A record is made, or where it is there a field of it is set; after some changes that were saved before.
    Write(usize, u8, Vec<prop::sample::Index>),
    /// A record goes, where it is there.
    Delete(usize, Vec<prop::sample::Index>),
    /// A request, which makes a record of its own.
    Request(Vec<prop::sample::Index>),
    /// From now on a record's writes are refused, or no longer.
    Refuse(usize, bool),
    Weather(Weather),
    Sync,
    Wait(i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    use Weather::{AnswersLost, Away, Fair, WritesLost};
    let after = || prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    prop_oneof![
        8 => (0..RECORDS, any::<u8>(), after()).prop_map(|(record, n, after)| Step::Write(record, n, after)),
        2 => (0..RECORDS, after()).prop_map(|(record, after)| Step::Delete(record, after)),
        3 => after().prop_map(Step::Request),
        2 => (0..RECORDS, any::<bool>()).prop_map(|(record, on)| Step::Refuse(record, on)),
        2 => prop::sample::select(vec![Fair, Away, Away, AnswersLost, WritesLost]).prop_map(Step::Weather),
        2 => Just(Step::Sync),
        1 => (1i64..400).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

/// A change with those that it was told to wait for, as far as they had not ended when it was saved.
struct Told {
    id: String,
    waits_for: Vec<String>,
}

struct Desk {
    client: Client,
    told: Vec<Told>,
    requests: usize,
}

impl Desk {
    async fn open() -> Self {
        let clock = ManualClock::default();
        let server = Direct::new(&[NOTES], clock.clone(), true);
        let notes = Discovered { name: NOTES.into(), ..Discovered::default() };
        Self { client: Client::open(server, clock, 11, notes).await, told: Vec::new(), requests: 0 }
    }

    fn change(&self, id: &str) -> ChangeDetail {
        self.client.engine.get_change(id).unwrap()
    }

    /// The change that an id leads to now.
    fn holder(&self, id: &str) -> ChangeDetail {
        let mut change = self.change(id);
        while change.row.mutation_state == MutationState::Combined {
            change = self.change(&change.combined_into.unwrap());
        }
        change
    }

    fn ids(&self, after: &[prop::sample::Index]) -> Vec<String> {
        let named = after.iter().filter(|_| !self.told.is_empty());
        named.map(|index| self.told[index.index(self.told.len())].id.clone()).collect()
    }

    async fn saved(&mut self, depends_on: Vec<String>, result: Result<Saved, StoreError>) {
        let saved = match result {
            Ok(saved) => saved,
            // A refused change that others wait for is put right: it cannot be told to wait for them.
            Err(error) => {
                assert!(error.to_string().contains("would wait for each other"), "{error}");
                return;
            }
        };
        let Some(id) = saved.change else { return };
        self.told.push(Told { id, waits_for: depends_on });
    }

    /// Of those named only the ones that have not ended are waited for.
    fn unfinished(&self, named: &[String]) -> Vec<String> {
        let open = named.iter().filter(|id| !self.holder(id).row.mutation_state.is_finished());
        open.cloned().collect()
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Write(record, n, after) => {
                let (id, depends_on) = (format!("r{record}"), self.ids(after));
                let open = self.unfinished(&depends_on);
                let beside = Beside { depends_on, ..Beside::default() };
                let engine = &self.client.engine;
                let result = if self.client.here(&id).is_some() {
                    let edit = FieldEdit { path: format!("/f{}", n % 3), set: Some(n.to_string()) };
                    engine.update_record_with(LINK, NOTES, &id, &[edit], beside).await
                } else {
                    let document = json!({"id": id, "n": n}).to_string();
                    engine.create_record_with(LINK, NOTES, &document, beside).await
                };
                self.saved(open, result).await;
            }
            Step::Delete(record, after) => {
                let (id, depends_on) = (format!("r{record}"), self.ids(after));
                if self.client.here(&id).is_none() {
                    return;
                }
                let open = self.unfinished(&depends_on);
                let beside = Beside { depends_on, ..Beside::default() };
                let result = self.client.engine.delete_record_with(LINK, NOTES, &id, beside).await;
                self.saved(open, result).await;
            }
            Step::Request(after) => {
                let depends_on = self.ids(after);
                let open = self.unfinished(&depends_on);
                self.requests += 1;
                let request = NewRequest {
                    method: Method::Post,
                    target: NOTES.into(),
                    body: Some(json!({"id": format!("q{}", self.requests)}).to_string()),
                    label: None,
                    metadata: None,
                    priority: None,
                    depends_on,
                };
                let result = self.client.engine.send_request(LINK, request).await;
                self.saved(open, result).await;
            }
            Step::Refuse(record, on) => self.client.server.refuse(&format!("r{record}"), *on),
            Step::Weather(weather) => self.client.server.set_weather(*weather),
            Step::Sync => self.client.sync().await,
            Step::Wait(seconds) => self.client.clock.advance_s(*seconds),
            Step::Restart => self.client.restart().await,
        }
    }

    async fn settle(&self) {
        self.client.server.set_weather(Weather::Fair);
        (0..RECORDS).for_each(|record| self.client.server.refuse(&format!("r{record}"), false));
        for _ in 0..40 {
            self.client.sync().await;
            self.client.clock.advance_s(600);
            if self.client.engine.list_queue(&QueueFilter::default(), 0, 1).unwrap().rows.is_empty() {
                return;
            }
            self.client.engine.reprocess_failed().await.unwrap();
        }
        self.client.waits_for_ever();
    }

    /// Each took effect after what it was told to wait for.
    fn check_order(&self) {
        let taken = self.client.server.taken();
        let place = |id: &str| taken.iter().position(|taken| taken.mutation == id);
        for told in &self.told {
            let own = self.holder(&told.id);
            let Some(at) = place(&own.row.id) else {
                // It came to nothing before it was sent, like a record that was made and deleted.
                assert_ne!(own.row.mutation_state, MutationState::Confirmed, "{own:?}");
                continue;
            };
            for before in &told.waits_for {
                let before = self.holder(before);
                if let Some(earlier) = place(&before.row.id).filter(|_| before.row.id != own.row.id) {
                    assert!(earlier < at, "{own:?}\nwent before what it waits for:\n{before:?}");
                }
            }
        }
        self.client.audit();
    }
}

proptest! {
    #![proptest_config(crate::cases())]

    // proves C8, A1, A5
    #[test]
    fn everything_arrives_after_what_it_was_told_to_wait_for(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut desk = Desk::open().await;
            for step in &steps {
                desk.take(step).await;
            }
            desk.settle().await;
            desk.check_order();
        });
    }
}
