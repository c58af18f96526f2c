//! Pieces of a request: path segments, query, headers.

use crate::world::answer::{Answer, ProblemKind};
use crate::world::call::{Form, Precondition, Query};
use crate::world::document::invalid;
use axum::extract::Query as AxumQuery;
use axum::http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, Uri};
use percent_encoding::percent_decode_str;

/// The decoded segments after `/v1/c/`: collection, and id where there is one. Cut before decoding, so that an
/// id may hold `/`.
pub fn segments(uri: &Uri) -> Result<(String, Option<String>), Answer> {
    let path = uri.path();
    let rest = path.strip_prefix("/v1/c/").or_else(|| path.strip_prefix("/v1/digest/")).unwrap_or_default();
    let mut parts = rest.splitn(2, '/').map(|part| {
        percent_decode_str(part)
            .decode_utf8()
            .map(|text| text.into_owned())
            .map_err(|_| invalid("The path is not UTF-8."))
    });
    let collection = parts.next().transpose()?.unwrap_or_default();
    Ok((collection, parts.next().transpose()?))
}

/// The query's parameters.
pub fn query(uri: &Uri) -> Result<Query, Answer> {
    AxumQuery::<Query>::try_from_uri(uri)
        .map(|AxumQuery(query)| query)
        .map_err(|error| invalid(format!("The query cannot be read: {error}.")))
}

/// A parameter as a number.
pub fn number<T: std::str::FromStr>(query: &Query, name: &str) -> Result<Option<T>, Answer> {
    query
        .get(name)
        .map(|text| text.parse().map_err(|_| invalid(format!("`{name}` is not a number in its range."))))
        .transpose()
}

/// A header; several of one name are one, joined by commas.
pub fn header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Answer> {
    let mut joined: Option<String> = None;
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| invalid(format!("The header {name} is not plain text.")))?;
        joined = Some(match joined {
            Some(former) => format!("{former}, {text}"),
            None => text.to_owned(),
        });
    }
    Ok(joined)
}

/// `If-Match` and `If-None-Match`.
pub fn precondition(headers: &HeaderMap) -> Result<Precondition, Answer> {
    Ok(Precondition {
        if_match: header(headers, &IF_MATCH)?,
        if_none_match: header(headers, &IF_NONE_MATCH)?,
    })
}

/// `Idempotency-Key`.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, Answer> {
    header(headers, &HeaderName::from_static("idempotency-key"))
}

/// The form of a patch, by its content type; plain JSON is taken as a merge patch.
pub fn patch_form(headers: &HeaderMap) -> Result<Form, Answer> {
    match media_type(headers)?.as_deref() {
        Some("application/merge-patch+json" | "application/json") | None => Ok(Form::MergePatch),
        Some("application/json-patch+json") => Ok(Form::JsonPatch),
        Some(other) => Err(unsupported(other)),
    }
}

/// Refuses a content type that is given and not JSON.
pub fn check_json(headers: &HeaderMap) -> Result<(), Answer> {
    match media_type(headers)? {
        Some(kind) if kind != "application/json" && !kind.ends_with("+json") => Err(unsupported(&kind)),
        _ => Ok(()),
    }
}

fn media_type(headers: &HeaderMap) -> Result<Option<String>, Answer> {
    let full = header(headers, &CONTENT_TYPE)?;
    Ok(full.map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()))
}

fn unsupported(kind: &str) -> Answer {
    let detail = format!("The content type {kind:?} is not taken here.");
    Answer::refuse_with(ProblemKind::Invalid, 415, detail, serde_json::Map::new())
}
