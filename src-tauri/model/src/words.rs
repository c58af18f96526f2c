//! The status in words, for surfaces that are not the window: tray, command line, notifications (`ui.md` 3.2, A).

mod decisions;
pub mod lines;

pub use decisions::cannot_put_back;

use crate::number::{Count, Millis};
use crate::view::{Activity, Attention, PutBack, Sentence, StatusSnapshot, StoreFault};

/// Writes an instant as people read it, such as `14:05`; the caller knows their clock and zone.
pub type Clockface<'a> = &'a dyn Fn(Millis) -> String;

/// `n` of something, in the singular or the plural.
pub fn count(n: Count, one: &str, many: &str) -> String {
    format!("{} {}", n.0, if n.0 == 1 { one } else { many })
}

/// A span as people say it, no finer than a minute.
pub fn span(ms: Millis) -> String {
    let minutes = ms.0.max(0) / 60_000;
    match (minutes / (24 * 60), minutes / 60, minutes % 60) {
        (0, 0, 0) => "less than a minute".into(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (1, ..) => "1 day".into(),
        (days, ..) => format!("{days} days"),
    }
}

/// The health figure: how long the oldest change that is not finished has waited (`engine.md` 1).
pub fn oldest(snapshot: &StatusSnapshot) -> Option<String> {
    let since = snapshot.queue.oldest_at?;
    Some(format!("Oldest waiting: {}", span(Millis(snapshot.at.0 - since.0))))
}

/// The activity half of the status.
pub fn activity(activity: &Activity, time: Clockface<'_>) -> String {
    match activity {
        Activity::CannotSave => "Can't save changes".into(),
        Activity::Paused { waiting } if waiting.0 == 0 => "Paused".into(),
        Activity::Paused { waiting } => format!("Paused · {} waiting", waiting.0),
        Activity::Offline { waiting } if waiting.0 == 0 => "Offline".into(),
        Activity::Offline { waiting } => format!("Offline · {} saved on this computer", waiting.0),
        Activity::SomeUnreachable { unreachable, of } => {
            format!("{} of {} servers unreachable", unreachable.0, of.0)
        }
        Activity::Syncing { total, .. } if total.0 == 0 => "Receiving".into(),
        Activity::Syncing { done, total } => format!("Sending {} of {}", done.0, total.0),
        Activity::Checking { server } => format!("Checking {server}"),
        Activity::Waiting { waiting, next: Some(next) } => {
            format!("{} waiting · next at {}", waiting.0, time(*next))
        }
        Activity::Waiting { waiting, next: None } => format!("{} waiting", waiting.0),
        Activity::NothingWaiting => "Nothing waiting".into(),
        Activity::UpToDate { as_of } => format!("Up to date, as of {}", time(*as_of)),
        Activity::NoLinks => "No server yet".into(),
    }
}

/// The attention half; none where nothing waits for a person.
pub fn attention(attention: &Attention) -> Option<String> {
    let mut parts = Vec::new();
    if attention.conflicts.0 > 0 {
        parts.push(count(attention.conflicts, "conflict", "conflicts"));
    }
    if attention.needs_you.0 > 0 {
        let verb = if attention.needs_you.0 == 1 { "needs" } else { "need" };
        parts.push(format!("{} {verb} you", attention.needs_you.0));
    }
    if attention.removals.0 > 0 {
        parts.push(removals(attention.removals));
    }
    if attention.unreadable.0 > 0 {
        parts.push(unreadable(attention.unreadable));
    }
    parts.extend(attention.sign_in.iter().map(|server| format!("Sign in to {server}")));
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// So many collections ask before they remove records here.
pub fn removals(collections: Count) -> String {
    let verb = if collections.0 == 1 { "asks" } else { "ask" };
    format!("{} {verb} before removing", count(collections, "collection", "collections"))
}

/// So many rows of servers could not be read.
pub fn unreadable(rows: Count) -> String {
    format!("{} can't be read", count(rows, "record", "records"))
}

/// Both halves on one line.
pub fn status_line(snapshot: &StatusSnapshot, time: Clockface<'_>) -> String {
    let first = activity(&snapshot.activity, time);
    match attention(&snapshot.attention) {
        Some(second) => format!("{first} · {second}"),
        None => first,
    }
}

/// That an older copy of the local store was put back, told once.
pub fn put_back(put_back: &PutBack, time: Clockface<'_>) -> String {
    let at = time(put_back.at);
    match put_back.in_doubt.0 {
        0 => format!(
            "An older copy of the local store was put back at {at}. Everything is compared with the servers again."
        ),
        1 => format!(
            "An older copy of the local store was put back at {at}. 1 change may have been sent already: it is looked up before it is sent."
        ),
        many => format!(
            "An older copy of the local store was put back at {at}. {many} changes may have been sent already: they are looked up before they are sent."
        ),
    }
}

/// The first sentence of Overview.
pub fn sentence(sentence: &Sentence, time: Clockface<'_>) -> String {
    let changes = |n: &Count| count(*n, "change", "changes");
    match sentence {
        Sentence::CannotSave { fault } => format!("New changes can't be saved: {}.", fault_words(*fault)),
        Sentence::StoreDamaged { intact: None } => {
            "Sending is stopped: the local store failed its check.".into()
        }
        Sentence::StoreDamaged { intact: Some(at) } => format!(
            "Sending is stopped: the local store failed its check. A copy from {} is intact.",
            time(*at)
        ),
        Sentence::Paused { waiting } if waiting.0 == 0 => "Paused. Nothing waiting.".into(),
        Sentence::Paused { waiting } if waiting.0 == 1 => {
            "Paused. 1 change is saved on this computer and waits until you resume.".into()
        }
        Sentence::Paused { waiting } => {
            format!("Paused. {} saved on this computer and wait until you resume.", are(*waiting))
        }
        Sentence::SignIn { server, waiting } if waiting.0 == 0 => format!("Sign in again to {server}."),
        Sentence::SignIn { server, waiting } => {
            format!("Sign in again to {server}. {} waiting for it.", are(*waiting))
        }
        Sentence::OfflineWaiting { waiting } if waiting.0 == 1 => {
            "Offline. 1 change is saved on this computer and goes out by itself.".into()
        }
        Sentence::OfflineWaiting { waiting } => {
            format!("Offline. {} saved on this computer and go out by themselves.", are(*waiting))
        }
        Sentence::OfflineNothing { last_contact: Some(at) } => {
            format!("Offline. Everything you changed has been sent. Last contact {}.", time(*at))
        }
        Sentence::OfflineNothing { last_contact: None } => {
            "Offline. Everything you changed has been sent.".into()
        }
        Sentence::Sending { total, server, .. } if total.0 == 1 => format!("Sending 1 change to {server}."),
        Sentence::Sending { done, total, server } => {
            format!("Sending {} of {} to {server}.", done.0, changes(total))
        }
        Sentence::NeedYou { needs_you, others } => {
            let verb = if needs_you.0 == 1 { "needs" } else { "need" };
            let first = format!("{} {verb} you.", changes(needs_you));
            match others.0 {
                0 => first,
                1 => format!("{first} The other one goes out by itself."),
                n => format!("{first} The other {n} go out by themselves."),
            }
        }
        Sentence::Conflicts { conflicts } => {
            format!(
                "{} changed in two places. Nothing was overwritten.",
                count(*conflicts, "record", "records")
            )
        }
        Sentence::Busy { server, waiting, at } => {
            let verb = if waiting.0 == 1 { "goes" } else { "go" };
            format!("{server} is busy. {} {verb} out at {}.", changes(waiting), time(*at))
        }
        Sentence::WaitsForNetwork { waiting } => {
            format!("{} waiting for an unmetered network.", are(*waiting))
        }
        Sentence::Checking { server } => format!("Checking {server}."),
        Sentence::UpToDate { as_of } => {
            format!("Up to date, as of {}. Everything you changed is on the server.", time(*as_of))
        }
        Sentence::Removals { server, would_remove } => format!(
            "{} deleted on {server}. Nothing is removed here until you answer.",
            match would_remove.0 {
                1 => "1 record was".into(),
                many => format!("{many} records were"),
            }
        ),
        Sentence::Unreadable { rows } => {
            format!("{} from the server can't be read.", count(*rows, "record", "records"))
        }
        Sentence::Stopped { server, waiting } if waiting.0 == 0 => {
            format!("{server} needs you before anything is sent or received.")
        }
        Sentence::Stopped { server, waiting } => {
            format!("{server} needs you first. {} waiting for it.", are(*waiting))
        }
        Sentence::Waiting { waiting, .. } if waiting.0 == 0 => "Nothing waiting.".into(),
        Sentence::Waiting { waiting, next: Some(next) } if waiting.0 == 1 => {
            format!("1 change is waiting. It goes out at {}.", time(*next))
        }
        Sentence::Waiting { waiting, next: Some(next) } => {
            format!("{} waiting. The next goes out at {}.", are(*waiting), time(*next))
        }
        Sentence::Waiting { waiting, next: None } => format!("{} waiting.", are(*waiting)),
        Sentence::NoLinks => "No server yet.".into(),
    }
}

fn are(n: Count) -> String {
    format!("{} {}", count(n, "change", "changes"), if n.0 == 1 { "is" } else { "are" })
}

fn fault_words(fault: StoreFault) -> &'static str {
    match fault {
        StoreFault::DiskFull => "the disk is full",
        StoreFault::ReadOnly => "the data folder can't be written",
        StoreFault::Damaged => "the local store is damaged",
        StoreFault::Io => "the disk reports an error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::QueueCounts;

    fn at(_: Millis) -> String {
        "14:05".into()
    }

    /// What is said of what; the window's own test reads the same file.
    #[derive(serde::Deserialize)]
    struct Said {
        sentences: Vec<(Sentence, String)>,
        activities: Vec<(Activity, String)>,
        attention: Vec<(Attention, Vec<String>)>,
    }

    #[test]
    fn the_window_the_tray_and_the_command_line_say_the_same() {
        let utc = |at: Millis| format!("{:02}:{:02}", at.0 / 3_600_000 % 24, at.0 / 60_000 % 60);
        let said: Said = serde_json::from_str(include_str!("../../../tests/fixtures/words.json")).unwrap();
        for (of, words) in said.sentences {
            assert_eq!(sentence(&of, &utc), words, "{of:?}");
        }
        for (of, words) in said.activities {
            assert_eq!(activity(&of, &utc), words, "{of:?}");
        }
        for (of, words) in said.attention {
            assert_eq!(attention(&of).unwrap_or_default(), words.join(" · "), "{of:?}");
        }
    }

    #[test]
    fn the_oldest_change_is_told_by_how_long_it_waits() {
        let waits = |ms: i64| {
            let queue = QueueCounts { oldest_at: Some(Millis(1_000)), ..QueueCounts::default() };
            oldest(&StatusSnapshot { at: Millis(1_000 + ms), queue, ..StatusSnapshot::default() }).unwrap()
        };
        assert_eq!(waits(59_999), "Oldest waiting: less than a minute");
        assert_eq!(waits((3 * 60 + 12) * 60_000), "Oldest waiting: 3 h 12 min");
        assert_eq!(waits(60 * 60_000), "Oldest waiting: 1 h");
        assert_eq!(waits(50 * 60 * 60_000), "Oldest waiting: 2 days");
        assert_eq!(oldest(&StatusSnapshot::default()), None);
    }

    #[test]
    fn a_status_with_something_to_do_says_both_halves() {
        let snapshot = StatusSnapshot {
            activity: Activity::Offline { waiting: Count(14) },
            attention: Attention { conflicts: Count(2), needs_you: Count(1), ..Attention::default() },
            ..StatusSnapshot::default()
        };
        assert_eq!(
            status_line(&snapshot, &at),
            "Offline · 14 saved on this computer · 2 conflicts · 1 needs you"
        );
    }
}
