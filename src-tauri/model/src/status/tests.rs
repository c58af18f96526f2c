//! The truth table of the status (`ui.md` 3.23, no. 1).

use super::*;

/// Every combination of what one link can be in.
fn links() -> Vec<LinkFacts> {
    let mut all = Vec::new();
    let flags = [false, true];
    for connectivity in [Connectivity::Unknown, Connectivity::Online, Connectivity::Offline] {
        for stop in [None, Some(Stop::SignIn), Some(Stop::Other)] {
            for run in [Run::Idle, Run::Checking, Run::Fetching, Run::Sending { done: 1, total: 3 }] {
                for bits in 0..256 {
                    let bit = |n: usize| flags[(bits >> n) & 1];
                    all.push(LinkFacts {
                        server: "erp.example.com".into(),
                        connectivity,
                        paused: bit(0),
                        stop,
                        run,
                        busy_until: bit(1).then_some(Millis(90)),
                        waiting: if bit(2) { 4 } else { 0 },
                        needs_you: if bit(3) { 3 } else { 0 },
                        conflicts: if bit(4) { 2 } else { 0 },
                        removals: if bit(6) { vec![60] } else { vec![] },
                        unreadable: if bit(7) { 3 } else { 0 },
                        last_contact: Some(Millis(20)),
                        checked_at: bit(5).then_some(Millis(50)),
                        waits: None,
                    });
                }
            }
        }
    }
    all
}

/// Each link alone, and beside a second that is calm, unchecked or unreachable; paused, faulty, or neither.
fn worlds() -> Vec<StatusFacts> {
    let calm = calm();
    let unchecked = LinkFacts { checked_at: None, connectivity: Connectivity::Unknown, ..calm.clone() };
    let unreachable = LinkFacts { connectivity: Connectivity::Offline, ..calm.clone() };
    let scheduled = |waits| LinkFacts { waits: Some(waits), waiting: 2, ..unchecked.clone() };
    let night = scheduled(ScheduleWait::Hours { until: Millis(95) });
    let thrifty = scheduled(ScheduleWait::Unmetered);
    let seconds = [None, Some(calm), Some(unchecked.clone()), Some(unreachable), Some(night), Some(thrifty)];
    let mut worlds = vec![StatusFacts::default()];
    for link in links() {
        for second in &seconds {
            for (paused, store_fault) in [
                (false, None),
                (true, None),
                (false, Some(StoreFault::DiskFull)),
                (false, Some(StoreFault::Damaged)),
            ] {
                let links = [link.clone()].into_iter().chain(second.clone()).collect();
                worlds.push(StatusFacts {
                    store_fault,
                    intact: None,
                    paused,
                    next_at: Some(Millis(70)),
                    links,
                });
            }
        }
    }
    worlds
}

fn calm() -> LinkFacts {
    LinkFacts {
        server: "calm.example.com".into(),
        connectivity: Connectivity::Online,
        paused: false,
        stop: None,
        run: Run::Idle,
        busy_until: None,
        waiting: 0,
        needs_you: 0,
        conflicts: 0,
        removals: vec![],
        unreadable: 0,
        last_contact: Some(Millis(30)),
        checked_at: Some(Millis(40)),
        waits: None,
    }
}

fn one(link: LinkFacts) -> StatusFacts {
    StatusFacts { links: vec![link], ..StatusFacts::default() }
}

/// Appendix A as a list of conditions, written apart from the code: the numbers of all that apply.
fn applying(facts: &StatusFacts) -> Vec<u32> {
    let links = &facts.links;
    let sum = |of: fn(&LinkFacts) -> i64| links.iter().map(of).sum::<i64>();
    let (waiting, needs_you, conflicts) =
        (sum(|link| link.waiting), sum(|link| link.needs_you), sum(|link| link.conflicts));
    let unreadable = sum(|link| link.unreadable);
    let working: Vec<&LinkFacts> =
        links.iter().filter(|link| !link.paused && link.stop.is_none() && link.waits.is_none()).collect();
    let offline =
        !working.is_empty() && working.iter().all(|link| link.connectivity == Connectivity::Offline);
    let lines = [
        (1, facts.store_fault == Some(StoreFault::DiskFull)),
        (2, facts.store_fault == Some(StoreFault::Damaged)),
        (0, links.is_empty()),
        (3, facts.paused || links.iter().all(|link| link.paused)),
        (4, links.iter().any(|link| link.stop == Some(Stop::SignIn))),
        (5, offline && waiting > 0),
        (6, offline && waiting + needs_you + conflicts == 0),
        (7, links.iter().any(|link| matches!(link.run, Run::Sending { .. }))),
        (8, needs_you > 0),
        (9, conflicts > 0),
        (93, links.iter().any(|link| !link.removals.is_empty())),
        (90, links.iter().any(|link| link.stop == Some(Stop::Other))),
        (10, working.iter().any(|link| link.waiting > 0 && link.busy_until.is_some())),
        (92, links.iter().any(|link| link.waits == Some(ScheduleWait::Unmetered) && link.waiting > 0)),
        (
            11,
            working.iter().any(|link| {
                link.connectivity != Connectivity::Offline
                    && (matches!(link.run, Run::Checking | Run::Fetching)
                        || (link.run == Run::Idle && link.checked_at.is_none()))
            }),
        ),
        (
            12,
            waiting + unreadable == 0
                && links.iter().all(|link| {
                    link.connectivity == Connectivity::Online && link.checked_at.is_some() && !link.paused
                }),
        ),
        (94, waiting == 0 && unreadable > 0),
        (91, true),
    ];
    lines.into_iter().filter(|(_, applies)| *applies).map(|(number, _)| number).collect()
}

fn number(sentence: &Sentence) -> u32 {
    match sentence {
        Sentence::NoLinks => 0,
        Sentence::CannotSave { .. } => 1,
        Sentence::StoreDamaged { .. } => 2,
        Sentence::Paused { .. } => 3,
        Sentence::SignIn { .. } => 4,
        Sentence::OfflineWaiting { .. } => 5,
        Sentence::OfflineNothing { .. } => 6,
        Sentence::Sending { .. } => 7,
        Sentence::NeedYou { .. } => 8,
        Sentence::Conflicts { .. } => 9,
        Sentence::Removals { .. } => 93,
        Sentence::Stopped { .. } => 90,
        Sentence::Busy { .. } => 10,
        Sentence::WaitsForNetwork { .. } => 92,
        Sentence::Checking { .. } => 11,
        Sentence::UpToDate { .. } => 12,
        Sentence::Unreadable { .. } => 94,
        Sentence::Waiting { .. } => 91,
    }
}

#[test]
fn the_sentence_is_the_first_of_the_appendix_that_applies() {
    for facts in worlds() {
        assert_eq!(Some(&number(&sentence(&facts))), applying(&facts).first(), "{facts:?}");
    }
}

/// Told link by link: nothing waits, nothing is held, stopped or in conflict, and each was checked since the start.
fn may_have_a_tick(facts: &StatusFacts) -> bool {
    !facts.paused
        && facts.store_fault.is_none()
        && !facts.links.is_empty()
        && facts.links.iter().all(|link| {
            let settled = LinkFacts {
                server: link.server.clone(),
                busy_until: link.busy_until,
                last_contact: link.last_contact,
                checked_at: link.checked_at.and(Some(Millis(40))),
                waits: link.waits,
                ..calm()
            };
            LinkFacts { checked_at: link.checked_at.map(|_| Millis(40)), ..link.clone() } == settled
                && link.checked_at.is_some()
        })
}

#[test]
fn the_tick_stands_in_one_cell_only_and_the_sentence_agrees_with_it() {
    let mut ticks = 0;
    for facts in worlds() {
        let tick = matches!(activity(&facts), Activity::UpToDate { .. });
        let said = matches!(sentence(&facts), Sentence::UpToDate { .. });
        assert_eq!(tick, may_have_a_tick(&facts), "{facts:?}");
        assert_eq!(tick, said, "the sentence and the tick say the same: {facts:?}");
        let attention = attention(&facts);
        let counts = [attention.conflicts, attention.needs_you, attention.removals, attention.unreadable];
        let calm = counts.iter().all(|count| count.0 == 0) && attention.sign_in.is_empty();
        assert!(calm || !tick, "no tick while a person is waited for: {facts:?}");
        ticks += usize::from(tick);
    }
    assert!(ticks > 0, "there is a tick at all");
}

#[test]
fn the_activity_never_contradicts_the_sentence() {
    for facts in worlds() {
        let (sentence, activity) = (sentence(&facts), activity(&facts));
        let store = matches!(sentence, Sentence::CannotSave { .. } | Sentence::StoreDamaged { .. });
        assert_eq!(store, activity == Activity::CannotSave, "{facts:?}");
        let paused = matches!(sentence, Sentence::Paused { .. });
        assert_eq!(paused, matches!(activity, Activity::Paused { .. }), "{facts:?}");
        if matches!(sentence, Sentence::OfflineWaiting { .. } | Sentence::OfflineNothing { .. }) {
            assert!(matches!(activity, Activity::Offline { .. }), "{facts:?}");
        }
    }
}

#[test]
fn the_oldest_check_is_what_up_to_date_is_as_of() {
    let facts = StatusFacts {
        links: vec![LinkFacts { checked_at: Some(Millis(60)), ..calm() }, calm()],
        ..StatusFacts::default()
    };
    assert_eq!(sentence(&facts), Sentence::UpToDate { as_of: Millis(40) });
    assert_eq!(activity(&facts), Activity::UpToDate { as_of: Millis(40) });
}

#[test]
fn offline_with_a_refused_change_does_not_say_that_everything_was_sent() {
    let offline = LinkFacts { connectivity: Connectivity::Offline, needs_you: 1, ..calm() };
    assert_eq!(sentence(&one(offline.clone())), Sentence::NeedYou { needs_you: Count(1), others: Count(0) });
    let nothing = LinkFacts { needs_you: 0, ..offline };
    assert_eq!(sentence(&one(nothing)), Sentence::OfflineNothing { last_contact: Some(Millis(30)) });
}

#[test]
fn numbers_in_sentences_are_those_of_what_they_name() {
    let busy = LinkFacts { busy_until: Some(Millis(90)), waiting: 4, ..calm() };
    let server = || "calm.example.com".to_owned();
    let facts =
        StatusFacts { links: vec![busy, LinkFacts { waiting: 1, ..calm() }], ..StatusFacts::default() };
    assert_eq!(
        sentence(&facts),
        Sentence::Busy { server: server(), waiting: Count(4), at: Millis(90) },
        "only its own changes wait for a busy server"
    );
    let asking = LinkFacts { removals: vec![60, 70], unreadable: 3, ..calm() };
    let asked = StatusFacts { links: vec![calm(), asking.clone(), asking], ..StatusFacts::default() };
    assert_eq!(sentence(&asked), Sentence::Removals { server: server(), would_remove: Count(60) });
    assert_eq!((attention(&asked).removals, attention(&asked).unreadable), (Count(4), Count(6)));
    let sending = LinkFacts { run: Run::Sending { done: 3, total: 14 }, waiting: 11, ..calm() };
    let both = StatusFacts { links: vec![sending.clone(), sending], ..StatusFacts::default() };
    assert_eq!(activity(&both), Activity::Syncing { done: Count(6), total: Count(28) });
    assert_eq!(sentence(&both), Sentence::Sending { done: Count(3), total: Count(14), server: server() });
}
