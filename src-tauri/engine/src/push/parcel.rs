//! One request on its way: what goes in it, and what came back for each change.

use crate::cycle::Heard;
use crate::link::Link;
use crate::shared::Shared;
use crate::store::verbs::doubt;
use crate::store::verbs::pull::{self, Pushed};
use crate::store::verbs::seal::Outgoing;
use crate::store::{CollectionRow, Tx, collections};
use crate::telemetry;
use std::sync::Arc;
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::{Outcome, PullRequest, PushAnswer, Remote, Sealed};
use tidemark_model::exchange::Exchange;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::mutation::Operation;
use tidemark_model::number::Millis;
use tidemark_model::temporary;
use tracing::{Instrument as _, Span};

/// What goes in one request: one change, or all of an atomic transaction.
pub(super) type Parcel = Vec<Outgoing>;

/// One change's part of an answer.
pub(super) struct Part {
    pub(super) outgoing: Outgoing,
    pub(super) outcome: Outcome,
    /// A look at the record after an accepted resolution, or an answer that cannot be read.
    pub(super) read_back: Option<Remote>,
    /// What was seen of its request on the wire.
    pub(super) exchange: Option<Exchange>,
}

/// What came back for one request.
pub(super) struct Answered {
    pub(super) parts: Vec<Part>,
    pub(super) server_time: Option<Millis>,
    /// The server asks to be left alone for so long.
    pub(super) backoff: Option<Millis>,
    /// What others did, which was asked for with it.
    pub(super) page: Option<Pushed>,
}

/// How much a request carries.
pub(super) fn bytes_of(parcel: &Parcel) -> i64 {
    parcel.iter().map(|outgoing| outgoing.sealed.wire.body.as_ref().map_or(0, String::len) as i64).sum()
}

/// Sends one request; what the answer leaves open about a change is looked at before it counts as arrived.
pub(super) fn send(shared: Arc<Shared>, link: Arc<Link>, parcel: Parcel) -> BoxFuture<'static, Answered> {
    let spans: Vec<Span> = parcel.iter().map(|outgoing| telemetry::attempt(&link, outgoing)).collect();
    // What goes together goes in the span of its first change.
    let span = spans.first().cloned().unwrap_or_else(Span::none);
    let sent = async move {
        let started = shared.now();
        let network = shared.platform.surroundings.state().name;
        let items: Vec<Sealed> = parcel.iter().map(|outgoing| outgoing.sealed.clone()).collect();
        let wish = wish(&shared, &link, &items);
        let answer = match (items.len(), &wish) {
            (1, Some((wish, _))) => link.connector.push_asking(&items, wish).await,
            (1, None) => link.connector.push(&items).await,
            (_, _) => link.connector.push_atomic(&items).await,
        };
        let PushAnswer { outcomes, server_time, backoff, mut exchange, page } = answer;
        if let Some(exchange) = &mut exchange {
            exchange.network = network;
        }
        let page = wish.zip(page).map(|((wish, ack_seq), page)| Pushed { wish, ack_seq, page });
        let spent = Millis(shared.now().0 - started.0);
        let mut outcomes = outcomes.into_iter();
        let mut parts = Vec::with_capacity(parcel.len());
        for (outgoing, span) in parcel.into_iter().zip(&spans) {
            let outcome = outcomes.next().unwrap_or_else(|| Outcome::Failed(no_outcome()));
            telemetry::attempt_ended(span, &outcome, spent);
            // What was said of all together is kept with the first.
            let rest = exchange.as_ref().map(|whole| Exchange { body: None, ..whole.clone() });
            let exchange = std::mem::replace(&mut exchange, rest);
            parts.push(
                look_after(&shared, &link, Part { outgoing, outcome, read_back: None, exchange }).await,
            );
        }
        Answered { parts, server_time, backoff, page }
    };
    Box::pin(sent.instrument(span))
}

/// What is asked for beside a change, and the acknowledgement sequence before it leaves: a collection that was brought in
/// once, from its checkpoint. A store that cannot be read says so where the answer is written down.
fn wish(shared: &Shared, link: &Link, items: &[Sealed]) -> Option<(PullRequest, i64)> {
    let [item] = items else { return None };
    if !link.capabilities.pages_with_push || item.collection.is_empty() {
        return None;
    }
    let read = |tx: &Tx| {
        let row = collections::by_name(tx, link.id, &item.collection)?;
        Ok((row.filter(|row| row.checkpoint.is_some()), pull::ack_seq(tx)?))
    };
    let (row, ack_seq) = shared.store.read(read).ok()?;
    let CollectionRow { name, checkpoint, lateness, .. } = row?;
    let limit = shared.settings().page;
    Some((PullRequest { collection: name, after: checkpoint, limit, overlap: lateness.overlap }, ack_seq))
}

/// Looks at the record where the answer alone does not settle the change.
async fn look_after(shared: &Shared, link: &Link, part: Part) -> Part {
    let Part { outgoing, outcome, exchange, .. } = part;
    let record = given_name(shared, &outgoing, &outcome).unwrap_or_else(|| outgoing.sealed.record.clone());
    let fetch = async || link.connector.fetch(&outgoing.sealed.collection, &record).await;
    let (outcome, read_back) = match outcome {
        // The refusal did not tell what the server has: it is asked for before anything is decided.
        Outcome::Conflict { current: None, failure } => match fetch().await {
            Ok(seen) => (Outcome::Conflict { current: Some(seen), failure }, None),
            // No later look would show more by itself: the refusal stands, with the reason why it cannot be settled.
            Err(Failure { class: ErrorClass::Permanent, words, .. }) => {
                let failure = Failure { class: ErrorClass::Permanent, words, ..failure };
                (Outcome::Conflict { current: None, failure }, None)
            }
            Err(_) => (Outcome::Conflict { current: None, failure }, None),
        },
        // It may have been done, and no repetition would have a better answer: the record itself may show it.
        Outcome::Failed(failure) if failure.is_unreadable() && can_be_read(link, &outgoing) => {
            match fetch().await {
                Ok(seen) => (Outcome::Failed(failure), Some(seen)),
                Err(Failure { class: ErrorClass::Permanent, words, .. }) => {
                    (Outcome::Failed(Failure { words, ..failure }), None)
                }
                Err(failure) => (Outcome::Failed(failure.uncertain()), None),
            }
        }
        Outcome::Accepted { remote, replayed } if outgoing.settles_conflict => match fetch().await {
            Ok(seen) => (Outcome::Accepted { remote, replayed }, Some(seen)),
            // A resolution is confirmed by reading back; until that comes about it is sent, not confirmed.
            Err(failure) => (Outcome::Failed(failure.uncertain()), None),
        },
        outcome => (outcome, None),
    };
    Part { outgoing, outcome, read_back, exchange }
}

/// Under which name a server that names records took what was sent: the record that was made again has another than the
/// one that was deleted.
fn given_name(shared: &Shared, outgoing: &Outgoing, outcome: &Outcome) -> Option<String> {
    let Outcome::Accepted { remote: Some(remote), .. } = outcome else { return None };
    let places = shared.places();
    let place = places.iter().find(|place| place.collection_id == outgoing.collection_id)?;
    remote.document()?.get(&place.id_field).map(temporary::text_of)
}

/// Whether the record can be asked for: one that the server is still to name cannot, and a request has none.
fn can_be_read(link: &Link, outgoing: &Outgoing) -> bool {
    let Sealed { operation, record, .. } = &outgoing.sealed;
    *operation != Operation::Request && !doubt::is_nameless(*operation, record, &link.capabilities)
}

/// What an answer says about the server as a whole: the first failure in it, else that it takes changes.
pub(super) fn heard_of(parts: &[Part]) -> Heard {
    let failure = parts.iter().find_map(|part| match &part.outcome {
        Outcome::Failed(failure) => Some(failure.clone()),
        Outcome::Accepted { .. } | Outcome::Done { .. } | Outcome::Conflict { .. } | Outcome::NotDone => None,
    });
    failure.map_or(Heard::Accepted, Heard::Failure)
}

fn no_outcome() -> Failure {
    Failure::new(ErrorClass::Transient, "the connector gave no answer for this change").uncertain()
}
