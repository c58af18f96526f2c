//! The deletion guard where a server's list tells every change: what goes in one page and comes back in a later one.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use tidemark_engine::EngineSettings;
use tidemark_model::number::Count;
use tidemark_sandbox::{ColleagueEdit, SandboxHandle};
use tidemark_tests::by_time::{carrier, forwarded};
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// The sandbox behind a list that repeats a record as often as it was changed.
#[derive(Clone)]
struct Journal {
    behind: SandboxHandle,
    client: reqwest::Client,
}

async fn list(State(journal): State<Journal>, Query(asked): Query<HashMap<String, String>>) -> Json<Value> {
    let number = |name: &str| asked.get(name).and_then(|text| text.parse::<usize>().ok());
    let from = number("after").unwrap_or(0);
    let (all, epoch) =
        journal.behind.with_world(|world| (world.history().unwrap(), world.epoch().to_owned()));
    let rows: Vec<Value> = all
        .iter()
        .skip(from)
        .take(number("limit").unwrap_or(100))
        .map(|(effect, document)| {
            json!({"id": effect.id, "version": effect.version, "deleted": document.is_none(), "doc": document,
                   "modified_at": effect.at, "modified_by": effect.by})
        })
        .collect();
    let next = from + rows.len();
    Json(json!({"items": rows, "next": next.to_string(), "more": next < all.len(), "epoch": epoch}))
}

/// Everything else is the sandbox's own.
async fn pass_on(
    State(journal): State<Journal>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    forwarded(&journal.client, &journal.behind, (method, uri, headers, body)).await
}

async fn open() -> World {
    let engine = EngineSettings { page: 20, ..EngineSettings::default() };
    let mut world = Stage { engine, ..Stage::tasks(200) }.open().await;
    let journal = Journal { behind: world.server.handle(), client: carrier() };
    let app = Router::new().route("/v1/c/tasks", get(list)).fallback(pass_on).with_state(journal);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.wire.set_url(Some(format!("http://{}/v1", listener.local_addr().unwrap())));
    tokio::spawn(async move { axum::serve(listener, app).await });
    world.restart().await;
    // Another address is another sequence: all is compared once.
    world.sync().await;
    assert_eq!((asks(&world), world.count_here()), (None, 200));
    world
}

fn delete(world: &World, numbers: RangeInclusive<usize>) {
    for number in numbers {
        world.colleague_deletes(&format!("t{number:03}"));
    }
}

fn put_back(world: &World, numbers: RangeInclusive<usize>) {
    for number in numbers {
        let create = task(number).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
    }
}

/// How many of how many it asks about.
fn asks(world: &World) -> Option<(i64, i64)> {
    let collection = world.engine().status().unwrap().links.remove(0).collections.remove(0);
    collection.asks.map(|asked| (asked.would_remove.0, asked.of.0))
}

/// Back to the sandbox's own list, which the audit compares with.
async fn finish(world: World) {
    world.wire.set_url(None);
    let mut world = world;
    world.restart().await;
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn what_went_and_came_back_is_not_among_what_goes() {
    let world = open().await;
    delete(&world, 1..=40);
    put_back(&world, 1..=40);
    delete(&world, 101..=115);
    world.sync().await;
    assert_eq!((asks(&world), world.count_here()), (None, 185), "15 of 200 are few");
    let shown = world.engine().list_removals(LINK, TASKS, 0, 100).unwrap();
    assert_eq!(shown.total, Count(0));
    // Another run begins at nothing.
    delete(&world, 116..=155);
    world.sync().await;
    assert_eq!((asks(&world), world.count_here()), (None, 145));
    finish(world).await;
}

// proves C4
#[tokio::test]
async fn what_comes_back_makes_no_room_for_more_to_go() {
    let mut world = open().await;
    delete(&world, 1..=40);
    put_back(&world, 1..=40);
    delete(&world, 1..=40);
    delete(&world, 101..=130);
    world.sync().await;
    let here = world.count_here();
    assert!((150..=160).contains(&here), "at most 50 went before it asked, {here} are left");
    let (asked, of) = asks(&world).expect("70 of 200 are many");
    assert_eq!((asked, of), (here - 130, here));
    let listed = world.engine().list_removals(LINK, TASKS, 0, 500).unwrap();
    assert_eq!(
        (listed.total.0, listed.rows.len() as i64),
        (asked, asked),
        "those that are here, and no others"
    );
    world.restart().await;
    world.engine().allow_removals(LINK, TASKS, Count(asked)).await.unwrap();
    world.sync().await;
    assert_eq!((asks(&world), world.count_here()), (None, 130));
    finish(world).await;
}
