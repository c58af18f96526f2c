//! From times to a line.

use serde::Serialize;
use std::time::Duration;

/// The times of one run of ours and of the floor.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// Ours.
    pub ours: Duration,
    /// The floor's, where the case has one.
    pub floor: Option<Duration>,
    /// Of each single operation of ours, where they are timed.
    pub each: Vec<Duration>,
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    case: String,
    n: usize,
    runs: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<u64>,
    seconds: f64,
    per_second: f64,
    p50_us: Option<u64>,
    p99_us: Option<u64>,
    peak_rss_bytes: Option<u64>,
    floor_seconds: Option<f64>,
    ratio_to_floor: Option<f64>,
    spread: Spread,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bare_row_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<Scale>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicts: Option<Conflicts>,
}

/// What very many conflicts cost: answers in microseconds, medians; what is done to all of them in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Conflicts {
    /// Sending, being refused and pulling: until all of them are met.
    pub meet_ms: u64,
    /// The first page of the list.
    pub first_page_us: u64,
    /// A page in its middle.
    pub middle_page_us: u64,
    /// One of them, whole.
    pub one_us: u64,
    /// The groups of one shape.
    pub groups_us: u64,
    /// The first page of a group's members.
    pub members_us: u64,
    /// Taking all decisions back.
    pub undo_ms: u64,
    /// Setting a hook that decides none.
    pub set_hook_ms: u64,
    /// Saving an edit while that hook is asked about all of them, the slowest of them.
    pub edit_us: u64,
    /// Until that hook was asked about all.
    pub asked_ms: u64,
}

/// What answers cost at one size: medians, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Scale {
    /// The queue's statistics.
    pub statistics_us: u64,
    /// The whole status.
    pub status_us: u64,
    /// The first page of the queue.
    pub first_page_us: u64,
    /// A page in its middle.
    pub middle_page_us: u64,
    /// The same page, asked for after the place before it.
    pub next_page_us: u64,
    /// The first page of a collection of which few changes wait.
    pub filtered_page_us: u64,
    /// The first page of a search for a text.
    pub search_page_us: u64,
    /// Memory that this process holds and that is no file's, where the system tells.
    pub rss_bytes: Option<u64>,
    /// The database with its log.
    pub database_bytes: u64,
}

/// The least and the greatest of the runs.
#[derive(Clone, Copy, Debug, Serialize)]
struct Spread {
    seconds: [f64; 2],
    floor_seconds: Option<[f64; 2]>,
    ratio_to_floor: Option<[f64; 2]>,
}

impl Line {
    /// The medians and spreads of runs.
    pub fn of(case: &str, n: usize, pairs: &[Pair]) -> Self {
        let ours = sorted(pairs.iter().map(|pair| pair.ours.as_secs_f64()));
        let floors = sorted(pairs.iter().filter_map(|pair| pair.floor).map(|floor| floor.as_secs_f64()));
        let ratio =
            |pair: &Pair| pair.floor.map(|floor| floor.as_secs_f64() / pair.ours.as_secs_f64().max(1e-9));
        let ratios = sorted(pairs.iter().filter_map(ratio));
        let each = sorted(pairs.iter().flat_map(|pair| &pair.each).map(Duration::as_secs_f64));
        let micros = |part: f64| at(&each, part).map(|seconds| (seconds * 1e6).round() as u64);
        let seconds = median(&ours).unwrap_or_default();
        Self {
            case: case.to_owned(),
            n,
            runs: pairs.len(),
            latency_ms: None,
            seconds,
            per_second: if seconds > 0.0 { n as f64 / seconds } else { 0.0 },
            p50_us: micros(0.50),
            p99_us: micros(0.99),
            peak_rss_bytes: peak_memory(),
            floor_seconds: median(&floors),
            ratio_to_floor: median(&ratios),
            spread: Spread {
                seconds: ends(&ours).unwrap_or_default(),
                floor_seconds: ends(&floors),
                ratio_to_floor: ends(&ratios),
            },
            requests: None,
            bare_row_seconds: None,
            scale: None,
            conflicts: None,
        }
    }

    pub fn at_latency(self, latency_ms: u64) -> Self {
        Self { latency_ms: Some(latency_ms), ..self }
    }

    pub fn with_requests(self, requests: usize) -> Self {
        Self { requests: Some(requests), ..self }
    }

    pub fn with_bare_rows(self, times: &[Duration]) -> Self {
        Self { bare_row_seconds: median(&sorted(times.iter().map(Duration::as_secs_f64))), ..self }
    }

    /// Each run did so many, whatever n is.
    pub fn with_operations(self, count: usize) -> Self {
        let per_second = if self.seconds > 0.0 { count as f64 / self.seconds } else { 0.0 };
        Self { per_second, ..self }
    }

    pub fn at_scale(self, scale: Scale) -> Self {
        Self { scale: Some(scale), ..self }
    }

    pub fn of_conflicts(self, conflicts: Conflicts) -> Self {
        Self { conflicts: Some(conflicts), ..self }
    }

    /// For people.
    pub fn in_words(&self) -> String {
        let latency = self.latency_ms.map(|ms| format!(" at {ms} ms")).unwrap_or_default();
        let floor = match (self.floor_seconds, self.ratio_to_floor) {
            (Some(floor), Some(ratio)) => format!(", floor {floor:.3} s, ratio {ratio:.2}"),
            _ => String::new(),
        };
        let requests = self.requests.map(|count| format!(", {count} requests")).unwrap_or_default();
        let p50 = self.p50_us.map(|us| format!(", p50 {us} µs")).unwrap_or_default();
        let scale = self.scale.map(Scale::in_words).unwrap_or_default();
        let conflicts = self.conflicts.map(Conflicts::in_words).unwrap_or_default();
        format!(
            "{}{latency}: {} in {:.3} s ({:.0}/s){floor}{p50}{requests}{scale}{conflicts}",
            self.case, self.n, self.seconds, self.per_second
        )
    }
}

impl Scale {
    fn in_words(self) -> String {
        let memory =
            self.rss_bytes.map(|bytes| format!(", {} MiB of memory", bytes >> 20)).unwrap_or_default();
        format!(
            "; statistics {} µs, status {} µs, first page {} µs, middle page {} µs, the same by its place {} µs, few of many {} µs, \
             search {} µs{memory}, {} MiB on disk",
            self.statistics_us,
            self.status_us,
            self.first_page_us,
            self.middle_page_us,
            self.next_page_us,
            self.filtered_page_us,
            self.search_page_us,
            self.database_bytes >> 20,
        )
    }
}

impl Conflicts {
    fn in_words(self) -> String {
        format!(
            "; met in {} ms, first page {} µs, middle page {} µs, one {} µs, groups {} µs, members {} µs, undone in {} ms; a hook \
             set in {} ms, asked about all in {} ms, an edit meanwhile {} µs at most",
            self.meet_ms,
            self.first_page_us,
            self.middle_page_us,
            self.one_us,
            self.groups_us,
            self.members_us,
            self.undo_ms,
            self.set_hook_ms,
            self.asked_ms,
            self.edit_us,
        )
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        even if even % 2 == 0 => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        _ => Some(sorted[middle]),
    }
}

/// The value below which this part of all lies.
fn at(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[((last as f64) * part).round() as usize])
}

fn ends(sorted: &[f64]) -> Option<[f64; 2]> {
    Some([*sorted.first()?, *sorted.last()?])
}

/// The most memory that this process ever held, where the system tells.
fn peak_memory() -> Option<u64> {
    told("VmHWM:")
}

/// The memory that this process holds, without what only shows a file, where the system tells.
pub fn resident_memory() -> Option<u64> {
    told("RssAnon:")
}

fn told(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_ratio_are_those_of_the_pairs() {
        let pair = |ours, floor| Pair {
            ours: Duration::from_millis(ours),
            floor: Some(Duration::from_millis(floor)),
            each: vec![Duration::from_micros(ours)],
        };
        let line = Line::of("x", 100, &[pair(100, 80), pair(200, 100), pair(400, 400)]);
        assert_eq!((line.seconds, line.floor_seconds, line.per_second), (0.2, Some(0.1), 500.0));
        let ratio = line.ratio_to_floor.unwrap();
        assert!((ratio - 0.8).abs() < 1e-9, "the middle one of 0.5, 0.8 and 1.0, not {ratio}");
        assert_eq!((line.p50_us, line.p99_us), (Some(200), Some(400)));
        let bare = Line::of("x", 1, &[Pair::default()]);
        assert_eq!((bare.floor_seconds, bare.ratio_to_floor, bare.p50_us), (None, None, None));
    }
}
