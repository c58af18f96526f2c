//! The switches under `/_*`, for demonstration and tests.

use super::Shared;
use super::body::text;
use super::respond::response;
use super::tokens::TokenSwitches;
use crate::faults::Faults;
use crate::world::WorldError;
use crate::world::answer::{Answer, ProblemKind};
use crate::world::colleague::Colleague;
use crate::world::document::invalid;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::ORIGIN;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// `/_faults`, `/_colleague`, `/_epoch`, `/_tombstones`, `/_tokens`, `/_report`, `/_reset`.
pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_faults", get(show_faults).post(set_faults))
        .route("/_colleague", post(colleague))
        .route("/_epoch", post(epoch))
        .route("/_tombstones", post(forget_tombstones))
        .route("/_tokens", post(tokens))
        .route("/_report", get(report))
        .route("/_reset", post(reset))
        .layer(from_fn(no_web_pages))
}

/// Programs send no `Origin`; a web page that reaches for a port on this machine does.
async fn no_web_pages(request: Request, next: Next) -> Response {
    match request.headers().contains_key(ORIGIN) {
        true => response(Answer::refuse(ProblemKind::Forbidden, "The switches are not for web pages.")),
        false => next.run(request).await,
    }
}

async fn show_faults(State(shared): State<Arc<Shared>>) -> Response {
    said(serde_json::to_value(shared.faults().faults()).unwrap_or(Value::Null))
}

async fn set_faults(State(shared): State<Arc<Shared>>, body: Body) -> Response {
    let faults: Faults = match read(body).await.and_then(|value| parsed(value, "faults")) {
        Ok(faults) => faults,
        Err(refusal) => return response(refusal),
    };
    shared.set_faults(faults);
    show_faults(State(shared)).await
}

async fn colleague(State(shared): State<Arc<Shared>>, body: Body) -> Response {
    let colleague = match read(body).await.and_then(|value| Colleague::from_json(value).map_err(invalid)) {
        Ok(colleague) => colleague,
        Err(refusal) => return response(refusal),
    };
    let done = shared.world().colleague(&colleague, (shared.now)());
    answered(done.map(|answers| {
        let edits: Vec<Value> = answers
            .iter()
            .map(|answer| json!({"status": answer.status, "version": answer.version, "doc": answer.json()}))
            .collect();
        json!({ "edits": edits })
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEpoch {
    /// How many places the restored copy is old.
    #[serde(default)]
    back: i64,
}

async fn epoch(State(shared): State<Arc<Shared>>, body: Body) -> Response {
    let wanted: NewEpoch = match read(body).await.and_then(|value| parsed(value, "epoch")) {
        Ok(wanted) => wanted,
        Err(refusal) => return response(refusal),
    };
    let done = shared.world().new_epoch(wanted.back);
    answered(done.map(|epoch| json!({ "epoch": epoch })))
}

async fn forget_tombstones(State(shared): State<Arc<Shared>>) -> Response {
    let done = shared.world().forget_tombstones();
    answered(done.map(|floor| json!({ "floor": floor })))
}

async fn tokens(State(shared): State<Arc<Shared>>, body: Body) -> Response {
    let switches: TokenSwitches = match read(body).await.and_then(|value| parsed(value, "tokens")) {
        Ok(switches) => switches,
        Err(refusal) => return response(refusal),
    };
    shared.tokens().set(&switches);
    said(json!({}))
}

async fn report(State(shared): State<Arc<Shared>>) -> Response {
    let done = shared.report();
    answered(done.map(|report| serde_json::to_value(report).unwrap_or(Value::Null)))
}

async fn reset(State(shared): State<Arc<Shared>>) -> Response {
    shared.set_faults(Faults::default());
    let mut world = shared.world();
    let done = world.reset((shared.now)());
    answered(done.map(|()| json!({"epoch": world.epoch()})))
}

/// The body as JSON; an empty one is `{}`.
async fn read(body: Body) -> Result<Value, Answer> {
    let text = text(body).await?;
    match text.trim() {
        "" => Ok(json!({})),
        text => crate::world::document::parse(text),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(value: Value, what: &str) -> Result<T, Answer> {
    serde_json::from_value(value).map_err(|error| invalid(format!("{what}: {error}")))
}

fn answered(done: Result<Value, WorldError>) -> Response {
    match done {
        Ok(value) => said(value),
        Err(WorldError::Refused(why)) => response(invalid(why)),
        Err(error) => {
            let detail = error.to_string();
            response(Answer::refuse_with(ProblemKind::Throttled, 503, detail, serde_json::Map::new()))
        }
    }
}

fn said(value: Value) -> Response {
    response(Answer::ok(200, None, value.to_string()))
}
