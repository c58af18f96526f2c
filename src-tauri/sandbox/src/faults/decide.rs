//! Which faults strike a request: pure but for the counts and the seed that it holds.

use super::{Chance, Faults, Filter, Switch};
use std::time::Duration;

/// What a decision looks at.
pub struct Facts<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query, as sent.
    pub path: &'a str,
    /// Whether a header (lower case) is there.
    pub has_header: &'a dyn Fn(&str) -> bool,
}

/// Given instead of the true answer; nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// The connection is reset.
    Reset,
    /// The connection is closed.
    Close,
    /// 401.
    Unauthorized,
    /// This status.
    Status {
        /// Which.
        status: u16,
        /// `Retry-After` in seconds.
        retry_after_s: Option<u64>,
    },
    /// A sign-in page with status 200.
    Html,
}

/// Done to the true answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoil {
    /// It is not sent; the connection is closed.
    Close,
    /// It breaks off in the middle.
    Truncate,
    /// It is damaged.
    Garble,
}

/// What strikes one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// It waits first.
    pub delay: Option<Duration>,
    /// It is not done.
    pub instead: Option<Instead>,
    /// It commits late.
    pub late_commit: Option<Duration>,
    /// It is done twice.
    pub duplicate: bool,
    /// Its answer is spoiled.
    pub spoil: Option<Spoil>,
}

/// The switches with their counts and chances.
#[derive(Debug, Clone)]
pub struct FaultDesk {
    faults: Faults,
    chance: Chance,
}

impl FaultDesk {
    /// Switches with chances from this seed.
    pub fn new(faults: Faults, seed: u64) -> FaultDesk {
        FaultDesk { faults, chance: Chance::new(seed) }
    }

    /// Takes new switches in place of all former; the chances go on.
    pub fn set(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// The switches as they stand, with what is left of their counts.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What strikes this request. Only what strikes is counted.
    pub fn decide(&mut self, facts: &Facts<'_>) -> Verdict {
        let FaultDesk { faults, chance } = self;
        let delay = strike(&mut faults.delay_ms, chance, facts).map(Duration::from_millis);
        let instead = instead(faults, chance, facts);
        if instead.is_some() {
            return Verdict { delay, instead, ..Verdict::default() };
        }
        let late_commit = strike(&mut faults.late_commit_ms, chance, facts).map(Duration::from_millis);
        let duplicate = flag(&mut faults.duplicate, chance, facts);
        let spoil = spoil(faults, chance, facts);
        Verdict { delay, instead: None, late_commit, duplicate, spoil }
    }
}

fn instead(faults: &mut Faults, chance: &mut Chance, facts: &Facts<'_>) -> Option<Instead> {
    if flag(&mut faults.offline, chance, facts) {
        return Some(Instead::Close);
    }
    if flag(&mut faults.refuse, chance, facts) {
        return Some(Instead::Reset);
    }
    if flag(&mut faults.drop_before, chance, facts) {
        return Some(Instead::Close);
    }
    if flag(&mut faults.unauthorized, chance, facts) {
        return Some(Instead::Unauthorized);
    }
    if flag(&mut faults.html_200, chance, facts) {
        return Some(Instead::Html);
    }
    let failed = fail_next(&mut faults.fail_next, chance, facts).then_some(503);
    let status = failed.or_else(|| {
        let statuses = strike(&mut faults.status, chance, facts)?;
        statuses.get(chance.below(statuses.len())).copied()
    })?;
    let retry_after_s = strike(&mut faults.retry_after, chance, facts);
    Some(Instead::Status { status, retry_after_s })
}

fn spoil(faults: &mut Faults, chance: &mut Chance, facts: &Facts<'_>) -> Option<Spoil> {
    if flag(&mut faults.drop_after, chance, facts) {
        return Some(Spoil::Close);
    }
    if flag(&mut faults.truncate, chance, facts) {
        return Some(Spoil::Truncate);
    }
    flag(&mut faults.garble, chance, facts).then_some(Spoil::Garble)
}

fn flag(switch: &mut Option<Switch<bool>>, chance: &mut Chance, facts: &Facts<'_>) -> bool {
    switch.as_ref().is_some_and(|switch| switch.value) && strike(switch, chance, facts).is_some()
}

/// `fail_next` counts in its value.
fn fail_next(switch: &mut Option<Switch<u32>>, chance: &mut Chance, facts: &Facts<'_>) -> bool {
    if switch.as_ref().is_none_or(|switch| switch.value == 0) || strike(switch, chance, facts).is_none() {
        return false;
    }
    if let Some(switch) = switch {
        switch.value -= 1;
    }
    true
}

fn strike<T: Clone>(switch: &mut Option<Switch<T>>, chance: &mut Chance, facts: &Facts<'_>) -> Option<T> {
    let switch = switch.as_mut()?;
    if switch.times == Some(0) || !matches(&switch.filter, facts) || !chance.hit(switch.probability) {
        return None;
    }
    switch.times = switch.times.map(|left| left - 1);
    Some(switch.value.clone())
}

fn matches(filter: &Filter, facts: &Facts<'_>) -> bool {
    let method = filter.method.as_ref().is_none_or(|methods| {
        methods.split(',').any(|method| method.trim().eq_ignore_ascii_case(facts.method))
    });
    let path = filter.path.as_ref().is_none_or(|part| facts.path.contains(part.as_str()));
    let has = |name: &String| (facts.has_header)(&name.to_ascii_lowercase());
    method
        && path
        && filter.header_present.as_ref().is_none_or(has)
        && !filter.header_absent.as_ref().is_some_and(has)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn desk(faults: serde_json::Value) -> FaultDesk {
        FaultDesk::new(serde_json::from_value(faults).unwrap(), 7)
    }

    fn facts<'a>(method: &'a str, path: &'a str) -> Facts<'a> {
        Facts { method, path, has_header: &|name| name == "idempotency-key" }
    }

    #[test]
    fn a_switch_may_be_plain_or_in_full() {
        let mut desk = desk(json!({
            "delay_ms": 20,
            "drop_after": {"times": 1, "filter": {"method": "PUT,PATCH", "path": "/work_orders/"}},
            "status": {"value": [503], "filter": {"header_absent": "Idempotency-Key"}},
        }));
        let get = desk.decide(&facts("GET", "/v1/c/work_orders/1"));
        assert_eq!((get.delay, get.spoil), (Some(Duration::from_millis(20)), None));
        assert_eq!(desk.decide(&facts("PATCH", "/v1/c/work_orders/1")).spoil, Some(Spoil::Close));
        assert_eq!(desk.decide(&facts("PATCH", "/v1/c/work_orders/1")).spoil, None, "it was to strike once");
        assert_eq!(get.instead, None, "the key is there");
    }

    #[test]
    fn fail_next_fails_exactly_so_many_and_carries_retry_after() {
        let mut desk = desk(json!({"fail_next": 2, "retry_after": 30}));
        let strikes: Vec<_> = (0..4).map(|_| desk.decide(&facts("GET", "/v1/")).instead).collect();
        let failure = Some(Instead::Status { status: 503, retry_after_s: Some(30) });
        assert_eq!(strikes, [failure.clone(), failure, None, None]);
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let strikes = |seed| {
            let mut desk = FaultDesk::new(
                Faults { drop_before: Some(Switch::always(true).probability(0.5)), ..Faults::default() },
                seed,
            );
            (0..64).map(|_| desk.decide(&facts("GET", "/")).instead.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(strikes(3), strikes(3));
        assert_ne!(strikes(3), strikes(4));
        let hits = strikes(3).iter().filter(|hit| **hit).count();
        assert!((16..=48).contains(&hits), "half of them or so, not {hits} of 64");
    }

    #[test]
    fn unknown_switches_and_wrong_probabilities_are_refused() {
        for wrong in [
            json!({"drop": true}),
            json!({"garble": {"probability": 1.5}}),
            json!({"garble": {"chance": 0.5}}),
            json!({"delay_ms": "soon"}),
            json!({"delay_ms": {"times": 3}}),
        ] {
            assert!(serde_json::from_value::<Faults>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
