//! One page of a collection and the checkpoint behind it.

use super::Rest;
use super::place::Place;
use super::problem::{self, Kind};
use super::record;
use crate::classify::{self, Asked};
use crate::http::{Answer, Stop};
use crate::wire::{self, Members};
use chrono::{DateTime, SecondsFormat, TimeDelta};
use tidemark_model::connector::{Checkpoint, Page, PullFailure, PullRequest, Remote, Row};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::Count;
use tidemark_model::settings::{CursorKind, DeletedRows, PullSettings};

/// The most rows that are asked for at once; the contract's servers give no more.
const MOST_ROWS: usize = 1000;
/// Overlap of time cursors where the settings name none (`engine.md` 8).
const OVERLAP_S: u32 = 30;
/// Marks a time cursor in the middle of a listing, where the overlap was taken already.
const MIDWAY: &str = "midway ";

/// Asks for the page after a checkpoint.
pub async fn pull(rest: &Rest, request: &PullRequest) -> Result<Page, PullFailure> {
    let place = rest
        .place(&request.collection)
        .map_err(|error| Failure::new(ErrorClass::Permanent, error.to_string()))?;
    let stream = stream(rest, &place);
    if request.after.as_ref().is_some_and(|after| after.stream != stream) {
        return Err(PullFailure::EpochChanged);
    }
    let since = request.after.as_ref().map(|after| since(&rest.settings.pull, &after.token)).transpose()?;
    let rows = request.limit.clamp(1, MOST_ROWS);
    let answer = rest.http.send_list(rows, |rows| target(rest, &place, since.as_deref(), rows)).await;
    // The place of the rows behind it is told by the page that cannot be read.
    let answer = answer.map_err(Stop::at_one_row)?;
    if !answer.is_success() {
        return Err(refused(&answer, &place));
    }
    read(rest, &place, request, stream, &answer)
}

/// Which sequence tokens belong to: the list's address.
fn stream(rest: &Rest, place: &Place) -> String {
    rest.http.url_of(place.list()).map(String::from).unwrap_or_default()
}

fn target(rest: &Rest, place: &Place, since: Option<&str>, rows: usize) -> String {
    let pull = &rest.settings.pull;
    let limit = rows.to_string();
    let mut pairs = vec![(pull.limit_param.as_str(), limit.as_str())];
    if let Some(since) = since {
        pairs.insert(0, (pull.since_param.as_str(), since));
    }
    format!("{}?{}", place.list(), wire::query(&pairs))
}

/// The cursor as the server is asked: opaque ones as they are, times moved back over rows that commit late.
fn since(pull: &PullSettings, token: &str) -> Result<String, Failure> {
    match pull.kind {
        CursorKind::Opaque | CursorKind::None => Ok(token.to_owned()),
        CursorKind::Time => match token.strip_prefix(MIDWAY) {
            Some(exact) => Ok(exact.to_owned()),
            None => {
                let overlap = TimeDelta::seconds(i64::from(pull.overlap_s.unwrap_or(OVERLAP_S)));
                let moved = instant(token)?.checked_sub_signed(overlap);
                let moved = moved.ok_or_else(|| no_instant(token))?;
                Ok(moved.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        },
    }
}

fn token(pull: &PullSettings, next: String, more: bool) -> Result<String, Failure> {
    match pull.kind {
        CursorKind::Opaque | CursorKind::None => Ok(next),
        CursorKind::Time => {
            instant(&next)?;
            Ok(if more { format!("{MIDWAY}{next}") } else { next })
        }
    }
}

fn instant(text: &str) -> Result<DateTime<chrono::FixedOffset>, Failure> {
    DateTime::parse_from_rfc3339(text).map_err(|_| no_instant(text))
}

fn no_instant(text: &str) -> Failure {
    let words =
        format!("the server's cursor '{text}' is no RFC 3339 time with a zone, as the settings promise");
    Failure::new(ErrorClass::Intercepted, words)
}

fn refused(answer: &Answer, place: &Place) -> PullFailure {
    let problem = problem::read(answer, Some(place));
    let failure = classify::refusal(answer, Asked::Reading, &problem::speaker(answer, problem.as_ref()));
    match (problem.map(|problem| problem.kind), answer.status) {
        (Some(Kind::CheckpointExpired), _) => PullFailure::CheckpointExpired,
        (Some(Kind::EpochChanged), _) => PullFailure::EpochChanged,
        (Some(Kind::NotFound), 404) => PullFailure::NoCollection(failure),
        _ => PullFailure::Failed(failure),
    }
}

fn read(
    rest: &Rest,
    place: &Place,
    request: &PullRequest,
    stream: String,
    answer: &Answer,
) -> Result<Page, PullFailure> {
    let pull = &rest.settings.pull;
    let wrong = |what: &str| PullFailure::Failed(classify::intercepted(answer, Asked::Reading, what));
    let bytes = answer.json().ok_or_else(|| wrong("the page is no JSON"))?;
    let (text, broken) = wire::repaired(bytes);
    let members = wire::members(text.as_bytes()).ok_or_else(|| wrong("the page is no JSON object"))?;
    let items = members.get(pull.items.as_str()).copied().and_then(wire::rows);
    let items = items.ok_or_else(|| wrong(&format!("the page has no list '{}'", pull.items)))?;
    let next = wire::text(&members, &pull.next);
    let next = next.ok_or_else(|| wrong(&format!("the page has no text '{}'", pull.next)))?;
    let epoch = wire::text(&members, "epoch").unwrap_or_default();
    if request.after.as_ref().is_some_and(|after| after.epoch != epoch) {
        return Err(PullFailure::EpochChanged);
    }
    let mut rows: Vec<Row> = items
        .into_iter()
        .map(|raw| match broken && raw.get().contains('\u{FFFD}') {
            true => wire::unreadable(raw, record::row_id(place), "the row is not valid UTF-8"),
            false => record::pulled(raw, place),
        })
        .collect();
    if pull.deleted == DeletedRows::List {
        rows.extend(deletions(&members, &place.deleted_field).ok_or_else(|| {
            wrong(&format!("the page has no list '{}' of deleted ids", place.deleted_field))
        })?);
    }
    let more = wire::flag(&members, "more");
    let token = token(pull, next, more)?;
    if more && request.after.as_ref().is_some_and(|after| after.token == token) {
        return Err(wrong("the server gives the same page again and says that more follow"));
    }
    let total = members.get("total").and_then(|raw| serde_json::from_str::<i64>(raw.get()).ok());
    Ok(Page {
        collection: request.collection.clone(),
        rows,
        next: Checkpoint { stream, epoch, token },
        more,
        total: total.filter(|total| *total >= 0).map(Count),
        backoff: answer.backoff(),
    })
}

fn deletions(members: &Members<'_>, name: &str) -> Option<Vec<Row>> {
    let deleted = |raw| {
        let id = wire::value(raw).ok().as_ref().and_then(wire::scalar);
        match id {
            Some(id) => Row::Record { id, remote: Remote::Deleted { version: None, at: None, by: None } },
            None => wire::unreadable(raw, "", "no id of a deleted record"),
        }
    };
    Some(wire::rows(members.get(name)?)?.into_iter().map(deleted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_cursor_overlaps_once_and_not_in_the_middle_of_a_listing() {
        let pull = PullSettings { kind: CursorKind::Time, ..PullSettings::default() };
        let end = token(&pull, "2026-11-21T12:00:10.123+01:00".into(), false).unwrap();
        assert_eq!(since(&pull, &end).unwrap(), "2026-11-21T10:59:40.123Z");
        let midway = token(&pull, "2026-11-21T12:00:10.123+01:00".into(), true).unwrap();
        assert_eq!(since(&pull, &midway).unwrap(), "2026-11-21T12:00:10.123+01:00");
        assert!(
            token(&pull, "2026-11-21 12:00:10".into(), false).is_err(),
            "a time without a zone is no instant"
        );
    }
}
