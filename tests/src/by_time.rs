//! The sandbox behind another kind of list: what changed since a time, where rows may appear later than their time says.

use crate::clock::ManualClock;
use crate::world::{TASKS, World};
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_model::clock::Clock as _;
use tidemark_sandbox::SandboxHandle;
use tidemark_sandbox::world::call::{Call, Caller, List};

/// What such a server does with the tag of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tag {
    /// It gives none.
    #[default]
    None,
    /// It is made from the newest time in the collection, as Kinto's is.
    Newest,
}

/// How it lists.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// How far its clock is ahead of ours, in seconds.
    pub ahead_s: i64,
    /// Its lists' tag.
    pub tag: Tag,
    /// It gives at most so many rows, whatever is asked for; 0 for no limit of its own.
    pub cap: usize,
    /// The time that is asked for is left out.
    pub exclusive: bool,
    /// It goes on behind (time, id) where it is told both.
    pub keyset: bool,
    /// It asks for ten seconds of rest with every list.
    pub paces: bool,
}

/// A list that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Since when, in milliseconds.
    pub since: Option<i64>,
    /// How long before the server's time that is, in milliseconds.
    pub back: Option<i64>,
    /// The answer's status.
    pub status: u16,
    /// Rows in the answer.
    pub rows: usize,
    /// The most newest rows were asked for first.
    pub sorted: bool,
}

/// The list; everything else is the sandbox's own.
#[derive(Clone)]
pub struct ByTime {
    behind: SandboxHandle,
    client: reqwest::Client,
    clock: ManualClock,
    manners: Manners,
    /// Records whose last change is not committed before a time of our clock.
    late: Arc<Mutex<BTreeMap<String, i64>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    url: String,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ByTime {
    /// Stands before a world's server from now on.
    pub async fn before(world: &World, manners: Manners) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let desk = Self {
            behind: world.server.handle(),
            client: carrier(),
            clock: world.clock.clone(),
            manners,
            late: Arc::default(),
            asked: Arc::default(),
            url,
        };
        let app = Router::new().route("/v1/c/tasks", get(list)).fallback(pass_on).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        desk
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The last change of a record is committed in so many milliseconds only: until then no list shows the record.
    pub fn commits_in(&self, rid: &str, ms: i64) {
        lock(&self.late).insert(rid.to_owned(), self.clock.now().0 + ms);
    }

    /// What was asked for since the last look.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.asked))
    }

    fn now(&self) -> i64 {
        self.clock.now().0 + self.manners.ahead_s * 1_000
    }

    /// All rows that are committed, by time and id.
    fn rows(&self) -> Vec<(i64, String, Value)> {
        let all = List { collection: TASKS.into(), after: None, limit: Some(1000), filter: None };
        let call = |world: &mut tidemark_sandbox::world::World| {
            world.handle(Call::List(all), &Caller::default(), DateTime::UNIX_EPOCH)
        };
        let page = self.behind.with_world(call).json();
        let (late, now) = (lock(&self.late), self.clock.now().0);
        let mut rows: Vec<_> = page["items"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().expect("a text").to_owned();
                (millis(&text("modified_at")), text("id"), row.clone())
            })
            .filter(|(_, id, _)| late.get(id).is_none_or(|at| *at <= now))
            .collect();
        rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        rows
    }
}

fn millis(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).expect("a time with a zone").timestamp_millis()
}

fn instant(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).expect("a time of this era")
}

fn text(ms: i64) -> String {
    instant(ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}

async fn list(
    State(desk): State<ByTime>,
    Query(asked): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let (manners, now) = (desk.manners, desk.now());
    let since = asked.get("since").map(|since| millis(since));
    let (sorted, behind) = (asked.contains_key("sort"), asked.get("behind"));
    let mut rows = desk.rows();
    let newest = rows.last().map_or(0, |row| row.0);
    if sorted {
        rows.reverse();
    }
    let is_asked = |(at, id, _): &(i64, String, Value)| match (since, behind) {
        (Some(since), Some(behind)) if manners.keyset => (*at, id) > (since, behind),
        (Some(since), _) if manners.exclusive => *at > since,
        (Some(since), _) => *at >= since,
        (None, _) => true,
    };
    rows.retain(is_asked);
    let limit: usize = asked["limit"].parse().expect("a number");
    let limit = if manners.cap > 0 { limit.min(manners.cap) } else { limit };
    let more = rows.len() > limit;
    rows.truncate(limit);
    let tag = format!("\"{newest}\"");
    let unchanged =
        manners.tag == Tag::Newest && headers.get("if-none-match").is_some_and(|seen| *seen == *tag);
    let (status, given) = if unchanged { (304, 0) } else { (200, rows.len()) };
    lock(&desk.asked).push(Asked {
        since,
        back: since.map(|since| now - since),
        status,
        rows: given,
        sorted,
    });
    let next = if more { rows.last().map_or(now, |row| row.0) } else { now };
    let mut answer = match unchanged {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            let rows: Vec<Value> = rows.into_iter().map(|row| row.2).collect();
            Json(json!({"items": rows, "next": text(next), "more": more})).into_response()
        }
    };
    let date = instant(now).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.headers_mut().insert("date", date.parse().expect("a date"));
    if manners.paces {
        answer.headers_mut().insert("backoff", "10".parse().expect("a number"));
    }
    if manners.tag == Tag::Newest {
        answer.headers_mut().insert("etag", tag.parse().expect("a tag"));
    }
    answer
}

/// Everything else is the sandbox's own.
async fn pass_on(
    State(desk): State<ByTime>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    forwarded(&desk.client, &desk.behind, (method, uri, headers, body)).await
}

/// A client for [`forwarded`], which changes nothing of what it carries.
pub fn carrier() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .no_gzip()
        .no_zstd()
        .tls_certs_only([])
        .build()
        .expect("a client can be made")
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
