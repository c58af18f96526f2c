//! Conflicts of one shape are found, decided and taken back together; what is not alike any more is left alone.

use serde_json::json;
use tidemark_engine::StoreError;
use tidemark_model::merge::{FieldPolicy, Rule};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{
    ConflictShape, ConflictType, FieldChoice, GroupChoice, GroupMember, RefusalCode, Resolution, RulePlace,
    SeenConflict,
};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World};

const TEN_SECONDS: Millis = Millis(10_000);

/// `t001` to `t004` clash about their state, `t005` also about its rank, `t006` was deleted there.
async fn met() -> World {
    let world = Stage::tasks(6).open().await;
    for rid in ["t001", "t002", "t003", "t004", "t005", "t006"] {
        world.set(rid, "state", "mine").await;
        if rid != "t006" {
            world.colleague_sets(rid, "state", "theirs");
        }
    }
    world.set("t005", "rank", 10).await;
    world.colleague_sets("t005", "rank", 20);
    world.colleague_sets("t001", "title", "Theirs");
    world.colleague_deletes("t006");
    world.sync().await;
    assert_eq!(world.engine().list_conflicts(0, 10).unwrap().total, Count(6));
    world.wire.tap.forget();
    world
}

fn about_state() -> ConflictShape {
    ConflictShape {
        link: LINK.into(),
        collection: TASKS.into(),
        conflict_type: ConflictType::BothUpdated,
        paths: vec!["/state".into()],
    }
}

fn members(world: &World, shape: &ConflictShape) -> Vec<GroupMember> {
    world.engine().group_members(shape, 0, 100).unwrap().rows
}

fn seen(members: &[GroupMember]) -> Vec<SeenConflict> {
    let seen = |member: &GroupMember| SeenConflict {
        conflict: member.conflict.id,
        seen: member.server_version.clone(),
    };
    members.iter().map(seen).collect()
}

fn choose(path: &str, choice: FieldChoice) -> Vec<GroupChoice> {
    vec![GroupChoice { path: path.into(), choice }]
}

fn titles(world: &World) -> Vec<String> {
    world.engine().list_conflicts(0, 10).unwrap().rows.into_iter().map(|row| row.resource_id).collect()
}

// proves D10
#[tokio::test]
async fn conflicts_of_one_shape_are_decided_alike_and_the_others_stay() {
    let world = met().await;
    let groups = world.engine().conflict_groups().unwrap();
    let [group] = &groups[..] else { panic!("{groups:?}") };
    assert_eq!((&group.shape, group.conflicts), (&about_state(), Count(4)));
    assert_eq!(world.engine().conflict_shape(group.first).unwrap(), about_state());
    let alike = members(&world, &group.shape);
    let fields: Vec<_> =
        alike.iter().flat_map(|member| &member.fields).map(|field| &field.path[..]).collect();
    assert_eq!(fields, ["/state"; 4], "what was merged is not asked about");
    let mine = choose("/state", FieldChoice::Mine);
    let decided = world.engine().resolve_group(about_state(), seen(&alike), mine, NO_HOLD).await.unwrap();
    assert_eq!((decided.done.len(), decided.refused.len(), decided.sends_at), (4, 0, None));
    assert_eq!(titles(&world), ["t005", "t006"]);
    world.sync().await;
    for rid in ["t001", "t002", "t003", "t004"] {
        assert_eq!(world.there(rid).unwrap()["state"], "mine");
        assert_eq!(world.effects(rid).len(), 1, "each once");
    }
    assert_eq!(world.there("t001").unwrap()["title"], "Theirs", "what only they changed stays");
    assert!(world.engine().conflict_groups().unwrap().is_empty());
    world.finish().await;
}

// proves D10, D7
#[tokio::test]
async fn one_that_moved_meanwhile_is_refused_by_itself_and_stays() {
    let world = met().await;
    let alike = members(&world, &about_state());
    world.colleague_sets("t002", "state", "moved");
    world.set("t003", "rank", 10).await;
    world.colleague_sets("t003", "rank", 30);
    world.sync().await;
    world.wire.tap.forget();
    let theirs = choose("/state", FieldChoice::Server);
    let decided =
        world.engine().resolve_group(about_state(), seen(&alike), theirs.clone(), NO_HOLD).await.unwrap();
    let codes: Vec<RefusalCode> = decided.refused.iter().map(|one| one.refusal.code).collect();
    assert_eq!((decided.done.len(), codes), (2, vec![RefusalCode::Moved; 2]));
    assert_eq!(titles(&world), ["t002", "t003", "t005", "t006"]);
    assert_eq!(world.wire.tap.count(Point::Push), 0, "the server has it already");
    // What was not looked at, but has another shape, is not decided as if it had this one.
    let blind = alike.iter().filter(|member| member.conflict.resource_id == "t003");
    let blind = blind.map(|member| SeenConflict { conflict: member.conflict.id, seen: None }).collect();
    let decided = world.engine().resolve_group(about_state(), blind, theirs, NO_HOLD).await.unwrap();
    let [left] = &decided.refused[..] else { panic!("{decided:?}") };
    assert_eq!((decided.done.len(), left.refusal.code), (0, RefusalCode::Moved));
    world.finish().await;
}

// proves D10, D9
#[tokio::test]
async fn what_was_decided_together_is_taken_back_together_while_it_is_held() {
    let world = met().await;
    let alike = members(&world, &about_state());
    let mine = choose("/state", FieldChoice::Json("\"agreed\"".into()));
    let decided = world.engine().resolve_group(about_state(), seen(&alike), mine, TEN_SECONDS).await.unwrap();
    assert!(decided.sends_at.is_some());
    world.sync().await;
    assert_eq!(world.wire.tap.count(Point::Push), 0, "they are held");
    let undone = world.engine().undo_resolutions(decided.done.clone()).await.unwrap();
    assert_eq!((undone.done.len(), undone.refused.len()), (4, 0));
    assert_eq!(titles(&world).len(), 6);
    let again = world.engine().undo_resolutions(decided.done).await.unwrap();
    assert_eq!((again.done.len(), again.refused.len()), (0, 4));
    world.finish().await;
}

// proves D10, D2
#[tokio::test]
async fn records_that_one_side_deleted_are_kept_or_let_go_together() {
    let world = Stage::tasks(3).open().await;
    for rid in ["t001", "t002"] {
        world.set(rid, "state", "mine").await;
        world.colleague_deletes(rid);
    }
    world.sync().await;
    let groups = world.engine().conflict_groups().unwrap();
    let shape = groups[0].shape.clone();
    assert_eq!((shape.conflict_type, &shape.paths), (ConflictType::UpdatedHereDeletedThere, &vec![]));
    let alike = seen(&members(&world, &shape));
    let decided =
        world.engine().resolve_group(shape, alike, choose("", FieldChoice::Mine), NO_HOLD).await.unwrap();
    assert_eq!(decided.done.len(), 2);
    world.sync().await;
    for rid in ["t001", "t002"] {
        assert_eq!(world.there(rid).unwrap()["state"], "mine", "brought back");
    }
    world.finish().await;
}

// proves D10, D5
#[tokio::test]
async fn what_rules_decided_is_no_part_of_the_shape_and_stays_decided() {
    let settings = r#"{"collections": [{"name": "tasks", "policies": {"/rank": "max"}}]}"#;
    let world = Stage::tasks(2).settings(settings).open().await;
    for rid in ["t001", "t002"] {
        world.set(rid, "state", "mine").await;
        world.colleague_sets(rid, "state", "theirs");
    }
    world.set("t002", "rank", 10).await;
    world.colleague_sets("t002", "rank", 20);
    world.sync().await;
    let groups = world.engine().conflict_groups().unwrap();
    assert_eq!((groups.len(), &groups[0].shape, groups[0].conflicts), (1, &about_state(), Count(2)));
    let alike = seen(&members(&world, &about_state()));
    let mine = choose("/state", FieldChoice::Mine);
    world.engine().resolve_group(about_state(), alike, mine, NO_HOLD).await.unwrap();
    world.sync().await;
    let second = world.there("t002").unwrap();
    assert_eq!((&second["state"], &second["rank"]), (&json!("mine"), &json!(20)));
    world.finish().await;
}

// proves D10, D5
#[tokio::test]
async fn a_rule_that_is_set_changes_the_shape_of_what_is_open() {
    let world = Stage::tasks(2).open().await;
    for rid in ["t001", "t002"] {
        world.set(rid, "state", "mine").await;
        world.colleague_sets(rid, "state", "theirs");
        world.set(rid, "tags", json!(["mine"])).await;
        world.colleague_sets(rid, "tags", json!(["theirs"]));
    }
    world.sync().await;
    // What a person decided and took back the rules leave alone, but they change what is left of it.
    let second = world.engine().list_conflicts(1, 1).unwrap().rows[0].id;
    world.engine().resolve_conflict(second, Resolution::LocalWins {}, None, TEN_SECONDS).await.unwrap();
    world.engine().undo_resolution(second).await.unwrap();
    assert_eq!(world.engine().conflict_groups().unwrap()[0].shape.paths, ["/state", "/tags"]);
    let tags = RulePlace { link: LINK.into(), collection: TASKS.into(), path: Some("/tags".into()) };
    world.engine().set_rule(tags, Rule::Policy(FieldPolicy::Union)).await.unwrap();
    let groups = world.engine().conflict_groups().unwrap();
    assert_eq!((&groups[0].shape, groups[0].conflicts), (&about_state(), Count(2)));
    let alike = seen(&members(&world, &about_state()));
    let mine = choose("/state", FieldChoice::Mine);
    let decided = world.engine().resolve_group(about_state(), alike, mine, NO_HOLD).await.unwrap();
    assert_eq!((decided.done.len(), decided.refused.len()), (2, 0));
    world.sync().await;
    world.finish().await;
}

// proves D10
#[tokio::test]
async fn rows_of_lists_are_alike_whatever_they_are_called() {
    let order = |id: &str, row: &str| {
        format!(r#"{{"id": "{id}", "items": [{{"id": "{row}", "qty": 1}}, {{"id": "z", "qty": 1}}]}}"#)
    };
    let world =
        Stage::default().record(TASKS, &order("o1", "a")).record(TASKS, &order("o2", "b")).open().await;
    for (rid, row) in [("o1", "a"), ("o2", "b")] {
        let rows = |first: i64| json!([{"id": row, "qty": first}, {"id": "z", "qty": 1}]);
        world.set(rid, "items", rows(2)).await;
        world.colleague_sets(rid, "items", rows(3));
    }
    world.sync().await;
    let groups = world.engine().conflict_groups().unwrap();
    assert_eq!(groups[0].shape.paths, ["/items/*/qty"]);
    let shape = groups[0].shape.clone();
    let alike = seen(&members(&world, &shape));
    let typed = choose("/items/*/qty", FieldChoice::Json("4".into()));
    match world.engine().resolve_group(shape.clone(), alike.clone(), typed, NO_HOLD).await {
        Err(StoreError::Refused(refusal)) => assert_eq!(refusal.code, RefusalCode::Invalid),
        other => panic!("{other:?}"),
    }
    let theirs = choose("/items/*/qty", FieldChoice::Mine);
    assert_eq!(world.engine().resolve_group(shape, alike, theirs, NO_HOLD).await.unwrap().done.len(), 2);
    world.sync().await;
    assert_eq!(world.there("o2").unwrap()["items"][0]["qty"], 2);
    world.finish().await;
}
