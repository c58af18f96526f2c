//! Pages after a place.

use super::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_model::view::RefusalCode;

/// A list from place to place; each page tells the whole's total.
pub(super) fn walk(
    tx: &Connection,
    filter: &QueueFilter,
    size: usize,
    total: i64,
) -> Result<Vec<ChangeRow>, StoreError> {
    let mut page = list(tx, filter, Start::At(0), size)?;
    let mut rows = Vec::new();
    loop {
        assert_eq!(page.total.0, total, "{filter:?}");
        assert!(page.rows.len() <= size);
        rows.append(&mut page.rows);
        let Some(next) = page.next else { return Ok(rows) };
        page = list(tx, filter, Start::After(&next), size)?;
        assert!(!page.rows.is_empty(), "a place is told only where something follows: {filter:?}");
    }
}

/// What happens between two pages.
#[derive(Clone, Debug)]
enum Between {
    Added(Row),
    Moved(prop::sample::Index, &'static str),
}

fn anything() -> impl Strategy<Value = Between> {
    let priority = "UPDATE outbox SET priority = 10 - priority WHERE seq = ?1";
    prop_oneof![
        1 => any_row().prop_map(Between::Added),
        2 => any_step().prop_map(|(which, step)| Between::Moved(which, step)),
        1 => any::<prop::sample::Index>().prop_map(move |which| Between::Moved(which, priority)),
    ]
}

// proves A13
#[test]
fn a_row_that_stands_still_is_shown_once_whatever_moves_between_two_pages() {
    let fixture = Fixture::new();
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let happens = prop::collection::vec(prop::collection::vec(anything(), 0..4), 40);
    let strategy = (prop::collection::vec(any_row(), 10..50), happens, 0..PARTS, 1usize..6);
    runner
        .run(&strategy, |(rows, happens, part, size)| {
            for filter in filters().into_iter().skip(part).step_by(PARTS) {
                let (rows, mut happens) = (rows.clone(), happens.clone().into_iter());
                let mut seqs = fixture.write(move |tx| {
                    tx.execute_batch("DELETE FROM outbox; DELETE FROM counters; DELETE FROM waiting")?;
                    rows.iter().map(|row| row.insert(tx)).collect::<Result<Vec<_>, _>>()
                });
                let mut standing: Vec<i64> =
                    fixture.read(|tx| Ok(expected(&plain(tx)?, &filter).iter().map(|row| row.seq).collect()));
                let mut shown: BTreeMap<i64, usize> = BTreeMap::new();
                let mut page = fixture.read(|tx| list(tx, &filter, Start::At(0), size));
                loop {
                    page.rows.iter().for_each(|row| *shown.entry(row.number.0).or_default() += 1);
                    let Some(next) = page.next else { break };
                    for between in happens.next().unwrap_or_default() {
                        match between {
                            Between::Added(row) => seqs.push(fixture.change(row)),
                            Between::Moved(which, step) => {
                                let seq = seqs[which.index(seqs.len())];
                                standing.retain(|standing| *standing != seq);
                                fixture.write(move |tx| Ok(tx.execute(step, [seq])?));
                            }
                        }
                    }
                    page = fixture.read(|tx| list(tx, &filter, Start::After(&next), size));
                }
                for seq in standing {
                    assert_eq!(shown.get(&seq), Some(&1), "change {seq} by {filter:?}");
                }
            }
            Ok(())
        })
        .unwrap();
}

/// A second connection to a fixture's file, and how many steps the database made in it.
fn counting(fixture: &Fixture) -> (Connection, Arc<AtomicU64>) {
    let path = fixture.read(|tx| Ok(tx.path().unwrap().to_owned()));
    let mut connection = Connection::open(path).unwrap();
    let steps = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&steps);
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    };
    connection.progress_handler(1, Some(count)).unwrap();
    (connection, steps)
}

/// Adds ready changes of both links and two priorities.
fn fill(fixture: &Fixture, changes: i64) {
    fixture.write(move |tx| {
        for number in 0..changes {
            Row { collection: 1 + 2 * (number % 2), priority: 4 + number % 3 % 2, ..Row::default() }
                .insert(tx)?;
        }
        Ok(())
    });
}

// proves A13
#[test]
fn a_page_after_a_place_costs_what_the_first_one_costs_however_much_is_before_it() {
    let fixture = Fixture::new();
    fill(&fixture, 20_000);
    let erp = || QueueFilter { link: Some("erp".into()), ..QueueFilter::default() };
    let text = || QueueFilter { search: Some("r".into()), ..QueueFilter::default() };
    let (connection, steps) = counting(&fixture);
    let page = |filter: &QueueFilter, start: Start<'_>| {
        steps.store(0, Ordering::Relaxed);
        let page = list(&connection, filter, start, 200).unwrap();
        (page, steps.load(Ordering::Relaxed))
    };
    // The first page of a search counts what it finds: it is no measure.
    let first = page(&QueueFilter::default(), Start::At(0)).1;
    for filter in [QueueFilter::default(), erp(), text()] {
        let mut shown = page(&filter, Start::At(0)).0;
        let (mut pages, mut most) = (1, 0);
        while let Some(next) = shown.next {
            let (after, cost) = page(&filter, Start::After(&next));
            (shown, pages, most) = (after, pages + 1, most.max(cost));
        }
        assert_eq!(pages, (shown.total.0 + 199) / 200, "every page was seen");
        assert!(most * 2 <= first * 3, "{most} steps where the first page took {first}: {filter:?}");
    }
}

#[test]
fn a_place_of_another_list_or_of_nothing_is_refused() {
    let fixture = Fixture::new();
    fill(&fixture, 10);
    let all = QueueFilter::default();
    let next = fixture.read(|tx| list(tx, &all, Start::At(0), 4)).next.unwrap();
    let later = next.replace("\"version\":1", "\"version\":2");
    let section = next.replace("\"ready\"", "\"confirmed\"");
    let place = next.replace("\"place\":2", "\"place\":-2");
    let member = next.replacen('{', "{\"also\":1,", 1);
    let found = next.replace("\"found\":null", "\"found\":7");
    for changed in [&later, &section, &place, &member, &found] {
        assert_ne!(*changed, next);
    }
    let elsewhere = QueueFilter { link: Some("erp".into()), ..QueueFilter::default() };
    let wrong = [(&all, ""), (&all, "7"), (&all, "{}"), (&all, &next[1..]), (&elsewhere, &next)];
    let wrong = wrong
        .into_iter()
        .chain([&later, &section, &place, &member, &found].map(|text| (&all, text.as_str())));
    for (filter, text) in wrong {
        match fixture.store.read(|tx| list(tx, filter, Start::After(text), 4)) {
            Err(StoreError::Refused(refusal)) => {
                assert_eq!(refusal.code, RefusalCode::Invalid);
                assert!(refusal.message.contains("after"), "{refusal:?}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(fixture.read(|tx| list(tx, &all, Start::After(&next), 4)).rows.len(), 4);
}
