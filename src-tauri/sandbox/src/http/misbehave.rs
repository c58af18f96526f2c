//! One request with whatever faults strike it.

use super::respond::{date, response};
use super::{Shared, Wait};
use crate::faults::{Facts, Instead, Spoil, Verdict};
use crate::world::answer::{Answer, ProblemKind};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use futures_util::stream;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed by a fault")]
pub struct Closed {
    /// By a reset instead of an orderly end.
    pub reset: bool,
}

/// How a change is carried out.
#[derive(Clone, Default)]
pub(crate) struct Conduct {
    pub late_commit: Option<(Wait, Duration)>,
    pub duplicate: bool,
}

/// Answers one request, or closes its connection.
pub(crate) async fn serve<B>(
    shared: Arc<Shared>,
    router: TowerToHyperService<Router>,
    mut request: Request<B>,
) -> Result<Response, Closed>
where
    B: hyper::body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    let wait = shared.wait();
    let verdict = judge(&shared, &request);
    if let Some(delay) = verdict.delay {
        wait.clone().over(delay).await;
    }
    if let Some(instead) = verdict.instead {
        return replaced(instead).map(|answer| dated(&shared, answer));
    }
    request.extensions_mut().insert(Conduct {
        late_commit: verdict.late_commit.map(|delay| (wait, delay)),
        duplicate: verdict.duplicate,
    });
    let answer = match router.call(request).await {
        Ok(answer) => dated(&shared, answer),
        Err(never) => match never {},
    };
    match verdict.spoil {
        None => Ok(answer),
        Some(Spoil::Close) => Err(Closed { reset: false }),
        Some(spoil) => spoiled(spoil, answer).await,
    }
}

fn judge<B>(shared: &Shared, request: &Request<B>) -> Verdict {
    // The switches must stay in reach, whatever they did to the rest.
    if shared.switches && request.uri().path().starts_with("/_") {
        return Verdict::default();
    }
    let facts = Facts {
        method: request.method().as_str(),
        path: request.uri().path_and_query().map_or("", |path| path.as_str()),
        has_header: &|name| request.headers().contains_key(name),
    };
    shared.faults().decide(&facts)
}

fn dated(shared: &Shared, mut answer: Response) -> Response {
    date(&mut answer, (shared.now)());
    answer
}

fn replaced(instead: Instead) -> Result<Response, Closed> {
    match instead {
        Instead::Reset => Err(Closed { reset: true }),
        Instead::Close => Err(Closed { reset: false }),
        Instead::Unauthorized => {
            Ok(response(Answer::refuse(ProblemKind::Unauthorized, "The session has ended (a fault).")))
        }
        Instead::Status { status, retry_after_s } => Ok(response(failure(status, retry_after_s))),
        Instead::Html => {
            let page = "<!doctype html><title>Sign in</title><h1>Sign in to the guest network</h1>";
            let mut answer = Response::new(Body::from(page));
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            Ok(answer)
        }
    }
}

fn failure(status: u16, retry_after_s: Option<u64>) -> Answer {
    let kind = match status {
        401 => ProblemKind::Unauthorized,
        403 => ProblemKind::Forbidden,
        404 => ProblemKind::NotFound,
        409 => ProblemKind::KeyInUse,
        410 => ProblemKind::Gone,
        412 => ProblemKind::VersionConflict,
        413 => ProblemKind::TooLarge,
        429 | 500..=599 => ProblemKind::Throttled,
        _ => ProblemKind::Invalid,
    };
    let mut answer = Answer::refuse_with(kind, status, "A fault.", serde_json::Map::new());
    answer.retry_after_s = retry_after_s;
    answer
}

/// The true answer, cut or damaged.
async fn spoiled(spoil: Spoil, answer: Response) -> Result<Response, Closed> {
    let (mut head, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| Closed { reset: false })?;
    head.headers.remove(TRANSFER_ENCODING);
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let body = match spoil {
        Spoil::Close => return Err(Closed { reset: false }),
        Spoil::Truncate if bytes.is_empty() => return Err(Closed { reset: false }),
        Spoil::Truncate => half_of(bytes),
        Spoil::Garble => Body::from(damaged(&bytes)),
    };
    Ok(Response::from_parts(head, body))
}

/// Half of the bytes, then the end of the connection.
fn half_of(bytes: Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    Body::from_stream(stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(half), None)),
            None => {
                // A pause lets hyper flush what it has; else the client would see no answer at all.
                tokio::task::yield_now().await;
                Some((Err(Closed { reset: false }), None))
            }
        }
    }))
}

/// The same length, but no JSON any more.
fn damaged(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().enumerate().map(|(place, byte)| if place % 7 == 0 { byte ^ 0x15 } else { *byte }).collect()
}
