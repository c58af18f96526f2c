//! What people, the server and the weather do in one run, from its seed.

use super::dice::Dice;
use super::line::Way;
use serde::{Deserialize, Serialize};
use tidemark_engine::FaultAt;
use tidemark_model::merge::{ConflictStrategy, FieldPolicy};
use tidemark_model::transaction::Strategy;

/// The collections; an order names a note.
pub const COLLECTIONS: [&str; 2] = ["notes", "orders"];
/// The records; those of the first half are there from the start.
pub const RECORDS: [&str; 6] = ["r1", "r2", "r3", "r4", "r5", "r6"];
/// The fields that are typed into.
pub const FIELDS: [&str; 4] = ["/a", "/b", "/n/x", "/n/y"];

/// A record, by the numbers of its collection and itself.
pub type Rec = (usize, usize);

/// So many clients take part.
pub const CLIENTS: usize = 3;
/// So many steps are taken.
const STEPS: usize = 60;

/// What a run does: the same again each time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Where chance begins: delays, ids, what the server's faults hit.
    pub seed: u64,
    /// What the world is like.
    pub kind: Kind,
    /// What happens in it, in order.
    pub steps: Vec<Step>,
}

/// What is special about a world; nothing is about most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// The server names records that are made here.
    pub names: bool,
    /// The server knows no idempotency keys.
    pub no_keys: bool,
    /// A change is given up at its second counted failure.
    pub few_tries: bool,
    /// The clients' stores are files.
    pub on_disk: bool,
    /// Who decides conflicts of notes, at every client.
    #[serde(default)]
    pub notes: ConflictStrategy,
    /// Who decides the first field of notes, at every client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<FieldPolicy>,
    /// Every client has a hook that decides the first field of notes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hook: bool,
}

impl Script {
    /// The script of a seed.
    pub fn of(seed: u64) -> Self {
        let kind = kind(seed);
        Self { seed, kind, steps: plan(seed, kind, CLIENTS, STEPS) }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// A person at a client does something.
    At(usize, Act),
    /// The server.
    Server(ServerAct),
    /// Time passes, in milliseconds.
    Wait(u64),
}

/// What a person does, or what happens to their computer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Pauses something.
    Pause(Scope),
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
    Kill(Option<(usize, When)>),
    /// The program ends and starts again.
    Restart,
    /// The line changes.
    Line(Way),
    /// The clock jumps by so many seconds.
    Jump(i64),
    /// Signs in with the other account, or with the own one again.
    Account(bool),
    /// The disk is full, or has room again.
    Full(bool),
    /// The disk errs now and then, or does no longer.
    Ails(bool),
    /// The link is removed with all that was not sent, and added again.
    Anew,
    /// The files are copied, as they are on disk now.
    Copy,
    /// The last copy is put back while the program does not run.
    OldCopy,
    /// The same by another program on the same files, where there are files; it ends when that is done.
    Aside(Box<Act>),
}

/// What is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Everything.
    All,
    /// The link.
    Link,
    /// One of its collections.
    Collection(usize),
}

/// On which side of its commit a write breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// Nothing of it is done.
    Before,
    /// It is done, and nobody is told.
    After,
}

impl From<When> for FaultAt {
    fn from(when: When) -> Self {
        match when {
            When::Before => Self::Before,
            When::After => Self::After,
        }
    }
}

/// How a conflict ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choice {
    /// All mine.
    Mine,
    /// All the server's.
    Theirs,
    /// A whole document, typed.
    Typed,
}

/// What the server or somebody at it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// 400, 413 and 422 to a write now and then.
    Refuses,
}

const TROUBLES: [Trouble; 11] = [
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
    Trouble::Refuses,
];

fn kind(seed: u64) -> Kind {
    let dice = Dice::new(seed ^ 0x6b69_6e64);
    let common = Kind { few_tries: dice.in_hundred(25), on_disk: dice.in_hundred(20), ..Kind::default() };
    let kind = match dice.below(10) {
        0..2 => Kind { names: true, ..common },
        2 => Kind { no_keys: true, ..common },
        _ => common,
    };
    // Of its own dice: most worlds are what they were before there were rules.
    let dice = Dice::new(seed ^ 0x7275_6c65);
    let ruled = dice.in_hundred(30);
    let notes = if ruled { dice.pick(&ConflictStrategy::ALL) } else { ConflictStrategy::default() };
    let has_policy = !ruled && dice.in_hundred(20);
    let policy = has_policy.then(|| dice.pick(&FieldPolicy::ALL));
    // Again of its own: most worlds are what they were before there were hooks.
    let hook = !ruled && Dice::new(seed ^ 0x686f_6f6b).in_hundred(15);
    Kind { notes, policy, hook, ..kind }
}

/// The steps of a seed.
fn plan(seed: u64, kind: Kind, clients: usize, count: usize) -> Vec<Step> {
    let dice = Dice::new(seed ^ 0x7469_6465);
    // A server is put back at most once in a run, and not in every run.
    let mut may_put_back = dice.in_hundred(20);
    // Few people have two accounts, and fewer put an old copy back or add a link anew.
    let few = [20, 15, 10].map(|share| dice.in_hundred(share));
    // Where the server names records, orders wait in some runs while their notes are given their names.
    let waiting = if kind.names && dice.in_hundred(50) { clients } else { 0 };
    let paused = (0..waiting).map(|client| Step::At(client, Act::Pause(Scope::Collection(1))));
    let steps = (0..count).map(|_| match dice.below(10) {
        0..6 => Step::At(dice.below(clients), act(&dice, few)),
        6..8 => {
            let act = server(&dice, may_put_back);
            may_put_back &= !matches!(act, ServerAct::PutBack(_));
            Step::Server(act)
        }
        _ => Step::Wait(dice.pick(&[50, 400, 1_500, 6_000, 40_000, 200_000])),
    });
    paused.chain(steps).collect()
}

fn record(dice: &Dice) -> Rec {
    (dice.weighted(&[(3, 0), (1, 1)]), dice.below(RECORDS.len()))
}

fn act(dice: &Dice, [accounts, copies, anew]: [bool; 3]) -> Act {
    match dice.below(116) {
        0..34 => Act::Edit(record(dice), dice.below(FIELDS.len())),
        34..42 => Act::Create(record(dice)),
        42..47 => Act::Delete(record(dice)),
        47..55 => apply(dice),
        55..59 => Act::Sync,
        59..62 => {
            Act::Pause(dice.pick(&[Scope::All, Scope::Link, Scope::Collection(0), Scope::Collection(1)]))
        }
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
            let at = dice.pick(&[When::Before, When::After]);
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
                Way::Flaps,
            ];
            Act::Line(dice.pick(&ways))
        }
        98..100 => Act::Jump(dice.pick(&[-3_600, -120, 120, 3_600])),
        100..102 if accounts => Act::Account(dice.in_hundred(50)),
        102..104 if copies => dice.pick(&[Act::Copy, Act::Copy, Act::OldCopy]),
        104..106 => Act::Full(dice.in_hundred(40)),
        106..112 => Act::Aside(Box::new(aside(dice))),
        112..114 => Act::Ails(dice.in_hundred(40)),
        114 if anew => Act::Anew,
        _ => Act::Edit(record(dice), dice.below(FIELDS.len())),
    }
}

fn aside(dice: &Dice) -> Act {
    match dice.below(20) {
        0..9 => Act::Edit(record(dice), dice.below(FIELDS.len())),
        9..11 => Act::Create(record(dice)),
        11..13 => Act::Delete(record(dice)),
        13..15 => apply(dice),
        15 => Act::Sync,
        16 => Act::Pause(Scope::Link),
        17 => Act::Resume,
        18 => Act::Discard(dice.below(8)),
        _ => Act::Resolve(dice.below(4), Choice::Mine, 0),
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
