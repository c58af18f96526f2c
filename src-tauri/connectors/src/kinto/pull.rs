//! Pages of changes, sorted by `last_modified`, tombstones between the rest.

use super::Kinto;
use super::cursor::{Cursor, Listing, overlap_ms};
use super::place::Place;
use super::record;
use super::refusal::{self, Meaning, Refusal};
use crate::classify::{self, Asked};
use crate::http::{Answer, Call};
use crate::wire;
use serde_json::value::RawValue;
use tidemark_model::connector::{Checkpoint, Page, PullFailure, PullRequest, Remote, Row};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::Count;
use url::Url;

/// The most rows that are asked for at once.
const MOST_ROWS: usize = 1000;
/// What a row is asked for that is too large for a page.
const NAME: &str = "id,last_modified";

/// Asks for the page after a checkpoint.
pub async fn pull(kinto: &Kinto, request: &PullRequest) -> Result<Page, PullFailure> {
    let place = kinto
        .place(&request.collection)
        .map_err(|error| Failure::new(ErrorClass::Permanent, error.to_string()))?;
    let stream = kinto.http.url_of(&place.records()).map(String::from).unwrap_or_default();
    let cursor = start(request, &stream)?;
    let asked = ask(kinto, &place, &cursor, request.limit).await?;
    if cursor.listing.is_none() || !lost_its_place(&asked.0) {
        return finish(kinto, request, &place, stream, &cursor, asked).await;
    }
    // Nothing is lost: the listing begins again where it began.
    let cursor = cursor.again(kinto.settings.pull.overlap_s);
    let asked = ask(kinto, &place, &cursor, request.limit).await?;
    finish(kinto, request, &place, stream, &cursor, asked).await
}

fn start(request: &PullRequest, stream: &str) -> Result<Cursor, PullFailure> {
    let Some(after) = &request.after else { return Ok(Cursor::default()) };
    if after.stream != stream {
        return Err(PullFailure::EpochChanged);
    }
    Cursor::parse(&after.token).ok_or(PullFailure::EpochChanged)
}

/// A page, with whether it only names its row, because that alone is more than a page may hold.
async fn ask(kinto: &Kinto, place: &Place, cursor: &Cursor, rows: usize) -> Result<(Answer, bool), Failure> {
    let since = cursor.since(kinto.settings.pull.overlap_s).to_string();
    let token =
        cursor.listing.as_ref().map(|listing| listing.token.as_str()).filter(|token| !token.is_empty());
    let target = |rows: usize| {
        let limit = rows.to_string();
        // Without `_since` there would be no tombstones, and a deletion during a long first listing would be lost.
        let mut pairs =
            vec![("_since", since.as_str()), ("_sort", record::VERSION), ("_limit", limit.as_str())];
        pairs.extend(token.map(|token| ("_token", token)));
        format!("{}?{}", place.records(), wire::query(&pairs))
    };
    match kinto.http.send_list(rows.clamp(1, MOST_ROWS), target).await {
        Err(stop) if stop.is_good() => {
            let named = format!("{}&{}", target(1), wire::query(&[("_fields", NAME)]));
            Ok((kinto.http.send(Call::get(named, kinto.http.limits().page)).await?, true))
        }
        answer => Ok((answer?, false)),
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
    (answer, only_named): (Answer, bool),
) -> Result<Page, PullFailure> {
    if !answer.is_success() {
        return Err(refused(&answer));
    }
    let (mut rows, next) = read(kinto, cursor, &answer, only_named)?;
    if only_named {
        rows = by_id(kinto, &request.collection, rows).await?;
    }
    let backoff = answer.backoff();
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
    })
}

fn refused(answer: &Answer) -> PullFailure {
    let refusal = Refusal::read(answer);
    let failure = refusal::failure(answer, Asked::Reading, refusal.as_ref());
    match refusal.map(|refusal| refusal.meaning()) {
        Some(Meaning::NoCollection) => PullFailure::NoCollection(failure),
        _ => PullFailure::Failed(failure),
    }
}

fn read(
    kinto: &Kinto,
    cursor: &Cursor,
    answer: &Answer,
    only_named: bool,
) -> Result<(Vec<Row>, Cursor), PullFailure> {
    let wrong = |what: &str| PullFailure::Failed(classify::intercepted(answer, Asked::Reading, what));
    let bytes = answer.json().ok_or_else(|| wrong("the page is no JSON"))?;
    let (text, broken) = wire::repaired(bytes);
    let members = wire::members(text.as_bytes()).ok_or_else(|| wrong("the page is no JSON object"))?;
    let raws = members.get("data").copied().and_then(wire::rows);
    let raws = raws.ok_or_else(|| wrong("the page has no list 'data'"))?;
    if went_back(cursor, kinto, answer) {
        return Err(PullFailure::EpochChanged);
    }
    let last = raws.iter().filter_map(|raw| record::modified_of(raw)).max();
    let since = cursor.since(kinto.settings.pull.overlap_s);
    let listing = match (next_token(kinto, answer), last) {
        (Some(token), Some(last)) => Some(Listing { since, last, token }),
        // A next page behind an empty one would never end.
        (_, _) => None,
    };
    if let (Some(before), Some(now)) = (&cursor.listing, &listing)
        && now.last <= before.last
    {
        return Err(wrong("the server gives the same page again and says that more follow"));
    }
    let seen = cursor.seen.max(last.unwrap_or(0));
    let rows = raws.into_iter().map(|raw| match only_named {
        true => wire::unreadable(raw, "id", "the record is too large for a page"),
        false => row(raw, broken),
    });
    let rows = rows.collect();
    Ok((rows, Cursor { seen, listing }))
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

/// A collection's own time, the list's `ETag`, only rises; an older one is another life of the collection.
fn went_back(cursor: &Cursor, kinto: &Kinto, answer: &Answer) -> bool {
    let collection = answer.etag().and_then(|tag| tag.parse::<i64>().ok());
    let overlap = overlap_ms(kinto.settings.pull.overlap_s);
    collection.is_some_and(|now| now.saturating_add(overlap) < cursor.seen)
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
    total.parse::<i64>().ok().filter(|total| answer.is_success() && *total >= 0).map(Count)
}
