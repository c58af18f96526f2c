//! The queue against a plain reading of every row.

mod lanes;
mod pages;
mod plans;
mod secrets;
mod sorted;

use super::*;
use crate::store::views::fixture::{ENDED, Fixture, PLACES, Row};
use proptest::prelude::*;
use serde_json::json;
use tidemark_model::failure::ErrorClass;
use tidemark_model::number::Millis;
use tidemark_model::view::{ChangeState, FieldChange, Neighbour, QueueCounts, WaitReason};

const STATES: [Option<ChangeState>; 11] = [
    None,
    Some(ChangeState::Waiting),
    Some(ChangeState::Sending),
    Some(ChangeState::TryingAgain),
    Some(ChangeState::OnHold),
    Some(ChangeState::NeedsYou),
    Some(ChangeState::Conflict),
    Some(ChangeState::NotConfirmed),
    Some(ChangeState::Confirmed),
    Some(ChangeState::InTrash),
    Some(ChangeState::Ended),
];

/// Each random store is looked at through one part of all filters.
const PARTS: usize = 16;

fn any_row() -> impl Strategy<Value = Row> {
    let state = prop_oneof![
        5 => Just("queued"),
        4 => prop::sample::select(vec!["sealed", "uncertain", "conflicted", "parked"]),
        2 => prop::sample::select(ENDED.to_vec()),
    ];
    let held = prop_oneof![3 => Just(None), 1 => Just(Some("person")), 1 => Just(Some("undo"))];
    let rid = prop::sample::select(vec!["SINV-1", "sinv_2", "50%", "Ärger"]);
    let due_at = prop_oneof![2 => Just(0), 1 => 5_000i64..5_010];
    let blockers = prop_oneof![3 => Just(0), 1 => 1i64..3];
    (state, held, rid, due_at, blockers, 1i64..=3, 4i64..7, any::<bool>(), 0i64..9_000).prop_map(
        |(state, held, rid, due_at, blockers, collection, priority, head, created_at)| Row {
            collection,
            rid: rid.into(),
            priority,
            state,
            head,
            blockers,
            due_at,
            held: if state == "queued" { held } else { None },
            created_at,
            ..Row::default()
        },
    )
}

/// What may happen to a row afterwards; the counts must follow.
fn any_step() -> impl Strategy<Value = (prop::sample::Index, &'static str)> {
    let steps = vec![
        "UPDATE outbox SET held = 'person' WHERE seq = ?1 AND state = 'queued'",
        "UPDATE outbox SET held = NULL, due_at = 0 WHERE seq = ?1",
        "UPDATE outbox SET head = 1 - head WHERE seq = ?1",
        "UPDATE outbox SET blockers = 1 - min(blockers, 1) WHERE seq = ?1",
        "UPDATE outbox SET due_at = 5005 WHERE seq = ?1",
        "UPDATE outbox SET state = 'queued', ended_at = NULL WHERE seq = ?1",
        "UPDATE outbox SET state = 'parked', ended_at = NULL WHERE seq = ?1",
        "UPDATE outbox SET state = 'confirmed', ended_at = 7000, head = 0 WHERE seq = ?1",
        "DELETE FROM outbox WHERE seq = ?1",
    ];
    (any::<prop::sample::Index>(), prop::sample::select(steps))
}

/// A row as a plain SELECT gives it.
struct Plain {
    seq: i64,
    id: String,
    link: &'static str,
    collection: &'static str,
    rid: String,
    priority: i64,
    created_at: i64,
    due_at: i64,
    shown: ChangeState,
    ready: bool,
    uncertain_or_queued: bool,
}

/// `ui.md` 3.2 written down once more, from the columns.
fn plain(tx: &Connection) -> Result<Vec<Plain>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT seq, id, link_id, collection_id, rid, priority, created_at, due_at, state, held, blockers, head
           FROM outbox",
    )?;
    let rows = statement.query_map([], |row| {
        let (state, held): (String, Option<String>) = (row.get(8)?, row.get(9)?);
        let (due_at, blockers, head): (i64, i64, bool) = (row.get(7)?, row.get(10)?, row.get(11)?);
        let shown = match state.as_str() {
            "queued" if held.is_some() || blockers > 0 => ChangeState::OnHold,
            "queued" if due_at > 0 => ChangeState::TryingAgain,
            "queued" => ChangeState::Waiting,
            "sealed" => ChangeState::Sending,
            "uncertain" => ChangeState::NotConfirmed,
            "conflicted" => ChangeState::Conflict,
            "parked" => ChangeState::NeedsYou,
            "confirmed" => ChangeState::Confirmed,
            "discarded" => ChangeState::InTrash,
            _ => ChangeState::Ended,
        };
        Ok(Plain {
            seq: row.get(0)?,
            id: row.get(1)?,
            link: ["erp", "kinto"][row.get::<_, u32>(2)? as usize - 1],
            collection: PLACES[row.get::<_, u32>(3)? as usize - 1].1,
            rid: row.get(4)?,
            priority: row.get(5)?,
            created_at: row.get(6)?,
            due_at,
            ready: shown == ChangeState::Waiting && head,
            uncertain_or_queued: matches!(state.as_str(), "queued" | "uncertain"),
            shown,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn rank(row: &Plain) -> Option<usize> {
    let order = match row.shown {
        ChangeState::NeedsYou => 0,
        ChangeState::Conflict => 1,
        ChangeState::TryingAgain => 2,
        ChangeState::NotConfirmed => 3,
        ChangeState::Sending => 4,
        ChangeState::Waiting if row.ready => 5,
        ChangeState::Waiting => 6,
        ChangeState::OnHold => 7,
        ChangeState::Confirmed | ChangeState::InTrash | ChangeState::Ended => return None,
    };
    Some(order)
}

/// The rows that a filter should give, in order.
fn expected<'a>(all: &'a [Plain], filter: &QueueFilter) -> Vec<&'a Plain> {
    let search = filter.search.as_ref().map(|text| text.to_ascii_lowercase());
    let mut rows: Vec<&Plain> = all
        .iter()
        .filter(|row| match filter.state {
            None => rank(row).is_some(),
            Some(state) => row.shown == state,
        })
        .filter(|row| filter.link.as_deref().is_none_or(|link| link == row.link))
        .filter(|row| filter.collection.as_deref().is_none_or(|name| name == row.collection))
        .filter(|row| search.as_ref().is_none_or(|text| row.rid.to_ascii_lowercase().contains(text)))
        .collect();
    rows.sort_by_key(|row| match rank(row) {
        None => (0, -row.seq, 0),
        Some(rank @ (2 | 5 | 6 | 7)) => (rank, -row.priority, row.seq),
        Some(rank) => (rank, 0, row.seq),
    });
    rows
}

/// All pages of a list, and the total that each told.
fn pages(tx: &Connection, filter: &QueueFilter, size: usize) -> Result<(Vec<ChangeRow>, i64), StoreError> {
    let mut rows = Vec::new();
    loop {
        let page = list(tx, filter, Start::At(rows.len()), size)?;
        assert!(page.rows.len() <= size);
        let ended = page.rows.is_empty();
        rows.extend(page.rows);
        if ended {
            return Ok((rows, page.total.0));
        }
    }
}

fn filters() -> Vec<QueueFilter> {
    let mut filters = Vec::new();
    for state in STATES {
        for link in [None, Some("erp"), Some("kinto")] {
            for collection in [None, Some("tasks"), Some("customers")] {
                filters.push(QueueFilter {
                    state,
                    link: link.map(str::to_owned),
                    collection: collection.map(str::to_owned),
                    search: None,
                    sort: None,
                });
            }
        }
        for search in ["sinv", "V_2", "50%", "%"] {
            filters.push(QueueFilter { state, search: Some(search.into()), ..QueueFilter::default() });
        }
    }
    filters
}

fn check_lists(tx: &Connection, all: &[Plain], from: usize) -> Result<(), StoreError> {
    for filter in filters().into_iter().skip(from).step_by(PARTS) {
        let none =
            filter.link.as_deref() == Some("kinto") && filter.collection.as_deref() == Some("customers");
        let expected = if none { Vec::new() } else { expected(all, &filter) };
        let (rows, total) = pages(tx, &filter, 7)?;
        assert_eq!(pages::walk(tx, &filter, 7, total)?, rows, "from place to place: {filter:?}");
        let (got, wanted): (Vec<i64>, Vec<i64>) =
            (rows.iter().map(|row| row.number.0).collect(), expected.iter().map(|row| row.seq).collect());
        assert_eq!(got, wanted, "{filter:?}");
        assert_eq!(total, wanted.len() as i64, "the total is the number of rows: {filter:?}");
        for (row, plain) in rows.iter().zip(expected) {
            assert_eq!((row.state, row.id.as_str()), (plain.shown, plain.id.as_str()));
            let before = all.iter().filter(|other| {
                other.ready
                    && other.link == plain.link
                    && (-other.priority, other.seq) <= (-plain.priority, plain.seq)
            });
            let place = plain.ready.then(|| Count::of(before.count()));
            assert_eq!(row.position, place, "the place in its link's line: {filter:?}");
        }
    }
    Ok(())
}

fn check_counts(tx: &Connection, all: &[Plain]) -> Result<(), StoreError> {
    let tally = Tally::read(tx)?;
    for (link, name) in [(None, None), (Some(1), Some("erp")), (Some(2), Some("kinto"))] {
        let of: Vec<&Plain> = all.iter().filter(|row| name.is_none_or(|name| name == row.link)).collect();
        let n = |state| Count::of(of.iter().filter(|row| row.shown == state).count());
        let unfinished = of.iter().filter(|row| rank(row).is_some());
        let oldest = unfinished.clone().min_by_key(|row| row.seq);
        let wanted = QueueCounts {
            waiting: Count(
                n(ChangeState::Waiting).0 + n(ChangeState::TryingAgain).0 + n(ChangeState::OnHold).0,
            ),
            trying_again: n(ChangeState::TryingAgain),
            on_hold: n(ChangeState::OnHold),
            sending: n(ChangeState::Sending),
            not_confirmed: n(ChangeState::NotConfirmed),
            in_conflict: n(ChangeState::Conflict),
            needs_you: n(ChangeState::NeedsYou),
            in_trash: n(ChangeState::InTrash),
            oldest_at: oldest.map(|row| Millis(row.created_at)),
            next_at: of
                .iter()
                .filter(|row| row.due_at > 0 && row.uncertain_or_queued)
                .map(|row| Millis(row.due_at))
                .min(),
        };
        assert_eq!(tally.counts(tx, link)?, wanted, "link {name:?}");
        assert_eq!(tally.sum(link).unfinished(), unfinished.count() as i64);
        // Each number is the total of the list that its filter shows.
        let filter = |state| QueueFilter { state, link: name.map(str::to_owned), ..QueueFilter::default() };
        for (state, count) in [
            (ChangeState::Waiting, wanted.waiting.0 - wanted.trying_again.0 - wanted.on_hold.0),
            (ChangeState::TryingAgain, wanted.trying_again.0),
            (ChangeState::OnHold, wanted.on_hold.0),
            (ChangeState::Sending, wanted.sending.0),
            (ChangeState::NotConfirmed, wanted.not_confirmed.0),
            (ChangeState::Conflict, wanted.in_conflict.0),
            (ChangeState::NeedsYou, wanted.needs_you.0),
            (ChangeState::InTrash, wanted.in_trash.0),
        ] {
            assert_eq!(
                list(tx, &filter(Some(state)), Start::At(0), 0)?.total.0,
                count,
                "{state:?} of {name:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn every_count_is_the_number_of_rows_of_its_filter_in_any_store() {
    let fixture = Fixture::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy =
        (prop::collection::vec(any_row(), 0..40), prop::collection::vec(any_step(), 0..20), 0..PARTS);
    runner
        .run(&strategy, |(rows, steps, part)| {
            fixture.write(move |tx| {
                tx.execute_batch("DELETE FROM outbox; DELETE FROM counters; DELETE FROM waiting")?;
                let seqs: Vec<i64> = rows.iter().map(|row| row.insert(tx)).collect::<Result<_, _>>()?;
                for (index, step) in steps.iter().filter(|_| !seqs.is_empty()) {
                    tx.execute(step, [seqs[index.index(seqs.len())]])?;
                }
                Ok(())
            });
            fixture.read(|tx| {
                let all = plain(tx)?;
                check_lists(tx, &all, part)?;
                check_counts(tx, &all)
            });
            Ok(())
        })
        .unwrap();
}

fn only(fixture: &Fixture, seq: i64) -> ChangeRow {
    let rows = fixture.read(|tx| list(tx, &QueueFilter::default(), Start::At(0), 500)).rows;
    rows.into_iter().find(|row| row.number.0 == seq).expect("the change is listed")
}

#[test]
fn a_row_says_what_its_change_waits_for() {
    let fixture = Fixture::new();
    let record = fixture.record(1, "r", Some(json!({"a": 0})), Some(json!({"a": 1, "name": "Rossi"})));
    let head = fixture.change(Row { record: Some(record), ..Row::default() });
    let behind = fixture.change(Row { record: Some(record), head: false, ..Row::default() });
    let other = fixture.change(Row { blockers: 1, ..Row::default() });
    fixture.sql(&format!("INSERT INTO edges (seq, waits_for) VALUES ({other}, {head})"));
    let held = fixture.change(Row { held: Some("person"), ..Row::default() });
    let undo = fixture.change(Row { held: Some("undo"), due_at: 9_000, ..Row::default() });
    let backoff = fixture.change(Row { due_at: 8_000, class: Some("transient"), ..Row::default() });
    let refused = fixture.change(Row { state: "parked", class: Some("permanent"), ..Row::default() });
    let lost = fixture.change(Row { state: "parked", may_be_in: true, ..Row::default() });
    let foreign = fixture.change(Row { principal: "bob", ..Row::default() });
    let reason = |seq| only(&fixture, seq).reason;
    assert_eq!(reason(head), None);
    assert_eq!(only(&fixture, head).title, "Rossi");
    assert_eq!(reason(behind), Some(WaitReason::Behind { change: Count(head) }));
    assert_eq!(only(&fixture, behind).state, ChangeState::Waiting);
    assert_eq!(reason(other), Some(WaitReason::Dependency { change: Count(head) }));
    assert_eq!(reason(held), Some(WaitReason::Held));
    assert_eq!(reason(undo), Some(WaitReason::Undo { until: Millis(9_000) }));
    assert_eq!(only(&fixture, undo).state, ChangeState::OnHold, "an undo window is a hold, not a fault");
    let words = || "its words".to_owned();
    assert_eq!(reason(backoff), Some(WaitReason::Backoff { class: ErrorClass::Transient, words: words() }));
    assert_eq!(only(&fixture, backoff).next_at, Some(Millis(8_000)));
    let permanent = WaitReason::Refused { class: ErrorClass::Permanent, status: None, words: words() };
    assert_eq!(reason(refused), Some(permanent));
    assert_eq!(reason(lost), Some(WaitReason::MayHaveBeenSent));
    assert_eq!(reason(foreign), Some(WaitReason::OtherAccount), "another account's change does not go");
    fixture.sql("UPDATE links SET stopped = '{}' WHERE id = 1");
    assert_eq!(reason(head), Some(WaitReason::LinkStopped));
    fixture.sql("INSERT INTO meta (key, value) VALUES ('paused_since', '5')");
    assert_eq!(reason(head), Some(WaitReason::Paused), "a pause comes before what stops one link");
    assert_eq!(reason(behind), Some(WaitReason::Behind { change: Count(head) }));
}

#[test]
fn a_conflicted_change_names_its_conflict() {
    let fixture = Fixture::new();
    let record = fixture.record(1, "r", None, Some(json!({})));
    let seq = fixture.change(Row { record: Some(record), state: "conflicted", ..Row::default() });
    fixture.sql(&format!(
        "INSERT INTO conflicts (id, link_id, collection_id, record_id, rid, title, kind, to_choose, merged, created_at,
                                updated_at) VALUES (88, 1, 1, {record}, 'r', 'r', 'both_updated', 1, 0, 1, 1)"
    ));
    assert_eq!(only(&fixture, seq).reason, Some(WaitReason::Conflict { conflict: Count(88) }));
}

#[test]
fn a_change_is_shown_whole_with_what_stood_there_before() {
    let fixture = Fixture::new();
    let record =
        fixture.record(1, "r", serde_json::from_str(r#"{"a": 1.10, "b": "x"}"#).ok(), Some(json!({"a": 3})));
    let older = fixture.change(Row {
        record: Some(record),
        state: "uncertain",
        changes: r#"[{"path":"/a","set":2.0}]"#.into(),
        ..Row::default()
    });
    let newer = fixture.change(Row {
        record: Some(record),
        head: false,
        changes: r#"[{"path":"/a","set":3},{"path":"/b","remove":true},{"path":"/c","set":null}]"#.into(),
        ..Row::default()
    });
    fixture.sql(&format!(
        "INSERT INTO attempts (seq, number, key, started_at, ended_at, status, class, words)
         VALUES ({older}, 1, 'key-1', 10, 20, 503, 'transient', 'busy'), ({older}, 2, 'key-1', 30, NULL, NULL, NULL, '');
         INSERT INTO edges (seq, waits_for) VALUES ({newer}, {older})"
    ));
    let whole = |seq| {
        let id = only(&fixture, seq).id;
        fixture.read(|tx| detail(tx, &id)).unwrap()
    };
    let change = |path: &str, before: Option<&str>, after: Option<&str>| FieldChange {
        path: path.into(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let newer = whole(newer);
    assert_eq!(
        newer.changes,
        [
            change("/a", Some("2.0"), Some("3")),
            change("/b", Some("\"x\""), None),
            change("/c", None, Some("null"))
        ],
        "an older change of the record comes before it"
    );
    assert_eq!((newer.waits_for, newer.request), (vec![Count(older)], None));
    let older_change = whole(older);
    let names = |detail: &[Neighbour]| -> Vec<_> {
        detail.iter().map(|one| (one.id.clone(), one.number, one.state)).collect()
    };
    assert_eq!(
        names(&newer.neighbours),
        [(older_change.row.id.clone(), Count(older), ChangeState::NotConfirmed)],
        "what it waits for is named"
    );
    assert_eq!(
        names(&older_change.neighbours),
        [(newer.row.id.clone(), newer.row.number, newer.row.state)],
        "what waits for it is named"
    );
    assert_eq!(older_change.changes, [change("/a", Some("1.10"), Some("2.0"))], "literals are kept");
    let numbers: Vec<i64> = older_change.attempts.iter().map(|attempt| attempt.number.0).collect();
    assert_eq!(numbers, [2, 1], "newest first");
    assert_eq!(older_change.waited_on_by, [newer.row.number]);
    let request = older_change.request.unwrap();
    assert_eq!(request.url, "https://erp.example.com/api/c/tasks/r");
    assert_eq!(
        (request.key.as_str(), request.headers.as_slice()),
        ("key-1", &["If-Match: \"1\"".to_owned()][..])
    );
    assert_eq!(fixture.read(|tx| detail(tx, "no such change")), None);
}

#[test]
fn a_new_record_is_shown_by_its_fields_and_a_deletion_as_one() {
    let fixture = Fixture::new();
    let made = fixture.record(1, "new", None, Some(json!({"id": "new", "a": 1})));
    let made = fixture.change(Row {
        record: Some(made),
        operation: "create",
        changes: r#"[{"path":"","set":{"id":"new","a":1}}]"#.into(),
        ..Row::default()
    });
    let gone = fixture.record(1, "gone", Some(json!({"a": 1})), None);
    let gone = fixture.change(Row {
        record: Some(gone),
        operation: "delete",
        changes: "[]".into(),
        ..Row::default()
    });
    let changes = |seq| {
        let row = only(&fixture, seq);
        assert_eq!(row.fields, [] as [String; 0]);
        fixture.read(|tx| detail(tx, &row.id)).unwrap().changes
    };
    let made = changes(made);
    assert_eq!(made.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["/id", "/a"]);
    assert!(made.iter().all(|change| change.before.is_none()));
    let gone = changes(gone);
    assert_eq!(
        (gone[0].path.as_str(), gone[0].before.as_deref(), gone[0].after.as_deref()),
        ("", Some("{\"a\":1}"), None)
    );
}

#[test]
fn statistics_count_what_retention_removed_and_name_the_oldest() {
    let fixture = Fixture::new();
    fixture.change(Row { state: "confirmed", ..Row::default() });
    fixture.change(Row { state: "confirmed", ..Row::default() });
    fixture.change(Row { state: "discarded", collection: 3, ..Row::default() });
    fixture.change(Row { due_at: 6_000, created_at: 4_000, ..Row::default() });
    fixture.change(Row { collection: 3, due_at: 5_000, created_at: 4_500, ..Row::default() });
    fixture.sql("DELETE FROM outbox WHERE seq = 1");
    let stats = fixture.read(stats);
    assert_eq!(stats.counts.confirmed, Count(2), "a purged change was confirmed all the same");
    assert_eq!((stats.counts.queued, stats.counts.discarded), (Count(2), Count(1)));
    assert_eq!(stats.oldest_pending, Some(Millis(4_000)));
    assert_eq!(stats.next_retry, Some(Millis(5_000)), "over all links");
    let of: Vec<_> = stats
        .collections
        .iter()
        .map(|of| (of.link.as_str(), of.collection.as_str(), of.counts.queued.0, of.counts.discarded.0))
        .collect();
    assert_eq!(of, [("erp", "tasks", 1, 0), ("erp", "customers", 0, 0), ("kinto", "tasks", 1, 1)]);
}
