use super::*;
use rusqlite::StatementStatus;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

// proves A1
#[test]
fn what_is_acknowledged_is_synchronised_to_the_disk() {
    for mode in [WriterMode::Inline, WriterMode::Threaded] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), mode).unwrap();
        let pragma = |name: &'static str| {
            store
                .write_blocking(move |tx| Ok(tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0))?))
                .unwrap()
        };
        assert_eq!(pragma("synchronous"), 2, "FULL: the log is on disk before a commit returns");
        assert_eq!(pragma("fullfsync"), 1, "and where only F_FULLFSYNC means that, it is used");
        store.close();
    }
}

// proves A1
#[test]
fn a_store_that_was_found_damaged_takes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), WriterMode::Inline).unwrap();
    store.write_blocking(|tx| meta::set(tx, "a", "1")).unwrap();
    store.mark_damaged();
    let refused = store.write_blocking(|tx| meta::set(tx, "a", "2"));
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    assert_eq!(store.read(|tx| meta::get(tx, "a")).unwrap().as_deref(), Some("1"), "it can still be read");
}

#[test]
fn a_statement_is_planned_once_whatever_is_bound_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), WriterMode::Inline).unwrap();
    let look = |tx: &Connection| {
        let mut lane = tx.prepare(
            "SELECT seq FROM outbox WHERE record_id = ?1
                AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') ORDER BY seq",
        )?;
        for record in 1..=3 {
            lane.exists([record])?;
        }
        Ok(lane.get_status(StatementStatus::RePrepare))
    };
    assert_eq!(store.write_blocking(look).unwrap(), 0, "for writing");
    assert_eq!(store.read(look).unwrap(), 0, "for reading");
}

// proves A1
#[test]
fn the_log_is_copied_back_beside_the_writes_and_stays_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), WriterMode::Threaded).unwrap();
    // About 100 MiB of changed pages in commits of about 1 MiB.
    for round in 0..100 {
        store
            .write_blocking(move |tx| {
                for row in 0..16 {
                    meta::set(tx, &format!("row {row}"), &format!("{round:064}").repeat(1024))?;
                }
                Ok(())
            })
            .unwrap();
    }
    let log = folder.path().join(format!("{DATABASE}-wal"));
    let length = std::fs::metadata(&log).unwrap().len();
    assert!(length <= 72 * 1024 * 1024, "the log has {length} bytes, whatever was written");
    assert_eq!(
        store.read(|tx| meta::get(tx, "row 3")).unwrap().map(|text| text.len()),
        Some(64 * 1024),
        "what was written is read"
    );
    store.close();
    assert_eq!(std::fs::metadata(&log).map_or(0, |file| file.len()), 0, "at the end nothing is left in it");
}

/// The log's last write was then; how long it is.
fn written(folder: &Path, at: SystemTime) -> u64 {
    let log = std::fs::File::options().write(true).open(folder.join(format!("{DATABASE}-wal"))).unwrap();
    log.set_modified(at).unwrap();
    log.metadata().unwrap().len()
}

#[test]
fn at_rest_nothing_is_asked_of_the_writer_and_another_ones_commit_is_seen_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path(), WriterMode::Threaded).unwrap());
    let other = Store::open(folder.path(), WriterMode::Inline).unwrap();
    other.write_blocking(|tx| meta::set(tx, "a", "1")).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(60);
    written(folder.path(), long_ago);
    let before = store.data_version().unwrap();

    let (going, goes) = mpsc::channel();
    let (go_on, waits) = mpsc::channel::<()>();
    let writing = std::thread::spawn({
        let store = Arc::clone(&store);
        move || {
            store.write_blocking(move |_| {
                going.send(()).unwrap();
                waits.recv().unwrap();
                Ok(())
            })
        }
    });
    goes.recv().unwrap();
    let (told, tells) = mpsc::channel();
    let looking = std::thread::spawn({
        let store = Arc::clone(&store);
        move || told.send(store.data_version().unwrap()).unwrap()
    });
    let seen = tells.recv_timeout(Duration::from_secs(20));
    go_on.send(()).unwrap();
    writing.join().unwrap().unwrap();
    looking.join().unwrap();
    assert_eq!(seen, Ok(before), "the writer was busy");

    for text in ["2", "3"] {
        written(folder.path(), long_ago);
        let before = store.data_version().unwrap();
        other.write_blocking(move |tx| meta::set(tx, "a", text)).unwrap();
        assert_ne!(store.data_version().unwrap(), before);
    }
    // On a file system that counts time in steps: the log begins anew, no longer than it was, and at the same time.
    other
        .write_blocking(|tx| Ok(tx.execute_batch("COMMIT; PRAGMA wal_checkpoint(RESTART); BEGIN IMMEDIATE")?))
        .unwrap();
    let just_now = SystemTime::now();
    let length = written(folder.path(), just_now);
    let before = store.data_version().unwrap();
    other.write_blocking(|tx| meta::set(tx, "a", "4")).unwrap();
    assert_eq!(written(folder.path(), just_now), length);
    assert_ne!(store.data_version().unwrap(), before);
}
