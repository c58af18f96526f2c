use super::{lines, told};
use tidemark_model::number::Count;
use tidemark_model::sync_settings::SyncSettings;
use tidemark_model::view::{ActivityKind as Kind, Actor, AppSettings, Happened, LinkLimits};
use tidemark_tests::store_files::Copied;
use tidemark_tests::world::{LINK, Stage, TASKS};

const DAY: i64 = 24 * 60 * 60 * 1000;

// proves A12, A14
#[tokio::test]
async fn pauses_are_told_for_all_a_link_and_a_collection_and_only_when_they_change_something() {
    let world = Stage::tasks(1).open().await;
    let engine = world.engine();
    for (link, collection) in [(None, None), (Some(LINK), None), (Some(LINK), Some(TASKS))] {
        engine.pause(link, collection).await.unwrap();
        engine.pause(link, collection).await.unwrap();
        engine.resume(link, collection).await.unwrap();
    }
    let told: Vec<_> = lines(&world, Kind::Settings).into_iter().map(|line| line.sentence).collect();
    let expected = [
        "Syncing was paused.",
        "Syncing was resumed.",
        "office was paused.",
        "office was resumed.",
        "tasks of office was paused.",
        "tasks of office was resumed.",
    ];
    assert_eq!(told[1..], expected);
    world.finish().await;
}

// proves A12, E7
#[tokio::test]
async fn what_is_set_is_told_by_its_name_and_never_by_its_value() {
    let world = Stage::tasks(1).open().await;
    let engine = world.engine();
    let settings = SyncSettings { keep_completed_days: Count(9), ..engine.sync_settings() };
    engine.set_sync_settings(&settings).await.unwrap();
    engine.set_sync_settings(&settings).await.unwrap();
    engine.set_settings(&AppSettings { notify_conflicts: false, ..AppSettings::default() }).await.unwrap();
    engine.set_limits(LINK, LinkLimits::default()).await.unwrap();
    engine.set_account(LINK, Some("bea")).await.unwrap();
    engine.set_account(LINK, None).await.unwrap();
    engine.set_secret_kept(LINK, true).await.unwrap();
    engine.set_link_url(LINK, &world.server.url()).await.unwrap();
    let named = |name: &str| Happened::SettingsChanged { names: vec![name.to_owned()] };
    let expected = [
        named("keepCompletedDays"),
        named("notifyConflicts"),
        Happened::LimitsChanged {},
        Happened::AccountChanged {},
        Happened::AccountChanged {},
        Happened::SecretChanged { kept: true },
        Happened::AddressChanged {},
    ];
    assert_eq!(told(&world, Kind::Settings)[1..], expected);
    assert!(lines(&world, Kind::Settings).iter().all(|line| line.actor == Actor::You && line.run.is_none()));
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn a_removed_link_is_told_with_what_was_not_sent_and_its_lines_stay() {
    let world = Stage::tasks(1).open().await;
    world.add_link_named("other", Default::default()).await;
    world.engine().sync(Some("other"), None).await.unwrap();
    world.engine().pause(Some("other"), None).await.unwrap();
    let edits = [tidemark_model::view::FieldEdit { path: "/state".into(), set: Some("\"x\"".into()) }];
    world.engine().update_record("other", TASKS, "t001", &edits, None).await.unwrap();
    world.engine().remove_link("other", true).await.unwrap();
    let line = lines(&world, Kind::Settings).pop().unwrap();
    assert_eq!(line.happened, Happened::LinkRemoved { unsent: Count(1) });
    assert_eq!(line.sentence, "other was removed. 1 change that was not sent went to Trash.");
    assert!(lines(&world, Kind::Received).iter().any(|line| line.link.as_deref() == Some("other")));
    world.finish().await;
}

// proves A12, A1
#[tokio::test]
async fn an_old_copy_a_check_after_a_crash_and_a_clean_up_are_told() {
    let mut world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.close().await;
    let copied = Copied::of(world.folder());
    world.open_engine().await;
    world.sync().await;
    world.drop_engine();
    copied.put_back(world.folder());
    world.open_engine().await;
    assert_eq!(told(&world, Kind::Upkeep), [Happened::OldCopy { in_doubt: Count(1) }]);
    world.sync().await;
    let compared = Happened::Compared { removed: Count(0) };
    assert_eq!(told(&world, Kind::Upkeep)[1..], [compared], "nothing in it is taken for the newest");
    world.drop_engine();
    world.open_engine().await;
    world.engine().look_after_store().await;
    assert_eq!(told(&world, Kind::Upkeep)[2..], [Happened::StoreChecked {}]);
    world.clock.advance(8 * DAY);
    world.engine().tidy_up().await.unwrap();
    world.engine().tidy_up().await.unwrap();
    assert_eq!(told(&world, Kind::Upkeep)[3..], [Happened::CleanedUp { changes: Count(1) }]);
    world.finish().await;
}
