//! `status`: the same snapshot that the window and the tray show.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::out::Out;
use crate::words;
use tidemark_host::Host;
use tidemark_model::number::Millis;
use tidemark_model::view::{EngineState, Ledger, LinkState, LinkStatus, Sentence, StatusSnapshot};
use tidemark_model::words::span;

/// From here on it is said how long ago a server answered last, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

pub async fn perform(host: &Host, out: &Out) -> Result<Exit, Fault> {
    let status = host.engine().status()?;
    out.say(&status, || in_words(&status));
    if status.put_back.is_some() {
        // It was told; once is enough.
        host.engine().seen_put_back().await?;
    }
    Ok(Exit::Done)
}

fn in_words(status: &StatusSnapshot) -> String {
    let mut lines = vec![first_sentence(status)];
    let attention = &status.attention;
    let mut needs = Vec::new();
    if attention.conflicts.0 > 0 {
        needs.push(format!("{} open conflicts", attention.conflicts.0));
    }
    if attention.needs_you.0 > 0 {
        needs.push(format!("{} need you", words::changes(attention.needs_you.0)));
    }
    if attention.removals.0 > 0 {
        needs.push(format!("{} to answer (removals list)", attention.removals.0));
    }
    if attention.unreadable.0 > 0 {
        needs.push(format!("{} not readable (unreadable list)", attention.unreadable.0));
    }
    needs.extend(attention.sign_in.iter().map(|server| format!("sign in to {}", words::plain(server))));
    if !needs.is_empty() {
        lines.push(format!("Needs you: {}.", needs.join(", ")));
    }
    if !asked_nobody(status) {
        lines.push(words::activity(&status.activity));
    }
    lines.extend(status.put_back.as_ref().map(words::put_back));
    lines.extend(tidemark_model::words::oldest(status).map(|oldest| format!("{oldest}.")));
    lines.extend(status.links.iter().map(|one| link(one, status.at)));
    lines.push(ledger(&status.ledger));
    lines.join("\n")
}

/// This command asks no server, so that in its own process all of them are unknown.
fn asked_nobody(status: &StatusSnapshot) -> bool {
    matches!(status.sentence, Sentence::Checking { .. }) && status.state != EngineState::Syncing
}

fn first_sentence(status: &StatusSnapshot) -> String {
    match status.queue.waiting.0 {
        _ if !asked_nobody(status) => words::sentence(status),
        0 => "Nothing waits to be sent.".to_owned(),
        1 => "1 change is saved on this computer and goes out with the next sync.".to_owned(),
        many => format!("{many} changes are saved on this computer and go out with the next sync."),
    }
}

fn link(link: &LinkStatus, now: Millis) -> String {
    let contact = link.last_contact.map_or_else(
        || "never".to_owned(),
        |at| match now.0 - at.0 {
            DAY.. => format!("{} ({} ago)", words::time(at), span(Millis(now.0 - at.0))),
            _ => words::time(at),
        },
    );
    let records: i64 = link.collections.iter().map(|collection| collection.records.0).sum();
    let compared = match link.state {
        LinkState::Repairing => ", all of it is being compared with the server",
        LinkState::DegradedPoll => ", all of it could not be compared with the server, which is tried again",
        LinkState::Initializing | LinkState::Live | LinkState::Paused => "",
    };
    format!(
        "  {}: {}, {} waiting, last contact {contact}{compared}",
        words::plain(&link.name),
        if records == 1 { "1 record".to_owned() } else { format!("{records} records") },
        link.queue.waiting.0
    )
}

/// Where every saved change is, as a sum.
pub fn ledger(ledger: &Ledger) -> String {
    let parts = [
        (ledger.confirmed, "confirmed"),
        (ledger.not_confirmed, "not confirmed"),
        (ledger.waiting, "waiting"),
        (ledger.conflicts, "in conflict"),
        (ledger.needs_you, "need you"),
        (ledger.superseded, "ended by the server's version"),
        (ledger.combined, "combined"),
        (ledger.cancelled, "undone before sending"),
        (ledger.discarded, "discarded"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .enumerate()
        .filter(|(place, (count, _))| *place == 0 || count.0 > 0)
        .map(|(_, (count, what))| format!("{} {what}", count.0))
        .collect();
    let ends = if ledger.balanced { "" } else { "  Some changes are unaccounted for!" };
    format!("Ledger: {} saved = {}.{ends}", ledger.saved.0, parts.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::number::Count;

    #[test]
    fn the_ledger_reads_as_a_sum() {
        let sum = Ledger {
            saved: Count(3),
            confirmed: Count(2),
            conflicts: Count(1),
            balanced: true,
            ..Ledger::default()
        };
        assert_eq!(ledger(&sum), "Ledger: 3 saved = 2 confirmed + 1 in conflict.");
        assert!(ledger(&Ledger { saved: Count(1), ..Ledger::default() }).contains("unaccounted"));
    }
}
