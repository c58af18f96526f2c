//! A short working day with a change of every kind; whoever was killed in it can be followed from any of its steps on.

use serde_json::Value;
use std::collections::BTreeMap;
use tidemark_engine::Engine;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{
    ChangeRow, ChangeState, FieldEdit, NewChange, NewTransaction, QueueFilter, RecordFilter, Resolution,
};
use tidemark_sandbox::Switch;
use tidemark_tests::clock::ManualClock;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World, task};

/// One step.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Set(&'static str, &'static str, i64),
    Create(usize),
    Delete(&'static str),
    /// Works until nothing can be sent or received by itself.
    Sync,
    /// Mine, of the only conflict.
    Resolve,
    /// A transaction that sets the rank of some records.
    Together(Strategy, i64, &'static [&'static str]),
    /// The failed transaction of this rank is put into the queue again.
    RestoreTransaction(i64),
    /// The change of this record goes to the trash.
    Discard(&'static str),
    /// It comes back from there.
    Restore(&'static str),
    /// The change of this record is held or let go, and is the first to go.
    Hold(&'static str, bool),
    Pause(bool),
    /// Old entries are removed.
    TidyUp,
}

/// From this step on the clock shows a time at which much is old.
const LATER: usize = STEPS.len() - 2;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The day. Of `t002` the server has a newer version before it begins, and of `t009`, which nobody edits here; whatever begins
/// with `x` it refuses.
pub const STEPS: &[Step] = &[
    Step::Set("t001", "state", 1),
    Step::Set("t001", "rank", 10),
    Step::Create(100),
    Step::Delete("t003"),
    Step::Set("t002", "state", 2),
    Step::Sync,
    Step::Resolve,
    Step::Set("t002", "rank", 20),
    Step::Sync,
    Step::Together(Strategy::Ordered, 30, &["t004", "t005", "t001"]),
    Step::Together(Strategy::Ordered, 31, &["t005", "t006"]),
    Step::Sync,
    Step::Together(Strategy::Atomic, 40, &["t004", "t005"]),
    Step::Sync,
    Step::Together(Strategy::Ordered, 50, &["t001", "x001", "t006"]),
    Step::Together(Strategy::Ordered, 51, &["t006", "t007"]),
    Step::Sync,
    Step::RestoreTransaction(51),
    Step::Sync,
    Step::Together(Strategy::Saga, 60, &["t004", "t005", "x001"]),
    Step::Sync,
    Step::Set("x002", "rank", 70),
    Step::Sync,
    Step::Discard("x002"),
    Step::Restore("x002"),
    Step::Discard("x002"),
    Step::Set("t008", "rank", 80),
    Step::Hold("t008", true),
    Step::Sync,
    Step::Pause(true),
    Step::Hold("t008", false),
    Step::Pause(false),
    Step::Sync,
    Step::TidyUp,
    Step::Sync,
];

/// A server and a folder as they are before the day begins; nobody works on it.
pub async fn morning() -> World {
    let mut stage = Stage::tasks(9);
    for refused in ["x001", "x002"] {
        stage = stage.record(TASKS, &format!(r#"{{"id":"{refused}","rank":0}}"#));
    }
    let mut world = stage.open().await;
    world.close().await;
    world.colleague_sets("t002", "state", "theirs");
    world.colleague_sets("t009", "state", "theirs");
    world
        .fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT,PATCH").path("/tasks/x")));
    world
}

/// The clock of somebody who goes on with a step, as the n-th to work on this day: later than whoever was killed before.
pub fn set_clock(clock: &ManualClock, step: usize, nth: usize) {
    let days = if step >= LATER { 10 } else { 0 };
    let later = i64::try_from(step).unwrap() * 120_000 + i64::try_from(nth).unwrap() * 30_000;
    clock.advance_to(tidemark_tests::clock::START.plus(days * DAY + later));
}

/// Goes the steps from one on, as the n-th, and tells after each what a person sees.
pub async fn play(engine: &Engine, clock: &ManualClock, (from, nth): (usize, usize), tell: impl Fn(Shown)) {
    for (number, step) in STEPS.iter().enumerate().skip(from) {
        set_clock(clock, number, nth);
        Day { engine, clock }.go(*step).await;
        tell(shown(engine));
    }
}

/// Documents by id.
pub type Shown = BTreeMap<String, Value>;

/// What a person sees.
pub fn shown(engine: &Engine) -> Shown {
    let rows = engine.list_records(LINK, TASKS, &RecordFilter::default(), 0, 100).unwrap().rows;
    // What is deleted here and not there yet stands in the list without a document.
    rows.into_iter().filter_map(|row| Some((row.id.clone(), document(engine, &row.id)?))).collect()
}

fn document(engine: &Engine, rid: &str) -> Option<Value> {
    let text = engine.get_record(LINK, TASKS, rid).ok()?.document?;
    Some(serde_json::from_str(&text).unwrap())
}

struct Day<'a> {
    engine: &'a Engine,
    clock: &'a ManualClock,
}

impl Day<'_> {
    /// Does what a step is about, as far as it is not done: the one who was killed may have done it.
    async fn go(&self, step: Step) {
        let engine = self.engine;
        match step {
            Step::Set(rid, field, value) => {
                if document(engine, rid).unwrap()[field] != value {
                    let edit = FieldEdit { path: format!("/{field}"), set: Some(value.to_string()) };
                    engine.update_record(LINK, TASKS, rid, &[edit], None).await.unwrap();
                }
            }
            Step::Create(number) => {
                let task = task(number);
                if document(engine, task["id"].as_str().unwrap()).is_none() {
                    engine.create_record(LINK, TASKS, &task.to_string(), None).await.unwrap();
                }
            }
            Step::Delete(rid) => {
                if document(engine, rid).is_some() {
                    engine.delete_record(LINK, TASKS, rid, None).await.unwrap();
                }
            }
            Step::Sync => self.sync().await,
            Step::Resolve => {
                if let Some(row) = engine.list_conflicts(0, 1).unwrap().rows.first() {
                    let seen = engine.get_conflict(row.id).unwrap().server_version;
                    engine.resolve_conflict(row.id, Resolution::LocalWins {}, seen, NO_HOLD).await.unwrap();
                }
            }
            Step::Together(strategy, rank, records) => self.together(strategy, rank, records).await,
            Step::RestoreTransaction(rank) => {
                let row = self.transaction(rank).unwrap();
                if row.state == TransactionState::Failed {
                    engine.restore_transaction(&row.id).await.unwrap();
                }
            }
            Step::Discard(rid) => {
                if let Some(row) = self.change_of(rid, None) {
                    assert_eq!(engine.discard(vec![row.id]).await.unwrap().done.0, 1);
                }
            }
            Step::Restore(rid) => {
                if let Some(row) = self.change_of(rid, Some(ChangeState::InTrash)) {
                    assert_eq!(engine.restore(vec![row.id]).await.unwrap().done.0, 1);
                }
            }
            Step::Hold(rid, held) => {
                let id = self.change_of(rid, None).unwrap().id;
                engine.hold(vec![id.clone()], held).await.unwrap();
                engine.set_priority(vec![id], 9).await.unwrap();
            }
            Step::Pause(true) => engine.pause(Some(LINK), None).await.unwrap(),
            Step::Pause(false) => engine.resume(Some(LINK), None).await.unwrap(),
            Step::TidyUp => engine.tidy_up().await.unwrap(),
        }
    }

    /// With the time that another try takes.
    async fn sync(&self) {
        for _ in 0..2 {
            self.engine.sync(Some(LINK), None).await.unwrap();
            self.clock.advance_s(5);
        }
    }

    async fn together(&self, strategy: Strategy, rank: i64, records: &[&str]) {
        if self.transaction(rank).is_some() {
            return;
        }
        let changes = records.iter().map(|record| NewChange::Update {
            collection: TASKS.into(),
            record: (*record).to_owned(),
            fields: vec![FieldEdit { path: "/rank".into(), set: Some(rank.to_string()) }],
            depends_on: vec![],
            metadata: None,
        });
        let (changes, label) = (changes.collect(), Some(rank.to_string()));
        let new = NewTransaction { link: LINK.into(), strategy, await_sync: false, label, changes };
        self.engine.apply_transaction(new).await.unwrap();
    }

    fn transaction(&self, rank: i64) -> Option<tidemark_model::view::TransactionRow> {
        let rows = self.engine.list_transactions(false, 0, 100).unwrap().rows;
        rows.into_iter().find(|row| row.label == Some(rank.to_string()))
    }

    fn change_of(&self, rid: &str, state: Option<ChangeState>) -> Option<ChangeRow> {
        let filter = QueueFilter { state, ..QueueFilter::default() };
        let rows = self.engine.list_queue(&filter, 0, 100).unwrap().rows;
        rows.into_iter().find(|row| row.record == rid)
    }
}
