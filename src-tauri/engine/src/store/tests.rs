use super::*;

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
