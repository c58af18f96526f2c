//! Which way the database takes through the queue.

use super::*;
use crate::store::views::queue::sections::{Key, Section};

/// The steps of a statement's plan.
pub(super) fn plan(tx: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let steps = statement.query_map([], |row| row.get("detail"))?;
    Ok(steps.collect::<Result<_, _>>()?)
}

pub(super) fn is_slow(step: &str) -> bool {
    step.contains("SCAN") || step.contains("TEMP B-TREE")
}

#[test]
fn no_list_of_one_state_reads_the_whole_queue() {
    let fixture = Fixture::new();
    fixture.write(|tx| {
        for collection in 1..=3 {
            for state in ["queued", "sealed", "uncertain", "conflicted", "parked"].iter().chain(&ENDED) {
                Row { collection, state, ..Row::default() }.insert(tx)?;
            }
            Row { collection, held: Some("person"), ..Row::default() }.insert(tx)?;
            Row { collection, due_at: 5_000, ..Row::default() }.insert(tx)?;
            Row { collection, head: false, ..Row::default() }.insert(tx)?;
        }
        Ok(())
    });
    fixture.read(|tx| {
        let (tally, scope) = (Tally::read(tx)?, Scope::default());
        for section in STATES.into_iter().flat_map(sections::of_state) {
            let scoped = section.within(&scope, &tally);
            let steps = plan(tx, &scoped.page_sql("", 0, 10))?;
            assert_eq!(steps.iter().find(|step| is_slow(step)), None, "{section:?}: {steps:?}");
            for beyond in scoped.beyond(Key { priority: 5, seq: 7 }) {
                let steps = plan(tx, &scoped.page_sql(&beyond, 0, 10))?;
                assert_eq!(steps.iter().find(|step| is_slow(step)), None, "{section:?}: {steps:?}");
                // The place is sought in the index: the condition is not looked at row by row.
                let (index, ends) = match section {
                    Section::In(_) => ("outbox_state", "(state=? AND seq>?)"),
                    Section::Ended(_) => ("outbox_state", "(state=? AND seq<?)"),
                    Section::Ready if beyond.contains("seq") => {
                        ("outbox_ready", "(link_id=? AND priority=? AND seq>?)")
                    }
                    Section::Ready => ("outbox_ready", "(link_id=? AND priority<?)"),
                    Section::Apart(_) if beyond.contains("seq") => {
                        ("outbox_waits", "(link_id=? AND waits=? AND priority=? AND seq>?)")
                    }
                    Section::Apart(_) => ("outbox_waits", "(link_id=? AND waits=? AND priority<?)"),
                };
                let walks = steps.iter().filter(|step| step.contains(index));
                let mut walks = walks.filter(|step| step.starts_with("SEARCH outbox")).peekable();
                assert!(walks.peek().is_some(), "{section:?}{beyond}: {steps:?}");
                assert!(walks.all(|step| step.ends_with(ends)), "{section:?}{beyond}: {steps:?}");
            }
        }
        Ok(())
    });
}
