//! A damaged database is told, never replaced by itself, and a backup takes its place when a person says so.

use std::sync::Arc;
use tidemark_engine::StoreError;
use tidemark_model::clock::Clock as _;
use tidemark_model::view::{Activity, Refusal, RefusalCode, Sentence, StoreFault};
use tidemark_tests::store_files::{database, meta, spoil_beginning, spoil_table};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// A world with an unsent edit, a backup that holds it, and a later edit that was sent.
async fn with_backup() -> (World, tidemark_model::view::Backup) {
    let world = Stage::tasks(3).open().await;
    world.set("t001", "state", "done").await;
    let backup = world.engine().back_up_now().await.unwrap();
    world.sync().await;
    (world, backup)
}

// proves A1, A8, B6
#[tokio::test]
async fn a_database_that_cannot_be_opened_is_left_alone_and_an_intact_backup_is_named_and_restored() {
    let (mut world, backup) = with_backup().await;
    world.close().await;
    spoil_beginning(world.folder());
    let spoilt = std::fs::read(database(world.folder())).unwrap();

    let error = world.try_open().await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Damaged { intact: Some(intact), .. } if *intact == backup),
        "{error:?}"
    );
    let refusal = Refusal::from(error);
    assert_eq!(refusal.code, RefusalCode::Store);
    assert!(refusal.message.contains("tidemark.db"), "it says which file: {refusal:?}");
    assert!(refusal.hint.contains(&backup.name), "it says what to do: {refusal:?}");
    assert_eq!(std::fs::read(database(world.folder())).unwrap(), spoilt, "not one byte was changed");

    let restored = tidemark_engine::restore(world.folder(), None, world.clock.now()).unwrap();
    assert_eq!(restored.from, backup);
    let aside = world.folder().join(restored.set_aside.unwrap());
    assert_eq!(std::fs::read(aside).unwrap(), spoilt, "the damaged one is kept");
    world.wire.tap.forget();
    world.open_engine().await;
    let told = world.engine().status().unwrap().put_back.expect("a backup is an old copy");
    assert_eq!(told.in_doubt.0, 1);
    world.sync().await;
    assert_eq!((world.wire.tap.count(Point::Push), world.effect_count()), (0, 1), "it was sent before");
    world.finish().await;
}

// proves A1, A8
#[tokio::test]
async fn a_page_that_went_bad_is_found_after_a_crash_and_sending_stops() {
    let (mut world, backup) = with_backup().await;
    world.set("t002", "state", "done").await;
    world.drop_engine();
    spoil_table(world.folder(), "quarantine");
    world.open_engine().await;
    world.wire.tap.forget();
    world.engine().start();
    world.until(|world| world.engine().status().unwrap().sentence == stopped(Some(backup.made_at))).await;
    let status = world.engine().status().unwrap();
    assert_eq!((status.store_fault, status.activity), (Some(StoreFault::Damaged), Activity::CannotSave));
    let refused = world.engine().create_record(LINK, TASKS, &task(9).to_string(), None).await;
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "nothing is called saved that may be lost");
    let pushed = world.wire.tap.count(Point::Push);
    world.engine().force_sync(Some(LINK), None).await.unwrap();
    world.sync().await;
    assert_eq!(world.wire.tap.count(Point::Push), pushed, "sending is stopped");
    assert!(world.here("t002").is_some(), "what can be read is shown");

    world.close().await;
    tidemark_engine::restore(world.folder(), Some(&backup.name), world.clock.now()).unwrap();
    world.open_engine().await;
    assert_eq!(world.engine().status().unwrap().store_fault, None);
    world.finish().await;
}

fn stopped(intact: Option<tidemark_model::number::Millis>) -> Sentence {
    Sentence::StoreDamaged { intact }
}

// proves A1
#[tokio::test]
async fn a_program_that_does_not_stay_finds_it_before_it_sends() {
    let (mut world, backup) = with_backup().await;
    world.set("t002", "state", "done").await;
    world.drop_engine();
    spoil_table(world.folder(), "quarantine");
    world.open_engine().await;
    world.wire.tap.forget();
    world.engine().look_after_store().await;
    world.sync().await;
    assert_eq!(world.engine().status().unwrap().sentence, stopped(Some(backup.made_at)));
    assert_eq!(world.wire.tap.count(Point::Push), 0);
    world.close().await;
    tidemark_engine::restore(world.folder(), Some(&backup.name), world.clock.now()).unwrap();
    world.open_engine().await;
    world.engine().look_after_store().await;
    assert_eq!(meta(world.folder(), "check_due"), None, "an intact one passes");
    world.finish().await;
}

// proves A1, E4
#[tokio::test]
async fn a_whole_store_passes_its_check_after_a_crash_and_is_not_checked_after_a_goodbye() {
    let mut world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.drop_engine();
    world.open_engine().await;
    assert!(meta(world.folder(), "check_due").is_some(), "the last session said no goodbye");
    world.restart().await;
    assert!(meta(world.folder(), "check_due").is_some(), "a goodbye does not stand for the check");
    world.engine().start();
    world.until(|world| meta(world.folder(), "check_due").is_none()).await;
    assert_eq!(world.engine().status().unwrap().store_fault, None);
    world.restart().await;
    assert_eq!(meta(world.folder(), "check_due"), None);
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn without_a_backup_the_damaged_file_stays_and_nothing_is_offered() {
    let mut world = Stage::tasks(1).open().await;
    world.close().await;
    let good = std::fs::read(database(world.folder())).unwrap();
    spoil_beginning(world.folder());
    let error = world.try_open().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { intact: None, .. }), "{error:?}");
    let none = tidemark_engine::restore(world.folder(), None, world.clock.now()).unwrap_err();
    assert!(
        matches!(&none, StoreError::Refused(refusal) if refusal.code == RefusalCode::NotFound),
        "{none:?}"
    );
    assert!(database(world.folder()).exists());
    std::fs::write(database(world.folder()), good).unwrap();
    world.open_engine().await;
    assert_eq!(world.engine().status().unwrap().put_back, None, "it is the newest all the same");
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn a_restore_that_was_cut_off_is_brought_to_its_end_and_one_beside_an_open_store_is_refused() {
    let (mut world, backup) = with_backup().await;
    let folder = Arc::new(world.folder().to_owned());
    let refused = tidemark_engine::restore(&folder, None, world.clock.now()).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Refused(refusal) if refusal.code == RefusalCode::NotNow),
        "{refused:?}"
    );

    world.close().await;
    // The former database was set aside, and then the power went.
    std::fs::copy(folder.join("backups").join(&backup.name), folder.join("tidemark.db.restored")).unwrap();
    std::fs::rename(database(&folder), folder.join("tidemark-set-aside.db")).unwrap();
    world.open_engine().await;
    assert!(world.engine().status().unwrap().put_back.is_some(), "no empty store takes its place");
    assert_eq!(world.here("t001").unwrap()["state"], "done");
    world.sync().await;
    assert_eq!(world.effect_count(), 1);
    world.finish().await;
}
