//! The order of a column.

use super::pages::walk;
use super::*;
use crate::store::views::queue::sorted::{SORTED, walk_sql};
use tidemark_model::view::{QueueColumn, QueueSort, RefusalCode};

const COLUMNS: [QueueColumn; 7] = [
    QueueColumn::State,
    QueueColumn::Record,
    QueueColumn::What,
    QueueColumn::Link,
    QueueColumn::Saved,
    QueueColumn::Size,
    QueueColumn::Tries,
];

fn sorted(filter: &QueueFilter, by: QueueColumn, descending: bool) -> QueueFilter {
    QueueFilter { sort: Some(QueueSort { by, descending }), ..filter.clone() }
}

/// What a row shows in a column, in the form that decides its place; `usual` is its state's place in the usual order.
fn shown(row: &ChangeRow, by: QueueColumn, usual: usize) -> (i64, String) {
    match by {
        QueueColumn::State => (usual as i64, String::new()),
        QueueColumn::Record => (0, row.title.to_ascii_lowercase()),
        QueueColumn::What => (0, row.operation.as_str().to_owned()),
        QueueColumn::Link => (0, row.link.clone()),
        QueueColumn::Saved => (row.number.0, String::new()),
        QueueColumn::Size => (row.size.0, String::new()),
        QueueColumn::Tries => (row.attempts.0, String::new()),
    }
}

/// Where the states stand in the usual order. Those that wait stand apart by whether they have a place in line.
fn usual(row: &ChangeRow) -> usize {
    let order = [
        ChangeState::NeedsYou,
        ChangeState::Conflict,
        ChangeState::TryingAgain,
        ChangeState::NotConfirmed,
        ChangeState::Sending,
        ChangeState::Waiting,
        ChangeState::OnHold,
    ];
    let place = order.iter().position(|state| *state == row.state).unwrap_or(0);
    2 * place + usize::from(row.state == ChangeState::Waiting && row.position.is_none())
}

// proves A13
#[test]
fn every_column_sorts_what_the_list_shows_and_shows_nothing_else() {
    let fixture = Fixture::new();
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let more = (0i64..4, 0usize..3, prop::sample::select(vec!["create", "update", "replace", "delete"]));
    let strategy = (prop::collection::vec((any_row(), more), 5..40), 0..PARTS);
    runner
        .run(&strategy, |(rows, part)| {
            fixture.write(move |tx| {
                tx.execute_batch("DELETE FROM outbox; DELETE FROM counters; DELETE FROM waiting")?;
                for (mut row, (tries, length, operation)) in rows {
                    row.changes = json!([{"path": "/a", "set": "ä".repeat(length)}]).to_string();
                    row.operation = operation;
                    let seq = row.insert(tx)?;
                    tx.execute("UPDATE outbox SET attempts = ?1 WHERE seq = ?2", (tries, seq))?;
                }
                Ok(())
            });
            fixture.read(|tx| {
                for filter in filters().into_iter().skip(part).step_by(PARTS) {
                    let (usually, total) = pages(tx, &filter, 500)?;
                    for by in COLUMNS {
                        for descending in [false, true] {
                            let mut wanted = usually.clone();
                            wanted.sort_by_key(|row| (shown(row, by, usual(row)), row.number.0));
                            if descending {
                                wanted.reverse();
                            }
                            let sorted = sorted(&filter, by, descending);
                            assert_eq!(walk(tx, &sorted, 7, total)?, wanted, "{sorted:?}");
                            assert_eq!(pages(tx, &sorted, 7)?, (wanted, total), "{sorted:?}");
                        }
                    }
                }
                Ok(())
            });
            Ok(())
        })
        .unwrap();
}

// proves A13
#[test]
fn too_many_to_be_sorted_are_shown_in_the_usual_order_and_it_is_said() {
    let fixture = Fixture::new();
    let add = |from: i64, upto: i64| {
        fixture.sql(&format!(
            "WITH RECURSIVE n (i) AS (VALUES ({from}) UNION ALL SELECT i + 1 FROM n WHERE i < {upto})
             INSERT INTO outbox (id, link_id, collection_id, rid, principal, operation, changes, state, head, created_at)
             SELECT 'c' || i, 1, 1, 'r' || (1000 - i % 1000), 'anna', 'update', '[]', 'queued', 1, 1 FROM n"
        ));
    };
    add(1, SORTED);
    let by_record = sorted(&QueueFilter::default(), QueueColumn::Record, false);
    let full = fixture.read(|tx| list(tx, &by_record, Start::At(0), 3));
    assert!(full.sorted);
    assert_eq!(full.rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["r1"; 3]);
    add(SORTED + 1, SORTED + 1);
    let over = fixture.read(|tx| list(tx, &by_record, Start::At(0), 3));
    assert_eq!((over.sorted, over.total.0), (false, SORTED + 1));
    assert_eq!(over.rows.iter().map(|row| row.number.0).collect::<Vec<_>>(), [1, 2, 3]);
    // Both go on in the order in which they began.
    let next = fixture.read(|tx| list(tx, &by_record, Start::After(over.next.as_deref().unwrap()), 1));
    assert_eq!((next.sorted, next.rows[0].number.0), (false, 4));
    let next = fixture.read(|tx| list(tx, &by_record, Start::After(full.next.as_deref().unwrap()), 1));
    assert_eq!((next.sorted, next.rows[0].title.as_str()), (true, "r1"));
    // However many there are, an index has them in the order of saving.
    let newest = sorted(&QueueFilter::default(), QueueColumn::Saved, true);
    let page = fixture.read(|tx| list(tx, &newest, Start::At(0), 2));
    assert_eq!((page.sorted, page.rows[0].number.0), (true, SORTED + 1));
    // A place of one order is none of another.
    let other = sorted(&QueueFilter::default(), QueueColumn::Record, true);
    let refused = fixture.store.read(|tx| list(tx, &other, Start::After(full.next.as_deref().unwrap()), 1));
    let Err(StoreError::Refused(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.code, RefusalCode::Invalid);
}

#[test]
fn the_order_of_saving_is_walked_and_never_sorted() {
    let fixture = Fixture::new();
    fixture.write(|tx| {
        for collection in 1..=3 {
            for state in ["queued", "sealed", "uncertain", "conflicted", "parked"] {
                Row { collection, state, ..Row::default() }.insert(tx)?;
            }
        }
        Ok(())
    });
    fixture.read(|tx| {
        let (tally, scope) = (Tally::read(tx)?, Scope::default());
        let walks: Vec<_> = MutationState::UNFINISHED
            .iter()
            .map(|state| sections::Section::In(*state).within(&scope, &tally))
            .collect();
        for (descending, after) in [(false, None), (true, None), (false, Some(7)), (true, Some(7))] {
            let sort = QueueSort { by: QueueColumn::Saved, descending };
            let steps = plans::plan(tx, &walk_sql(&walks, sort, after, 0, 10))?;
            assert_eq!(steps.iter().find(|step| plans::is_slow(step)), None, "{steps:?}");
            let ends = match (descending, after) {
                (_, None) => "(state=?)",
                (false, Some(_)) => "(state=? AND seq>?)",
                (true, Some(_)) => "(state=? AND seq<?)",
            };
            let walks: Vec<_> = steps.iter().filter(|step| step.starts_with("SEARCH outbox")).collect();
            assert!(walks.len() == 5 && walks.iter().all(|step| step.ends_with(ends)), "{steps:?}");
        }
        Ok(())
    });
}
