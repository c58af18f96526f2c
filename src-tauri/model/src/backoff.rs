//! When a failed attempt is tried again, and when it is given up (`behaviour.md` A6).

use crate::clock::Rng;
use crate::number::Millis;
use serde::{Deserialize, Serialize};

/// The longest wait a server may ask for: 24 h.
pub const MAX_FLOOR: Millis = Millis(24 * 60 * 60 * 1000);

/// Row A6's settings; times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackoffSettings {
    /// Delay after the first failure.
    pub base: Millis,
    /// The longest delay of the formula.
    pub max: Millis,
    /// Retries after the first attempt before a counting failure parks the change.
    pub retries: u32,
    /// How far a delay is spread at random, in per cent of it.
    pub jitter: u32,
}

impl Default for BackoffSettings {
    fn default() -> Self {
        Self { base: Millis(1_000), max: Millis(300_000), retries: 4, jitter: 10 }
    }
}

/// `min(base · 2^n, max) + jitter` milliseconds, jitter uniform in 0–10 % of the delay by default; `n` counts failures
/// before this one.
pub fn delay(settings: &BackoffSettings, n: u32, rng: &dyn Rng) -> Millis {
    let doubled = settings.base.0.saturating_mul(1i64.checked_shl(n.min(62)).unwrap_or(i64::MAX));
    let delay = doubled.min(settings.max.0).max(0);
    // A part of at most a day: exact in a double.
    Millis(delay + (delay as f64 * f64::from(settings.jitter) / 100.0 * rng.fraction()) as i64)
}

/// The longest that [`delay`] can be after `n` failures.
pub fn longest_delay(settings: &BackoffSettings, n: u32) -> Millis {
    struct Most;
    impl Rng for Most {
        fn next_u64(&self) -> u64 {
            u64::MAX
        }
    }
    delay(settings, n, &Most)
}

/// Delay between tries to reach a server that is away, with work waiting: every 5 s for a minute, then 15 s, then 30 s,
/// spread by up to a tenth (`engine.md` 7).
pub fn reconnect_delay(away_for: Millis, rng: &dyn Rng) -> Millis {
    let delay = match away_for.0 {
        ..60_000 => 5_000,
        60_000..300_000 => 15_000,
        _ => 30_000,
    };
    Millis(delay + (delay as f64 * 0.1 * rng.fraction()) as i64)
}

/// Whether a counting failure is the last: five counted attempts by default.
pub fn gives_up(settings: &BackoffSettings, counted_attempts: u32) -> bool {
    counted_attempts > settings.retries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Rng;
    use proptest::prelude::*;

    struct Fixed(u64);
    impl Rng for Fixed {
        fn next_u64(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn delays_double_from_a_second_to_five_minutes() {
        let delays: Vec<i64> =
            (0..11).map(|n| delay(&BackoffSettings::default(), n, &Fixed(0)).0 / 1_000).collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }

    // proves E3, A7
    #[test]
    fn a_server_that_is_away_is_looked_for_every_5_then_15_then_30_seconds_spread_by_a_tenth() {
        let table = [
            (0, 5_000),
            (59_999, 5_000),
            (60_000, 15_000),
            (299_999, 15_000),
            (300_000, 30_000),
            (86_400_000, 30_000),
        ];
        for (away_for, delay) in table {
            let tried = |bits| reconnect_delay(Millis(away_for), &Fixed(bits)).0;
            assert_eq!(tried(0), delay, "after {away_for} ms");
            let half = tried(u64::MAX / 2);
            assert!((half - delay - delay / 20).abs() <= 1, "half of the spread is a twentieth: {half}");
            let most = tried(u64::MAX);
            assert!(most > delay + delay / 20 && most <= delay + delay / 10, "{most}");
        }
    }

    #[test]
    fn the_fifth_counted_attempt_is_the_last() {
        let gave_up: Vec<bool> = (1..=5).map(|n| gives_up(&BackoffSettings::default(), n)).collect();
        assert_eq!(gave_up, [false, false, false, false, true]);
    }

    proptest! {
        #[test]
        fn jitter_adds_at_most_a_tenth_and_never_takes_away(n in 0u32..100, bits: u64) {
            let settings = BackoffSettings::default();
            let plain = delay(&settings, n, &Fixed(0)).0;
            let spread = delay(&settings, n, &Fixed(bits)).0;
            prop_assert!(spread >= plain && spread * 10 <= plain * 11);
        }
    }
}
