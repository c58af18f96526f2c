//! One change whole: what it does to its fields, its tries, its request, and what it waits for.

use super::place::Places;
use super::row;
use crate::store::outbox::{self, MutationRow};
use crate::store::verbs::request;
use crate::store::{StoreError, attempts, collections, edges, exchanges, links, records};
use rusqlite::Connection;
use serde_json::{Value, json};
use tidemark_model::change::{self, Change};
use tidemark_model::connector::WireForm;
use tidemark_model::merge::{MASK, Veil};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Count;
use tidemark_model::path;
use tidemark_model::request::Request;
use tidemark_model::view::{AttemptDetail, ChangeDetail, FieldChange, Neighbour, RequestView};

/// How many of those that a change waits for are named, and of those that wait for it.
const NAMED: usize = 50;

/// The change of an id; none where there never was one or its row is gone.
pub(crate) fn detail(tx: &Connection, id: &str) -> Result<Option<ChangeDetail>, StoreError> {
    let Some(mutation) = outbox::by_id(tx, id)? else { return Ok(None) };
    let Some(row) = row::read(tx, mutation.seq, row::engine_paused(tx)?, &mut Places::default())? else {
        return Ok(None);
    };
    let (waits_for, waited_on_by) =
        (edges::waits_for(tx, mutation.seq)?, edges::waited_on_by(tx, mutation.seq)?);
    let named = waits_for.iter().take(NAMED).chain(waited_on_by.iter().take(NAMED));
    let neighbours =
        named.map(|seq| neighbour(tx, *seq)).filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let count = |seqs: Vec<i64>| seqs.into_iter().map(Count).collect();
    let veil = veil(tx, &mutation)?;
    let mut attempts = attempts::of(tx, mutation.seq)?;
    for attempt in &mut attempts {
        attempt.excerpt = attempt.excerpt.take().map(|text| veil.body(text));
    }
    Ok(Some(ChangeDetail {
        row,
        changes: field_changes(tx, &mutation, &veil)?,
        attempts,
        request: request(tx, &mutation, &veil)?,
        waits_for: count(waits_for),
        waited_on_by: count(waited_on_by),
        neighbours,
        metadata: mutation.metadata,
        combined_into: mutation.into_id,
        ended_at: mutation.ended_at,
    }))
}

/// What of a change's values may be seen; an opaque request is of no collection, and nothing is known of its secrets.
fn veil(tx: &Connection, mutation: &MutationRow) -> Result<Veil, StoreError> {
    let collection = collections::get(tx, mutation.collection_id)?;
    Ok(collection.map(|found| Veil::new(&found.settings.merge)).unwrap_or_default())
}

fn neighbour(tx: &Connection, seq: i64) -> Result<Option<Neighbour>, StoreError> {
    let row = row::read(tx, seq, row::engine_paused(tx)?, &mut Places::default())?;
    Ok(row.map(|row| Neighbour {
        id: row.id,
        number: row.number,
        state: row.state,
        operation: row.operation,
        title: row.title,
    }))
}

/// Each field with its value before this change: the last agreed one, moved by the older changes of its record.
///
/// A request has none: what it sends is shown as the request that it is.
fn field_changes(
    tx: &Connection,
    mutation: &MutationRow,
    veil: &Veil,
) -> Result<Vec<FieldChange>, StoreError> {
    if mutation.operation == Operation::Request {
        return Ok(Vec::new());
    }
    let before = before(tx, mutation)?;
    if mutation.changes.is_empty() {
        let before = before.as_ref().map(|before| veil.text(before, ""));
        return Ok(vec![FieldChange { path: String::new(), before, after: None }]);
    }
    let start = before.unwrap_or_else(|| json!({}));
    // A whole new document is shown by its fields.
    Ok(match change::apply(&start, &mutation.changes) {
        Ok(after) if mutation.changes.iter().any(|change| change.path().is_empty()) => {
            shown(&start, &change::diff(&start, &after), veil)
        }
        Ok(_) | Err(_) => shown(&start, &mutation.changes, veil),
    })
}

/// Changes with what stood there before. A secret is one value, whatever of it was changed.
pub(crate) fn shown(before: &Value, changes: &[Change], veil: &Veil) -> Vec<FieldChange> {
    let mut fields: Vec<FieldChange> = Vec::new();
    for path in change::paths(changes) {
        let secret = veil.secret_at(path);
        let at = secret.as_deref().unwrap_or(path);
        if secret.is_some() && fields.iter().any(|field| field.path == at) {
            continue;
        }
        let after = match secret {
            Some(_) => is_left(changes, at).then(|| Value::from(MASK).to_string()),
            None => last_set(changes, path).map(|value| veil.text(value, path)),
        };
        let before = before.pointer(at).map(|value| veil.text(value, at));
        fields.push(FieldChange { path: at.to_owned(), before, after });
    }
    fields
}

/// Whether something stands at a path after changes of it, or of what is in it.
fn is_left(changes: &[Change], at: &str) -> bool {
    let last = changes.iter().rev().find(|change| path::within(change.path(), at));
    !matches!(last, Some(Change::Remove { path, .. }) if path == at)
}

fn before(tx: &Connection, mutation: &MutationRow) -> Result<Option<Value>, StoreError> {
    // What the server had before an accepted or absorbed change is not kept; a replaced record starts anew.
    let forgotten = matches!(mutation.state, MutationState::Confirmed | MutationState::Combined);
    if forgotten || matches!(mutation.operation, Operation::Create | Operation::Request) {
        return Ok(None);
    }
    let Some(record) = records::get(tx, mutation.record_id)? else { return Ok(None) };
    let mut document = record.base.document;
    for older in outbox::lane(tx, mutation.record_id)?.iter().filter(|older| older.seq < mutation.seq) {
        document = match older.operation {
            Operation::Delete => None,
            Operation::Create | Operation::Replace => change::apply(&json!({}), &older.changes).ok(),
            Operation::Update => {
                document.map(|document| change::apply(&document, &older.changes).unwrap_or(document))
            }
            Operation::Request => document,
        };
    }
    Ok(document)
}

fn last_set<'a>(changes: &'a [Change], path: &str) -> Option<&'a Value> {
    changes.iter().rev().find(|change| change.path() == path).and_then(|change| match change {
        Change::Set { set, .. } => Some(set),
        Change::Remove { .. } => None,
    })
}

/// One try of a change, word for word but for secrets; none where there was no such try.
pub(crate) fn attempt(tx: &Connection, id: &str, number: i64) -> Result<Option<AttemptDetail>, StoreError> {
    let Some(mutation) = outbox::by_id(tx, id)? else { return Ok(None) };
    let Some((key, excerpt)) = attempts::key_and_excerpt(tx, mutation.seq, number)? else { return Ok(None) };
    let wire = match &mutation.wire {
        Some(wire) if mutation.key.as_ref() == Some(&key) => Some(wire.clone()),
        Some(_) | None => exchanges::former_request(tx, mutation.seq, number, &key)?,
    };
    let veil = veil(tx, &mutation)?;
    let request = wire.map(|wire| shown_request(tx, &mutation, wire, key, &veil)).transpose()?;
    let kept = exchanges::of(tx, mutation.seq, number)?.unwrap_or_default();
    let body = kept.body.or(excerpt).map(|text| veil.body(text));
    Ok(Some(AttemptDetail { request, sent: kept.sent, answered: kept.answered, body }))
}

/// The request as it was sealed; an opaque one is known before, but for its key.
fn request(tx: &Connection, mutation: &MutationRow, veil: &Veil) -> Result<Option<RequestView>, StoreError> {
    let (wire, key) = match (&mutation.wire, &mutation.key, mutation.operation) {
        (Some(wire), Some(key), _) => (wire.clone(), key.clone()),
        (_, _, Operation::Request) => (unsealed(&request::kept(mutation)?), String::new()),
        _ => return Ok(None),
    };
    shown_request(tx, mutation, wire, key, veil).map(Some)
}

fn shown_request(
    tx: &Connection,
    mutation: &MutationRow,
    wire: WireForm,
    key: String,
    veil: &Veil,
) -> Result<RequestView, StoreError> {
    // A removed link's changes are in the trash; only their target is known.
    let link = links::get(tx, mutation.link_id)?;
    let base = link.as_ref().map(|link| link.url.clone()).unwrap_or_default();
    let user = link.as_ref().and_then(|link| link.user.clone());
    let by_token = link.as_ref().is_some_and(|link| link.settings.sign_in.is_some());
    Ok(RequestView {
        url: address(&base, &wire.target),
        headers: headers(&wire),
        method: wire.method,
        body: wire.body.map(|text| veil.body(text)),
        key,
        signed_in: by_token || user.is_some() || link.is_some_and(|link| link.secret_kept),
        // The name is part of what is sent only beside a password.
        user: user.filter(|_| !by_token),
    })
}

fn unsealed(request: &Request) -> WireForm {
    WireForm {
        method: request.method.as_str().to_owned(),
        target: format!("./{}", request.target),
        headers: request.headers(),
        body: request.body.clone(),
        whole: false,
    }
}

/// Where a target lies: under the link's endpoint, or from its server's root where it starts with '/'.
fn address(base: &str, target: &str) -> String {
    let Ok(mut endpoint) = url::Url::parse(base) else { return format!("{base} {target}") };
    endpoint.set_query(None);
    endpoint.set_fragment(None);
    // A name or a password in the address is no part of where the request goes.
    let _ = endpoint.set_password(None);
    let _ = endpoint.set_username("");
    if !endpoint.path().ends_with('/') {
        endpoint.set_path(&format!("{}/", endpoint.path()));
    }
    endpoint.join(target).map_or_else(|_| format!("{endpoint}{target}"), String::from)
}

/// Header lines; should one carry a secret after all, its value stays out.
fn headers(wire: &WireForm) -> Vec<String> {
    const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-api-key"];
    wire.headers
        .iter()
        .map(|(name, value)| {
            let secret = SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret));
            format!("{name}: {}", if secret { MASK } else { value })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_shown_with_the_address_it_goes_to() {
        let address = |base| address(base, "c/tasks/a%2Fb?x=1");
        assert_eq!(address("https://erp.example.com/api"), "https://erp.example.com/api/c/tasks/a%2Fb?x=1");
        assert_eq!(address("https://u:p@erp.example.com"), "https://erp.example.com/c/tasks/a%2Fb?x=1");
        assert_eq!(super::address("http://h:8/v1/", "/v2/x"), "http://h:8/v2/x");
    }

    #[test]
    fn no_secret_header_is_shown() {
        let wire = WireForm {
            method: "PUT".into(),
            target: "x".into(),
            headers: vec![("If-Match".into(), "\"1\"".into()), ("authorization".into(), "Bearer s".into())],
            body: None,
            whole: true,
        };
        assert_eq!(headers(&wire), ["If-Match: \"1\"", "authorization: ••••"]);
    }
}
