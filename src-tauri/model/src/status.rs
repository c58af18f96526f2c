//! What is said of everything at once: one sentence, one activity, and what waits for a person.
//!
//! Pure and told from facts alone, so that the window, the tray, the command line and other programs say the same
//! (`ui.md` 3.2 and appendix A; the first line that applies is said).

use crate::number::{Count, Millis};
use crate::schedule::ScheduleWait;
use crate::view::{Activity, Attention, Connectivity, Sentence, StoreFault};

/// What is known of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFacts {
    /// Its server's host, as sentences name it.
    pub server: String,
    /// Whether the server answers.
    pub connectivity: Connectivity,
    /// A person paused it.
    pub paused: bool,
    /// Why it does not sync by itself.
    pub stop: Option<Stop>,
    /// What it does at this moment.
    pub run: Run,
    /// The server asked for a slower pace; it is asked again then.
    pub busy_until: Option<Millis>,
    /// Its changes that are neither confirmed nor wait for a person: in line, held, on the wire, not confirmed.
    pub waiting: i64,
    /// Its changes that need a person.
    pub needs_you: i64,
    /// Its open conflicts.
    pub conflicts: i64,
    /// Of each of its collections that ask before they remove records here, how many.
    pub removals: Vec<i64>,
    /// Its rows that could not be read.
    pub unreadable: i64,
    /// Last answer from the server.
    pub last_contact: Option<Millis>,
    /// When it was last checked to the end since the start of this process.
    pub checked_at: Option<Millis>,
    /// What it waits for by its schedule.
    pub waits: Option<ScheduleWait>,
}

/// Why a link does not sync by itself, as far as the status tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The server wants a sign-in.
    SignIn,
    /// Anything else that needs a person.
    Other,
}

/// What a link does at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// Nothing.
    Idle,
    /// It looks whether the server answers.
    Checking,
    /// It receives, and has nothing to send.
    Fetching,
    /// It sends.
    Sending {
        /// Changes answered in this run.
        done: i64,
        /// Of so many.
        total: i64,
    },
}

/// What is known of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusFacts {
    /// What keeps the store from being written.
    pub store_fault: Option<StoreFault>,
    /// When the newest intact backup was made; looked for only where the store is damaged.
    pub intact: Option<Millis>,
    /// A person paused everything.
    pub paused: bool,
    /// The next stored wake-up.
    pub next_at: Option<Millis>,
    /// Every link, in the order of adding.
    pub links: Vec<LinkFacts>,
}

impl StatusFacts {
    fn waiting(&self) -> i64 {
        self.links.iter().map(|link| link.waiting).sum()
    }

    fn needs_you(&self) -> i64 {
        self.links.iter().map(|link| link.needs_you).sum()
    }

    fn unreadable(&self) -> i64 {
        self.links.iter().map(|link| link.unreadable).sum()
    }

    fn conflicts(&self) -> i64 {
        self.links.iter().map(|link| link.conflicts).sum()
    }

    /// Everything stands by a person's wish.
    fn is_paused(&self) -> bool {
        self.paused || self.links.iter().all(|link| link.paused)
    }

    /// The links that sync by themselves now.
    fn active(&self) -> impl Iterator<Item = &LinkFacts> {
        self.links.iter().filter(|link| !link.paused && link.stop.is_none() && link.waits.is_none())
    }

    /// Changes that wait for an unmetered network.
    fn wait_for_network(&self) -> i64 {
        let waits = |link: &&LinkFacts| !link.paused && link.waits == Some(ScheduleWait::Unmetered);
        self.links.iter().filter(waits).map(|link| link.waiting).sum()
    }

    fn unreachable(&self) -> usize {
        self.active().filter(|link| link.connectivity == Connectivity::Offline).count()
    }

    /// All that could be reached cannot.
    fn is_offline(&self) -> bool {
        self.unreachable() > 0 && self.unreachable() == self.active().count()
    }

    /// The first link that is being checked, or was not checked yet since the start and will be.
    fn unchecked(&self) -> Option<&LinkFacts> {
        self.active().filter(|link| link.connectivity != Connectivity::Offline).find(|link| match link.run {
            Run::Checking | Run::Fetching => true,
            Run::Idle => link.checked_at.is_none(),
            Run::Sending { .. } => false,
        })
    }

    /// The oldest check among all links, if nothing at all is left to do or to know: the only cause of a tick.
    fn up_to_date(&self) -> Option<Millis> {
        let settled = self.links.iter().all(|link| {
            !link.paused
                && link.stop.is_none()
                && link.connectivity == Connectivity::Online
                && link.run == Run::Idle
                && link.waiting == 0
                && link.needs_you == 0
                && link.conflicts == 0
                && link.removals.is_empty()
                && link.unreadable == 0
        });
        if !settled || self.paused || self.store_fault.is_some() {
            return None;
        }
        let checked: Option<Vec<Millis>> = self.links.iter().map(|link| link.checked_at).collect();
        checked?.into_iter().min()
    }

    fn sending(&self) -> Option<(&LinkFacts, i64, i64)> {
        self.links.iter().find_map(|link| match link.run {
            Run::Sending { done, total } => Some((link, done, total)),
            Run::Idle | Run::Checking | Run::Fetching => None,
        })
    }
}

/// The first sentence of Overview: the first of appendix A that applies.
pub fn sentence(facts: &StatusFacts) -> Sentence {
    let (waiting, needs_you, conflicts) = (facts.waiting(), facts.needs_you(), facts.conflicts());
    match facts.store_fault {
        Some(StoreFault::Damaged) => return Sentence::StoreDamaged { intact: facts.intact },
        Some(fault) => return Sentence::CannotSave { fault },
        None => {}
    }
    if facts.links.is_empty() {
        return Sentence::NoLinks;
    }
    if facts.is_paused() {
        return Sentence::Paused { waiting: Count(waiting) };
    }
    if let Some(link) = facts.links.iter().find(|link| link.stop == Some(Stop::SignIn)) {
        return Sentence::SignIn { server: link.server.clone(), waiting: Count(link.waiting) };
    }
    if facts.is_offline() && waiting > 0 {
        return Sentence::OfflineWaiting { waiting: Count(waiting) };
    }
    // "Everything you changed has been sent" would be untrue while something is refused or in conflict.
    if facts.is_offline() && needs_you == 0 && conflicts == 0 {
        let last_contact = facts.links.iter().filter_map(|link| link.last_contact).max();
        return Sentence::OfflineNothing { last_contact };
    }
    if let Some((link, done, total)) = facts.sending() {
        return Sentence::Sending { done: Count(done), total: Count(total), server: link.server.clone() };
    }
    if needs_you > 0 {
        return Sentence::NeedYou { needs_you: Count(needs_you), others: Count(waiting) };
    }
    if conflicts > 0 {
        return Sentence::Conflicts { conflicts: Count(conflicts) };
    }
    let asks = |link: &LinkFacts| Some((link.server.clone(), *link.removals.first()?));
    if let Some((server, number)) = facts.links.iter().find_map(asks) {
        return Sentence::Removals { server, would_remove: Count(number) };
    }
    if let Some(link) = facts.links.iter().find(|link| link.stop.is_some()) {
        return Sentence::Stopped { server: link.server.clone(), waiting: Count(link.waiting) };
    }
    if let Some((link, at)) =
        facts.active().filter(|link| link.waiting > 0).find_map(|link| link.busy_until.map(|at| (link, at)))
    {
        return Sentence::Busy { server: link.server.clone(), waiting: Count(link.waiting), at };
    }
    match facts.wait_for_network() {
        0 => {}
        waiting => return Sentence::WaitsForNetwork { waiting: Count(waiting) },
    }
    if let Some(link) = facts.unchecked() {
        return Sentence::Checking { server: link.server.clone() };
    }
    match facts.up_to_date() {
        Some(as_of) => Sentence::UpToDate { as_of },
        None if waiting == 0 && facts.unreadable() > 0 => {
            Sentence::Unreadable { rows: Count(facts.unreadable()) }
        }
        None => Sentence::Waiting { waiting: Count(waiting), next: facts.next_at },
    }
}

/// The activity half: the first line of `ui.md` 3.2 that applies.
pub fn activity(facts: &StatusFacts) -> Activity {
    let waiting = Count(facts.waiting());
    if facts.store_fault.is_some() {
        return Activity::CannotSave;
    }
    if facts.links.is_empty() {
        return Activity::NoLinks;
    }
    if facts.is_paused() {
        return Activity::Paused { waiting };
    }
    if facts.is_offline() {
        return Activity::Offline { waiting };
    }
    if facts.unreachable() > 0 {
        let unreachable = Count::of(facts.unreachable());
        return Activity::SomeUnreachable { unreachable, of: Count::of(facts.links.len()) };
    }
    if let Some(running) = running(facts) {
        return running;
    }
    if let Some(link) = facts.unchecked() {
        return Activity::Checking { server: link.server.clone() };
    }
    if waiting.0 > 0 {
        return Activity::Waiting { waiting, next: facts.next_at };
    }
    match facts.up_to_date() {
        Some(as_of) => Activity::UpToDate { as_of },
        None => Activity::NothingWaiting,
    }
}

/// Sending over all links, or only receiving.
fn running(facts: &StatusFacts) -> Option<Activity> {
    let mut running = None;
    for link in &facts.links {
        let (done, total) = match link.run {
            Run::Idle | Run::Checking => continue,
            Run::Fetching => (0, 0),
            Run::Sending { done, total } => (done, total),
        };
        let sum = running.get_or_insert((0, 0));
        *sum = (sum.0 + done, sum.1 + total);
    }
    running.map(|(done, total)| Activity::Syncing { done: Count(done), total: Count(total) })
}

/// The attention half: what waits for a person.
pub fn attention(facts: &StatusFacts) -> Attention {
    let sign_in = facts.links.iter().filter(|link| link.stop == Some(Stop::SignIn));
    Attention {
        conflicts: Count(facts.conflicts()),
        needs_you: Count(facts.needs_you()),
        sign_in: sign_in.map(|link| link.server.clone()).collect(),
        removals: Count::of(facts.links.iter().map(|link| link.removals.len()).sum()),
        unreadable: Count(facts.unreadable()),
    }
}

#[cfg(test)]
mod tests;
