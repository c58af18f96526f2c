//! `rest` told other names: a server with versions inside documents, 409 for conflicts, bare rows and time cursors.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use tidemark_connectors::connect;
use tidemark_model::connector::{Connector, Intent, Outcome, PullRequest, Remote, Row, Sealed};
use tidemark_model::mutation::Operation;
use tidemark_model::settings::LinkSettings;

const SETTINGS: &str = r#"{
    "collections": [{"name": "tasks", "path": "/api/v2/to do list", "id_field": "key", "version": {"field": "rev"}}],
    "pull": {"path": "changes", "since_param": "since", "limit_param": "max", "items": "rows", "next": "until",
             "kind": "time", "overlap_s": 60, "deleted": "list"},
    "write": {"create": "post", "update": "merge-patch", "precondition": "field", "keys": {"honoured": false}}
}"#;

#[derive(Default)]
struct Desk {
    records: BTreeMap<String, Value>,
    asked: Vec<HashMap<String, String>>,
    sent: Vec<(String, HeaderMap, Value)>,
}

type Shared = Arc<Mutex<Desk>>;

async fn list(State(desk): State<Shared>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let mut desk = desk.lock().unwrap();
    desk.asked.push(query);
    let rows: Vec<&Value> = desk.records.values().collect();
    Json(json!({"rows": rows, "until": "2026-11-21T12:00:00Z", "deleted": ["gone"]}))
}

async fn add(State(desk): State<Shared>, headers: HeaderMap, Json(mut body): Json<Value>) -> Response {
    let mut desk = desk.lock().unwrap();
    desk.sent.push(("POST".into(), headers, body.clone()));
    let key = body["key"].as_str().unwrap().to_owned();
    if desk.records.contains_key(&key) {
        return (StatusCode::CONFLICT, Json(json!({"error": "there is one already"}))).into_response();
    }
    body["rev"] = json!(1);
    desk.records.insert(key, body.clone());
    (StatusCode::CREATED, Json(body)).into_response()
}

async fn change(
    State(desk): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let patch: Value = serde_json::from_str(&body).unwrap();
    let mut desk = desk.lock().unwrap();
    desk.sent.push(("PATCH".into(), headers, patch.clone()));
    let record = desk.records.get_mut(&key).unwrap();
    if record["rev"] != patch["rev"] {
        return (StatusCode::CONFLICT, Json(json!({"error": "stale"}))).into_response();
    }
    for (field, value) in patch.as_object().unwrap() {
        record[field] = value.clone();
    }
    record["rev"] = json!(record["rev"].as_i64().unwrap() + 1);
    Json(record.clone()).into_response()
}

async fn one(State(desk): State<Shared>, Path(key): Path<String>) -> Response {
    match desk.lock().unwrap().records.get(&key) {
        Some(record) => Json(record.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, "nothing here").into_response(),
    }
}

async fn server() -> (String, Shared) {
    let desk = Shared::default();
    let app = Router::new()
        .route("/api/v2/to%20do%20list", get(list).post(add))
        .route("/api/v2/to%20do%20list/changes", get(list))
        .route("/api/v2/to%20do%20list/{key}", get(one).patch(change))
        .with_state(Arc::clone(&desk));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/app", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, desk)
}

async fn push(ours: &dyn Connector, intent: Intent<'_>) -> Outcome {
    let sealed = Sealed {
        mutation: "m".into(),
        key: "019a9f4e-7c1a-7000-8000-000000000001".into(),
        collection: intent.collection.into(),
        record: intent.record.into(),
        operation: intent.operation,
        wire: ours.seal(&intent).unwrap(),
    };
    ours.push(std::slice::from_ref(&sealed)).await.outcomes.remove(0)
}

// proves G1
#[tokio::test]
async fn a_server_with_other_names_is_spoken_to_by_settings_alone() {
    let (url, desk) = server().await;
    let ours = connect("rest", &url, LinkSettings::parse(SETTINGS).unwrap(), None, None).unwrap();
    assert!(ours.check().await.is_ok(), "without a list of collections the first known one is asked");
    assert_eq!(ours.discover().await.unwrap()[0].name, "tasks");

    let note = json!({"key": "a", "title": "x", "n": 1});
    let mut intent = Intent {
        collection: "tasks",
        record: "a",
        operation: Operation::Create,
        base: None,
        base_version: None,
        document: Some(&note),
        changes: &[],
        request: None,
    };
    let made = push(ours.as_ref(), intent.clone()).await;
    let Outcome::Accepted { remote: Some(Remote::Present { document, version, .. }), .. } = made else {
        panic!("{made:?}")
    };
    assert_eq!(
        (&document, version.as_deref()),
        (&note, Some("1")),
        "the version is no field of the document"
    );
    let again = push(ours.as_ref(), intent.clone()).await;
    assert!(matches!(again, Outcome::Conflict { current: None, .. }), "{again:?}");

    let edited = json!({"key": "a", "title": "y", "n": 1});
    intent = Intent { operation: Operation::Update, base: Some(&note), document: Some(&edited), ..intent };
    let changed = push(ours.as_ref(), Intent { base_version: Some("1"), ..intent.clone() }).await;
    assert!(matches!(&changed, Outcome::Accepted { .. }), "{changed:?}");
    let stale = push(ours.as_ref(), Intent { base_version: Some("1"), ..intent }).await;
    assert!(matches!(stale, Outcome::Conflict { current: None, .. }), "{stale:?}");
    let fetched = ours.fetch("tasks", "a").await.unwrap();
    assert_eq!((fetched.document(), fetched.version()), (Some(&edited), Some("2")));
    assert!(ours.fetch("tasks", "b").await.is_err(), "a 404 in no shape of its own says nothing");

    let desk = desk.lock().unwrap();
    let (method, headers, body) = &desk.sent[2];
    assert_eq!((method.as_str(), body), ("PATCH", &json!({"title": "y", "rev": 1})));
    assert_eq!(headers.get("content-type").unwrap(), "application/merge-patch+json");
    assert!(headers.get("idempotency-key").is_none() && headers.get("if-match").is_none());
}

// proves G1
#[tokio::test]
async fn a_time_cursor_is_asked_with_its_overlap_and_deletions_come_as_a_list() {
    let (url, desk) = server().await;
    desk.lock().unwrap().records.insert("a".into(), json!({"key": "a", "rev": "r-1", "n": 1}));
    let ours = connect("rest", &url, LinkSettings::parse(SETTINGS).unwrap(), None, None).unwrap();
    let mut request = PullRequest::after("tasks", None, 50);
    let page = ours.pull(&request).await.unwrap();
    let Row::Record { id, remote } = &page.rows[0] else { panic!("unreadable") };
    assert_eq!((id.as_str(), remote.version()), ("a", Some("r-1")));
    assert!(matches!(&page.rows[1], Row::Record { id, remote: Remote::Deleted { .. } } if id == "gone"));
    request.after = Some(page.next);
    ours.pull(&request).await.unwrap();
    let asked = &desk.lock().unwrap().asked;
    assert_eq!((asked[0].get("since"), asked[0]["max"].as_str()), (None, "50"));
    assert_eq!(asked[1]["since"], "2026-11-21T11:59:00Z");
}
