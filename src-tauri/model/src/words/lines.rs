//! The lines of the activity in words (`ui.md` 3.9); each is made of ids, counts and names alone.

use super::count;
use crate::failure::ErrorClass;
use crate::mutation::Operation;
use crate::number::Count;
use crate::view::{ActivityLine, ActivityRun, ConflictType, Decided, Happened, StopReason};

/// What a line tells, as one sentence. Its own `sentence` is not looked at.
pub fn line(line: &ActivityLine) -> String {
    let server = line.link.as_deref().unwrap_or("the server");
    let record = record(line);
    match &line.happened {
        Happened::Confirmed { operation: Operation::Request } => {
            format!("Request {record} was done on {server}.")
        }
        Happened::Confirmed { operation } => format!("{record}: {} on {server}.", did(*operation)),
        Happened::NotNeeded { .. } => format!("{record}: not sent, because it made no difference any more."),
        Happened::AlreadyThere { .. } => format!("{record}: {server} came to the same."),
        Happened::Received { changed, removed, .. } => received(line, server, *changed, *removed),
        Happened::Merged {} => format!("{record}: your change and the one on {server} were put together."),
        Happened::ConflictMet { conflict, kind, again } => {
            let number = conflict.0;
            match again {
                true => format!("{record} changed again on {server}. Conflict {number} shows what is new."),
                false => format!("{record} {}. Conflict {number}.", met(*kind)),
            }
        }
        Happened::ConflictSettled { conflict, decided } => {
            format!("Conflict {} about {record} {}.", conflict.0, settled(*decided))
        }
        Happened::ConflictReopened { conflict } => {
            format!("The decision about {record} was taken back. Conflict {} is open again.", conflict.0)
        }
        Happened::DecisionPutBack { conflict: Some(conflict) } => {
            format!("What conflict {} had decided about {record} was put back.", conflict.0)
        }
        Happened::DecisionPutBack { conflict: None } => {
            format!("{record}: what was put together with the one on {server} was put back.")
        }
        Happened::NeedsYou { operation, class, status, may_be_in } => {
            let why = in_the_way(server, *class, *status, *may_be_in);
            format!("{record}: {} needs you. {why}", change(*operation))
        }
        Happened::RolledBack { operation, .. } => {
            let what = change(*operation);
            format!("{record}: {what} was taken back with its transaction. It is kept and can be restored.")
        }
        Happened::RemovalsAsked { would_remove, of } => {
            let records = records(*would_remove);
            let place = place(line);
            format!(
                "{records} of {} in {place} were deleted on {server}. Nothing goes here until you answer.",
                of.0
            )
        }
        Happened::RemovalsAllowed { number } => {
            format!("{} may be removed from {} here.", records(*number), place(line))
        }
        Happened::Unreadable { rows, .. } => {
            format!("{} of {} came from {server} and can't be read.", records(*rows), place(line))
        }
        Happened::UnreadableForgotten { rows } => {
            format!("{} that can't be read: not told any more.", records(*rows))
        }
        Happened::Discarded { operation } => {
            format!("{record}: {} was discarded. It is in Trash for 30 days.", change(*operation))
        }
        Happened::PutBack { operation, .. } => {
            format!("{record}: {} was put back from Trash.", change(*operation))
        }
        Happened::SentAgain { operation } => format!("{record}: {} goes again.", change(*operation)),
        Happened::TransactionRestored { .. } => "A transaction was restored. Its changes go again.".into(),
        Happened::Paused {} => format!("{} was paused.", whole(line)),
        Happened::Resumed {} => format!("{} was resumed.", whole(line)),
        Happened::Stopped { reason } => stopped(server, *reason),
        Happened::WentOn {} => format!("{server} is in order again."),
        Happened::LinkAdded { collections } => {
            format!("{server} was added, with {}.", count(*collections, "collection", "collections"))
        }
        Happened::LinkRemoved { unsent } => match unsent.0 {
            0 => format!("{server} was removed."),
            _ => format!(
                "{server} was removed. {} went to Trash.",
                count(*unsent, "change that was not sent", "changes that were not sent")
            ),
        },
        Happened::AccountChanged {} => format!("Another account signs in to {server}."),
        Happened::AddressChanged {} => format!("{server} has another address."),
        Happened::LimitsChanged {} => format!("When and how {server} may sync was changed."),
        Happened::SecretChanged { kept: true } => format!("The keychain keeps the secret of {server}."),
        Happened::SecretChanged { kept: false } => format!("No keychain keeps the secret of {server}."),
        Happened::SettingsChanged { names } => format!("Settings were changed: {}.", names.join(", ")),
        Happened::ComparingAnew {} => {
            format!("{server} can't say what changed in {}. All of it is compared.", place(line))
        }
        Happened::Compared { removed } => match removed.0 {
            0 => format!("{} was compared with {server}. Nothing here had gone there.", place(line)),
            _ => format!(
                "{} was compared with {server}. {} that had gone there went here too.",
                place(line),
                records(*removed)
            ),
        },
        Happened::CleanedUp { changes } => {
            let changes = count(*changes, "change that had ended", "changes that had ended");
            format!("{changes} left the history after their days.")
        }
        Happened::OldCopy { in_doubt } => match in_doubt.0 {
            0 => "An older copy of the local store was put back.".into(),
            _ => format!(
                "An older copy of the local store was put back. {} may have been sent already.",
                count(*in_doubt, "change", "changes")
            ),
        },
        Happened::StoreChecked {} => "The local store was checked. It is whole.".into(),
        Happened::Checked {} => match line.count.0 {
            1 => format!("Checked {server} once, nothing new."),
            times => format!("Checked {server} {times} times, nothing new."),
        },
        Happened::NotReached { class } => {
            let why = not_reached(*class);
            match line.count.0 {
                1 => format!("Tried {server} once: {why}."),
                times => format!("Tried {server} {times} times: {why}."),
            }
        }
    }
}

/// What a run came to: `Sent 38, fetched 12, 1 conflict, 0 refused`.
pub fn run(run: &ActivityRun) -> String {
    let conflicts = count(run.conflicts, "conflict", "conflicts");
    format!("Sent {}, fetched {}, {conflicts}, {} refused", run.sent.0, run.received.0, run.refused.0)
}

fn record(line: &ActivityLine) -> String {
    match (&line.collection, &line.record) {
        (Some(collection), Some(record)) => format!("{collection} '{record}'"),
        (None, Some(record)) => format!("'{record}'"),
        (Some(collection), None) => format!("A record of {collection}"),
        (None, None) => "A record".into(),
    }
}

fn place(line: &ActivityLine) -> &str {
    line.collection.as_deref().unwrap_or("a collection")
}

/// What is paused as a whole.
fn whole(line: &ActivityLine) -> String {
    match (&line.link, &line.collection) {
        (Some(link), Some(collection)) => format!("{collection} of {link}"),
        (Some(link), None) => link.clone(),
        (None, _) => "Syncing".into(),
    }
}

fn records(number: Count) -> String {
    count(number, "record", "records")
}

fn received(line: &ActivityLine, server: &str, changed: Count, removed: Count) -> String {
    let (records, place) = (records(changed), place(line));
    match removed.0 {
        0 => format!("{records} of {place} received from {server}."),
        removed => format!("{records} of {place} received from {server}, {removed} of them deleted there."),
    }
}

fn did(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "created",
        Operation::Update => "changed",
        Operation::Replace => "replaced",
        Operation::Delete => "deleted",
        Operation::Request => "done",
    }
}

fn change(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "the new record",
        Operation::Update => "the change",
        Operation::Replace => "the replacement",
        Operation::Delete => "the deletion",
        Operation::Request => "the request",
    }
}

fn met(kind: ConflictType) -> &'static str {
    match kind {
        ConflictType::BothUpdated => "changed in two places",
        ConflictType::UpdatedHereDeletedThere => "was changed here and deleted on the server",
        ConflictType::DeletedHereUpdatedThere => "was deleted here and changed on the server",
        ConflictType::CreatedOnBoth => "was made in two places",
        ConflictType::NoBase => "changed in two places, and the starting version is missing",
    }
}

fn settled(decided: Decided) -> &'static str {
    match decided {
        Decided::Mine => "ended with mine",
        Decided::Server => "ended with the server's",
        Decided::Chosen => "ended with what was chosen",
        Decided::ByRule => "was decided by a rule",
        Decided::ByHook => "was decided by a hook",
        Decided::ByItself => "ended by itself: both sides agree",
        Decided::Dropped => "ended with what it was about",
    }
}

fn in_the_way(server: &str, class: ErrorClass, status: Option<u16>, may_be_in: bool) -> String {
    let doubt = if may_be_in { " It may have been done all the same." } else { "" };
    match (class, status) {
        (ErrorClass::Permanent, Some(status)) => format!("{server} didn't accept it ({status}).{doubt}"),
        (ErrorClass::Permanent, None) => format!("It can't be sent as it is.{doubt}"),
        (_, Some(status)) => format!("{server} didn't take it after all tries ({status}).{doubt}"),
        (_, None) => format!("No answer about it came from {server}.{doubt}"),
    }
}

fn stopped(server: &str, reason: StopReason) -> String {
    match reason {
        StopReason::SignIn => format!("Sign in again to {server}."),
        StopReason::Intercepted => format!("Something else answered in the place of {server}."),
        StopReason::Untrusted => format!("The certificate of {server} is not trusted."),
        StopReason::Upgrade => format!("{server} wants a newer Tidemark."),
        StopReason::NotFound => format!("A collection is not there any more on {server}."),
    }
}

fn not_reached(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Offline => "it can't be reached",
        ErrorClass::Untrusted => "its certificate is not trusted",
        ErrorClass::Transient => "it has trouble",
        ErrorClass::Throttled => "it is busy",
        ErrorClass::Auth => "it wants a sign-in",
        ErrorClass::Conflict | ErrorClass::Permanent => "it refused to answer",
        ErrorClass::Upgrade => "it wants a newer Tidemark",
        ErrorClass::Intercepted => "something else answered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Millis;
    use crate::view::{ActivityKind, Actor};

    fn told(happened: Happened, times: i64) -> String {
        line(&ActivityLine {
            id: Count(1),
            at: Millis(0),
            until: None,
            run: None,
            link: Some("erp".into()),
            collection: Some("invoices".into()),
            record: Some("SINV-1".into()),
            change: None,
            request: None,
            kind: ActivityKind::Sent,
            actor: Actor::You,
            by: None,
            count: Count(times),
            happened,
            sentence: String::new(),
        })
    }

    #[test]
    fn a_line_says_what_happened_and_names_the_server() {
        let operation = Operation::Update;
        let cases = [
            (Happened::Confirmed { operation }, 1, "invoices 'SINV-1': changed on erp."),
            (
                Happened::NeedsYou {
                    operation,
                    class: ErrorClass::Permanent,
                    status: Some(422),
                    may_be_in: false,
                },
                1,
                "invoices 'SINV-1': the change needs you. erp didn't accept it (422).",
            ),
            (Happened::Checked {}, 24, "Checked erp 24 times, nothing new."),
            (
                Happened::Received { changed: Count(12), removed: Count(2), records: Vec::new() },
                12,
                "12 records of invoices received from erp, 2 of them deleted there.",
            ),
            (
                Happened::ConflictSettled { conflict: Count(3), decided: Decided::Mine },
                1,
                "Conflict 3 about invoices 'SINV-1' ended with mine.",
            ),
            (Happened::Paused {}, 1, "invoices of erp was paused."),
        ];
        for (happened, times, words) in cases {
            assert_eq!(told(happened, times), words);
        }
    }

    #[test]
    fn a_run_is_told_by_its_numbers() {
        let told = run(&ActivityRun {
            run: Count(1),
            link: "erp".into(),
            started_at: Millis(0),
            ended_at: Millis(1),
            sent: Count(38),
            received: Count(12),
            merged: Count(0),
            conflicts: Count(1),
            refused: Count(0),
        });
        assert_eq!(told, "Sent 38, fetched 12, 1 conflict, 0 refused");
    }
}
