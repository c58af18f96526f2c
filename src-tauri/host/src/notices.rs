//! Which desktop notification is due: one for each cause, rare, and none about what a person is looking at.
//!
//! Pure: told from snapshots of the status; who shows them is the application. What a limit holds back is not lost:
//! the next one of its class counts it too.

use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{AppSettings, EngineState, StatusSnapshot, StoreFault};

/// Time between two notifications of one class.
const BETWEEN: i64 = 15 * 60 * 1000;
/// Time before a sign-in is asked for again.
const BETWEEN_SIGN_INS: i64 = 24 * 60 * 60 * 1000;
/// At most so many in an hour, over all classes.
const PER_HOUR: usize = 4;
const HOUR: i64 = 60 * 60 * 1000;

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeClass {
    /// Changes cannot be saved.
    CannotSave,
    /// A server wants a sign-in.
    SignIn,
    /// Records changed in two places.
    Conflicts,
    /// Changes will not go without a person.
    NeedsYou,
    /// Collections ask before they remove many records here.
    Removals,
}

impl NoticeClass {
    const ALL: [Self; 5] = [Self::CannotSave, Self::SignIn, Self::Conflicts, Self::NeedsYou, Self::Removals];
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about; a later one of the same class takes its place.
    pub class: NoticeClass,
    /// What it means, alone.
    pub title: String,
    /// What is safe and what to do; never a record's value.
    pub body: String,
    /// Whether it may wait.
    pub urgent: bool,
}

/// What is to be done with the system's notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeStep {
    /// Show this one.
    Show(Notice),
    /// Take that one away: it is solved.
    Withdraw(NoticeClass),
}

/// What was shown so far.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    told: Vec<Told>,
    shown: Vec<Millis>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    class: NoticeClass,
    at: Millis,
    /// How many it spoke of; a person may have solved some since.
    count: i64,
    withdrawn: bool,
}

impl Notices {
    /// Decides after each snapshot what is shown and what is taken away; `focused` says that the window is in front.
    pub fn decide(
        &mut self,
        status: &StatusSnapshot,
        settings: &AppSettings,
        focused: bool,
        now: Millis,
    ) -> Vec<NoticeStep> {
        let mut steps = Vec::new();
        for class in NoticeClass::ALL {
            let count = count_of(class, status);
            if let Some(told) = self.told.iter_mut().find(|told| told.class == class) {
                if count == 0 && !told.withdrawn {
                    told.withdrawn = true;
                    steps.push(NoticeStep::Withdraw(class));
                }
                // What was solved and comes again is news.
                told.count = told.count.min(count);
            }
            if focused {
                self.seen(class, count, now);
            } else if is_wanted(class, settings) && is_time(class, status) && self.is_due(class, count, now) {
                self.note(class, count, now);
                steps.push(NoticeStep::Show(notice(class, status)));
            }
        }
        steps
    }

    /// Whether there is more than was told, and no limit holds it back.
    fn is_due(&self, class: NoticeClass, count: i64, now: Millis) -> bool {
        let told = self.told.iter().find(|told| told.class == class);
        let between = if class == NoticeClass::SignIn { BETWEEN_SIGN_INS } else { BETWEEN };
        let is_news = count > told.map_or(0, |told| told.count);
        let rested = told.is_none_or(|told| told.at.plus(between) <= now);
        let in_hour = self.shown.iter().filter(|at| at.plus(HOUR) > now).count();
        // A disk that is full is told at once, whatever else was.
        is_news && rested && (in_hour < PER_HOUR || class == NoticeClass::CannotSave)
    }

    fn note(&mut self, class: NoticeClass, count: i64, now: Millis) {
        self.shown.retain(|at| at.plus(HOUR) > now);
        self.shown.push(now);
        self.told.retain(|told| told.class != class);
        self.told.push(Told { class, at: now, count, withdrawn: false });
    }

    /// What a person has in front of them counts as told, without a notification and without its rest.
    fn seen(&mut self, class: NoticeClass, count: i64, now: Millis) {
        match self.told.iter_mut().find(|told| told.class == class) {
            Some(told) => told.count = count,
            None if count > 0 => {
                self.told.push(Told { class, at: now.plus(-BETWEEN_SIGN_INS), count, withdrawn: true });
            }
            None => {}
        }
    }
}

fn is_wanted(class: NoticeClass, settings: &AppSettings) -> bool {
    match class {
        NoticeClass::CannotSave | NoticeClass::SignIn => true,
        NoticeClass::Conflicts => settings.notify_conflicts,
        NoticeClass::NeedsYou | NoticeClass::Removals => settings.notify_needs_you,
    }
}

/// At the end of a run, once; what keeps changes from being saved, at once.
fn is_time(class: NoticeClass, status: &StatusSnapshot) -> bool {
    class == NoticeClass::CannotSave || status.state != EngineState::Syncing
}

fn count_of(class: NoticeClass, status: &StatusSnapshot) -> i64 {
    match class {
        NoticeClass::CannotSave => i64::from(status.store_fault.is_some()),
        NoticeClass::SignIn => Count::of(status.attention.sign_in.len()).0,
        NoticeClass::Conflicts => status.attention.conflicts.0,
        NoticeClass::NeedsYou => status.attention.needs_you.0,
        NoticeClass::Removals => status.attention.removals.0,
    }
}

fn notice(class: NoticeClass, status: &StatusSnapshot) -> Notice {
    let count = count_of(class, status);
    let (title, body) = match class {
        NoticeClass::CannotSave => (
            "New changes can't be saved".to_owned(),
            match status.store_fault {
                Some(StoreFault::DiskFull) => {
                    "This computer's disk is full. Make room, and saving works again."
                }
                Some(StoreFault::ReadOnly) => "Tidemark's data folder can't be written.",
                Some(StoreFault::Damaged) => "The local store failed its check.",
                Some(StoreFault::Io) | None => "This computer's disk reports an error.",
            }
            .to_owned(),
        ),
        NoticeClass::SignIn => (
            match status.attention.sign_in.as_slice() {
                [server] => format!("Sign in again to {server}"),
                servers => format!("Sign in again to {} servers", servers.len()),
            },
            "Your changes are kept and wait for it.".to_owned(),
        ),
        NoticeClass::Conflicts => (
            match count {
                1 => "1 record changed in two places".to_owned(),
                count => format!("{count} records changed in two places"),
            },
            "Nothing was overwritten.".to_owned(),
        ),
        NoticeClass::NeedsYou => (
            match count {
                1 => "1 change needs you".to_owned(),
                count => format!("{count} changes need you"),
            },
            "They are kept. Look at the queue for what the server says.".to_owned(),
        ),
        NoticeClass::Removals => (
            match count {
                1 => "A server deleted many records".to_owned(),
                count => format!("Servers deleted many records in {count} collections"),
            },
            "Nothing is removed here until you answer.".to_owned(),
        ),
    };
    Notice { class, title, body, urgent: class == NoticeClass::CannotSave }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::view::Attention;

    const MINUTE: i64 = 60 * 1000;

    fn with(conflicts: i64, needs_you: i64) -> StatusSnapshot {
        let attention =
            Attention { conflicts: Count(conflicts), needs_you: Count(needs_you), ..Attention::default() };
        StatusSnapshot { attention, ..StatusSnapshot::default() }
    }

    fn titles(steps: &[NoticeStep]) -> Vec<&str> {
        steps
            .iter()
            .map(|step| match step {
                NoticeStep::Show(notice) => notice.title.as_str(),
                NoticeStep::Withdraw(_) => "-",
            })
            .collect()
    }

    fn at(minutes: i64) -> Millis {
        Millis(minutes * MINUTE)
    }

    // proves H3
    #[test]
    fn conflicts_are_told_once_at_the_end_of_the_run_and_withdrawn_when_solved() {
        let (mut notices, settings) = (Notices::default(), AppSettings::default());
        let running = StatusSnapshot { state: EngineState::Syncing, ..with(2, 0) };
        assert!(notices.decide(&running, &settings, false, at(0)).is_empty(), "the run may find more");
        let steps = notices.decide(&with(3, 0), &settings, false, at(0));
        assert_eq!(titles(&steps), ["3 records changed in two places"]);
        assert!(notices.decide(&with(3, 0), &settings, false, at(30)).is_empty(), "it was told");
        let steps = notices.decide(&with(0, 0), &settings, false, at(31));
        assert_eq!(steps, [NoticeStep::Withdraw(NoticeClass::Conflicts)]);
        assert!(notices.decide(&with(0, 0), &settings, false, at(32)).is_empty(), "withdrawn once");
    }

    // proves H3, C4
    #[test]
    fn removals_that_are_asked_about_are_told() {
        let (mut notices, settings) = (Notices::default(), AppSettings::default());
        let attention = Attention { removals: Count(1), ..Attention::default() };
        let asks = StatusSnapshot { attention, ..StatusSnapshot::default() };
        let steps = notices.decide(&asks, &settings, false, at(0));
        assert_eq!(titles(&steps), ["A server deleted many records"]);
        let off = AppSettings { notify_needs_you: false, ..AppSettings::default() };
        assert!(Notices::default().decide(&asks, &off, false, at(0)).is_empty());
        let steps = notices.decide(&with(0, 0), &settings, false, at(1));
        assert_eq!(steps, [NoticeStep::Withdraw(NoticeClass::Removals)], "it was answered");
    }

    // proves H3
    #[test]
    fn a_second_of_a_class_waits_a_quarter_of_an_hour_and_then_counts_all() {
        let (mut notices, settings) = (Notices::default(), AppSettings::default());
        assert_eq!(notices.decide(&with(1, 0), &settings, false, at(0)).len(), 1);
        assert!(notices.decide(&with(2, 0), &settings, false, at(14)).is_empty());
        let steps = notices.decide(&with(5, 0), &settings, false, at(15));
        assert_eq!(titles(&steps), ["5 records changed in two places"]);
    }

    // proves H3
    #[test]
    fn at_most_four_are_shown_in_an_hour_but_a_full_disk_is_always_told() {
        let (mut notices, settings) = (Notices::default(), AppSettings::default());
        let mut shown = 0;
        for step in 0..4 {
            shown += notices.decide(&with(step + 1, step + 1), &settings, false, at(step * 15)).len();
        }
        assert_eq!(shown, 4, "eight were due");
        let full = StatusSnapshot { store_fault: Some(StoreFault::DiskFull), ..with(4, 4) };
        let steps = notices.decide(&full, &settings, false, at(50));
        assert!(matches!(&steps[..], [NoticeStep::Show(notice)] if notice.urgent), "{steps:?}");
    }

    // proves H3
    #[test]
    fn what_is_looked_at_or_switched_off_makes_no_noise() {
        let (mut notices, settings) = (Notices::default(), AppSettings::default());
        assert!(notices.decide(&with(2, 0), &settings, true, at(0)).is_empty());
        assert!(notices.decide(&with(2, 0), &settings, false, at(1)).is_empty(), "it was seen in the window");
        assert_eq!(notices.decide(&with(3, 0), &settings, false, at(2)).len(), 1, "this one was not");
        let off = AppSettings { notify_needs_you: false, ..AppSettings::default() };
        assert!(notices.decide(&with(3, 7), &off, false, at(30)).is_empty(), "off is off");
    }
}
