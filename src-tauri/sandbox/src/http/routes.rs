//! Which request is which call.

use super::Shared;
use super::body::text;
use super::control;
use super::misbehave::Conduct;
use super::parts::{check_json, key, number, patch_form, precondition, query, segments};
use super::respond::response;
use super::sign_in::sign_in;
use super::tokens::token;
use crate::world::answer::{Answer, ProblemKind};
use crate::world::call::{Batch, Call, Caller, Form, List, Precondition, Write};
use crate::world::document::invalid;
use crate::world::{Admission, Ticket};
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::header::{CONTENT_TYPE, IF_NONE_MATCH};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

/// All routes; the switches only where they are wanted.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let contract = Router::new()
        .route("/v1", get(read))
        .route("/v1/", get(read))
        .route("/v1/time", get(read))
        .route("/v1/collections", get(read))
        .route("/v1/digest/{collection}", get(read))
        .route("/v1/c/{collection}", get(read).post(write))
        .route("/v1/c/{collection}/{id}", get(read).put(write).patch(write).delete(write))
        .route("/v1/batch", post(batch))
        .fallback(nowhere)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(&shared), sign_in));
    let contract = contract.route("/v1/token", post(token));
    let router = if shared.switches { contract.merge(control::routes()) } else { contract };
    router
        .layer(CompressionLayer::new())
        .layer(RequestDecompressionLayer::new())
        .layer(map_response(packed_otherwise))
        .with_state(shared)
}

async fn nowhere() -> Response {
    response(Answer::refuse(ProblemKind::NotFound, "There is no such path; the contract begins at /v1/."))
}

/// The decompression layer refuses other packings with an empty 415; the contract wants a problem.
async fn packed_otherwise(answer: Response) -> Response {
    if answer.status() != StatusCode::UNSUPPORTED_MEDIA_TYPE || answer.headers().contains_key(CONTENT_TYPE) {
        return answer;
    }
    let detail = "Bodies are taken plain, in gzip or in zstd.";
    response(Answer::refuse_with(ProblemKind::Invalid, 415, detail, serde_json::Map::new()))
}

async fn no_such_method(method: Method) -> Response {
    let detail = format!("{method} is not done here.");
    response(Answer::refuse_with(ProblemKind::Invalid, 405, detail, serde_json::Map::new()))
}

async fn read(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let answer = match read_call(&uri, &headers) {
        Ok(call) => shared.world().handle(call, &caller, (shared.now)()),
        Err(refusal) => refusal,
    };
    response(answer)
}

fn read_call(uri: &Uri, headers: &HeaderMap) -> Result<Call, Answer> {
    match uri.path() {
        "/v1" | "/v1/" => return Ok(Call::Root),
        "/v1/time" => return Ok(Call::Time),
        "/v1/collections" => return Ok(Call::Collections),
        _ => {}
    }
    let mut query = query(uri)?;
    let (collection, id) = segments(uri)?;
    if uri.path().starts_with("/v1/digest/") {
        return Ok(Call::Digest { collection, bucket: number(&query, "bucket")?, at: query.remove("at") });
    }
    Ok(match id {
        Some(id) => {
            Call::Get { collection, id, if_none_match: super::parts::header(headers, &IF_NONE_MATCH)? }
        }
        None => Call::List(List {
            collection,
            limit: number(&query, "limit")?,
            after: query.remove("after"),
            filter: query.remove("filter"),
        }),
    })
}

async fn write(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    conduct: Option<Extension<Conduct>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let conduct = conduct.map(|Extension(conduct)| conduct).unwrap_or_default();
    match write_call(&method, &uri, &headers, body).await {
        Ok(write) => change(shared, Call::Write(write), caller, conduct).await,
        Err(refusal) => response(refusal),
    }
}

async fn write_call(method: &Method, uri: &Uri, headers: &HeaderMap, body: Body) -> Result<Write, Answer> {
    let (collection, id) = segments(uri)?;
    let body = text(body).await?;
    let form = match *method {
        Method::POST => Form::Create,
        Method::PUT => Form::Put,
        Method::PATCH => patch_form(headers)?,
        _ => Form::Delete,
    };
    if matches!(form, Form::Create | Form::Put) {
        check_json(headers)?;
    }
    Ok(Write { form, collection, id, precondition: precondition(headers)?, body, key: key(headers)? })
}

async fn batch(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    conduct: Option<Extension<Conduct>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let conduct = conduct.map(|Extension(conduct)| conduct).unwrap_or_default();
    match batch_call(&uri, &headers, body).await {
        Ok(batch) => change(shared, Call::Batch(batch), caller, conduct).await,
        Err(refusal) => response(refusal),
    }
}

/// `{items: [{method, collection, id?, if_match?, if_none_match?, key?, content_type?, body?}]}`; the names mean
/// what they mean in a single request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireBatch {
    items: Vec<WireItem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireItem {
    method: String,
    collection: String,
    id: Option<String>,
    if_match: Option<String>,
    if_none_match: Option<String>,
    key: Option<String>,
    content_type: Option<String>,
    body: Option<Box<RawValue>>,
}

async fn batch_call(uri: &Uri, headers: &HeaderMap, body: Body) -> Result<Batch, Answer> {
    let query = query(uri)?;
    check_json(headers)?;
    let body = text(body).await?;
    let wire: WireBatch = serde_json::from_str(&body)
        .map_err(|error| invalid(format!("The batch cannot be read: {error}.")))?;
    let items = wire.items.into_iter().map(batch_item).collect::<Result<_, _>>()?;
    let atomic = match query.get("atomic").map(String::as_str) {
        Some("1" | "true") => true,
        None | Some("0" | "false") => false,
        Some(_) => return Err(invalid("`atomic` is 1 or 0.")),
    };
    Ok(Batch { atomic, items, key: key(headers)? })
}

fn batch_item(item: WireItem) -> Result<Write, Answer> {
    let form = match (item.method.as_str(), item.content_type.as_deref()) {
        ("POST", _) => Form::Create,
        ("PUT", _) => Form::Put,
        ("PATCH", Some("application/json-patch+json")) => Form::JsonPatch,
        ("PATCH", _) => Form::MergePatch,
        ("DELETE", _) => Form::Delete,
        (other, _) => return Err(invalid(format!("{other:?} is no change: POST, PUT, PATCH, DELETE."))),
    };
    Ok(Write {
        form,
        collection: item.collection,
        id: item.id,
        precondition: Precondition { if_match: item.if_match, if_none_match: item.if_none_match },
        body: item.body.map(|raw| raw.get().to_owned()).unwrap_or_default(),
        key: item.key,
    })
}

/// Makes a change as the faults have it.
async fn change(shared: Arc<Shared>, call: Call, caller: Caller, conduct: Conduct) -> Response {
    let again = conduct.duplicate.then(|| call.clone());
    let admission = shared.world().admit(call, &caller, (shared.now)());
    let answer = match admission {
        Admission::Answered(answer) => answer,
        Admission::Run(ticket) => match conduct.late_commit {
            None => shared.world().commit(ticket, (shared.now)()),
            Some((wait, delay)) => late(&shared, ticket, wait.over(delay)).await,
        },
    };
    if let Some(call) = again {
        // The first answer is the one that arrives.
        let _second = shared.world().handle(call, &caller, (shared.now)());
    }
    response(answer)
}

/// Takes the places now and commits later. On a task of its own: a client that goes away in the meantime must
/// not keep its key in use for ever.
async fn late(
    shared: &Arc<Shared>,
    mut ticket: Ticket,
    wait: impl Future<Output = ()> + Send + 'static,
) -> Answer {
    shared.world().reserve(&mut ticket);
    let shared = Arc::clone(shared);
    let task = tokio::spawn(async move {
        wait.await;
        shared.world().commit(ticket, (shared.now)())
    });
    task.await.unwrap_or_else(|_| Answer::refuse(ProblemKind::Throttled, "The server is stopping."))
}
