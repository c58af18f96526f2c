//! What people, the server and the weather do around transactions, as random data.

use proptest::prelude::*;
use proptest::sample::Index;
use tidemark_model::transaction::Strategy as Together;
use tidemark_tests::direct::Weather;

/// The records; those of the first four are there from the start.
pub const RECORDS: [&str; 6] = ["r1", "r2", "r3", "r4", "r5", "r6"];

/// What is done to a record. On one that is not here all of it means making the record.
#[derive(Clone, Copy, Debug)]
pub enum Doing {
    A,
    B,
    Both,
    Delete,
}

/// One step of a case.
#[derive(Clone, Debug)]
pub enum Step {
    /// A single edit.
    Edit(&'static str, Doing),
    /// An explicit transaction on records that differ.
    Apply {
        strategy: Together,
        await_sync: bool,
        members: Vec<(&'static str, Doing)>,
    },
    /// The server refuses every write of a record for good.
    Refuse(&'static str),
    /// It takes one more write of a record, and refuses every one after that.
    RefuseAfterNext(&'static str),
    /// It refuses nothing any more.
    Relent,
    Weather(Weather),
    Sync,
    /// Time passes, in seconds.
    Wait(i64),
    /// The program ends and starts again.
    Restart,
    /// A failed transaction is restored.
    Restore(Index),
    /// All that needs a person is sent once more.
    Retry,
    /// A change that waits or needs a person is put in the trash.
    Discard(Index),
}

fn doing() -> impl Strategy<Value = Doing> {
    prop_oneof![4 => Just(Doing::A), 2 => Just(Doing::B), 2 => Just(Doing::Both), 1 => Just(Doing::Delete)]
}

fn record() -> impl Strategy<Value = &'static str> {
    prop::sample::select(RECORDS.to_vec())
}

fn apply() -> impl Strategy<Value = Step> {
    use Together::{Atomic, Ordered, Parallel, Saga};
    let records = prop::sample::subsequence(RECORDS.to_vec(), 1..=4).prop_shuffle();
    let strategy = prop::sample::select(vec![Ordered, Ordered, Saga, Atomic, Parallel]);
    (strategy, prop::bool::weighted(0.2), records, prop::collection::vec(doing(), 4)).prop_map(
        |(strategy, await_sync, records, doing)| {
            let members = records.into_iter().zip(doing).collect();
            Step::Apply { strategy, await_sync, members }
        },
    )
}

pub fn step() -> impl Strategy<Value = Step> {
    use Weather::{AnswersLost, Away, Fair, WritesLost};
    prop_oneof![
        6 => (record(), doing()).prop_map(|(record, doing)| Step::Edit(record, doing)),
        8 => apply(),
        2 => record().prop_map(Step::Refuse),
        2 => record().prop_map(Step::RefuseAfterNext),
        2 => Just(Step::Relent),
        2 => prop::sample::select(vec![Fair, Fair, Away, AnswersLost, WritesLost]).prop_map(Step::Weather),
        4 => Just(Step::Sync),
        2 => (1i64..400).prop_map(Step::Wait),
        1 => Just(Step::Restart),
        2 => any::<Index>().prop_map(Step::Restore),
        1 => Just(Step::Retry),
        1 => any::<Index>().prop_map(Step::Discard),
    ]
}
