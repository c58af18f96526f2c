//! One run: the world of a seed, its steps, and what must hold after each and at the end.

mod acts;
mod settle;

use super::client::Client;
use super::clock::SimClock;
use super::dice::Dice;
use super::oracle::{Person, judge};
use super::steps::{CLIENTS, COLLECTIONS, Kind, RECORDS, Rec, Script, ServerAct, Step, Trouble};
use crate::audit::{Audit, COLLEAGUE, at_server, audit, listed};
use crate::clock::START;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Once};
use std::time::Duration;
use tidemark_model::clock::Clock as _;
use tidemark_model::number::Count;
use tidemark_sandbox::world::report::Effect;
use tidemark_sandbox::{
    Account, Colleague, ColleagueEdit, CollectionSpec, Faults, InProcess, Sandbox, SandboxOptions,
    SeedRecord, Switch,
};

/// In place of a step's number: the faults have stopped.
const AFTERWARDS: usize = usize::MAX;

/// What a run came to.
pub struct Outcome {
    /// Every breach, in words; none in a good run.
    pub faults: Vec<String>,
    /// What happened, line by line.
    pub trace: Vec<String>,
    /// How many changes took effect on the server.
    pub effects: usize,
}

thread_local! {
    /// What panicked on this thread while a run was under way; none while none is.
    static PANICS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// A panic in a task of the engine is a breach like any other.
fn watch_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let former = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let noted = PANICS.with_borrow_mut(|panics| {
                panics.as_mut().map(|panics| panics.push(format!("a panic: {info}"))).is_some()
            });
            if !noted {
                former(info);
            }
        }));
    });
}

/// Runs a script.
pub fn run(script: &Script) -> Outcome {
    watch_panics();
    PANICS.set(Some(Vec::new()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be made");
    let mut outcome = Outcome { faults: Vec::new(), trace: Vec::new(), effects: 0 };
    let went = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut simulation = Simulation::open(script.seed, script.kind).await;
            for (number, step) in script.steps.iter().enumerate() {
                simulation.take(number, step).await;
                if !simulation.faults.is_empty()
                    || PANICS.with_borrow(|panics| panics.as_ref().is_some_and(|all| !all.is_empty()))
                {
                    break;
                }
            }
            if simulation.faults.is_empty() {
                simulation.settle().await;
            }
            simulation.end().await;
            outcome.effects = simulation.effects;
            outcome.trace = simulation.trace;
            outcome.faults = simulation.faults;
        });
    }));
    outcome.faults.extend(PANICS.take().unwrap_or_default());
    if went.is_err() && outcome.faults.is_empty() {
        outcome.faults.push("the run broke off".to_owned());
    }
    outcome
}

/// A world under way.
struct Simulation {
    server: InProcess,
    server_clock: SimClock,
    clients: Vec<Client>,
    people: Vec<Person>,
    dice: Dice,
    kind: Kind,
    /// How many texts were typed so far.
    texts: usize,
    /// Somebody's clock was put back: times no longer tell the order.
    jumped: bool,
    /// Changes committed behind the place that readers know.
    late: bool,
    /// The last resolution of each client.
    resolved: Vec<Option<Count>>,
    effects: usize,
    trace: Vec<String>,
    faults: Vec<String>,
}

impl Simulation {
    async fn open(seed: u64, kind: Kind) -> Self {
        let began = tokio::time::Instant::now();
        let (server_clock, dice) = (SimClock::new(began), Dice::new(seed));
        let shown = server_clock.clone();
        let options = SandboxOptions {
            seed,
            switches: false,
            now: Arc::new(move || instant(&shown)),
            accounts: (0..CLIENTS)
                .flat_map(|number| [format!("c{number}"), other(&format!("c{number}"))])
                .map(|name| Account::new(name.clone(), name))
                .collect(),
            names_records: kind.names,
            collections: COLLECTIONS.map(CollectionSpec::named).to_vec(),
            records: COLLECTIONS
                .iter()
                .flat_map(|name| RECORDS[..3].iter().map(|id| seeded(name, id)))
                .collect(),
            ..SandboxOptions::default()
        };
        let server = Sandbox::in_process(options).expect("a world in memory opens");
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let seed = seed.wrapping_mul(31).wrapping_add(number as u64);
            let mut client = Client::new(number, server.clone(), SimClock::new(began), kind, seed);
            client.start().await.expect("a new store opens");
            client.add_link().await.expect("the link is stored");
            clients.push(client);
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        Self {
            server,
            server_clock,
            people: clients.iter().map(|_| Person::default()).collect(),
            resolved: vec![None; clients.len()],
            clients,
            dice,
            kind,
            texts: 0,
            jumped: false,
            late: false,
            effects: 0,
            trace: Vec::new(),
            faults: Vec::new(),
        }
    }

    async fn take(&mut self, number: usize, step: &Step) {
        match step {
            Step::At(index, act) => {
                self.revive(*index).await;
                let came_to = self.act(*index, act).await;
                self.note(number, &format!("c{index} {act:?}: {came_to}"));
            }
            Step::Server(act) => {
                let came_to = self.at_server(act);
                self.note(number, &format!("server {act:?}: {came_to}"));
            }
            Step::Wait(ms) => {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
                self.note(number, &format!("{ms} ms pass"));
            }
        }
        // What goes on at once has gone on.
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.check(false);
    }

    fn note(&mut self, number: usize, words: &str) {
        let ms = self.server_clock.elapsed();
        let number = if number == AFTERWARDS { String::new() } else { number.to_string() };
        self.trace.push(format!("{number:>3} {:>6}.{:03} s  {words}", ms / 1_000, ms % 1_000));
    }

    /// A computer whose power went is started again.
    async fn revive(&mut self, index: usize) {
        if self.clients[index].power().is_off() {
            self.clients[index].stop().await;
            if let Err(error) = self.clients[index].start().await {
                self.faults.push(format!("c{index} does not start: {error}"));
            }
            self.faults.append(&mut self.clients[index].faults);
        }
    }

    /// A text unlike any other.
    fn text(&mut self, author: &str) -> String {
        self.texts += 1;
        format!("{author}.{}", self.texts)
    }

    fn at_server(&mut self, act: &ServerAct) -> String {
        let edit = |record: &Rec| ColleagueEdit {
            collection: COLLECTIONS[record.0].to_owned(),
            id: RECORDS[record.1].to_owned(),
            ..ColleagueEdit::default()
        };
        match act {
            ServerAct::Trouble(trouble) => {
                self.late |= *trouble == Trouble::Late;
                self.server.set_faults(faults_of(*trouble));
            }
            ServerAct::Calm => self.server.set_faults(Faults::default()),
            ServerAct::Edit(record, field) => {
                let text = self.text("k");
                let set =
                    serde_json::Map::from_iter([(super::steps::FIELDS[*field].to_owned(), json!(text))]);
                return self.colleague(ColleagueEdit { set, ..edit(record) }, &text);
            }
            ServerAct::Create(record) => {
                let text = self.text("k");
                let create = json!({"a": text, "n": {}}).as_object().cloned();
                return self.colleague(ColleagueEdit { create, ..edit(record) }, &text);
            }
            ServerAct::Delete(record) => {
                return self.colleague(ColleagueEdit { delete: true, ..edit(record) }, "");
            }
            ServerAct::PutBack(places) => {
                return match self.server.with_world(|world| world.new_epoch(*places)) {
                    Ok(epoch) => format!("epoch {epoch}"),
                    Err(error) => error.to_string(),
                };
            }
            ServerAct::Forget => {
                return match self.server.with_world(tidemark_sandbox::World::forget_tombstones) {
                    Ok(_) => "done".to_owned(),
                    Err(error) => error.to_string(),
                };
            }
            ServerAct::Jump(seconds) => {
                self.server_clock.jump(seconds * 1_000);
                self.jumped = true;
            }
        }
        "done".to_owned()
    }

    fn colleague(&mut self, edit: ColleagueEdit, text: &str) -> String {
        let now = instant(&self.server_clock);
        let done = self.server.with_world(|world| world.colleague(&Colleague::Edit(Box::new(edit)), now));
        match done {
            Ok(_) => text.to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// The books of every client that runs: of those that nobody wrote in since the last look, which were right and depend
    /// on nothing else, only what the server saw.
    fn check(&mut self, at_rest: bool) {
        let mut report = match self.server.with_world(|world| world.report()) {
            Ok(report) => report,
            Err(error) => return self.faults.push(error.to_string()),
        };
        self.effects = report.effects.len();
        if self.jumped {
            report.order_violations.clear();
        }
        let there: BTreeMap<(String, String), Value> = match at_rest {
            true => self.server.with_world(|world| listed(world, &COLLECTIONS.map(str::to_owned))),
            false => BTreeMap::new(),
        };
        for client in self.clients.iter_mut().filter(|client| !client.power().is_off()) {
            let written = client.written();
            if !at_rest && client.audited == Some(written) {
                let found = at_server(&report).into_iter();
                self.faults.extend(found.map(|fault| format!("{}: {fault}", client.name)));
                continue;
            }
            let engine = client.engine();
            let (Ok(status), Ok(stats), Ok(never_woken)) =
                (engine.status(), engine.queue_stats(), engine.without_wake_up())
            else {
                continue;
            };
            let found = client.look(|db| {
                audit(&Audit {
                    db,
                    status,
                    stats,
                    report: report.clone(),
                    there: there.clone(),
                    never_woken,
                    now: client.clock.now(),
                    at_rest,
                })
            });
            client.audited = Some(written);
            let waits = if self.jumped { Vec::new() } else { client.waits_too_long() };
            let found = found.into_iter().chain(waits);
            self.faults.extend(found.map(|fault| format!("{}: {fault}", client.name)));
        }
    }

    /// What must have become of everything, and the end of all programs.
    async fn end(&mut self) {
        if self.faults.is_empty() {
            self.check(true);
            match self.server.with_world(|world| world.history()) {
                Ok(history) => {
                    let told = history.iter().map(|(effect, after)| {
                        let after = after.as_ref().map_or_else(|| "gone".to_owned(), Value::to_string);
                        let Effect { seq, by, collection, id, .. } = effect;
                        format!("    effect {seq} of {by} on {collection}/{id}: {after}")
                    });
                    self.trace.extend(told);
                    self.faults.extend(judge(&self.clients, &self.people, &history, self.kind));
                }
                Err(error) => self.faults.push(error.to_string()),
            }
        }
        if !self.faults.is_empty() {
            self.trace.extend(self.clients.iter().flat_map(Client::activity));
        }
        for client in &mut self.clients {
            client.stop().await;
        }
    }
}

fn seeded(collection: &str, id: &str) -> SeedRecord {
    let text = |field: &str| format!("s.{collection}.{id}.{field}");
    let doc = json!({"id": id, "a": text("a"), "b": text("b"), "n": {"x": text("x"), "y": text("y")}});
    SeedRecord {
        collection: collection.to_owned(),
        id: id.to_owned(),
        doc: doc.as_object().cloned().unwrap_or_default(),
        modified_by: COLLEAGUE.to_owned(),
        modified_at: None,
    }
}

/// The other account of a person.
pub(crate) fn other(name: &str) -> String {
    format!("{name}x")
}

fn instant(clock: &SimClock) -> chrono::DateTime<chrono::Utc> {
    let shown = clock.now().0;
    chrono::DateTime::from_timestamp_millis(shown)
        .or_else(|| chrono::DateTime::from_timestamp_millis(START.0))
        .expect("the start is a time of this era")
}

fn faults_of(trouble: Trouble) -> Faults {
    let mut faults = Faults::default();
    let now_and_then = || Some(Switch::always(true).probability(0.2));
    match trouble {
        Trouble::Errors => faults.status = Some(Switch::always(vec![500, 502, 503, 504]).probability(0.3)),
        Trouble::Outage => faults.status = Some(Switch::always(vec![503])),
        Trouble::Throttle => {
            faults.status = Some(Switch::always(vec![429]).probability(0.3));
            faults.retry_after = Some(Switch::always(20));
        }
        Trouble::SignedOut => faults.unauthorized = now_and_then(),
        Trouble::Page => faults.html_200 = now_and_then(),
        Trouble::Closes => (faults.drop_before, faults.drop_after) = (now_and_then(), now_and_then()),
        Trouble::Spoilt => (faults.truncate, faults.garble) = (now_and_then(), now_and_then()),
        Trouble::Twice => faults.duplicate = Some(Switch::always(true).probability(0.5)),
        Trouble::Late => faults.late_commit_ms = Some(Switch::always(3_000).probability(0.3)),
        Trouble::Refuses => {
            let refused = |method| Switch::always(vec![400, 413, 422]).probability(0.3).method(method);
            faults.status = Some(refused("PUT"));
        }
        Trouble::Busy => faults.status = Some(Switch::always(vec![409, 425]).probability(0.3)),
    }
    faults
}
