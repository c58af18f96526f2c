//! What came back from the wire, written down one answer at a time.

use super::parcel::{Answered, Part, heard_of};
use super::{Arrived, Purpose, Push, verdict};
use crate::cycle::Heard;
use crate::link::Link;
use crate::shared::Shared;
use crate::store::places::Place;
use crate::store::verbs::Moved;
use crate::store::verbs::pull::{self, Applied, Pushed};
use crate::store::verbs::queue::{self, Again};
use crate::store::verbs::request;
use crate::store::verbs::settle::{self, Answer, Settled};
use crate::store::{StoreError, outbox};
use std::sync::Arc;
use tidemark_model::backoff;
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::Outcome;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::mutation::Operation;

/// What writing an answer down came to.
pub(super) struct Written {
    pub(super) settled: Vec<Settled>,
    pub(super) moved: Moved,
    pub(super) looked: Option<i64>,
    pub(super) came: Option<Came>,
}

/// A page that was applied beside an answer.
pub(super) struct Came {
    pub(super) place: Place,
    pub(super) rows: i64,
    pub(super) moved: Moved,
    pub(super) shown: Vec<(i64, String)>,
}

impl Push<'_> {
    pub(super) fn write_down(&mut self, arrived: Arrived) -> BoxFuture<'static, Result<Written, StoreError>> {
        let shared = Arc::clone(self.shared);
        let places = Arc::clone(&self.places);
        match arrived {
            Arrived::Answer(number, Answered { mut parts, server_time, backoff: asked, page }) => {
                let was_parked = self.account_may_not(&mut parts);
                let heard = heard_of(&parts);
                let overloaded =
                    asked.is_some() || matches!(&heard, Heard::Failure(failure) if failure.is_overload());
                self.answers += 1;
                self.link.width(|width| width.answered(number, overloaded, self.most_in_flight()));
                self.hear(&heard, server_time);
                verdict::judge(self.shared.platform.verdict.as_ref(), &mut parts);
                if let Some(span) = asked {
                    self.run.hold_host(self.link, self.shared.now().plus(span.0));
                }
                let host = self.link.host.clone();
                let breaker_open = self.link.breaker(|breaker| breaker.is_open());
                let keys_honoured = self.link.capabilities.honours_keys;
                let answered = |part: &Part| match &part.outcome {
                    Outcome::Failed(failure) => part.read_back.is_some() || failure.is_unreadable(),
                    Outcome::Accepted { .. }
                    | Outcome::Done { .. }
                    | Outcome::Conflict { .. }
                    | Outcome::NotDone => true,
                };
                let in_part = parts.len() > 1 && parts.iter().any(answered);
                let link = Arc::clone(self.link);
                Box::pin(async move {
                    let (now, backoff) = (shared.now(), shared.settings().backoff);
                    let (rng, fresh) = (Arc::clone(&shared.platform.rng), Arc::clone(&shared));
                    let at =
                        page.as_ref().and_then(|page| place_named(&places, &link, &page.wish.collection));
                    let (settled, moved) = shared
                        .write(move |tx| {
                            let mut moved = Moved::default();
                            let mut settled = Vec::with_capacity(parts.len());
                            for Part { outgoing, outcome, read_back, exchange } in parts {
                                let answer = Answer {
                                    seq: outgoing.seq,
                                    attempt: outgoing.attempt,
                                    outcome,
                                    exchange,
                                    read_back,
                                    host: &host,
                                    backoff: &backoff,
                                    keys_honoured,
                                    in_part,
                                    breaker_open,
                                    now,
                                };
                                if outgoing.sealed.operation == Operation::Request {
                                    settled.push(request::answer(tx, &answer, rng.as_ref(), &mut moved)?);
                                    continue;
                                }
                                // A collection may have gone away with its link; the change is in the trash.
                                let Some(place) = place_of(&places, outgoing.collection_id) else { continue };
                                settled.push(settle::answer(tx, place, &answer, rng.as_ref(), &mut moved)?);
                            }
                            if let Some(earlier) = was_parked {
                                // It was not refused for its own sake: it goes with the next sign-in.
                                let again = Again { fresh_id: &|| fresh.uuid(), by_person: false, now };
                                moved.append(queue::retry(tx, &[earlier], &again)?.1);
                            }
                            Ok((settled, moved))
                        })
                        .await?;
                    // The answer first: a page that is lost to a crash behind it is only pulled.
                    let came = match at.zip(page) {
                        Some((place, page)) => apply(&shared, &link, place, page).await?,
                        None => None,
                    };
                    Ok(Written { settled, moved, looked: None, came })
                })
            }
            Arrived::Look { waiting, purpose, seen } => {
                let heard =
                    seen.as_ref().map_or_else(|failure| Heard::Failure(failure.clone()), |_| Heard::Answer);
                self.hear(&heard, None);
                // It went away with its link meanwhile; the change is in the trash.
                let Some(place) = place_of(&places, waiting.collection_id).cloned() else { return done() };
                let retry_at = self.shared.now().plus(
                    backoff::delay(&self.shared.settings().backoff, 2, self.shared.platform.rng.as_ref()).0,
                );
                Box::pin(async move {
                    let now = shared.now();
                    let seq = waiting.seq;
                    let (settled, moved) = shared
                        .write(move |tx| {
                            let mut moved = Moved::default();
                            let settled = match (seen, purpose) {
                                (Ok(remote), Purpose::ReadBack) => {
                                    settle::read_back(tx, &place, waiting.seq, &remote, now, &mut moved)?
                                }
                                (Ok(remote), Purpose::Refresh) => {
                                    settle::refreshed(tx, &place, &waiting.rid, &remote, now, &mut moved)?;
                                    if remote.document().is_some() && remote.version().is_none() {
                                        // Nothing was learnt: not at once again.
                                        settle::postpone(tx, waiting.seq, &no_version(), retry_at)?;
                                    }
                                    Settled::Waits
                                }
                                (Err(failure), _) if failure.class == ErrorClass::Permanent => {
                                    settle::unread::looked_at(
                                        tx,
                                        &place,
                                        waiting.seq,
                                        &failure,
                                        now,
                                        &mut moved,
                                    )?
                                }
                                (Err(failure), _) => {
                                    settle::postpone(tx, waiting.seq, &failure, retry_at)?;
                                    Settled::Waits
                                }
                            };
                            Ok((settled, moved))
                        })
                        .await?;
                    Ok(Written { settled: vec![settled], moved, looked: Some(seq), came: None })
                })
            }
        }
    }

    /// Forbidden for a second record with nothing taken in between: it is the account that may not (`engine.md` 7). Then
    /// the first one's change is returned, which was parked as its own fault.
    fn account_may_not(&self, parts: &mut [Part]) -> Option<String> {
        let [Part { outgoing, outcome: Outcome::Failed(failure), .. }] = parts else { return None };
        if failure.status != Some(403) || failure.class != ErrorClass::Permanent {
            return None;
        }
        let record = format!("{}/{}", outgoing.collection_id, outgoing.sealed.record);
        let earlier = self.link.was_forbidden(&record, &outgoing.sealed.mutation)?;
        (failure.class, failure.counts) = (ErrorClass::Auth, false);
        Some(earlier)
    }
}

/// Applies a page that came beside an answer, where nothing of its collection has moved since it was asked for.
async fn apply(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    place: Place,
    page: Pushed,
) -> Result<Option<Came>, StoreError> {
    let (at, rows, now) = (place.clone(), page.page.rows.len() as i64, shared.now());
    let (look_back, principal, client_ids) =
        (link.capabilities.look_back, link.principal.clone(), link.capabilities.client_ids);
    let applied = shared
        .write(move |tx| {
            // A record whose name is still on its way would come as a second one.
            if !client_ids && outbox::has_unnamed(tx, at.collection_id, &principal)? {
                return Ok(None);
            }
            pull::apply_pushed(tx, &at, page, look_back.as_ref(), now)
        })
        .await?;
    Ok(match applied {
        Some(Applied::Done { moved, shown }) => Some(Came { place, rows, moved, shown }),
        Some(Applied::Guarded(_)) | None => None,
    })
}

fn place_named(places: &[Place], link: &Link, collection: &str) -> Option<Place> {
    places.iter().find(|place| place.link_id == link.id && place.collection == collection).cloned()
}

fn place_of(places: &[Place], collection_id: i64) -> Option<&Place> {
    places.iter().find(|place| place.collection_id == collection_id)
}

fn done() -> BoxFuture<'static, Result<Written, StoreError>> {
    Box::pin(async { Ok(Written { settled: Vec::new(), moved: Moved::default(), looked: None, came: None }) })
}

fn no_version() -> Failure {
    Failure::new(ErrorClass::Transient, "the server does not tell the version of this record")
}
