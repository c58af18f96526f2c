//! A server that knows no tokens: it is asked for what changed since a time, and its clock is another one than ours.

use crate::regressions::clocks::a_day_of_work;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use tidemark_model::clock::Clock as _;
use tidemark_sandbox::SandboxHandle;
use tidemark_sandbox::world::call::{Call, Caller, List};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::world::{Stage, TASKS, World};

const SETTINGS: &str = r#"{"pull":{"kind":"time","since_param":"since","overlap_s":5}}"#;
const HOUR: i64 = 3_600;

/// The sandbox behind another kind of list.
#[derive(Clone)]
struct Desk {
    behind: SandboxHandle,
    client: reqwest::Client,
    clock: ManualClock,
    ahead_s: i64,
}

impl Desk {
    fn now(&self) -> String {
        let now = chrono::DateTime::from_timestamp_millis(self.clock.now().0 + self.ahead_s * 1_000);
        now.expect("a time of this era").to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }
}

/// What changed at that time or later, by the server's clock, and the time now.
async fn list(State(desk): State<Desk>, Query(asked): Query<HashMap<String, String>>) -> Json<Value> {
    let instant = |text: &str| chrono::DateTime::parse_from_rfc3339(text).expect("a time with a zone");
    let since = asked.get("since").map(|since| instant(since));
    let all = List { collection: TASKS.into(), after: None, limit: Some(1000), filter: None };
    let epoch = chrono::DateTime::UNIX_EPOCH;
    let page =
        desk.behind.with_world(|world| world.handle(Call::List(all), &Caller::default(), epoch)).json();
    let rows = page["items"].as_array().expect("a list").iter();
    let changed = |row: &&Value| {
        since.is_none_or(|since| instant(row["modified_at"].as_str().expect("a time")) >= since)
    };
    let rows: Vec<&Value> = rows.filter(changed).collect();
    Json(json!({"items": rows, "next": desk.now(), "more": false}))
}

/// Everything else is the sandbox's own.
async fn pass_on(
    State(desk): State<Desk>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    forwarded(&desk.client, &desk.behind, (method, uri, headers, body)).await
}

/// A client for [`forwarded`], which changes nothing of what it carries.
pub fn carrier() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().no_gzip().no_zstd().tls_certs_only([]).build().unwrap()
}

/// What the sandbox answers to a request as it came.
pub async fn forwarded(
    client: &reqwest::Client,
    behind: &SandboxHandle,
    (method, uri, mut headers, body): (Method, Uri, HeaderMap, Bytes),
) -> Response {
    headers.remove("host");
    headers.remove("content-length");
    let to = format!("{}{}", behind.origin(), uri);
    let answer = match client.request(method, to).headers(headers).body(body).send().await {
        Ok(answer) => answer,
        // What became of it nobody can say here.
        Err(_) => return StatusCode::BAD_GATEWAY.into_response(),
    };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("transfer-encoding");
    headers.remove("content-length");
    let body = Body::from(answer.bytes().await.unwrap_or_default());
    (status, headers, body).into_response()
}

/// A world whose server tells times for tokens, with its clock so many seconds ahead of ours.
async fn open(ahead_s: i64) -> World {
    let mut world = Stage { server_ahead_s: ahead_s, ..Stage::tasks(4) }.open().await;
    let client = carrier();
    let desk = Desk { behind: world.server.handle(), client, clock: world.clock.clone(), ahead_s };
    let app = Router::new().route("/v1/c/tasks", get(list)).fallback(pass_on).with_state(desk);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.wire.set_url(Some(format!("http://{}/v1", listener.local_addr().unwrap())));
    world.wire.set_settings(Some(tidemark_model::settings::LinkSettings::parse(SETTINGS).unwrap()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    world.restart().await;
    world
}

// proves C3, C4, A4, D4
#[tokio::test]
async fn a_clock_one_hour_wrong_loses_nothing_over_a_time_cursor() {
    for ahead in [0, HOUR, -HOUR] {
        let world = open(ahead).await;
        a_day_of_work(&world).await;
        // A day of small edits there, each a minute after the last pull.
        for number in 0..20 {
            world.clock.advance_s(60);
            world.colleague_sets("t004", "rank", number);
            world.sync().await;
            assert_eq!(world.here("t004").unwrap()["rank"], number, "with a clock {ahead} s ahead of ours");
        }
        world.colleague_deletes("t002");
        world.sync().await;
        assert_eq!(world.here("t002"), None);
        world.finish().await;
    }
}
