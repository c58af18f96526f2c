//! Changes by record.

use super::*;
use crate::store::views::queue::lanes::{SQL, STRETCH};
use tidemark_model::view::ChangesByRecord;

fn told(groups: &ChangesByRecord) -> Vec<(&str, &str, usize, i64)> {
    groups
        .groups
        .iter()
        .map(|group| (group.link.as_str(), group.title.as_str(), group.ids.len(), group.needs_you.0))
        .collect()
}

// proves A13
#[test]
fn changes_are_grouped_by_their_record_the_most_changed_first() {
    let fixture = Fixture::new();
    let hinge = fixture.record(1, "IT-7", Some(json!({"title": "Hinge"})), None);
    let bolt = fixture.record(3, "IT-8", Some(json!({"title": "Bolt"})), None);
    let of = |record, collection, state| Row {
        record: Some(record),
        collection,
        rid: "its id".into(),
        state,
        ..Row::default()
    };
    fixture.change(of(hinge, 1, "queued"));
    let first = fixture.change(of(bolt, 3, "parked"));
    let second = fixture.change(Row { head: false, ..of(bolt, 3, "queued") });
    fixture.change(of(hinge, 1, "confirmed"));
    fixture.change(Row { state: "parked", ..Row::default() });
    let groups = fixture.read(|tx| by_record(tx, Count(0)));
    assert_eq!(told(&groups), [("kinto", "Bolt", 2, 1), ("erp", "Hinge", 1, 0)]);
    assert_eq!(
        (groups.total, groups.without, groups.others, groups.next),
        (Count(4), Count(1), Count(0), None)
    );
    let ids: Vec<String> =
        fixture.read(|tx| Ok(rows(tx, &[first, second])?.into_iter().map(|row| row.id).collect()));
    assert_eq!(groups.groups[0].ids, ids, "oldest first");
    assert_eq!(groups.groups[0].record, "its id");
}

fn fill(fixture: &Fixture, changes: i64, record: &str) {
    fixture.sql(&format!(
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {changes})
         INSERT INTO outbox (id, link_id, collection_id, record_id, rid, principal, operation, changes, state, head,
                             created_at)
         SELECT {record} || '-' || i, 1, 1, {record}, 'r' || {record}, 'anna', 'update', '[]', 'queued', 1, 1 FROM n"
    ));
}

// proves A13
#[test]
fn a_stretch_holds_whole_records_and_the_next_one_goes_on() {
    let fixture = Fixture::new();
    let stretch = STRETCH as i64;
    // One change each, then one record that the first stretch would cut, then one that is longer than a stretch.
    fill(&fixture, stretch - 1, "i");
    fill(&fixture, 3, "1000000");
    fill(&fixture, stretch + 2, "2000000");
    let first = fixture.read(|tx| by_record(tx, Count(0)));
    assert_eq!((first.groups.len(), first.others.0, first.total.0), (100, stretch - 101, 2 * stretch + 4));
    let second = fixture.read(|tx| by_record(tx, first.next.unwrap()));
    assert_eq!(told(&second), [("erp", "r1000000", 3, 0)], "whole, though the stretch before saw one of it");
    let third = fixture.read(|tx| by_record(tx, second.next.unwrap()));
    assert_eq!((third.groups[0].ids.len(), third.groups[0].more), (STRETCH, true));
    assert!(!second.groups[0].more);
    let last = fixture.read(|tx| by_record(tx, third.next.unwrap()));
    assert_eq!((last.groups.len(), last.next), (0, None));
}

#[test]
fn no_body_is_read_and_nothing_is_sorted() {
    let fixture = Fixture::new();
    let steps = fixture.read(|tx| plans::plan(tx, &SQL.replace("?1", "0").replace("?2", "10")));
    assert_eq!(steps[0], "SEARCH o USING INDEX outbox_lane (record_id>?)", "{steps:?}");
    assert!(steps.iter().any(|step| step.contains("outbox_state (state=? AND seq=?")), "{steps:?}");
    assert_eq!(steps.iter().find(|step| plans::is_slow(step)), None, "{steps:?}");
}
