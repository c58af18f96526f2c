//! When a link may sync by itself: only between given hours, only on an unmetered network (row A14).
//!
//! Saving goes on at all times, and a person's *Check now* goes at once whatever the schedule says.

use crate::number::Millis;
use serde::{Deserialize, Serialize};

const MINUTE: i64 = 60 * 1000;
const DAY: i64 = 24 * 60 * MINUTE;

/// When a link may sync by itself; the default is always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Only between these hours of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Only on a network whose use costs nothing, where the system tells; one it knows nothing of counts as such.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unmetered_only: bool,
}

/// A part of the day in local time; one that ends before it begins goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Its first minute.
    pub from: TimeOfDay,
    /// The minute after its last; the same as `from` means the whole day.
    pub to: TimeOfDay,
}

/// A minute of the day, written `22:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(try_from = "String", into = "String")]
#[specta(type = String)]
pub struct TimeOfDay(u16);

/// What the system says of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Nothing; it counts as unmetered.
    #[default]
    Unknown,
    /// Its use costs nothing.
    Unmetered,
    /// Its use is counted.
    Metered,
}

/// What a link waits for by its schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ScheduleWait {
    /// Its hours.
    Hours {
        /// When they begin.
        until: Millis,
    },
    /// An unmetered network.
    Unmetered,
}

/// Local time as an input.
pub trait Zone: Send + Sync {
    /// How far local time is ahead of UTC at an instant.
    fn offset(&self, at: Millis) -> Millis;
}

/// A zone without changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedZone(
    /// How far it is ahead of UTC.
    pub Millis,
);

impl Zone for FixedZone {
    fn offset(&self, _: Millis) -> Millis {
        self.0
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refuse = || format!("'{text}' is no time of the day; accepted is 00:00 to 23:59");
        let (hour, minute) = text.split_once(':').ok_or_else(refuse)?;
        let two = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if digits { part.parse::<u16>().ok() } else { None }
        };
        match (two(hour), two(minute)) {
            (Some(hour @ 0..=23), Some(minute @ 0..=59)) => Ok(Self(hour * 60 + minute)),
            _ => Err(refuse()),
        }
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.0 / 60, time.0 % 60)
    }
}

impl Schedule {
    /// What the link waits for at this moment; none where it may sync by itself.
    pub fn waits(&self, now: Millis, zone: &dyn Zone, network: Network) -> Option<ScheduleWait> {
        if let Some(until) = self.hours.and_then(|hours| hours.opens(now, zone)) {
            return Some(ScheduleWait::Hours { until });
        }
        match (self.unmetered_only, network) {
            (true, Network::Metered) => Some(ScheduleWait::Unmetered),
            (true, Network::Unknown | Network::Unmetered) | (false, _) => None,
        }
    }

    /// When it closes next, where it closes by the clock.
    pub fn closes(&self, now: Millis, zone: &dyn Zone) -> Option<Millis> {
        let hours = self.hours.filter(|hours| hours.from != hours.to)?;
        hours.opens(now, zone).is_none().then(|| next(hours.to, now, zone))
    }
}

impl Hours {
    /// When they begin; none where they have begun.
    fn opens(&self, now: Millis, zone: &dyn Zone) -> Option<Millis> {
        let (from, to, minute) = (self.from.0, self.to.0, minute_of_day(now, zone));
        let inside = match from.cmp(&to) {
            std::cmp::Ordering::Less => (from..to).contains(&minute),
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => minute >= from || minute < to,
        };
        (!inside).then(|| next(self.from, now, zone))
    }
}

fn minute_of_day(at: Millis, zone: &dyn Zone) -> u16 {
    let local = at.0.saturating_add(zone.offset(at).0);
    // Less than a day, so that it fits.
    (local.rem_euclid(DAY) / MINUTE) as u16
}

/// The next instant after `now` at which clocks show this time.
fn next(time: TimeOfDay, now: Millis, zone: &dyn Zone) -> Millis {
    let offset = zone.offset(now).0;
    let local = now.0.saturating_add(offset);
    let midnight = local - local.rem_euclid(DAY);
    let today = midnight + i64::from(time.0) * MINUTE;
    let wall = if today > local { today } else { today + DAY };
    let guess = Millis(wall - offset);
    // Clocks may have been put forward or back until then.
    Millis(wall - zone.offset(guess).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 15 June 2026, 00:00 UTC.
    const DAY_START: i64 = 1_781_481_600_000;
    const HOUR: i64 = 60 * MINUTE;

    fn hours(from: &str, to: &str) -> Schedule {
        let time = |text: &str| TimeOfDay::try_from(text.to_owned()).unwrap();
        Schedule { hours: Some(Hours { from: time(from), to: time(to) }), unmetered_only: false }
    }

    fn at(hour: i64) -> Millis {
        Millis(DAY_START + hour * HOUR)
    }

    // proves A14
    #[test]
    fn hours_are_local_and_may_go_over_midnight() {
        let (night, utc) = (hours("22:00", "06:00"), FixedZone::default());
        assert_eq!(night.waits(at(23), &utc, Network::Unknown), None);
        assert_eq!(night.waits(at(5), &utc, Network::Unknown), None);
        let until = at(22);
        assert_eq!(night.waits(at(6), &utc, Network::Unknown), Some(ScheduleWait::Hours { until }));
        let east = FixedZone(Millis(2 * HOUR));
        assert_eq!(night.waits(at(20), &east, Network::Unknown), None, "it is 22:00 there");
        let until = at(20);
        assert_eq!(night.waits(at(4), &east, Network::Unknown), Some(ScheduleWait::Hours { until }));
        assert_eq!(night.closes(at(20), &east), Some(at(28)));
        assert_eq!(hours("08:00", "08:00").waits(at(3), &utc, Network::Unknown), None, "the whole day");
    }

    #[test]
    fn a_clock_put_forward_meanwhile_is_reckoned_with() {
        struct Spring;
        impl Zone for Spring {
            fn offset(&self, at: Millis) -> Millis {
                Millis(if at.0 < DAY_START + 2 * HOUR { 0 } else { HOUR })
            }
        }
        let until = at(7);
        let waits = hours("08:00", "17:00").waits(at(1), &Spring, Network::Unknown);
        assert_eq!(waits, Some(ScheduleWait::Hours { until }), "08:00 by the new time is 07:00 UTC");
    }

    // proves A14
    #[test]
    fn only_a_network_that_is_known_to_be_metered_is_waited_out() {
        let thrifty = Schedule { hours: None, unmetered_only: true };
        let utc = FixedZone::default();
        assert_eq!(thrifty.waits(at(1), &utc, Network::Metered), Some(ScheduleWait::Unmetered));
        assert_eq!(thrifty.waits(at(1), &utc, Network::Unknown), None);
        assert_eq!(Schedule::default().waits(at(1), &utc, Network::Metered), None);
    }

    #[test]
    fn times_are_read_strictly_and_written_back() {
        for bad in ["24:00", "7:00", "07:60", "0700", "07:00:00", "+7:00", ""] {
            assert!(TimeOfDay::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        let text = r#"{"hours":{"from":"22:00","to":"06:30"},"unmetered_only":true}"#;
        let schedule: Schedule = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&schedule).unwrap(), text);
    }
}
