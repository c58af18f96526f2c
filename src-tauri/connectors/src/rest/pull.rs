//! One page of a collection and the checkpoint behind it.

mod by_time;

use super::Rest;
use super::place::Place;
use super::problem::{self, Kind};
use super::record;
use crate::classify::{self, Asked};
use crate::http::{Answer, Call, Stop};
use crate::wire::{self, Members};
use tidemark_model::connector::{Checkpoint, Page, PullFailure, PullRequest, Remote, Row};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::{Count, Millis};
use tidemark_model::settings::DeletedRows;

/// The most rows that are asked for at once; the contract's servers give no more.
const MOST_ROWS: usize = 1000;

/// Asks for the page after a checkpoint.
pub async fn pull(rest: &Rest, request: &PullRequest) -> Result<Page, PullFailure> {
    let place = place_of(rest, &request.collection)?;
    let stream = stream(rest, &place);
    if request.after.as_ref().is_some_and(|after| after.stream != stream) {
        return Err(PullFailure::EpochChanged);
    }
    match rest.look_back() {
        Some(bounds) => by_time::pull(rest, &place, request, stream, &bounds).await,
        None => {
            let after = request.after.as_ref().map(|after| after.token.as_str());
            let rows = request.limit.clamp(1, MOST_ROWS);
            let answer = ask(rest, &place, rows, &[(&rest.settings.pull.since_param, after)], None).await?;
            let read = read(rest, &place, request, &answer)?;
            if read.more && after == Some(read.next.as_str()) {
                return Err(stands(&answer));
            }
            let token = read.next.clone();
            Ok(read.page(request, stream, token, None))
        }
    }
}

/// The newest rows, where the settings say how to ask for them.
pub async fn newest(rest: &Rest, collection: &str, limit: usize) -> Result<Option<Page>, PullFailure> {
    let Some(sorting) = &rest.settings.pull.newest else { return Ok(None) };
    let place = place_of(rest, collection)?;
    let call = |rows: usize| {
        let limit = wire::query(&[(&rest.settings.pull.limit_param, &rows.to_string())]);
        Call::get(format!("{}?{limit}&{sorting}", place.list()), rest.http.limits().page)
    };
    // A row that is too large for a page is the usual listing's to tell of.
    let answer = match rest.http.send_list(limit.clamp(1, MOST_ROWS), call).await {
        Err(stop) if stop.is_good() => return Ok(None),
        answer => answer.map_err(Failure::from)?,
    };
    if !answer.is_success() {
        return Err(refused(&answer, &place));
    }
    let request = PullRequest::after(collection, None, limit);
    let read = read(rest, &place, &request, &answer)?;
    // Short enough to be the first page as well.
    let more = read.more;
    let page = read.page(&request, String::new(), String::new(), None);
    Ok(more.then_some(page))
}

fn place_of(rest: &Rest, collection: &str) -> Result<Place, Failure> {
    rest.place(collection).map_err(|error| Failure::new(ErrorClass::Permanent, error.to_string()))
}

/// Which sequence tokens belong to: the list's address.
fn stream(rest: &Rest, place: &Place) -> String {
    rest.http.url_of(place.list()).map(String::from).unwrap_or_default()
}

/// Asks for a list from somewhere; a good answer, or that nothing has changed since the one with that tag.
async fn ask(
    rest: &Rest,
    place: &Place,
    rows: usize,
    from: &[(&str, Option<&str>)],
    unless: Option<&str>,
) -> Result<Answer, PullFailure> {
    let call = |rows: usize| {
        let limit = rows.to_string();
        let given = from.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        let pairs: Vec<_> =
            given.chain([(rest.settings.pull.limit_param.as_str(), limit.as_str())]).collect();
        let target = format!("{}?{}", place.list(), wire::query(&pairs));
        Call::get(target, rest.http.limits().page).unless(unless)
    };
    // The place of the rows behind it is told by the page that cannot be read.
    let answer = rest.http.send_list(rows, call).await.map_err(Stop::at_one_row)?;
    match answer.is_success() || answer.is_unchanged(unless) {
        true => Ok(answer),
        false => Err(refused(&answer, place)),
    }
}

fn stands(answer: &Answer) -> PullFailure {
    let what = "the server gives the same page again and says that more follow";
    PullFailure::Failed(classify::intercepted(answer, Asked::Reading, what))
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

/// What stood on a page.
struct Read {
    rows: Vec<Row>,
    /// The id of the last row of the list itself.
    last_id: Option<String>,
    next: String,
    more: bool,
    epoch: String,
    total: Option<Count>,
    backoff: Option<Millis>,
}

impl Read {
    fn page(self, request: &PullRequest, stream: String, token: String, read_to: Option<Millis>) -> Page {
        Page {
            collection: request.collection.clone(),
            rows: self.rows,
            next: Checkpoint { stream, epoch: self.epoch, token },
            more: self.more,
            total: self.total,
            backoff: self.backoff,
            read_to,
        }
    }
}

fn read(rest: &Rest, place: &Place, request: &PullRequest, answer: &Answer) -> Result<Read, PullFailure> {
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
    let last_id = rows.last().and_then(|row| match row {
        Row::Record { id, .. } => Some(id.clone()),
        Row::Unreadable { id, .. } => id.clone(),
    });
    if pull.deleted == DeletedRows::List {
        rows.extend(deletions(&members, &place.deleted_field).ok_or_else(|| {
            wrong(&format!("the page has no list '{}' of deleted ids", place.deleted_field))
        })?);
    }
    let total = members.get("total").and_then(|raw| serde_json::from_str::<i64>(raw.get()).ok());
    Ok(Read {
        rows,
        last_id,
        next,
        more: wire::flag(&members, "more"),
        epoch,
        total: total.and_then(Count::told),
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
