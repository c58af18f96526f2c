//! Pages of changes, sorted by `last_modified`, tombstones between the rest.

use super::Kinto;
use super::place::Place;
use super::record;
use super::refusal::{self, Meaning, Refusal};
use crate::by_time::{Ask, Cursor, Listing, Shown};
use crate::classify::{self, Asked as Asking};
use crate::http::{Answer, Call};
use crate::wire;
use serde_json::value::RawValue;
use tidemark_model::connector::{Checkpoint, Page, PullFailure, PullRequest, Remote, Row};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::lateness::LookBack;
use tidemark_model::number::Count;
use url::Url;

/// The most rows that are asked for at once.
const MOST_ROWS: usize = 1000;
/// What a row is asked for that is too large for a page.
const NAME: &str = "id,last_modified";

/// Asks for the page after a checkpoint.
pub async fn pull(kinto: &Kinto, request: &PullRequest) -> Result<Page, PullFailure> {
    let place = place_of(kinto, &request.collection)?;
    let stream = kinto.http.url_of(&place.records()).map(String::from).unwrap_or_default();
    let cursor = start(kinto, request, &stream)?;
    let asked = ask(kinto, &place, &cursor, request).await?;
    if cursor.listing.is_none() || !lost_its_place(&asked.answer) {
        return finish(kinto, request, &place, stream, &cursor, asked).await;
    }
    // Nothing is lost: the listing begins again where it began.
    let cursor = cursor.again();
    let asked = ask(kinto, &place, &cursor, request).await?;
    finish(kinto, request, &place, stream, &cursor, asked).await
}

/// The newest records, where there are more than so many: tombstones are of no use to who has nothing yet.
pub async fn newest(kinto: &Kinto, collection: &str, limit: usize) -> Result<Option<Page>, PullFailure> {
    let place = place_of(kinto, collection)?;
    let limit = limit.clamp(1, MOST_ROWS);
    match total(kinto, &place).await {
        Some(total) if total.0 > limit as i64 => {}
        Some(_) | None => return Ok(None),
    }
    let call = |rows: usize| {
        let pairs = [("_sort", &*format!("-{}", record::VERSION)), ("_limit", &rows.to_string())];
        Call::get(format!("{}?{}", place.records(), wire::query(&pairs)), kinto.http.limits().page)
    };
    // A record that is too large for a page is the usual listing's to tell of.
    let answer = match kinto.http.send_list(limit, call).await {
        Err(stop) if stop.is_good() => return Ok(None),
        answer => answer.map_err(Failure::from)?,
    };
    if !answer.is_success() {
        return Err(refused(&answer));
    }
    let backoff = answer.backoff();
    let (rows, _) = rows_of(&answer, false)?;
    let next = Checkpoint::default();
    let collection = collection.to_owned();
    Ok(Some(Page { collection, rows, next, more: true, total: None, backoff, read_to: None }))
}

fn place_of(kinto: &Kinto, collection: &str) -> Result<Place, Failure> {
    kinto.place(collection).map_err(|error| Failure::new(ErrorClass::Permanent, error.to_string()))
}

fn start(kinto: &Kinto, request: &PullRequest, stream: &str) -> Result<Cursor, PullFailure> {
    let Some(after) = &request.after else { return Ok(Cursor::default()) };
    if after.stream != stream {
        return Err(PullFailure::EpochChanged);
    }
    let token = &after.token;
    Cursor::parse(token).or_else(|| of_old(token, &kinto.look_back())).ok_or(PullFailure::EpochChanged)
}

/// A token of an earlier Tidemark: the largest `last_modified` seen, and in the middle of a listing what that began after,
/// the last row's, and Kinto's own.
fn of_old(token: &str, bounds: &LookBack) -> Option<Cursor> {
    let number = |part: Option<&str>| part?.parse::<i64>().ok().filter(|number| *number >= 0);
    let mut parts = token.splitn(4, ';');
    let cursor = Cursor::read_up_to(number(parts.next())?, bounds);
    let Some(since) = parts.next() else { return Some(cursor) };
    let (since, last) = (number(Some(since))?, number(parts.next())?);
    let place = parts.next().filter(|token| !token.is_empty())?.to_owned();
    // What it had seen before it began was not kept.
    Some(Cursor {
        listing: Some(Listing { since, began: None, last, far: true, place }),
        ..Cursor::read_up_to(since, bounds)
    })
}

/// What was asked for, and what came.
struct Asked {
    ask: Ask,
    answer: Answer,
    /// The page only names its row, because that alone is more than a page may hold.
    only_named: bool,
}

async fn ask(kinto: &Kinto, place: &Place, cursor: &Cursor, request: &PullRequest) -> Result<Asked, Failure> {
    let ask = cursor.ask(&kinto.look_back(), request.overlap);
    let since = ask.since.to_string();
    let token =
        cursor.listing.as_ref().map(|listing| listing.place.as_str()).filter(|token| !token.is_empty());
    let target = |rows: usize| {
        let limit = rows.to_string();
        // Without `_since` there would be no tombstones, and a deletion during a long first listing would be lost.
        let mut pairs =
            vec![("_since", since.as_str()), ("_sort", record::VERSION), ("_limit", limit.as_str())];
        pairs.extend(token.map(|token| ("_token", token)));
        format!("{}?{}", place.records(), wire::query(&pairs))
    };
    let most = kinto.http.limits().page;
    let call = |rows: usize| Call::get(target(rows), most).unless(ask.unless.as_deref());
    match kinto.http.send_list(request.limit.clamp(1, MOST_ROWS), call).await {
        Err(stop) if stop.is_good() => {
            let named = format!("{}&{}", target(1), wire::query(&[("_fields", NAME)]));
            let answer = kinto.http.send(Call::get(named, most)).await?;
            Ok(Asked { ask, answer, only_named: true })
        }
        answer => Ok(Asked { ask, answer: answer?, only_named: false }),
    }
}

/// The same rows from records that were asked for by their ids; what still cannot be read is set aside under its id.
async fn by_id(kinto: &Kinto, collection: &str, named: Vec<Row>) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::with_capacity(named.len());
    for row in named {
        let Row::Unreadable { id: Some(id), raw, .. } = row else {
            rows.push(row);
            continue;
        };
        match record::fetch(kinto, collection, &id).await {
            Ok(Remote::Missing) => {}
            Ok(remote) => rows.push(Row::Record { id, remote }),
            Err(failure) if failure.is_unreadable() => rows.push(Row::Unreadable {
                id: Some(id),
                raw,
                bytes: kinto.http.limits().page,
                reason: failure.words,
            }),
            Err(failure) => return Err(failure),
        }
    }
    Ok(rows)
}

/// Whether Kinto refuses the page token: 400 errno 107.
fn lost_its_place(answer: &Answer) -> bool {
    Refusal::read(answer).is_some_and(|refusal| refusal.code == 400 && refusal.errno == 107)
}

async fn finish(
    kinto: &Kinto,
    request: &PullRequest,
    place: &Place,
    stream: String,
    cursor: &Cursor,
    asked: Asked,
) -> Result<Page, PullFailure> {
    let answer = &asked.answer;
    let backoff = answer.backoff();
    if answer.is_unchanged(asked.ask.unless.as_deref()) {
        return Ok(Page { backoff, ..Page::nothing_new(request) });
    }
    if !answer.is_success() {
        return Err(refused(answer));
    }
    let (mut rows, next) = read(kinto, cursor, &asked)?;
    if asked.only_named {
        rows = by_id(kinto, &request.collection, rows).await?;
    }
    // Whoever asks to be left alone is not asked how many there are.
    let counts = request.after.is_none() && backoff.is_none();
    let total = if counts { total(kinto, place).await } else { None };
    Ok(Page {
        collection: request.collection.clone(),
        rows,
        more: next.listing.is_some(),
        next: Checkpoint { stream, epoch: String::new(), token: next.to_text() },
        total,
        backoff,
        read_to: cursor.read_to(),
    })
}

fn refused(answer: &Answer) -> PullFailure {
    let refusal = Refusal::read(answer);
    let failure = refusal::failure(answer, Asking::Reading, refusal.as_ref());
    match refusal.map(|refusal| refusal.meaning()) {
        Some(Meaning::NoCollection) => PullFailure::NoCollection(failure),
        _ => PullFailure::Failed(failure),
    }
}

fn read(
    kinto: &Kinto,
    cursor: &Cursor,
    Asked { ask, answer, only_named }: &Asked,
) -> Result<(Vec<Row>, Cursor), PullFailure> {
    let wrong = |what: &str| PullFailure::Failed(classify::intercepted(answer, Asking::Reading, what));
    let (rows, last) = rows_of(answer, *only_named)?;
    // A collection's own time, the list's `ETag`, only rises; an older one is another life of the collection.
    let newest = answer.etag().and_then(|tag| tag.parse::<i64>().ok());
    if went_back(cursor, &kinto.look_back(), newest) {
        return Err(PullFailure::EpochChanged);
    }
    let shown = Shown {
        last: last.unwrap_or(0),
        // A next page behind an empty one would never end.
        place: next_token(kinto, answer).filter(|_| last.is_some()),
        now: newest,
        newest,
        tag: answer.strong_tag().map(str::to_owned),
        at: answer.server_time().map(|at| at.0),
    };
    if let (Some(before), Some(_)) = (&cursor.listing, &shown.place)
        && shown.last <= before.last
    {
        return Err(wrong("the server gives the same page again and says that more follow"));
    }
    let next = cursor.after(ask, shown, &kinto.look_back());
    Ok((rows, next))
}

/// The rows of a page, with the largest `last_modified` in it.
fn rows_of(answer: &Answer, only_named: bool) -> Result<(Vec<Row>, Option<i64>), PullFailure> {
    let wrong = |what: &str| PullFailure::Failed(classify::intercepted(answer, Asking::Reading, what));
    let bytes = answer.json().ok_or_else(|| wrong("the page is no JSON"))?;
    let (text, broken) = wire::repaired(bytes);
    let members = wire::members(text.as_bytes()).ok_or_else(|| wrong("the page is no JSON object"))?;
    let raws = members.get("data").copied().and_then(wire::rows);
    let raws = raws.ok_or_else(|| wrong("the page has no list 'data'"))?;
    let last = raws.iter().filter_map(|raw| record::modified_of(raw)).max();
    let rows = raws.into_iter().map(|raw| match only_named {
        true => wire::unreadable(raw, "id", "the record is too large for a page"),
        false => row(raw, broken),
    });
    Ok((rows.collect(), last))
}

fn row(raw: &RawValue, broken: bool) -> Row {
    if broken && raw.get().contains('\u{FFFD}') {
        return wire::unreadable(raw, "id", "the row is not valid UTF-8");
    }
    match record::read(raw) {
        Ok(read) => Row::Record { id: read.id, remote: read.remote },
        Err(reason) => wire::unreadable(raw, "id", reason),
    }
}

fn went_back(cursor: &Cursor, bounds: &LookBack, newest: Option<i64>) -> bool {
    let read = cursor.listing.as_ref().map_or(0, |listing| listing.last).max(cursor.seen);
    newest.is_some_and(|newest| newest.saturating_add(bounds.least.0) < read)
}

/// The `_token` of `Next-Page`; of the rest of that address nothing is believed, ours is made again.
fn next_token(kinto: &Kinto, answer: &Answer) -> Option<String> {
    let next = kinto.http.base().join(answer.header("next-page")?).ok()?;
    token_of(&next)
}

/// The page token in an address.
pub fn token_of(next: &Url) -> Option<String> {
    let token = next.query_pairs().find(|(name, _)| name == "_token")?.1.into_owned();
    (!token.is_empty()).then_some(token)
}

/// How many records there are, which Kinto tells to HEAD alone; unknown where it does not.
pub async fn total(kinto: &Kinto, place: &Place) -> Option<Count> {
    let answer = kinto.http.send(Call::head(place.records())).await.ok()?;
    let total = answer.header("total-objects").or_else(|| answer.header("total-records"))?;
    total.parse::<i64>().ok().filter(|_| answer.is_success()).and_then(Count::told)
}
