//! Bringing changes in, page by page, each with its checkpoint; then what was set aside, by id.

use crate::cycle::{Heard, Run, Stop, finish_awaited, is_paused};
use crate::link::Link;
use crate::push::push;
use crate::shared::Shared;
use crate::store::collections::PageMark;
use crate::store::places::Place;
use crate::store::verbs::Moved;
use crate::store::verbs::pull::{self as verb, Applied};
use crate::store::verbs::removals::{self, Outlook};
use crate::store::verbs::{repair, stop};
use crate::store::{
    CollectionRow, StoreError, Tx, collections, links, outbox, records, repairs, transactions,
};
use crate::telemetry;
use std::sync::Arc;
use tidemark_model::connector::{Page, PullFailure, PullRequest};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::planted::{self, Bug};
use tidemark_model::view::{GapReason, Stopped};

/// So many records that are to be fetched by id are looked up at once.
const ASIDE: usize = 100;

/// How many rows are looked through for the number in a question about removals.
const OUTLOOK: usize = 100_000;
/// The same in pages, of which some servers give empty ones.
const OUTLOOK_PAGES: usize = 1_000;

/// Pulls every collection of a link; one that fails does not stop the others (row C5).
pub(crate) async fn pull(shared: &Arc<Shared>, link: &Arc<Link>, run: &mut Run) -> Result<(), StoreError> {
    let places = shared.places();
    for place in places.iter().filter(|place| place.link_id == link.id) {
        if run.only.as_ref().is_some_and(|only| *only != place.collection) {
            continue;
        }
        if run.must_stop_before_more(shared, link) {
            return Ok(());
        }
        pull_collection(shared, link, place, run).await?;
        fetch_aside(shared, link, place, run).await?;
    }
    let looked_everywhere = run.only.is_none() && run.stop.is_none() && !run.cut_off;
    if looked_everywhere { tell_not_found(shared, link, run).await } else { Ok(()) }
}

/// A collection that is not there is told for as long as it is so; nothing is deleted because of it.
async fn tell_not_found(shared: &Arc<Shared>, link: &Arc<Link>, run: &mut Run) -> Result<(), StoreError> {
    let (id, missing, now) = (link.id, run.not_found.take(), shared.now());
    let told = shared.store.read(|tx| Ok(links::get(tx, id)?.and_then(|row| row.stopped)))?;
    match (missing, told) {
        (Some(words), None | Some(Stopped::NotFound { .. })) => {
            let stopped = Stopped::NotFound { words };
            shared.write(move |tx| stop::set_stopped(tx, id, Some(&stopped), now)).await.map(drop)
        }
        (None, Some(Stopped::NotFound { .. })) => {
            shared.write(move |tx| stop::set_stopped(tx, id, None, now)).await.map(drop)
        }
        (Some(_), Some(_)) | (None, _) => Ok(()),
    }
}

async fn pull_collection(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: &Place,
    run: &mut Run,
) -> Result<(), StoreError> {
    let mut started_over = false;
    while !link.wish().end {
        let (collection, ack_seq) =
            shared.store.read(|tx| Ok((collections::get(tx, place.collection_id)?, verb::ack_seq(tx)?)))?;
        let Some(collection) = collection.filter(|collection| !collection.paused) else { return Ok(()) };
        // A record that was made and whose name is still on its way would come as a second one.
        if !link.capabilities.client_ids
            && shared.store.read(|tx| outbox::has_unnamed(tx, place.collection_id, &link.principal))?
        {
            return Ok(());
        }
        // The guard has asked: until it is answered nothing of this collection comes in, but a person may have it looked at
        // again.
        if collection.asks.is_some() && !run.forced {
            run.stands = true;
            return Ok(());
        }
        if is_paused(shared, link)? {
            run.cut_off = true;
            return Ok(());
        }
        if collection.wants_newest() {
            show_newest(shared, link, place, ack_seq, run).await?;
            if run.must_stop_before_more(shared, link) {
                return Ok(());
            }
        }
        if collection.is_repaired() && shared.store.read(|tx| repairs::rests(tx, place.collection_id))? {
            let at = place.clone();
            shared.write(move |tx| repair::begin(tx, &at)).await?;
            shared.bulletin.links_moved([link.id]);
        }
        let request = PullRequest {
            collection: place.collection.clone(),
            after: collection.checkpoint.clone(),
            limit: shared.settings().page,
            overlap: collection.lateness.overlap,
        };
        match link.connector.pull(&request).await {
            Ok(page) => {
                run.hear(shared, link, &Heard::Answer, None);
                run.paced(shared, link, page.backoff);
                let more = page.more;
                if stands_still(&collection, &page) {
                    let failure = Failure::new(ErrorClass::Intercepted, "the server repeats the same page");
                    run.stop =
                        Some(Stop::Stopped(Stopped::Intercepted { words: failure.words.clone() }, failure));
                    return Ok(());
                }
                match apply(shared, link, place, page, ack_seq, run).await? {
                    Some(guarded) => return ask(shared, link, place, guarded, run).await,
                    None if !more => {
                        if collection.is_repaired() {
                            telemetry::started_over(place, true);
                        }
                        return Ok(());
                    }
                    None => {}
                }
            }
            Err(failure) => match gap(&failure).filter(|_| !started_over) {
                Some(reason) => {
                    started_over = true;
                    telemetry::starts_over(place);
                    let (place, now) = (place.clone(), shared.now());
                    shared.write(move |tx| repair::start_over(tx, &place, reason, now)).await?;
                    shared.bulletin.links_moved([link.id]);
                }
                None => {
                    if collection.is_repaired() {
                        telemetry::started_over(place, false);
                    }
                    return pull_failed(shared, link, place, failure, run).await;
                }
            },
        }
        // Edits made meanwhile need not wait for the end of a long download.
        if link.take_edits() {
            push(shared, link, run).await?;
        }
        if run.must_stop_before_more(shared, link) {
            return Ok(());
        }
    }
    Ok(())
}

/// Why what is here cannot be continued, where that is what a failure says.
fn gap(failure: &PullFailure) -> Option<GapReason> {
    match failure {
        PullFailure::CheckpointExpired => Some(GapReason::Expired),
        PullFailure::EpochChanged => Some(GapReason::NewEpoch),
        PullFailure::Failed(_) | PullFailure::NoCollection(_) => None,
    }
}

/// The newest rows of a collection that is here for the first time can be used at once, where the server can sort.
async fn show_newest(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: &Place,
    ack_seq: i64,
    run: &mut Run,
) -> Result<(), StoreError> {
    let rows = match link.connector.newest(&place.collection, shared.settings().page).await {
        Ok(None) => Vec::new(),
        Ok(Some(page)) => {
            run.hear(shared, link, &Heard::Answer, None);
            run.paced(shared, link, page.backoff);
            page.rows
        }
        // A server that refuses the sorting may list all the same, and what is wrong with the server itself is told then.
        Err(failure) => {
            telemetry::not_newest_first(place, &failure);
            if let PullFailure::Failed(failure) = failure
                && matches!(
                    failure.class,
                    ErrorClass::Offline | ErrorClass::Transient | ErrorClass::Throttled
                )
            {
                run.hear(shared, link, &Heard::Failure(failure.clone()), None);
                run.report.failure.get_or_insert(failure);
            }
            Vec::new()
        }
    };
    let (at, now) = (place.clone(), shared.now());
    let moved = shared.write(move |tx| verb::show_newest(tx, &at, &rows, ack_seq, now)).await?;
    run.met_conflicts(moved.conflicts.len());
    shared.announce(moved, None);
    Ok(())
}

/// A server that promises more behind the page it gave already would be asked for ever.
fn stands_still(collection: &CollectionRow, page: &Page) -> bool {
    page.more && collection.checkpoint.as_ref() == Some(&page.next)
}

/// Applies a page; given back where the deletion guard stopped it.
async fn apply(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: &Place,
    page: Page,
    ack_seq: i64,
    run: &mut Run,
) -> Result<Option<Page>, StoreError> {
    let (rows, now, at) = (page.rows.len() as i64, shared.now(), place.clone());
    if planted::is(Bug::CheckpointFirst) {
        let (id, next) = (place.collection_id, page.next.clone());
        let mark = move |tx: &Tx| {
            let mark = PageMark { checkpoint: &next, rows: 0, nameless: 0, total: None, ends_at: None };
            collections::mark_page(tx, id, &mark)
        };
        shared.write(mark).await?;
    }
    let look_back = link.capabilities.look_back;
    let applied =
        shared.write(move |tx| verb::apply_page(tx, &at, page, ack_seq, look_back.as_ref(), now)).await?;
    match applied {
        Applied::Done { moved, shown } => {
            came_in(shared, link, place, rows, (moved, shown), run).await?;
            Ok(None)
        }
        Applied::Guarded(page) => Ok(Some(page)),
    }
}

/// Counts and tells what an applied page brought.
pub(crate) async fn came_in(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: &Place,
    rows: i64,
    (moved, shown): (Moved, Vec<(i64, String)>),
    run: &mut Run,
) -> Result<(), StoreError> {
    run.report.received += rows;
    run.met_conflicts(moved.conflicts.len());
    run.progress.received.0 += rows;
    shared.announce(moved, None);
    shared.bulletin.pulled(place);
    shared.bulletin.progressed(&place.link, run.progress);
    if !shown.is_empty() {
        let shown = link.was_shown(shown);
        finish_awaited(shared, |tx| transactions::shown(tx, link.id, &shown)).await?;
    }
    Ok(())
}

/// The deletion guard stopped a page: looks through the rest of the list, so that a person is asked once and for all of it,
/// and asks.
async fn ask(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: &Place,
    mut page: Page,
    run: &mut Run,
) -> Result<(), StoreError> {
    run.stands = true;
    let mut outlook = Outlook::default();
    loop {
        shared.store.read(|tx| outlook.add(tx, place, &page))?;
        if link.take_edits() {
            push(shared, link, run).await?;
        }
        if link.wish().end {
            return Ok(());
        }
        // What was found is true as far as it goes.
        let enough = outlook.rows >= OUTLOOK || outlook.pages >= OUTLOOK_PAGES;
        if !page.more || enough || run.must_stop(shared, link) {
            break;
        }
        let request = PullRequest::after(&place.collection, Some(page.next.clone()), shared.settings().page);
        match link.connector.pull(&request).await {
            Ok(next) if next.more && next.next == page.next => break,
            Ok(next) => {
                run.paced(shared, link, next.backoff);
                page = next;
            }
            Err(PullFailure::Failed(failure)) => {
                run.hear(shared, link, &Heard::Failure(failure.clone()), None);
                run.report.failure.get_or_insert(failure);
                break;
            }
            Err(_) => break,
        }
    }
    let (at, more, now, found) = (place.clone(), page.more, shared.now(), outlook.rows);
    shared.write(move |tx| removals::ask(tx, &at, &outlook, more, now)).await?;
    tracing::warn!(
        collection = place.collection,
        rows = found,
        "a pull would remove many records; it asks first"
    );
    shared.bulletin.status_is_stale();
    Ok(())
}

async fn pull_failed(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: &Place,
    failure: PullFailure,
    run: &mut Run,
) -> Result<(), StoreError> {
    let failure = match failure {
        PullFailure::Failed(failure) => failure,
        PullFailure::NoCollection(failure) => {
            run.not_found.get_or_insert_with(|| format!("{}: {}", place.collection, failure.words));
            failure
        }
        PullFailure::CheckpointExpired | PullFailure::EpochChanged => {
            Failure::new(ErrorClass::Transient, "the server refuses even a pull from the beginning")
        }
    };
    run.hear(shared, link, &Heard::Failure(failure.clone()), None);
    run.not_pulled.push((place.clone(), failure.clone()));
    if failure.is_unreadable() {
        let (at, now, words) = (place.clone(), shared.now(), failure.words.clone());
        shared.write(move |tx| verb::stands(tx, &at, &words, now)).await?;
        shared.bulletin.status_is_stale();
        run.stands = true;
        return Ok(());
    }
    run.report.failure.get_or_insert(failure);
    Ok(())
}

/// What a pull brought for records whose change was on its way is fetched once the answer is in.
async fn fetch_aside(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: &Place,
    run: &mut Run,
) -> Result<(), StoreError> {
    let mut last = 0;
    loop {
        let some =
            shared.store.read(|tx| records::aside_and_definite(tx, place.collection_id, last, ASIDE))?;
        let Some((id, _)) = some.last() else { return Ok(()) };
        last = *id;
        for (_, rid) in some {
            if run.must_stop_before_more(shared, link) || !fetch_one(shared, link, place, rid, run).await? {
                return Ok(());
            }
        }
    }
}

/// Whether those behind it may be asked for.
async fn fetch_one(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: &Place,
    rid: String,
    run: &mut Run,
) -> Result<bool, StoreError> {
    let ack_seq = shared.store.read(verb::ack_seq)?;
    match link.connector.fetch(&place.collection, &rid).await {
        Ok(remote) => {
            let (at, now) = (place.clone(), shared.now());
            let moved = shared.write(move |tx| verb::fetched(tx, &at, &rid, &remote, ack_seq, now)).await?;
            run.met_conflicts(moved.conflicts.len());
            shared.announce(moved, None);
            Ok(true)
        }
        Err(failure) => {
            run.hear(shared, link, &Heard::Failure(failure.clone()), None);
            // One record that may not be read does not hold up those behind it.
            let about_one = failure.class == ErrorClass::Permanent;
            if failure.is_unreadable() {
                let (at, now, words) = (place.clone(), shared.now(), failure.words.clone());
                shared.write(move |tx| verb::fetched_unread(tx, &at, &rid, &words, now)).await?;
                shared.bulletin.status_is_stale();
            }
            run.report.failure.get_or_insert(failure);
            Ok(about_one)
        }
    }
}
