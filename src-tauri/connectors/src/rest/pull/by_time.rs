//! Lists of what changed since a time.
//!
//! A page may end in the middle of an instant. A server that goes on behind (time, id) is told both. Any other is asked
//! once more from just before the last time, whether it takes that time in or not, and for more rows where one time has
//! more of them than the page holds; the engine drops what is known already.

use super::super::{Rest, place::Place};
use super::{MOST_ROWS, Read, ask, read, stands};
use crate::by_time::{Cursor, Listing, Shown};
use crate::classify::{self, Asked};
use crate::http::Answer;
use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use serde::{Deserialize, Serialize};
use tidemark_model::connector::{Page, PullFailure, PullRequest, Row};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::lateness::LookBack;

/// The most rows that are asked for where more bear one time than a page holds.
const MOST_OF_ONE_TIME: usize = 32_000;
/// Marks a place in the middle of a listing in tokens of an earlier Tidemark.
const MIDWAY: &str = "midway ";

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    /// The server's own text of the time.
    at: String,
    /// The last row's id, where the server is told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

/// Asks for the page after a checkpoint.
pub(super) async fn pull(
    rest: &Rest,
    place: &Place,
    request: &PullRequest,
    stream: String,
    bounds: &LookBack,
) -> Result<Page, PullFailure> {
    let cursor = match &request.after {
        None => Cursor::default(),
        Some(after) => parse(&after.token, bounds)?,
    };
    let end = cursor.listing.as_ref().map(|listing| end_of(&listing.place)).transpose()?;
    let wanted = cursor.ask(bounds, request.overlap);
    let since = match &end {
        None => request.after.as_ref().and_then(|_| text(wanted.since)),
        Some(End { at, id: Some(_) }) => Some(at.clone()),
        Some(End { at, id: None }) => Some(just_before(at)?),
    };
    let pull = &rest.settings.pull;
    let mut from = vec![(pull.since_param.as_str(), since.as_deref())];
    if let (Some(param), Some(End { id, .. })) = (&pull.id_param, &end) {
        from.push((param, id.as_deref()));
    }
    let mut rows = request.limit.clamp(1, MOST_ROWS);
    loop {
        let answer = ask(rest, place, rows, &from, wanted.unless.as_deref()).await?;
        if answer.is_unchanged(wanted.unless.as_deref()) {
            return Ok(Page { backoff: answer.backoff(), ..Page::nothing_new(request) });
        }
        let read = read(rest, place, request, &answer)?;
        let now_at =
            End { id: pull.id_param.as_ref().and_then(|_| read.last_id.clone()), at: read.next.clone() };
        let goes_on = !read.more || gets_on(end.as_ref(), &now_at, &answer)?;
        match (goes_on, rows < MOST_OF_ONE_TIME) {
            (true, _) => {
                let shown = shown(&read, now_at, wanted.since, &answer)?;
                let next = cursor.after(&wanted, shown, bounds);
                return Ok(read.page(request, stream, next.to_text(), cursor.read_to()));
            }
            // More rows bear this time than were asked for.
            (false, true) => rows *= 2,
            (false, false) => return Err(stands(&answer)),
        }
    }
}

fn shown(read: &Read, end: End, since: i64, answer: &Answer) -> Result<Shown, Failure> {
    let now = answer.server_time().map(|at| at.0);
    Ok(Shown {
        last: told(&end, answer)?.timestamp_millis(),
        place: read.more.then(|| serde_json::to_string(&end).unwrap_or_default()),
        now,
        newest: newest(&read.rows, since),
        tag: answer.strong_tag().map(str::to_owned),
        at: now,
    })
}

/// The newest time of all rows; without any, all that is there is older than what was asked for. Unknown where one row does
/// not tell its time.
fn newest(rows: &[Row], since: i64) -> Option<i64> {
    rows.iter().try_fold(since, |newest, row| match row {
        Row::Record { remote, .. } => remote.at().map(|at| newest.max(at.0)),
        Row::Unreadable { .. } => None,
    })
}

/// Whether a page ends further on than the one before.
fn gets_on(before: Option<&End>, now: &End, answer: &Answer) -> Result<bool, Failure> {
    let Some(before) = before else { return Ok(true) };
    let (was, is) = (instant(&before.at)?, told(now, answer)?);
    Ok(is > was || is == was && now.id.is_some() && now.id != before.id)
}

/// The cursor in a token, also of an earlier Tidemark, which kept the time alone.
fn parse(token: &str, bounds: &LookBack) -> Result<Cursor, Failure> {
    if let Some(cursor) = Cursor::parse(token) {
        return Ok(cursor);
    }
    let (exact, midway) = match token.strip_prefix(MIDWAY) {
        Some(exact) => (exact, true),
        None => (token, false),
    };
    let seen = instant(exact)?.timestamp_millis();
    let end = End { at: exact.to_owned(), id: None };
    let place = serde_json::to_string(&end).unwrap_or_default();
    let listing = Listing { since: seen, began: None, last: seen, far: true, place };
    Ok(Cursor { listing: midway.then_some(listing), ..Cursor::read_up_to(seen, bounds) })
}

fn end_of(place: &str) -> Result<End, Failure> {
    serde_json::from_str(place).map_err(|_| no_instant())
}

/// A millisecond earlier: all rows of that time come again, also where the server leaves the time itself out.
fn just_before(at: &str) -> Result<String, Failure> {
    let before = instant(at)?.checked_sub_signed(TimeDelta::milliseconds(1)).ok_or_else(no_instant)?;
    Ok(before.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn text(at: i64) -> Option<String> {
    Some(DateTime::from_timestamp_millis(at)?.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn instant(text: &str) -> Result<DateTime<FixedOffset>, Failure> {
    DateTime::parse_from_rfc3339(text).map_err(|_| no_instant())
}

/// The time at which the server says that its page ends.
fn told(end: &End, answer: &Answer) -> Result<DateTime<FixedOffset>, Failure> {
    instant(&end.at).map_err(|_| {
        let (text, what) = (&end.at, "is no RFC 3339 time with a zone, as the settings promise");
        classify::intercepted(answer, Asked::Reading, &format!("the server's cursor '{text}' {what}"))
    })
}

/// Of a stored place nothing is repeated: it is the server's text, and nobody took a secret out of it.
fn no_instant() -> Failure {
    let what = "the stored place in the list is no RFC 3339 time with a zone, as the settings promise";
    Failure::new(ErrorClass::Intercepted, what)
}
