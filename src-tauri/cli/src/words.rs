//! Words for people: sentences of the status, states, times, values.

use chrono::{DateTime, Local};
use tidemark_model::merge::{ConflictStrategy, FieldPolicy, Rule};
use tidemark_model::number::Millis;
use tidemark_model::view::{
    Activity, ChangeRow, ChangeState, ConflictType, PutBack, RecordState, StatusSnapshot, WaitReason,
};
use tidemark_model::words;

/// A time in the zone of this computer.
pub fn time(at: Millis) -> String {
    match DateTime::from_timestamp_millis(at.0) {
        Some(at) => at.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string(),
        None => "an impossible time".to_owned(),
    }
}

/// That an older copy of the store was put back.
pub fn put_back(put_back: &PutBack) -> String {
    words::put_back(put_back, &time)
}

/// `1 change`, `3 changes`.
pub fn changes(count: i64) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

/// A text as one line that cannot disturb a terminal: control and invisible characters are shown by their numbers.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' => {
                format!("\\u{{{:X}}}", letter as u32)
            }
            letter if letter.is_control() => letter.escape_default().to_string(),
            letter => letter.to_string(),
        })
        .collect()
}

/// The same, cut to a width with an ellipsis.
pub fn short(text: &str, width: usize) -> String {
    tidemark_model::failure::clip(&plain(text), width)
}

/// A value as JSON text for a table, or a dash where there is none.
pub fn value(text: Option<&str>, width: usize) -> String {
    text.map_or_else(|| "–".to_owned(), |text| short(text, width))
}

/// Rows under headings, each column as wide as its widest cell.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(heads.get(column).map(|head| head.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count()))));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&mut heads.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

/// The first sentence of the status: the words of every other surface.
pub fn sentence(status: &StatusSnapshot) -> String {
    plain(&words::sentence(&status.sentence, &time))
}

/// The activity half of the status, likewise.
pub fn activity(activity: &Activity) -> String {
    plain(&words::activity(activity, &time))
}

/// A change's state.
pub fn change_state(state: ChangeState) -> &'static str {
    match state {
        ChangeState::Waiting => "Waiting",
        ChangeState::Sending => "Sending",
        ChangeState::TryingAgain => "Trying again",
        ChangeState::OnHold => "On hold",
        ChangeState::NeedsYou => "Needs you",
        ChangeState::Conflict => "Conflict",
        ChangeState::NotConfirmed => "Sent, not confirmed",
        ChangeState::Confirmed => "Confirmed",
        ChangeState::InTrash => "In Trash",
        ChangeState::Ended => "Ended",
    }
}

/// Why a row of the queue does not go now, when it is tried next, or its place in line.
pub fn why(row: &ChangeRow) -> String {
    let reason = row.reason.as_ref().map(reason).unwrap_or_default();
    let colon = if reason.is_empty() { "" } else { ": " };
    match (row.state, row.next_at, row.position) {
        (ChangeState::TryingAgain, Some(at), _) => {
            format!("at {}, attempt {}{colon}{reason}", time(at), row.attempts.0 + 1)
        }
        (ChangeState::NotConfirmed, Some(at), _) => {
            format!("checking with the server at {}{colon}{reason}", time(at))
        }
        (ChangeState::Waiting, _, Some(place)) if reason.is_empty() => match place.0 {
            1 => "next".to_owned(),
            place => format!("position {place}"),
        },
        _ => reason,
    }
}

/// Why a change does not go now.
fn reason(reason: &WaitReason) -> String {
    match reason {
        WaitReason::Behind { change } | WaitReason::Dependency { change } => {
            format!("waits for change {}", change.0)
        }
        WaitReason::Transaction { behind: Some(behind), .. } => format!("waits for transaction {behind}"),
        WaitReason::Transaction { transaction, behind: None } => {
            format!("goes with the others of transaction {transaction}")
        }
        WaitReason::RolledBack { transaction, words } => {
            format!("{}; to restore: tx restore {transaction}", plain(words))
        }
        WaitReason::Backoff { words, .. } => plain(words),
        WaitReason::Held => "held by you".to_owned(),
        WaitReason::Undo { until } => format!("can be undone until {}", time(*until)),
        WaitReason::Paused => "paused".to_owned(),
        WaitReason::Hours { until } => format!("waits until {}", time(*until)),
        WaitReason::Unmetered => "waits for an unmetered network".to_owned(),
        WaitReason::OtherAccount => "belongs to another account".to_owned(),
        WaitReason::LinkStopped => "its connection does not sync by itself".to_owned(),
        WaitReason::Conflict { conflict } => format!("conflict {}", conflict.0),
        WaitReason::Refused { status: Some(status), words, .. } => format!("{status}: {}", plain(words)),
        WaitReason::Refused { status: None, words, .. } => plain(words),
        WaitReason::MayHaveBeenSent => {
            "it may have been done already; repeating it could double it".to_owned()
        }
    }
}

/// A record's state; empty for the calm default.
pub fn record_state(state: RecordState) -> &'static str {
    match state {
        RecordState::Clean => "",
        RecordState::SavedHere => "Saved here",
        RecordState::Sending => "Sending",
        RecordState::Conflict => "Conflict",
        RecordState::NeedsYou => "Needs you",
        RecordState::DeletedHere => "Deleted here",
        RecordState::Gone => "Not here",
    }
}

/// What a rule does, in the words of the window.
pub fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Strategy(ConflictStrategy::Merge | ConflictStrategy::Manual)
        | Rule::Policy(FieldPolicy::Manual) => "Ask",
        Rule::Strategy(ConflictStrategy::ServerWins) | Rule::Policy(FieldPolicy::Server) => "Server wins",
        Rule::Strategy(ConflictStrategy::ClientWins) | Rule::Policy(FieldPolicy::Local) => "Mine wins",
        Rule::Strategy(ConflictStrategy::LastWriteWins | ConflictStrategy::FieldLww)
        | Rule::Policy(FieldPolicy::Newer) => "the later change wins",
        Rule::Policy(FieldPolicy::Max) => "the greater value wins",
        Rule::Policy(FieldPolicy::Min) => "the smaller value wins",
        Rule::Policy(FieldPolicy::Sum) => "Add both",
        Rule::Policy(FieldPolicy::Union) => "Combine",
        Rule::Policy(FieldPolicy::Text) => "merge lines",
    }
}

/// What kind of conflict it is.
pub fn conflict_type(kind: ConflictType) -> &'static str {
    match kind {
        ConflictType::BothUpdated => "changed in two places",
        ConflictType::UpdatedHereDeletedThere => "changed here, deleted on the server",
        ConflictType::DeletedHereUpdatedThere => "deleted here, changed on the server",
        ConflictType::CreatedOnBoth => "made in two places",
        ConflictType::NoBase => "changed in two places, the starting version is missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_move_the_cursor_or_turn_the_line() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{202E}d"), "a\\u{1b}[2Jb\\nc\\u{202E}d");
        assert_eq!(short(&"x".repeat(50), 5), "xxxxx…");
    }

    #[test]
    fn a_table_lines_up() {
        let text = table(&["A", "Long"], &[vec!["one".into(), "b".into()], vec!["c".into(), "deep".into()]]);
        assert_eq!(text, "A    Long\none  b\nc    deep");
    }

    #[test]
    fn the_status_is_said_as_everywhere_and_on_one_line() {
        use tidemark_model::{number::Count, view::Sentence};
        let sentence = Sentence::SignIn { server: "a\u{1b}b".into(), waiting: Count(2) };
        let told = super::sentence(&StatusSnapshot { sentence, ..StatusSnapshot::default() });
        assert_eq!(told, "Sign in again to a\\u{1b}b. 2 changes are waiting for it.");
    }
}
