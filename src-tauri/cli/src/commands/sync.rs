//! `sync`: until nothing more can be sent or received; by the process that sends.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::SyncArguments;
use crate::out::Out;
use crate::words;
use serde::Serialize;
use tidemark_engine::CycleReport;
use tidemark_host::Host;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Refusal, RefusalCode, StatusSnapshot};

/// The longest wait for another try of a change, in milliseconds.
const NEAR: i64 = 30_000;
/// The longest that a run waits for other tries in all.
const PATIENCE: i64 = 120_000;
/// How often it is looked whether the other process is done.
const LOOK: i64 = 100;
/// How long the other process may take to begin; after it, it is not there.
const OTHERS_TURN: i64 = 300_000;

/// What a run came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Synced {
    /// Changes confirmed in this run; none where another process did it.
    pub confirmed: Option<Count>,
    /// Rows received.
    pub received: Option<Count>,
    /// Changes that still go by themselves.
    pub waiting: Count,
    /// Changes that need a person.
    pub needs_you: Count,
    /// Open conflicts.
    pub conflicts: Count,
    /// Why it ended early.
    pub failure: Option<Ending>,
    /// Whether a running Tidemark did it.
    pub by_another: bool,
    /// When the next change goes, where that is timed.
    pub next_at: Option<Millis>,
    #[serde(skip)]
    pub exit: Exit,
}

/// What ended it.
#[derive(Debug, Serialize)]
pub struct Ending {
    /// Its class.
    pub class: ErrorClass,
    /// In words.
    pub words: String,
}

pub async fn perform(arguments: &SyncArguments, host: &Host, out: &Out) -> Result<Exit, Fault> {
    if host.engine().links()?.is_empty() {
        return Err(Fault::Refused(Refusal {
            code: RefusalCode::NotFound,
            message: "there is no connection yet".to_owned(),
            hint: "Add one with: tidemarkctl link add NAME --kind rest --url URL".to_owned(),
        }));
    }
    // Where no window ever runs, nobody else checks the store and makes backups.
    host.engine().look_after_store().await;
    let synced = bring_in_step(host, arguments.link.as_deref(), arguments.collection.as_deref()).await?;
    let status = host.engine().status()?;
    out.say(&synced, || {
        let mut lines = Vec::new();
        if let (Some(confirmed), Some(received)) = (synced.confirmed, synced.received) {
            lines.push(format!(
                "{} confirmed, {} records received.",
                words::changes(confirmed.0),
                received.0
            ));
        }
        if let Some(failure) = &synced.failure {
            lines.push(format!("It ended early: {}", words::plain(&failure.words)));
        }
        lines.push(words::sentence(&status));
        lines.join("\n")
    });
    Ok(synced.exit)
}

/// Syncs, or has the process that sends do it.
pub async fn bring_in_step(
    host: &Host,
    link: Option<&str>,
    collection: Option<&str>,
) -> Result<Synced, Fault> {
    if host.engine().is_sender() {
        return here(host, link, collection).await;
    }
    // A running window answers; another command line ends soon, and then it is our turn.
    host.engine().start();
    let wish = host.engine().ask_sender(link).await?;
    let until = host.clock().now().plus(OTHERS_TURN);
    while host.engine().is_asked(wish)? {
        if host.engine().is_sender() {
            return here(host, link, collection).await;
        }
        let now = host.clock().now();
        if now >= until {
            return Err(Fault::Refused(Refusal {
                code: RefusalCode::NotNow,
                message: "another Tidemark on this data folder does not answer".to_owned(),
                hint: "End it, then try again; nothing is lost.".to_owned(),
            }));
        }
        host.clock().sleep_until(now.plus(LOOK)).await;
    }
    let status = host.engine().status()?;
    let failure =
        status.last_error.as_ref().map(|last| Ending { class: last.class, words: last.words.clone() });
    Ok(told(&status, None, failure))
}

async fn here(host: &Host, link: Option<&str>, collection: Option<&str>) -> Result<Synced, Fault> {
    let mut total = CycleReport::default();
    let patience = host.clock().now().plus(PATIENCE);
    loop {
        let report = host.engine().sync(link, collection).await?;
        total.confirmed += report.confirmed;
        total.received += report.received;
        total.failure = report.failure;
        let status = host.engine().status()?;
        let now = host.clock().now();
        match next_try(&status, total.failure.as_ref(), now, patience) {
            Some(at) => host.clock().sleep_until(at).await,
            None => {
                let failure =
                    total.failure.take().map(|failure| Ending { class: failure.class, words: failure.words });
                return Ok(told(&status, Some(&total), failure));
            }
        }
    }
}

/// When to go on: while single changes wait for another try soon, and the server itself is well.
fn next_try(
    status: &StatusSnapshot,
    failure: Option<&Failure>,
    now: Millis,
    patience: Millis,
) -> Option<Millis> {
    let tries_again = status.queue.trying_again.0 > 0 || status.queue.not_confirmed.0 > 0;
    let next = status.queue.next_at.filter(|_| tries_again && failure.is_none() && now < patience)?;
    // What is due already was tried just now; a pause keeps a loop from turning idly.
    (next <= now.plus(NEAR)).then(|| next.max(now.plus(LOOK)))
}

fn told(status: &StatusSnapshot, report: Option<&CycleReport>, failure: Option<Ending>) -> Synced {
    Synced {
        confirmed: report.map(|report| Count(report.confirmed)),
        received: report.map(|report| Count(report.received)),
        waiting: status.queue.waiting,
        needs_you: status.attention.needs_you,
        conflicts: status.attention.conflicts,
        exit: Exit::of_sync(failure.as_ref().map(|failure| failure.class), status),
        failure,
        by_another: report.is_none(),
        next_at: status.queue.next_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_for_a_change_that_is_tried_again_soon_and_for_nothing_else() {
        let (now, patience) = (Millis(1_000), Millis(100_000));
        let mut status = StatusSnapshot::default();
        status.queue.next_at = Some(Millis(3_000));
        status.queue.on_hold = Count(1);
        assert_eq!(next_try(&status, None, now, patience), None, "a hold is a person's wish");
        status.queue.trying_again = Count(1);
        assert_eq!(next_try(&status, None, now, patience), Some(Millis(3_000)));
        let away = Failure::new(ErrorClass::Offline, "");
        assert_eq!(next_try(&status, Some(&away), now, patience), None);
        assert_eq!(next_try(&status, None, patience, patience), None);
        status.queue.next_at = Some(Millis(60_000));
        assert_eq!(next_try(&status, None, now, patience), None, "that is too far away to wait for");
    }
}
