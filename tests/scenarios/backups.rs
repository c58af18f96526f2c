//! Backups: whole, checked, few, private, and made beside work.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use tidemark_engine::StoreError;
use tidemark_model::clock::Clock as _;
use tidemark_model::view::{Backup, StoreFault};
use tidemark_tests::store_files::spoil_table;
use tidemark_tests::world::{Stage, World, task};

fn backups(world: &World) -> Vec<Backup> {
    world.engine().storage().unwrap().backups
}

fn open(world: &World, backup: &Backup) -> Connection {
    let path = world.folder().join("backups").join(&backup.name);
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

// proves A1
#[tokio::test]
async fn the_newest_three_are_kept_whole_and_for_this_account_only() {
    let world = Stage::tasks(2).open().await;
    let mut made = Vec::new();
    for number in 10..15 {
        world.create(&task(number)).await;
        made.push(world.engine().back_up_now().await.unwrap());
        world.clock.advance_s(60);
    }
    made.reverse();
    assert_eq!(backups(&world), made[..3], "newest first");
    let folder = world.folder().join("backups");
    assert_eq!(files(&folder).len(), 3, "and nothing else: {:?}", files(&folder));
    let newest = open(&world, &made[0]);
    let whole: String = newest.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let waiting: i64 = newest.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!((whole.as_str(), waiting), ("ok", 5));
    private(&folder, &made[0].name);
    world.finish().await;
}

#[cfg(unix)]
fn private(folder: &Path, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder), mode(&folder.join(name))), (0o700, 0o600));
}

#[cfg(not(unix))]
fn private(_: &Path, _: &str) {}

// proves A1
#[tokio::test]
async fn a_backup_made_while_edits_go_on_is_of_one_moment() {
    let world = Stage::tasks(1).open().await;
    let long = "word ".repeat(2_000);
    for number in 10..60 {
        let mut document = task(number);
        document["title"] = long.as_str().into();
        world.create(&document).await;
    }
    let edits = async {
        for number in 100..160 {
            world.create(&task(number)).await;
        }
    };
    let (made, ()) = tokio::join!(world.engine().back_up_now(), edits);
    let copy = open(&world, &made.unwrap());
    let (saved, rows): (i64, i64) = copy
        .query_row(
            "SELECT (SELECT sum(n) FROM counters WHERE state = 'saved'), (SELECT count(*) FROM outbox)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(saved, rows, "its books balance");
    assert!((50..=110).contains(&rows), "{rows}");
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn one_is_made_by_itself_each_day() {
    let world = Stage::tasks(1).open().await;
    world.engine().start();
    world.clock.advance_s(14 * 60);
    world.until(|world| backups(world).len() == 1).await;
    world.clock.advance_s(24 * 60 * 60);
    world.until(|world| backups(world).len() == 2).await;
    world.finish().await;
}

// proves A1, A8
#[tokio::test]
async fn a_damaged_store_is_never_called_a_backup_and_the_intact_ones_stay() {
    let mut world = Stage::tasks(1).open().await;
    let intact = world.engine().back_up_now().await.unwrap();
    world.close().await;
    spoil_table(world.folder(), "quarantine");
    world.open_engine().await;
    let refused = world.engine().back_up_now().await;
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    assert_eq!(world.engine().status().unwrap().store_fault, Some(StoreFault::Damaged));
    assert_eq!(files(&world.folder().join("backups")), std::slice::from_ref(&intact.name));
    world.close().await;
    tidemark_engine::restore(world.folder(), Some(&intact.name), world.clock.now()).unwrap();
    world.open_engine().await;
    world.finish().await;
}
