//! The queue by command.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::{Value, json};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Count;
use tidemark_model::view::{
    BulkResult, ChangeDetail, ChangeRow, ChangeState, ChangesByRecord, MayBeIt, QueuePage, QueueStats,
    RefusalCode, Saved, WaitReason,
};
use tidemark_sandbox::{Faults, Switch};

const TASKS_THERE: [&str; 3] =
    [r#"{"id":"t1","state":"open"}"#, r#"{"id":"t2","state":"open"}"#, r#"{"id":"t3","state":"open"}"#];
const EIGHT_DAYS: i64 = 8 * 24 * 60 * 60 * 1000;

fn rows(stage: &Stage, filter: Value) -> Vec<ChangeRow> {
    let page: QueuePage = stage.ask("list_queue", json!({"filter": filter, "offset": 0, "limit": 100}));
    assert_eq!(page.total, Count::of(page.rows.len()), "all of it is on the page");
    page.rows
}

fn done(bulk: &BulkResult) -> (i64, i64) {
    (bulk.done.0, bulk.already_gone.0)
}

pub fn a_change_waits_is_shown_whole_and_goes() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    let id = stage.set("t1", "state", r#""done""#).change.expect("it changed something");
    let waiting = rows(&stage, json!({}));
    assert_eq!((waiting.len(), &waiting[0].id, waiting[0].state), (1, &id, ChangeState::Waiting));
    assert_eq!(
        (waiting[0].operation, waiting[0].fields.clone()),
        (Operation::Update, vec!["/state".to_owned()])
    );
    assert_eq!(rows(&stage, json!({"state": "needs_you"})), []);
    assert_eq!(rows(&stage, json!({"link": "other"})), []);
    let stats: QueueStats = stage.ask("get_queue_stats", json!({}));
    assert_eq!((stats.counts.queued, stats.counts.confirmed), (Count(1), Count(0)));
    assert_eq!((stats.collections.len(), stats.collections[0].collection.as_str()), (1, TASKS));
    assert!(stats.oldest_pending.is_some());

    stage.sync();
    let stats: QueueStats = stage.ask("get_queue_stats", json!({}));
    assert_eq!((stats.counts.queued, stats.counts.confirmed), (Count(0), Count(1)));
    let whole: ChangeDetail = stage.ask("get_change", json!({ "id": id }));
    assert_eq!((whole.row.mutation_state, whole.attempts.len()), (MutationState::Confirmed, 1));
    assert_eq!(whole.changes[0].after.as_deref(), Some(r#""done""#));
    let request = whole.request.expect("it was sealed");
    assert!(request.url.ends_with("/tasks/t1") && request.key == whole.attempts[0].key, "{request:?}");
    assert_eq!(stage.refused("get_change", json!({"id": "none"})).code, RefusalCode::NotFound);
    stage.finish()
}

// proves A13
pub fn changes_are_sorted_by_a_column_and_grouped_by_record() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    for (id, state) in [("t2", r#""done""#), ("t3", r#""done, at long last""#), ("t1", r#""x""#)] {
        stage.set(id, "state", state);
    }
    let sorted = |by: &str, descending: bool| -> Vec<String> {
        let sort = json!({"by": by, "descending": descending});
        rows(&stage, json!({ "sort": sort })).into_iter().map(|row| row.record).collect()
    };
    assert_eq!(sorted("record", false), ["t1", "t2", "t3"]);
    assert_eq!(sorted("record", true), ["t3", "t2", "t1"]);
    assert_eq!(sorted("size", false), ["t1", "t2", "t3"]);
    assert_eq!(sorted("saved", true), ["t1", "t3", "t2"]);
    let page = |sort: Value| -> QueuePage {
        stage.ask("list_queue", json!({"filter": {"sort": sort}, "offset": 0, "limit": 2}))
    };
    assert_eq!(
        (page(json!(null)).sorted, page(json!({"by": "size", "descending": true})).sorted),
        (false, true)
    );
    let groups: ChangesByRecord = stage.ask("list_by_record", json!({"after": null}));
    let told: Vec<_> =
        groups.groups.iter().map(|group| (group.record.as_str(), group.ids.len(), group.more)).collect();
    // Equally many each: in the order in which the records came.
    assert_eq!(told, [("t1", 1, false), ("t2", 1, false), ("t3", 1, false)]);
    assert_eq!((groups.groups[0].link.as_str(), groups.groups[0].collection.as_str()), (LINK, TASKS));
    assert_eq!((groups.total, groups.next), (Count(3), None));
    let ids = groups.groups[1].ids.clone();
    let bulk: BulkResult = stage.ask("hold", json!({"ids": ids, "held": true}));
    assert_eq!(done(&bulk), (1, 0));
    stage.finish()
}

// proves A13
pub fn a_page_goes_on_after_the_place_where_another_ended() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    for id in ["t1", "t2", "t3"] {
        stage.set(id, "state", r#""done""#);
    }
    let first: QueuePage = stage.ask("list_queue", json!({"filter": {}, "offset": 0, "limit": 2}));
    let next = first.next.expect("there is one more");
    let after = json!({"filter": {}, "after": next, "limit": 2});
    let last: QueuePage = stage.ask("list_queue", after);
    let records: Vec<&str> = first.rows.iter().chain(&last.rows).map(|row| row.record.as_str()).collect();
    assert_eq!(records, ["t1", "t2", "t3"]);
    assert_eq!((last.rows[0].position, last.total, last.next), (Some(Count(3)), Count(3), None));
    for wrong in [
        json!({"filter": {}, "limit": 2}),
        json!({"filter": {}, "offset": 0, "after": next, "limit": 2}),
        json!({"filter": {}, "after": "t2", "limit": 2}),
        json!({"filter": {"link": LINK}, "after": next, "limit": 2}),
    ] {
        let refusal = stage.refused("list_queue", wrong);
        assert_eq!(refusal.code, RefusalCode::Invalid);
        assert!(refusal.message.contains("after"), "{refusal:?}");
    }
    stage.finish()
}

// proves A14
pub fn a_held_change_stays_and_a_discarded_one_is_undone() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    let ids = ["t1", "t2", "t3"].map(|id| stage.set(id, "state", r#""done""#).change.expect("a change"));
    let held: BulkResult = stage.ask("hold", json!({"ids": [ids[0], "none"], "held": true}));
    assert_eq!(done(&held), (1, 1));
    let discarded: BulkResult = stage.ask("discard", json!({"ids": [ids[1]]}));
    assert_eq!(done(&discarded), (1, 0));
    assert_eq!(stage.here("t2").as_deref(), Some(TASKS_THERE[1]), "the record is as it was");
    stage.sync();
    let states = ["t1", "t2", "t3"].map(|id| stage.member_there(id, "state"));
    assert_eq!(states, ["open", "open", "done"]);
    let left = rows(&stage, json!({"state": "on_hold"}));
    assert_eq!((left.len(), left[0].reason.clone()), (1, Some(WaitReason::Held)));
    assert_eq!(rows(&stage, json!({"state": "in_trash"}))[0].id, ids[1], "a discarded one can be looked at");
    let freed: BulkResult = stage.ask("hold", json!({"ids": [ids[0]], "held": false}));
    assert_eq!(done(&freed), (1, 0));
    stage.sync();
    assert_eq!(stage.member_there("t1", "state"), "done");
    stage.finish()
}

// proves A8
pub fn a_refused_change_is_sent_again_by_name_or_with_all_others() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    let refusing = Switch::always(vec![422]).method("PUT,PATCH");
    stage.server.set_faults(Faults { status: Some(refusing), ..Faults::default() });
    let ids = ["t1", "t2", "t3"].map(|id| stage.set(id, "state", r#""done""#).change.expect("a change"));
    stage.sync();
    let parked = rows(&stage, json!({"state": "needs_you"}));
    assert_eq!(parked.len(), 3);
    assert!(
        matches!(parked[0].reason, Some(WaitReason::Refused { status: Some(422), .. })),
        "{:?}",
        parked[0].reason
    );
    let attention = stage.status().attention;
    assert_eq!(attention.needs_you, Count(3));

    stage.server.clear_faults();
    assert_eq!(done(&stage.ask("retry", json!({"ids": [ids[0]]}))), (1, 0));
    stage.sync();
    assert_eq!(["t1", "t2", "t3"].map(|id| stage.member_there(id, "state")), ["done", "open", "open"]);
    assert_eq!(done(&stage.ask("retry", json!({"ids": [ids[0]]}))), (0, 1), "it has gone");
    assert_eq!(done(&stage.ask("reprocess_failed", json!({}))), (2, 0));
    stage.sync();
    assert_eq!(["t1", "t2", "t3"].map(|id| stage.member_there(id, "state")), ["done", "done", "done"]);
    assert_eq!(stage.status().queue_length, Count(0));
    stage.finish()
}

// proves A4, A8
pub fn a_change_that_may_have_been_sent_is_found_or_sent_again() -> Commands {
    let stage = Stage::naming();
    let ids = ["one", "two"].map(|title| {
        stage.server.set_faults(Faults {
            drop_after: Some(Switch::always(title == "one").method("POST")),
            drop_before: Some(Switch::always(title == "two").method("POST")),
            ..Faults::default()
        });
        let document = json!({ "title": title }).to_string();
        let saved: Saved =
            stage.ask("create_record", json!({"link": LINK, "collection": TASKS, "document": document}));
        stage.sync();
        stage.server.clear_faults();
        stage.clock().advance(60_000);
        stage.sync();
        saved.change.expect("a change")
    });
    let parked = rows(&stage, json!({"state": "needs_you"}));
    assert_eq!(parked.len(), 2);
    assert!(parked.iter().all(|row| row.reason == Some(WaitReason::MayHaveBeenSent)), "{parked:?}");
    let offered: Vec<MayBeIt> = stage.ask("may_be", json!({ "id": ids[0] }));
    assert_eq!(offered.len(), 1, "{offered:?}");
    assert_eq!(stage.ask::<Vec<MayBeIt>>("may_be", json!({ "id": ids[1] })), []);
    let nowhere = stage.refused("is_there", json!({"id": ids[1], "record": "s99"}));
    assert_eq!(nowhere.code, RefusalCode::NotFound, "{nowhere:?}");
    stage.ask::<()>("is_there", json!({"id": ids[0], "record": offered[0].record}));
    stage.ask::<()>("send_again", json!({ "id": ids[1] }));
    assert_eq!(stage.refused("send_again", json!({ "id": ids[0] })).code, RefusalCode::NotNow);
    assert_eq!(stage.refused("may_be", json!({ "id": "none" })).code, RefusalCode::NotFound);
    stage.sync();
    assert_eq!(
        (rows(&stage, json!({})), stage.server.report().expect("it tells").effects.len()),
        (vec![], 2)
    );
    stage.finish()
}

// proves A8
pub fn clearing_needs_the_number_that_was_shown() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    for id in ["t1", "t2"] {
        stage.set(id, "state", r#""done""#);
    }
    for wrong in [0, 1, 3] {
        let refusal = stage.refused("clear_queue", json!({ "expected": wrong }));
        assert_eq!(refusal.code, RefusalCode::Moved, "{refusal:?}");
        assert!(refusal.message.contains('2'), "it says the right number: {refusal:?}");
    }
    assert_eq!(rows(&stage, json!({})).len(), 2, "nothing was cleared");
    assert_eq!(done(&stage.ask("clear_queue", json!({"expected": 2}))), (2, 0));
    assert_eq!(rows(&stage, json!({})), []);
    assert_eq!(stage.here("t1").as_deref(), Some(TASKS_THERE[0]), "the records are as they were");
    assert_eq!(stage.status().ledger.discarded, Count(2), "they are in the trash");
    stage.finish()
}

// proves A12
pub fn what_ended_long_ago_is_cleaned_and_nothing_else() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    let sent = stage.set("t1", "state", r#""done""#).change.expect("a change");
    stage.sync();
    assert_eq!(stage.ask::<Count>("clear_old_requests", json!({})), Count(0), "it is not old yet");
    stage.clock().advance(EIGHT_DAYS);
    let waits = stage.set("t2", "state", r#""done""#).change.expect("a change");
    stage.clock().advance(EIGHT_DAYS);
    assert_eq!(stage.ask::<Count>("clear_old_requests", json!({})), Count(1));
    assert_eq!(stage.refused("get_change", json!({ "id": sent })).code, RefusalCode::NotFound);
    assert_eq!(rows(&stage, json!({}))[0].id, waits, "what waits is never cleaned");
    stage.finish()
}
