//! An answer as an HTTP response.

use crate::world::answer::{Answer, ProblemKind};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, DATE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The response that says what the answer says.
pub fn response(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if answer.problem.is_some() { "application/problem+json" } else { "application/json" };
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if status != StatusCode::NOT_MODIFIED {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Some(tag) = answer.version.and_then(|version| HeaderValue::try_from(format!("\"{version}\"")).ok())
    {
        headers.insert(ETAG, tag);
    }
    if answer.replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    if let Some(seconds) = answer.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if answer.problem == Some(ProblemKind::Unauthorized) {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"sandbox\""));
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sandbox\""));
    }
    response
}

/// The `Date` of the sandbox's clock, which hyper then leaves alone.
pub fn date(response: &mut Response, now: DateTime<Utc>) {
    if let Ok(value) = HeaderValue::try_from(httpdate::fmt_http_date(now.into())) {
        response.headers_mut().insert(DATE, value);
    }
}
