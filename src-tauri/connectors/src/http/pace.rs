//! When a server wants to be asked again: `Retry-After` and `Backoff`, read against its own clock.

use reqwest::header::{AGE, DATE, HeaderMap, RETRY_AFTER};
use std::time::{Duration, UNIX_EPOCH};
use tidemark_model::backoff::MAX_FLOOR;
use tidemark_model::number::Millis;

/// Kinto's header for a slower pace beside a good answer, in seconds.
const BACKOFF: &str = "backoff";

/// The wait a refusal asks for: seconds, or a date read against the answer's own `Date`; at most 24 h.
///
/// A date without a `Date` beside it says nothing, since only the server knows its clock.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Millis> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(wait) = seconds(text) {
        return Some(wait);
    }
    let then = instant(text)?;
    let now = instant(headers.get(DATE)?.to_str().ok()?)?;
    Some(clamp(then.0.saturating_sub(now.0)))
}

/// The pace asked for beside any answer; at most 24 h.
pub(super) fn backoff(headers: &HeaderMap) -> Option<Millis> {
    seconds(headers.get(BACKOFF)?.to_str().ok()?.trim()).filter(|wait| wait.0 > 0)
}

/// The server's time of the answer; none where a cache stood between or the way was long (`engine.md` 9).
pub(super) fn server_time(headers: &HeaderMap, round_trip: Duration) -> Option<Millis> {
    if headers.contains_key(AGE) || round_trip > Duration::from_secs(2) {
        return None;
    }
    instant(headers.get(DATE)?.to_str().ok()?)
}

/// An HTTP date in milliseconds since 1970.
pub(super) fn instant(text: &str) -> Option<Millis> {
    let since = httpdate::parse_http_date(text.trim()).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Millis)
}

fn seconds(text: &str) -> Option<Millis> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More digits than fit are only more than the clamp.
    Some(clamp(text.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(1000)))
}

fn clamp(ms: i64) -> Millis {
    Millis(ms.clamp(0, MAX_FLOOR.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    // proves A6
    #[test]
    fn a_wait_is_read_as_seconds_or_as_a_date_by_the_servers_own_clock() {
        assert_eq!(retry_after(&headers(&[("retry-after", "34")])), Some(Millis(34_000)));
        let date = headers(&[
            ("date", "Sat, 21 Nov 2026 11:35:51 GMT"),
            ("retry-after", "Sat, 21 Nov 2026 11:36:21 GMT"),
        ]);
        assert_eq!(retry_after(&date), Some(Millis(30_000)));
        let past = headers(&[
            ("date", "Sat, 21 Nov 2026 11:35:51 GMT"),
            ("retry-after", "Sat, 21 Nov 2020 11:36:21 GMT"),
        ]);
        assert_eq!(retry_after(&past), Some(Millis(0)));
    }

    #[test]
    fn a_wait_of_years_is_a_day_and_nonsense_is_none() {
        assert_eq!(retry_after(&headers(&[("retry-after", "99999999999999999999999")])), Some(MAX_FLOOR));
        for nonsense in ["-5", "soon", "", "1.5"] {
            assert_eq!(retry_after(&headers(&[("retry-after", nonsense)])), None, "{nonsense}");
        }
        assert_eq!(backoff(&headers(&[("backoff", "10")])), Some(Millis(10_000)));
    }

    #[test]
    fn a_cached_answer_tells_no_time() {
        let fresh = headers(&[("date", "Sat, 21 Nov 2026 11:35:51 GMT")]);
        let cached = headers(&[("date", "Sat, 21 Nov 2026 11:35:51 GMT"), ("age", "0")]);
        assert_eq!(server_time(&fresh, Duration::ZERO), Some(Millis(1_795_260_951_000)));
        assert_eq!(server_time(&cached, Duration::ZERO), None);
        assert_eq!(server_time(&fresh, Duration::from_secs(3)), None);
    }
}
