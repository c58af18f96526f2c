//! The snapshot: stored and live facts in one.

use super::*;
use crate::store::views::fixture::{Fixture, Row};
use crate::store::views::queue;
use crate::store::{counters, links};
use rusqlite::Connection;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::MutationState;
use tidemark_model::view::{Activity, Sentence};

const NOW: Millis = Millis(10_000);

fn online(link_id: i64) -> LiveLink {
    LiveLink {
        link_id,
        connectivity: Connectivity::Online,
        checked_at: Some(Millis(9_000 + link_id)),
        ..LiveLink::default()
    }
}

fn taken(fixture: &Fixture, live: &[LiveLink]) -> StatusSnapshot {
    let process = ProcessFacts { seq: Count(4), now: NOW, ..ProcessFacts::default() };
    fixture.read(|tx| snapshot(tx, live, &process))
}

/// A change that is counted as saved, as the verbs do it.
fn save(fixture: &Fixture, row: Row) -> i64 {
    fixture.write(move |tx| {
        let link = super::super::fixture::PLACES[row.collection as usize - 1].0;
        counters::saved(tx, link, row.collection)?;
        row.insert(tx)
    })
}

#[test]
fn a_checked_and_empty_store_is_up_to_date_as_of_the_oldest_check() {
    let fixture = Fixture::new();
    let snapshot = taken(&fixture, &[online(1), online(2)]);
    assert_eq!(snapshot.sentence, Sentence::UpToDate { as_of: Millis(9_001) });
    assert_eq!(snapshot.activity, Activity::UpToDate { as_of: Millis(9_001) });
    assert_eq!((snapshot.seq, snapshot.at, snapshot.queue_length), (Count(4), NOW, Count(0)));
    assert_eq!((snapshot.state, snapshot.connectivity), (EngineState::Idle, Connectivity::Online));
    assert!(snapshot.ledger.balanced);
    let unchecked = taken(&fixture, &[online(1)]);
    assert_eq!(unchecked.sentence, Sentence::Checking { server: "kinto.example.com".into() });
    let names: Vec<_> =
        snapshot.links.iter().map(|link| (link.name.as_str(), link.server.as_str())).collect();
    assert_eq!(names, [("erp", "erp.example.com"), ("kinto", "kinto.example.com")]);
}

#[test]
fn the_ledger_finds_every_saved_change_in_one_place_even_after_retention() {
    let fixture = Fixture::new();
    for state in MutationState::ALL {
        save(&fixture, Row { state: state.as_str(), ..Row::default() });
        save(&fixture, Row { state: state.as_str(), collection: 3, ..Row::default() });
    }
    fixture.sql("DELETE FROM outbox WHERE state IN ('confirmed', 'discarded') AND link_id = 1");
    let ledger = taken(&fixture, &[]).ledger;
    assert_eq!((ledger.saved, ledger.balanced), (Count(20), true));
    assert_eq!((ledger.waiting, ledger.confirmed, ledger.discarded), (Count(4), Count(2), Count(2)));
    assert_eq!(ledger.since, Some(Millis(1_000)));
    // A row that was never counted as saved, or a count without a row, shows.
    fixture.change(Row::default());
    assert!(!taken(&fixture, &[]).ledger.balanced, "an uncounted change is not hidden");
    fixture.write(|tx| counters::saved(tx, 1, 1));
    assert!(taken(&fixture, &[]).ledger.balanced);
    fixture.write(|tx| counters::saved(tx, 1, 1));
    assert!(!taken(&fixture, &[]).ledger.balanced, "a lost change is not hidden");
}

#[test]
fn counts_and_times_are_each_links_own_and_the_sum_of_all() {
    let fixture = Fixture::new();
    save(&fixture, Row { created_at: 3_000, ..Row::default() });
    save(
        &fixture,
        Row { collection: 3, due_at: 12_000, class: Some("transient"), created_at: 2_500, ..Row::default() },
    );
    save(&fixture, Row { collection: 3, state: "parked", ..Row::default() });
    save(&fixture, Row { collection: 3, state: "confirmed", created_at: 7_000, ..Row::default() });
    let record = fixture.record(1, "r", None, Some(json!({})));
    fixture.sql(&format!(
        "INSERT INTO conflicts (link_id, collection_id, record_id, rid, title, kind, to_choose, merged, created_at,
                                updated_at) VALUES (1, 1, {record}, 'r', 'r', 'both_updated', 1, 0, 1, 1);
         INSERT INTO daily (day, link_id, confirmed, refused) VALUES (0, 1, 5, 1), (0, 2, 2, 0), (-1, 1, 9, 9);
         INSERT INTO merges (collection_id, record_id, rid, at, base, local, server, merged) VALUES
            (1, 1, 'r', 9000, '1', '1', '1', '1'), (1, 1, 'r', {}, '1', '1', '1', '1')",
        NOW.0 - 8 * 24 * 60 * 60 * 1000
    ));
    let snapshot = taken(&fixture, &[online(1), online(2)]);
    assert_eq!(snapshot.queue_length, Count(3));
    let (erp, kinto) = (&snapshot.links[0], &snapshot.links[1]);
    assert_eq!((erp.queue.waiting, erp.queue.needs_you, erp.conflicts), (Count(1), Count(0), Count(1)));
    assert_eq!((kinto.queue.waiting, kinto.queue.trying_again), (Count(1), Count(1)));
    assert_eq!((kinto.queue.needs_you, kinto.queue.next_at), (Count(1), Some(Millis(12_000))));
    assert_eq!((erp.queue.oldest_at, kinto.queue.oldest_at), (Some(Millis(3_000)), Some(Millis(2_500))));
    assert_eq!((snapshot.sent_today, snapshot.refused_today), (Count(7), Count(1)));
    assert_eq!(snapshot.merged_week, Count(1));
    assert_eq!(snapshot.last_confirmed_at, Some(Millis(7_010)));
    assert_eq!(snapshot.sentence, Sentence::NeedYou { needs_you: Count(1), others: Count(2) });
    assert_eq!(snapshot.activity, Activity::Waiting { waiting: Count(2), next: Some(Millis(12_000)) });
    assert_eq!((snapshot.attention.conflicts, snapshot.attention.needs_you), (Count(1), Count(1)));
}

#[test]
fn the_last_confirmed_change_is_found_behind_many_that_ended_otherwise() {
    let fixture = Fixture::new();
    fixture.write(|tx| {
        Row { state: "confirmed", created_at: 5_000, ..Row::default() }.insert(tx)?;
        for _ in 0..300 {
            Row { state: "combined", created_at: 6_000, ..Row::default() }.insert(tx)?;
        }
        Ok(())
    });
    assert_eq!(taken(&fixture, &[]).last_confirmed_at, Some(Millis(5_010)));
}

#[test]
fn a_run_is_sending_while_it_has_something_to_send_and_receiving_otherwise() {
    let fixture = Fixture::new();
    let syncing = |progress| LiveLink { syncing: true, progress, ..online(1) };
    let fetching = taken(&fixture, &[syncing(None), online(2)]);
    assert_eq!(fetching.activity, Activity::Syncing { done: Count(0), total: Count(0) });
    assert_eq!(fetching.sentence, Sentence::Checking { server: "erp.example.com".into() });
    assert_eq!(fetching.state, EngineState::Syncing);
    save(&fixture, Row::default());
    save(&fixture, Row { state: "sealed", ..Row::default() });
    let progress = Progress { processed: Count(3), total: Count(5), ..Progress::default() };
    let sending = taken(&fixture, &[syncing(Some(progress)), online(2)]);
    let server = || "erp.example.com".to_owned();
    assert_eq!(sending.sentence, Sentence::Sending { done: Count(3), total: Count(5), server: server() });
    assert_eq!(sending.progress, Some(progress));
    fixture.sql("UPDATE outbox SET state = 'queued', held = 'person'");
    let held = taken(&fixture, &[syncing(Some(progress)), online(2)]);
    assert_eq!(
        held.activity,
        Activity::Syncing { done: Count(0), total: Count(0) },
        "what is held is not sent"
    );
    assert_eq!(
        taken(&fixture, &[online(1), online(2)]).sentence,
        Sentence::Waiting { waiting: Count(2), next: None }
    );
}

#[test]
fn offline_pauses_stops_and_busy_servers_are_told_from_what_is_stored_and_live() {
    let fixture = Fixture::new();
    save(&fixture, Row::default());
    let offline = |id| LiveLink {
        connectivity: Connectivity::Offline,
        next_try: Some(Millis(11_000)),
        offline_since: Some(Millis(8_000)),
        ..online(id)
    };
    let none = taken(&fixture, &[offline(1), offline(2)]);
    assert_eq!(none.sentence, Sentence::OfflineWaiting { waiting: Count(1) });
    assert_eq!(
        (none.connectivity, none.links[0].offline_since),
        (Connectivity::Offline, Some(Millis(8_000)))
    );
    let one = taken(&fixture, &[offline(1), online(2)]);
    assert_eq!(one.sentence, Sentence::Waiting { waiting: Count(1), next: Some(Millis(11_000)) });
    assert_eq!(one.activity, Activity::SomeUnreachable { unreachable: Count(1), of: Count(2) });

    let error = |class| LastError { link: "erp".into(), class, words: "slow down".into(), at: Millis(9_500) };
    fixture.write(move |tx| links::set_last_error(tx, 1, Some(&error(ErrorClass::Throttled))));
    let busy = taken(&fixture, &[LiveLink { next_try: Some(Millis(11_000)), ..online(1) }, online(2)]);
    let server = || "erp.example.com".to_owned();
    assert_eq!(busy.sentence, Sentence::Busy { server: server(), waiting: Count(1), at: Millis(11_000) });
    assert_eq!((busy.state, busy.last_error.is_some()), (EngineState::Failed, true));

    let stop = |stopped: Stopped| fixture.write(move |tx| links::set_stopped(tx, 1, Some(&stopped)));
    stop(Stopped::Untrusted { words: "expired".into() });
    let stopped = taken(&fixture, &[online(1), online(2)]);
    assert_eq!(stopped.sentence, Sentence::Stopped { server: server(), waiting: Count(1) });
    stop(Stopped::SignIn { words: "401".into() });
    let sign_in = taken(&fixture, &[online(1), online(2)]);
    assert_eq!(sign_in.sentence, Sentence::SignIn { server: server(), waiting: Count(1) });
    assert_eq!(sign_in.attention.sign_in, [server()]);
    let next_try = |links: &[LiveLink]| taken(&fixture, links).links[0].next_try;
    assert_eq!(next_try(&[offline(1), online(2)]), None, "it does not try again before a person signed in");
    fixture.write(move |tx| links::set_stopped(tx, 1, None));
    assert_eq!(next_try(&[offline(1), online(2)]), Some(Millis(11_000)));

    fixture.sql("INSERT INTO meta (key, value) VALUES ('paused_since', '8000')");
    let paused = taken(&fixture, &[online(1), online(2)]);
    assert_eq!((paused.paused, paused.paused_since), (true, Some(Millis(8_000))));
    assert_eq!(paused.sentence, Sentence::Paused { waiting: Count(1) });
    assert_eq!(next_try(&[offline(1), online(2)]), None, "what is paused does not try again by itself");
}

#[test]
fn a_first_download_is_told_until_its_end() {
    let fixture = Fixture::new();
    fixture
        .sql("UPDATE collections SET pull_started_at = 5, pull_received = 40, pull_total = 100 WHERE id = 1");
    let first = |fixture: &Fixture| taken(fixture, &[]).links[0].collections[0].downloading;
    assert_eq!(first(&fixture).map(|progress| (progress.received.0, progress.total.0)), Some((40, 100)));
    fixture.sql("UPDATE collections SET pulled_at = 9 WHERE id = 1");
    assert_eq!(first(&fixture), None, "later pulls are no download");
}

/// How many steps SQLite takes for the stored part of the status and for the queue's statistics.
fn steps(fixture: &Fixture) -> usize {
    let mut connection = Connection::open(fixture.store.path().unwrap()).unwrap();
    let steps = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&steps);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    connection.progress_handler(1, Some(count)).unwrap();
    stored(&connection, NOW).unwrap();
    queue::stats(&connection).unwrap();
    steps.load(Ordering::Relaxed)
}

// proves A13
#[test]
fn the_status_and_the_statistics_cost_the_same_whatever_the_queues_length() {
    let fixture = Fixture::new();
    let fill = |times: usize| {
        fixture.write(move |tx| {
            for _ in 0..times {
                for collection in [1, 3] {
                    for state in MutationState::ALL {
                        Row { collection, state: state.as_str(), ..Row::default() }.insert(tx)?;
                    }
                    Row { collection, held: Some("person"), ..Row::default() }.insert(tx)?;
                    Row { collection, due_at: 12_000, ..Row::default() }.insert(tx)?;
                    Row { collection, head: false, ..Row::default() }.insert(tx)?;
                }
            }
            Ok(())
        });
    };
    fill(40);
    let few = steps(&fixture);
    fill(400);
    let many = steps(&fixture);
    assert!(few > 0 && many < few + few / 4, "{few} steps with 1,000 changes, {many} with 11,000");
}
