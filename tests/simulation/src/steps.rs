//! What people, the server and the weather do in one run, from its seed.

use super::dice::Dice;
use super::line::Way;
use tidemark_engine::FaultAt;
use tidemark_model::transaction::Strategy;

/// The collections; an order names a note.
pub const COLLECTIONS: [&str; 2] = ["notes", "orders"];
/// The records; those of the first half are there from the start.
pub const RECORDS: [&str; 6] = ["r1", "r2", "r3", "r4", "r5", "r6"];
/// The fields that are typed into.
pub const FIELDS: [&str; 4] = ["/a", "/b", "/n/x", "/n/y"];

/// A record, by the numbers of its collection and itself.
pub type Rec = (usize, usize);

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A person at a client does something.
    At(usize, Act),
    /// The server.
    Server(ServerAct),
    /// Time passes, in milliseconds.
    Wait(u64),
}

/// What a person does, or what happens to their computer.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Makes a record.
    Create(Rec),
    /// Types into a field.
    Edit(Rec, usize),
    /// Deletes a record.
    Delete(Rec),
    /// Makes changes at once: an edit of each, a creation where the record is not there, or a deletion.
    Apply(Strategy, bool, Vec<(Rec, bool)>),
    /// Wants a sync.
    Sync,
    /// Pauses everything, the link, or a collection.
    Pause(Option<Option<usize>>),
    /// Ends every pause.
    Resume,
    /// Holds the n-th waiting change.
    Hold(usize),
    /// Lets all go.
    Release,
    /// Ends the n-th conflict: mine, the server's, or a document typed anew; held for so many seconds.
    Resolve(usize, Choice, i64),
    /// Takes the last resolution back.
    Undo,
    /// Sends all that needs them again.
    Retry,
    /// Discards the n-th change that may be.
    Discard(usize),
    /// Puts everything back from the trash.
    Restore,
    /// The power goes now, or at the n-th write.
    Kill(Option<(usize, FaultAt)>),
    /// The program ends and starts again.
    Restart,
    /// The line changes.
    Line(Way),
    /// The clock jumps by so many seconds.
    Jump(i64),
}

/// How a conflict ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// All mine.
    Mine,
    /// All the server's.
    Theirs,
    /// A whole document, typed.
    Typed,
}

/// What the server or somebody at it does.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerAct {
    /// Answers as these faults have it.
    Trouble(Trouble),
    /// Answers as it should.
    Calm,
    /// Somebody types into a field.
    Edit(Rec, usize),
    /// Somebody makes a record.
    Create(Rec),
    /// Somebody deletes a record.
    Delete(Rec),
    /// It is put back to what it was so many places ago, in a new epoch.
    PutBack(i64),
    /// It forgets its tombstones.
    Forget,
    /// Its clock jumps by so many seconds.
    Jump(i64),
}

/// What goes wrong at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// 500, 502, 503 and 504 now and then.
    Errors,
    /// 503 to everything.
    Outage,
    /// 429 with `Retry-After` now and then.
    Throttle,
    /// 401 now and then.
    SignedOut,
    /// A sign-in page with status 200 now and then.
    Page,
    /// Connections close before or after the work.
    Closes,
    /// Answers break off or are damaged.
    Spoilt,
    /// Changes arrive twice.
    Twice,
    /// Changes commit late, behind the place that readers know.
    Late,
    /// 409 that a key is in use, and 425.
    Busy,
}

const TROUBLES: [Trouble; 10] = [
    Trouble::Errors,
    Trouble::Outage,
    Trouble::Throttle,
    Trouble::SignedOut,
    Trouble::Page,
    Trouble::Closes,
    Trouble::Spoilt,
    Trouble::Twice,
    Trouble::Late,
    Trouble::Busy,
];

/// The steps of a seed.
pub fn plan(seed: u64, clients: usize, count: usize) -> Vec<Step> {
    let dice = Dice::new(seed ^ 0x7469_6465);
    // A server is put back at most once in a run, and not in every run.
    let mut may_put_back = dice.in_hundred(20);
    (0..count)
        .map(|_| match dice.below(10) {
            0..6 => Step::At(dice.below(clients), act(&dice)),
            6..8 => {
                let act = server(&dice, may_put_back);
                may_put_back &= !matches!(act, ServerAct::PutBack(_));
                Step::Server(act)
            }
            _ => Step::Wait(dice.pick(&[50, 400, 1_500, 6_000, 40_000, 200_000])),
        })
        .collect()
}

fn record(dice: &Dice) -> Rec {
    (dice.weighted(&[(3, 0), (1, 1)]), dice.below(RECORDS.len()))
}

fn act(dice: &Dice) -> Act {
    match dice.below(100) {
        0..34 => Act::Edit(record(dice), dice.below(FIELDS.len())),
        34..42 => Act::Create(record(dice)),
        42..47 => Act::Delete(record(dice)),
        47..55 => apply(dice),
        55..59 => Act::Sync,
        59..62 => Act::Pause(dice.pick(&[None, Some(None), Some(Some(0)), Some(Some(1))])),
        62..66 => Act::Resume,
        66..68 => Act::Hold(dice.below(8)),
        68..70 => Act::Release,
        70..77 => {
            let choice = dice.pick(&[Choice::Mine, Choice::Theirs, Choice::Typed]);
            Act::Resolve(dice.below(4), choice, dice.pick(&[0, 0, 10]))
        }
        77..79 => Act::Undo,
        79..81 => Act::Retry,
        81..83 => Act::Discard(dice.below(8)),
        83..84 => Act::Restore,
        84..89 => {
            let at = dice.pick(&[FaultAt::Before, FaultAt::After]);
            Act::Kill(dice.in_hundred(60).then(|| (1 + dice.below(8), at)))
        }
        89..91 => Act::Restart,
        91..98 => {
            let ways = [
                Way::Fair,
                Way::Fair,
                Way::Away,
                Way::RequestsLost,
                Way::AnswersLost,
                Way::Hangs,
                Way::Drips,
            ];
            Act::Line(dice.pick(&ways))
        }
        _ => Act::Jump(dice.pick(&[-3_600, -120, 120, 3_600])),
    }
}

fn apply(dice: &Dice) -> Act {
    let strategies =
        [Strategy::Ordered, Strategy::Ordered, Strategy::Saga, Strategy::Atomic, Strategy::Parallel];
    let mut members: Vec<(Rec, bool)> = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let member = record(dice);
        if !members.iter().any(|(known, _)| *known == member) {
            members.push((member, dice.in_hundred(15)));
        }
    }
    Act::Apply(dice.pick(&strategies), dice.in_hundred(20), members)
}

fn server(dice: &Dice, may_put_back: bool) -> ServerAct {
    match dice.below(100) {
        0..22 => ServerAct::Trouble(dice.pick(&TROUBLES)),
        22..48 => ServerAct::Calm,
        48..76 => ServerAct::Edit(record(dice), dice.below(FIELDS.len())),
        76..84 => ServerAct::Create(record(dice)),
        84..92 => ServerAct::Delete(record(dice)),
        92..95 if may_put_back => ServerAct::PutBack(dice.between(1, 6)),
        92..96 => ServerAct::Forget,
        _ => ServerAct::Jump(dice.pick(&[-3_600, -60, 60, 3_600])),
    }
}
