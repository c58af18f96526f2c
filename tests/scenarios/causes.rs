//! Many refusals are few causes: one look, one fix, one push for all.

use serde_json::json;
use tidemark_model::failure::ErrorClass;
use tidemark_model::number::Count;
use tidemark_model::view::{ExportFormat, FieldEdit};
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World};

fn refuse(world: &World, status: u16, path: &str) {
    world.fault(|faults| faults.status = Some(Switch::always(vec![status]).method("PUT,PATCH").path(path)));
}

// proves A8, A13
#[tokio::test]
async fn refusals_are_grouped_by_cause_and_a_group_goes_again_as_one() {
    let world = Stage::tasks(30).open().await;
    for number in 1..=9 {
        world.set(&format!("t{number:03}"), "rank", -1).await;
    }
    refuse(&world, 422, "t00");
    assert_eq!(world.sync().await.parked, 9);
    for number in 10..=12 {
        world.set(&format!("t{number:03}"), "rank", -1).await;
    }
    refuse(&world, 413, "t01");
    assert_eq!(world.sync().await.parked, 3);
    world.server.clear_faults();

    let causes = world.engine().list_causes(None).unwrap();
    let told: Vec<_> = causes
        .groups
        .iter()
        .map(|group| (group.status, group.class, group.count.0, group.link.as_str()))
        .collect();
    let permanent = ErrorClass::Permanent;
    assert_eq!(told, [(Some(422), permanent, 9, LINK), (Some(413), permanent, 3, LINK)]);
    assert_eq!((causes.total, causes.others, causes.next), (Count(12), Count(0), None));
    assert_eq!(causes.groups[0].example_title, "Task 1");

    let many = world.engine().changes_of_cause(&causes.groups[0].key, None).unwrap();
    assert_eq!((many.ids.len(), many.next), (9, None));
    assert_eq!(world.engine().retry(many.ids).await.unwrap().done, Count(9));
    assert_eq!(world.sync().await.confirmed, 9);
    let left = world.engine().list_causes(None).unwrap();
    assert_eq!(left.groups.len(), 1);
    assert_eq!(left.groups[0].key, causes.groups[1].key, "a cause keeps its name");
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn the_wait_that_a_server_asked_for_is_told_apart_from_our_own() {
    for (seconds, asked) in [(Some(1_800), true), (None, false)] {
        let world = Stage::tasks(1).open().await;
        world.set("t001", "rank", 5).await;
        world.fault(|faults| {
            faults.status = Some(Switch::always(vec![503]).method("PUT,PATCH"));
            faults.retry_after = seconds.map(Switch::always);
        });
        world.sync().await;
        let id = world.queue().remove(0).id;
        let attempt = world.engine().get_change(&id).unwrap().attempts.remove(0);
        assert!(attempt.retry_at.is_some(), "{attempt:?}");
        assert_eq!(attempt.server_asked, asked, "{attempt:?}");
        world.server.clear_faults();
        world.clock.advance_s(1900);
        world.finish().await;
    }
}

// proves A8
#[tokio::test]
async fn a_change_is_exported_whole_and_without_secrets() {
    let world = Stage::tasks(1).open().await;
    let edit = FieldEdit { path: "/amount".into(), set: Some("1.10".into()) };
    world.engine().update_record(LINK, TASKS, "t001", &[edit], None).await.unwrap();
    world.set("t001", "password", "hunter2").await;
    refuse(&world, 422, "t001");
    world.sync().await;
    let ids = vec![world.queue().remove(0).id, "none".to_owned()];
    let text = world.engine().export_changes(&ids, ExportFormat::Json).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("1.10"), "literals are kept: {text}");
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let change = &whole["changes"][0];
    assert_eq!(whole["changes"].as_array().unwrap().len(), 1, "what has gone is left out");
    assert_eq!(
        (&change["attempts"][0]["status"], &change["request"]["body"]["password"]),
        (&json!(422), &json!("••••"))
    );
    let shell = world.engine().export_changes(&ids, ExportFormat::Curl).unwrap();
    assert!(shell.starts_with("# secrets removed\ncurl "), "{shell}");
    assert!(shell.contains("$APP_SECRET") && !shell.contains("hunter2"), "{shell}");
    let key = world.wire.tap.passed(Point::Push).remove(0).token.unwrap();
    assert!(
        shell.contains(&format!("Idempotency-Key: {key}")),
        "repeating it makes no second effect: {shell}"
    );
    world.server.clear_faults();
    world.finish().await;
}
