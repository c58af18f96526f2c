//! What was decided or merged is listed for 30 days and can be put back by one new change, never blindly.

use serde_json::{Value, json};
use tidemark_engine::StoreError;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{
    ActivityFilter, DecisionBy, DecisionRow, DecisionView, Happened, NotPutBack, RefusalCode, Resolution,
    Restores,
};
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World, task};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A world whose tasks have these settings.
async fn with(settings: &str) -> World {
    let text = format!(r#"{{"collections": [{{"name": "tasks", {settings}}}]}}"#);
    Stage::tasks(2).settings(&text).open().await
}

fn listed(world: &World) -> Vec<DecisionRow> {
    let page = world.engine().list_decisions(0, 100).unwrap();
    assert_eq!(page.total, Count::of(page.rows.len()));
    page.rows
}

/// The one that there is, whole; its row is the list's.
fn only(world: &World) -> DecisionView {
    let rows = listed(world);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let view = world.engine().get_decision(&rows[0].id).unwrap();
    assert_eq!(view.row, rows[0]);
    assert!(view.row.makes_record || view.row.touched == Count::of(view.fields.len()));
    view
}

/// Path, what was decided, and what it would become.
fn fields(view: &DecisionView) -> Vec<(&str, Option<&str>, Option<&str>)> {
    view.fields.iter().map(|at| (at.path.as_str(), at.result.as_deref(), at.becomes.as_deref())).collect()
}

/// Why the only one cannot be put back; what the view says is what trying says.
async fn cannot(world: &World) -> NotPutBack {
    let view = only(world);
    let why = view.row.cannot.expect("it cannot be put back");
    let waiting = world.queue().len();
    match world.engine().put_back(&view.row.id).await {
        Err(StoreError::Refused(refusal)) => {
            assert_eq!(refusal.code, RefusalCode::NotNow);
            assert!(refusal.message.ends_with(&why.sentence), "{} / {}", refusal.message, why.sentence);
            assert_eq!(refusal.hint, why.hint);
        }
        other => panic!("no refusal: {other:?}"),
    }
    assert_eq!(world.queue().len(), waiting, "nothing was saved");
    why.code
}

/// Puts the only one back; it goes on as any change does.
async fn put_back(world: &World) -> String {
    let id = only(world).row.id;
    let done = world.engine().put_back(&id).await.unwrap();
    assert_eq!(done.id, id);
    assert_eq!(only(world).row.put_back.as_ref(), Some(&done.change));
    done.change
}

fn both(world: &World) -> Value {
    assert_eq!(world.here("t001"), world.there("t001"));
    world.here("t001").unwrap()
}

/// `state` was changed here, `title` there; both are everywhere by now.
async fn merged() -> World {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "title", "Theirs");
    world.sync().await;
    world
}

/// `state` and `rank` clash, `title` was changed there alone.
async fn clash(world: &World) {
    world.set("t001", "state", "mine").await;
    world.set("t001", "rank", 10).await;
    world.colleague_sets("t001", "state", "theirs");
    world.colleague_sets("t001", "rank", 20);
    world.colleague_sets("t001", "title", "Theirs");
    world.sync().await;
}

async fn decide(world: &World, resolution: Resolution, hold: Millis) {
    let id = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    world.engine().resolve_conflict(id, resolution, None, hold).await.unwrap();
}

// proves D9
#[tokio::test]
async fn a_merge_is_listed_and_put_back_and_what_a_colleague_did_since_stays() {
    let world = merged().await;
    let view = only(&world);
    let row = &view.row;
    assert_eq!((row.id.as_str(), row.by, row.conflict), ("merge-1", DecisionBy::Merge, None));
    assert_eq!((row.link.as_str(), row.record.as_str(), row.title.as_str()), (LINK, "t001", "Theirs"));
    assert_eq!((row.restores, &row.cannot), (Some(Restores::Server), &None));
    assert_eq!(fields(&view), [("/state", Some("\"mine\""), Some("\"open\""))]);
    world.colleague_sets("t001", "title", "Later");
    world.sync().await;
    let change = put_back(&world).await;
    assert_eq!(world.queue()[0].id, change, "it waits like any change");
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(both(&world), json!({"id": "t001", "title": "Later", "state": "open", "rank": 1}));
    assert!(!only(&world).fields[0].moved_on, "nobody changed it again: it was put back");
    let lines = world.engine().activity(&ActivityFilter::default(), None, 100).unwrap().lines;
    let told = lines.iter().find(|line| line.happened == Happened::DecisionPutBack { conflict: None });
    let told = told.expect("the activity tells it");
    assert_eq!((told.change.as_ref(), told.record.as_deref()), (Some(&change), Some("t001")));
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn what_a_person_decided_is_put_back_to_the_servers_former_values() {
    let world = Stage::tasks(2).open().await;
    clash(&world).await;
    assert_eq!(listed(&world), [], "it is not decided yet");
    decide(&world, Resolution::LocalWins {}, NO_HOLD).await;
    world.sync().await;
    let view = only(&world);
    assert_eq!((view.row.by, view.row.restores), (DecisionBy::Person, Some(Restores::Server)));
    assert_eq!((view.row.id.as_str(), view.row.conflict), ("conflict-1", Some(Count(1))));
    let expected = [("/state", Some("\"mine\""), Some("\"theirs\"")), ("/rank", Some("10"), Some("20"))];
    assert_eq!(fields(&view), expected);
    put_back(&world).await;
    world.sync().await;
    assert_eq!(both(&world), json!({"id": "t001", "title": "Theirs", "state": "theirs", "rank": 20}));
    assert_eq!(world.effects("t001").len(), 2, "the decision, and the one change that put it back");
    let lines = world.engine().activity(&ActivityFilter::default(), None, 100).unwrap().lines;
    assert!(lines.iter().any(|line| line.happened == Happened::DecisionPutBack { conflict: Some(Count(1)) }));
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn what_a_rule_decided_is_put_back_either_way() {
    for (strategy, restores, state, rank) in
        [("client_wins", Restores::Server, "theirs", 20), ("server_wins", Restores::Mine, "mine", 10)]
    {
        let world = with(&format!(r#""strategy": "{strategy}""#)).await;
        clash(&world).await;
        world.sync().await;
        let row = only(&world).row;
        assert_eq!((row.by, row.restores, row.touched), (DecisionBy::Rule, Some(restores), Count(2)));
        put_back(&world).await;
        world.sync().await;
        assert_eq!(both(&world), json!({"id": "t001", "title": "Theirs", "state": state, "rank": rank}));
        world.finish().await;
    }
}

// proves D9
#[tokio::test]
async fn where_a_policy_took_the_servers_mine_comes_back() {
    let world = with(r#""policies": {"/state": "server", "/rank": "server"}"#).await;
    clash(&world).await;
    put_back(&world).await;
    world.sync().await;
    assert_eq!(both(&world), json!({"id": "t001", "title": "Theirs", "state": "mine", "rank": 10}));
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn mine_comes_back_where_a_person_kept_the_servers_whole() {
    let mut world = Stage::tasks(2).open().await;
    clash(&world).await;
    decide(&world, Resolution::ServerWins {}, NO_HOLD).await;
    world.sync().await;
    world.restart().await;
    let view = only(&world);
    assert_eq!(view.row.restores, Some(Restores::Mine));
    let expected = [("/state", Some("\"theirs\""), Some("\"mine\"")), ("/rank", Some("20"), Some("10"))];
    assert_eq!(fields(&view), expected);
    put_back(&world).await;
    world.sync().await;
    assert_eq!(both(&world), json!({"id": "t001", "title": "Theirs", "state": "mine", "rank": 10}));
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn it_is_put_back_once_unless_that_came_to_nothing() {
    let world = merged().await;
    let first = put_back(&world).await;
    assert_eq!(cannot(&world).await, NotPutBack::Already);
    world.engine().discard(vec![first.clone()]).await.unwrap();
    assert_eq!(world.here("t001").unwrap()["state"], "mine");
    let second = put_back(&world).await;
    assert_ne!(first, second);
    world.sync().await;
    assert_eq!(cannot(&world).await, NotPutBack::Already);
    world.set("t001", "state", "mine").await;
    world.sync().await;
    assert_eq!(cannot(&world).await, NotPutBack::Already, "also where it stands as it was decided");
    assert_eq!(both(&world)["state"], "mine");
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn what_was_changed_again_at_a_touched_field_is_left_alone() {
    for on_the_server in [false, true] {
        let world = merged().await;
        match on_the_server {
            false => drop(world.set("t001", "state", "newer").await),
            true => world.colleague_sets("t001", "state", "newer"),
        }
        world.sync().await;
        assert_eq!(cannot(&world).await, NotPutBack::ChangedAgain);
        let view = only(&world);
        assert!(view.fields[0].moved_on);
        assert!(view.row.cannot.unwrap().sentence.contains("/state"), "it says which");
        world.sync().await;
        assert_eq!(both(&world)["state"], "newer");
        world.finish().await;
    }
}

// proves D9
#[tokio::test]
async fn what_is_not_finished_is_not_put_back() {
    let world = Stage::tasks(2).open().await;
    let change = world.set("t001", "state", "mine").await.change.unwrap();
    world.engine().hold(vec![change.clone()], true).await.unwrap();
    world.colleague_sets("t001", "title", "Theirs");
    world.sync().await;
    assert_eq!(cannot(&world).await, NotPutBack::Unfinished, "it was merged and was not sent yet");
    world.engine().hold(vec![change], false).await.unwrap();
    world.sync().await;
    let other = world.set("t001", "rank", 9).await.change.unwrap();
    assert_eq!(cannot(&world).await, NotPutBack::Unfinished, "of another field too");
    world.engine().discard(vec![other]).await.unwrap();
    world.delete("t001").await;
    assert_eq!(cannot(&world).await, NotPutBack::DeletedHere);
    world.sync().await;
    assert_eq!(cannot(&world).await, NotPutBack::Gone);
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn a_held_decision_is_taken_back_instead_and_one_under_an_open_conflict_waits() {
    let world = Stage::tasks(2).open().await;
    clash(&world).await;
    decide(&world, Resolution::LocalWins {}, Millis(10_000)).await;
    assert_eq!(cannot(&world).await, NotPutBack::Held);
    world.clock.advance_s(10);
    world.sync().await;
    world.set("t001", "title", "Mine").await;
    world.colleague_sets("t001", "title", "Theirs again");
    world.sync().await;
    assert_eq!(cannot(&world).await, NotPutBack::ConflictOpen);
    let open = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    world.engine().resolve_conflict(open, Resolution::ServerWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    world.engine().put_back("conflict-1").await.unwrap();
    world.sync().await;
    assert_eq!(both(&world), json!({"id": "t001", "title": "Theirs again", "state": "theirs", "rank": 20}));
    let ids: Vec<String> = listed(&world).into_iter().map(|row| row.id).collect();
    assert_eq!(ids, ["conflict-2", "conflict-1"], "newest first");
    world.finish().await;
}

// proves D9, D1
#[tokio::test]
async fn a_colleague_who_is_faster_is_not_overwritten() {
    let world = merged().await;
    put_back(&world).await;
    world.colleague_sets("t001", "state", "faster");
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.conflicts), (0, 1));
    assert_eq!(world.there("t001").unwrap()["state"], "faster");
    decide(&world, Resolution::ServerWins {}, NO_HOLD).await;
    world.sync().await;
    assert_eq!(both(&world)["state"], "faster");
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn a_record_that_was_to_be_gone_is_made_again() {
    // Deleted here and kept so: the server's comes back. Deleted there and let go here: mine comes back.
    for (here, restores, state) in [(true, Restores::Server, "theirs"), (false, Restores::Mine, "mine")] {
        let world = Stage::tasks(2).open().await;
        let resolution = if here {
            world.delete("t001").await;
            world.colleague_sets("t001", "state", "theirs");
            Resolution::LocalWins {}
        } else {
            world.set("t001", "state", "mine").await;
            world.colleague_deletes("t001");
            Resolution::ServerWins {}
        };
        world.sync().await;
        decide(&world, resolution, NO_HOLD).await;
        world.sync().await;
        assert_eq!((world.here("t001"), world.there("t001")), (None, None));
        let row = only(&world).row;
        assert_eq!((row.makes_record, row.restores, row.title.as_str()), (true, Some(restores), "Task 1"));
        put_back(&world).await;
        assert_eq!(world.sync().await.confirmed, 1);
        assert_eq!(both(&world)["state"], state);
        assert_eq!(cannot(&world).await, NotPutBack::Already);
        world.finish().await;
    }
}

// proves D9
#[tokio::test]
async fn a_record_that_is_there_again_is_left_alone_and_none_is_deleted() {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_deletes("t001");
    world.sync().await;
    decide(&world, Resolution::ServerWins {}, NO_HOLD).await;
    world.sync().await;
    world.create(&task(1)).await;
    world.sync().await;
    assert_eq!(cannot(&world).await, NotPutBack::ThereAgain);
    world.finish().await;

    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_deletes("t001");
    world.sync().await;
    decide(&world, Resolution::LocalWins {}, NO_HOLD).await;
    world.sync().await;
    assert_eq!(cannot(&world).await, NotPutBack::WouldDelete);
    assert_eq!(both(&world)["state"], "mine");
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn where_the_server_names_records_a_record_does_not_come_back_as_another() {
    let world = Stage::tasks(2).settings(r#"{"write": {"client_ids": false}}"#).open().await;
    world.delete("t001").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    decide(&world, Resolution::LocalWins {}, NO_HOLD).await;
    world.sync().await;
    assert_eq!(cannot(&world).await, NotPutBack::NamedByServer);
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn what_ended_by_itself_or_lost_its_connection_is_listed_with_that_reason() {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    world.colleague_sets("t001", "state", "mine");
    world.sync().await;
    assert_eq!(only(&world).row.by, DecisionBy::Itself);
    assert_eq!(cannot(&world).await, NotPutBack::ByItself);
    world.finish().await;

    let world = merged().await;
    world.engine().remove_link(LINK, true).await.unwrap();
    assert_eq!(cannot(&world).await, NotPutBack::NoConnection);
    assert_eq!(only(&world).row.link, LINK);
    world.finish_unaudited().await;
}

// proves D9
#[tokio::test]
async fn a_secret_is_put_back_and_never_shown() {
    let world = with(r#""merge": {"secret": ["/pin", "/card"]}"#).await;
    world.colleague_sets("t001", "pin", "there-1234");
    world.colleague_sets("t001", "card", json!({"number": "there-5678", "until": "2030"}));
    world.sync().await;
    world.set("t001", "pin", "here-1234").await;
    world.set("t001", "card", json!({"number": "here-5678", "until": "2031"})).await;
    world.colleague_sets("t001", "title", "Theirs");
    world.sync().await;
    let view = only(&world);
    let text = serde_json::to_string(&view).unwrap();
    for part in ["1234", "5678", "2030", "2031", "until"] {
        assert!(!text.contains(part), "{text}");
    }
    let paths: Vec<&str> = view.fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["/pin", "/card"]);
    put_back(&world).await;
    world.sync().await;
    let now = world.there("t001").unwrap();
    assert_eq!((&now["pin"], &now["card"]["number"]), (&json!("there-1234"), &json!("there-5678")));
    assert_eq!(now["card"]["until"], "2030");
    let here = |path: &str| world.engine().record_secret(LINK, TASKS, "t001", path).unwrap();
    assert_eq!(here("/pin"), Some(now["pin"].to_string()));
    assert_eq!(here("/card"), Some(now["card"].to_string()));
    world.finish().await;
}

// proves D9, A12
#[tokio::test]
async fn after_thirty_days_nothing_of_it_is_listed() {
    let world = merged().await;
    clash(&world).await;
    decide(&world, Resolution::LocalWins {}, NO_HOLD).await;
    world.sync().await;
    world.clock.advance(30 * DAY);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(listed(&world).len(), 2);
    world.clock.advance(1);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(listed(&world), []);
    for id in ["merge-1", "conflict-1", "merge-01", "no such"] {
        assert!(world.engine().get_decision(id).is_err());
        match world.engine().put_back(id).await {
            Err(StoreError::Refused(refusal)) => assert_eq!(refusal.code, RefusalCode::NotFound),
            other => panic!("{id}: {other:?}"),
        }
    }
    world.finish().await;
}

// proves D9
#[tokio::test]
async fn the_list_comes_in_pages_newest_first() {
    let world = Stage::tasks(2).open().await;
    for round in 1..=2 {
        world.clock.advance_s(60);
        world.set("t001", "state", format!("mine {round}")).await;
        world.colleague_sets("t001", "title", format!("Theirs {round}"));
        world.sync().await;
        world.clock.advance_s(60);
        world.set("t002", "state", format!("mine {round}")).await;
        world.colleague_sets("t002", "state", format!("theirs {round}"));
        world.sync().await;
        decide(&world, Resolution::LocalWins {}, NO_HOLD).await;
        world.sync().await;
    }
    let page = |offset, limit| {
        let page = world.engine().list_decisions(offset, limit).unwrap();
        assert_eq!(page.total, Count(4));
        page.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 2), ["conflict-2", "merge-2"]);
    assert_eq!(page(2, 2), ["conflict-1", "merge-1"]);
    assert_eq!(page(4, 2), Vec::<String>::new());
    let first = world.engine().get_decision("merge-1").unwrap().row;
    assert_eq!(first.cannot.unwrap().code, NotPutBack::ChangedAgain, "a later one stands on it");
    assert_eq!(world.engine().get_decision("merge-2").unwrap().row.cannot, None);
    world.finish().await;
}
