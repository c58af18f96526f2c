//! A store that counts its writes, tells what each does, and ends its process at one of them.

use crate::child::{say, told, wait_for_word};
use crate::on_write::OnWrite;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidemark_engine::{Keep, OnDisk, StoreError, Write, WriterMode};

/// Where in a write the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Nothing of it is done.
    Before,
    /// All of it is done, and none of it committed.
    Inside,
    /// It is committed, and nobody knows.
    After,
}

impl At {
    /// Each.
    pub const ALL: [Self; 3] = [Self::Before, Self::Inside, Self::After];
}

/// In the child: at which write it ends; none where it does not.
const WRITE: &str = "TIDEMARK_CRASH_WRITE";
/// In the child: where in it, as a place in [`At::ALL`].
const AT: &str = "TIDEMARK_CRASH_AT";
/// In the child: after which write it says [`FROZEN`] and waits for a word.
const FREEZE: &str = "TIDEMARK_CRASH_FREEZE";
/// What the child says then.
pub const FROZEN: &str = "frozen";
/// Before the names of what grew with a write.
pub const WROTE: &str = "wrote: ";

/// What a child is told, so that it ends at a write.
pub fn ends_at(write: usize, at: At) -> [(&'static str, usize); 2] {
    [(WRITE, write), (AT, At::ALL.iter().position(|one| *one == at).unwrap_or(0))]
}

/// What a child is told, so that all its files can be looked at after a write.
pub fn freezes_after(write: usize) -> (&'static str, usize) {
    (FREEZE, write)
}

/// In the child: the store of a folder, which does as the child was told.
pub fn keep(folder: &Path) -> Result<Keep, StoreError> {
    let plan = Plan {
        ends: told(WRITE).zip(told(AT).map(|place| At::ALL[place])),
        freezes: told(FREEZE),
        writes: AtomicUsize::new(0),
    };
    // On the caller's thread: while a write is under way nothing else is.
    let inner = OnDisk::open(folder, WriterMode::Inline)?;
    let plan = Arc::new(plan);
    let wrap = move |inner| -> Box<dyn Write> {
        let number = plan.writes.fetch_add(1, Ordering::Relaxed) + 1;
        plan.come_to(number, At::Before);
        Box::new(Numbered { inner, number, plan: Arc::clone(&plan), grew: String::new() })
    };
    Ok(Keep::In(Arc::new(OnWrite { inner, wrap })))
}

struct Plan {
    ends: Option<(usize, At)>,
    freezes: Option<usize>,
    writes: AtomicUsize,
}

impl Plan {
    fn come_to(&self, number: usize, at: At) {
        if self.ends == Some((number, at)) {
            // As SIGKILL: nothing is unwound, closed or flushed.
            std::process::abort();
        }
    }
}

struct Numbered {
    inner: Box<dyn Write>,
    number: usize,
    plan: Arc<Plan>,
    grew: String,
}

impl Write for Numbered {
    fn run(&mut self, tx: &rusqlite::Connection, alone: bool) -> bool {
        let before = counted(tx);
        let went_well = self.inner.run(tx, alone);
        if went_well {
            self.grew = grown(&before, &counted(tx)).join(", ");
        }
        self.plan.come_to(self.number, At::Inside);
        went_well
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        self.plan.come_to(self.number, At::After);
        say(&format!("{WROTE}{}", self.grew));
        if self.plan.freezes == Some(self.number) {
            say(FROZEN);
            wait_for_word();
        }
        self.inner.answer(committed);
    }
}

/// What there is of each thing that a write may be about.
const THINGS: &str = "
    SELECT 'change ' || state, count(*) FROM outbox GROUP BY state
    UNION ALL SELECT 'conflict ' || state, count(*) FROM conflicts GROUP BY state
    UNION ALL SELECT 'transaction ' || state, count(*) FROM transactions GROUP BY state
    UNION ALL SELECT 'attempt', count(*) FROM attempts
    UNION ALL SELECT 'attempt ended', count(*) FROM attempts WHERE ended_at IS NOT NULL
    UNION ALL SELECT 'held', count(*) FROM outbox WHERE held IS NOT NULL
    UNION ALL SELECT 'urgent', count(*) FROM outbox WHERE priority > 5
    UNION ALL SELECT 'purged', sum(purged) FROM counters
    UNION ALL SELECT 'paused', count(*) FROM links WHERE paused = 1
    UNION ALL SELECT 'pulled to ' || coalesce(received, 'nothing'), 1 FROM collections
    UNION ALL SELECT 'generation', value FROM meta WHERE key = 'generation'
    UNION ALL SELECT 'epoch', value FROM meta WHERE key = 'sender_epoch'";

fn counted(tx: &rusqlite::Connection) -> BTreeMap<String, i64> {
    let mut statement = tx.prepare_cached(THINGS).unwrap();
    let rows = statement.query_map([], |row| {
        let count: rusqlite::types::Value = row.get(1)?;
        let number = match count {
            rusqlite::types::Value::Integer(number) => number,
            rusqlite::types::Value::Text(text) => text.parse().unwrap_or(0),
            _ => 0,
        };
        Ok((row.get(0)?, number))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn grown(before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> Vec<String> {
    let more = |(thing, count): &(&String, &i64)| **count > before.get(*thing).copied().unwrap_or(0);
    after.iter().filter(more).map(|(thing, _)| thing.clone()).collect()
}
