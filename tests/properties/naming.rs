//! Whatever is made offline on a server that names records itself: each record is there once, and every reference leads
//! to the record that it was set to.

use crate::client::{Client, LINK};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tidemark_model::connector::{Discovered, Reference};
use tidemark_model::view::{FieldEdit, QueueFilter, WaitReason};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::direct::{Direct, Weather};

const NODES: &str = "nodes";

#[derive(Clone, Debug)]
enum Step {
    /// A node, under one that was made before.
    Make(Option<prop::sample::Index>),
    /// A node is put under another, or under itself.
    Move(prop::sample::Index, prop::sample::Index),
    /// A node is told something.
    Tell(prop::sample::Index, u8),
    Sync,
    Weather(Weather),
    Wait(i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    use Weather::{AnswersLost, Away, Fair, WritesLost};
    let node = any::<prop::sample::Index>;
    prop_oneof![
        5 => prop::option::of(node()).prop_map(Step::Make),
        3 => (node(), node()).prop_map(|(node, under)| Step::Move(node, under)),
        3 => (node(), 0..4u8).prop_map(|(node, said)| Step::Tell(node, said)),
        3 => Just(Step::Sync),
        2 => prop::sample::select(vec![Fair, Fair, Away, AnswersLost, WritesLost]).prop_map(Step::Weather),
        2 => (1i64..400).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

/// A node as it should be: which it lies under, and what it was told.
#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    under: Option<usize>,
    said: u8,
}

struct Desk {
    client: Client,
    /// The ids that the caller was given when each was made, and never learns others.
    given: Vec<String>,
    nodes: Vec<Node>,
}

impl Desk {
    async fn open(honours_keys: bool) -> Self {
        let clock = ManualClock::default();
        let server = Direct::naming(&[NODES], clock.clone(), honours_keys);
        let references = vec![Reference { path: "/under".into(), collection: NODES.into() }];
        let nodes = Discovered { name: NODES.into(), references, ..Discovered::default() };
        Self { client: Client::open(server, clock, 5, nodes).await, given: Vec::new(), nodes: Vec::new() }
    }

    async fn set(&self, node: usize, field: &str, value: Value) {
        let edit = FieldEdit { path: format!("/{field}"), set: Some(value.to_string()) };
        self.client.engine.update_record(LINK, NODES, &self.given[node], &[edit], None).await.unwrap();
    }

    async fn take(&mut self, step: &Step) {
        let count = self.nodes.len();
        match step {
            Step::Make(under) => {
                let under = under.filter(|_| count > 0).map(|under| under.index(count));
                let document =
                    json!({"node": count, "under": under.map(|under| &self.given[under]), "said": 0});
                let saved =
                    self.client.engine.create_record(LINK, NODES, &document.to_string(), None).await.unwrap();
                self.given.push(saved.record);
                self.nodes.push(Node { under, said: 0 });
            }
            Step::Move(node, under) if count > 0 => {
                let (node, under) = (node.index(count), under.index(count));
                self.set(node, "under", json!(self.given[under])).await;
                self.nodes[node].under = Some(under);
            }
            Step::Tell(node, said) if count > 0 => {
                let node = node.index(count);
                self.set(node, "said", json!(said)).await;
                self.nodes[node].said = *said;
            }
            Step::Move(..) | Step::Tell(..) => {}
            Step::Sync => self.client.sync().await,
            Step::Weather(weather) => self.client.server.set_weather(*weather),
            Step::Wait(seconds) => self.client.clock.advance_s(*seconds),
            Step::Restart => {
                self.client.restart().await;
            }
        }
        if matches!(step, Step::Sync | Step::Restart) {
            self.check_here();
        }
    }

    /// Every node is here under the id that was given, as it should be.
    fn check_here(&self) {
        let ids: Vec<String> =
            self.given.iter().map(|given| self.here(given)["id"].as_str().unwrap().into()).collect();
        for (number, (given, node)) in self.given.iter().zip(&self.nodes).enumerate() {
            let here = self.here(given);
            assert_eq!((&here["node"], &here["said"]), (&json!(number), &json!(node.said)), "{here}");
            assert_eq!(here["under"], json!(node.under.map(|under| &ids[under])), "{here}");
        }
    }

    fn here(&self, id: &str) -> Value {
        self.client.here(id).unwrap()
    }

    /// The weather clears up, and a person finds out about what nobody else can.
    async fn settle(&self) {
        self.client.server.set_weather(Weather::Fair);
        for _ in 0..60 {
            self.client.sync().await;
            self.client.clock.advance_s(600);
            let queue = self.client.engine.list_queue(&QueueFilter::default(), 0, 100).unwrap().rows;
            if queue.is_empty() {
                return;
            }
            for row in queue.iter().filter(|row| row.reason == Some(WaitReason::MayHaveBeenSent)) {
                match self.client.engine.may_be(&row.id).await.unwrap().first() {
                    Some(it) => self.client.engine.is_there(&row.id, &it.record).await.unwrap(),
                    None => self.client.engine.send_again(&row.id).await.unwrap(),
                }
            }
        }
        self.client.waits_for_ever();
    }

    fn check_there(&self) {
        let there: Vec<Value> = self.client.there().into_values().collect();
        assert_eq!(there.len(), self.nodes.len(), "each is there once: {there:?}");
        let ids: BTreeMap<String, u64> = there
            .iter()
            .map(|document| (document["id"].as_str().unwrap().to_owned(), document["node"].as_u64().unwrap()))
            .collect();
        for document in &there {
            let node = &self.nodes[document["node"].as_u64().unwrap() as usize];
            let under = document["under"].as_str().map(|id| ids.get(id).copied());
            assert_eq!(under, node.under.map(|under| Some(under as u64)), "{document}");
            assert_eq!(document["said"], json!(node.said));
        }
        let report = self.client.report();
        assert!(report.order_violations.is_empty() && report.duplicates.is_empty(), "{report:?}");
        self.client.audit();
    }
}

proptest! {
    #![proptest_config(crate::cases())]

    // proves A4, C8
    #[test]
    fn records_that_the_server_names_are_there_once_and_refer_to_each_other(
        honours_keys: bool,
        steps in prop::collection::vec(step(), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut desk = Desk::open(honours_keys).await;
            for step in &steps {
                desk.take(step).await;
            }
            desk.settle().await;
            desk.check_here();
            desk.check_there();
        });
    }
}
