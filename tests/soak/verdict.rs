//! What a run's figures come to: pure, so that each verdict can be shown to fall.

/// When it was measured, in seconds since the start, and what.
pub type Point = (f64, f64);

/// What a figure may do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// The last quarter's median is at most the first's with this share of it and this much more.
    Flat {
        /// Share of the first quarter's median.
        share: f64,
        /// In the figure's own unit.
        slack: f64,
    },
    /// No value is above this.
    Most(f64),
}

/// A figure's way through a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The median of the first quarter.
    pub first: f64,
    /// The median of the last quarter.
    pub last: f64,
    /// The greatest value.
    pub most: f64,
    /// Growth per hour, by least squares.
    pub per_hour: f64,
}

/// The middle of the values; of an even number the lower of the two in the middle. None of none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// A figure from its points behind the warm-up; none where there are fewer than eight, two for each quarter.
pub fn course(points: &[Point]) -> Option<Course> {
    if points.len() < 8 {
        return None;
    }
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let quarter = values.len() / 4;
    Some(Course {
        first: median(&values[..quarter])?,
        last: median(&values[values.len() - quarter..])?,
        most: values.iter().copied().fold(f64::MIN, f64::max),
        per_hour: slope(points) * 3600.0,
    })
}

/// Growth per second, by least squares; 0 where all was measured at one moment.
fn slope(points: &[Point]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (at, value) = (mean(|point| point.0), mean(|point| point.1));
    let over: f64 = points.iter().map(|point| (point.0 - at) * (point.1 - value)).sum();
    let under: f64 = points.iter().map(|point| (point.0 - at).powi(2)).sum();
    if under == 0.0 { 0.0 } else { over / under }
}

impl Limit {
    /// Whether a figure stays within.
    pub fn holds(self, course: &Course) -> bool {
        match self {
            Limit::Flat { .. } => course.last <= self.of(course.first),
            Limit::Most(most) => course.most <= most,
        }
    }

    /// The highest that is allowed where a figure began with `first`.
    pub fn of(self, first: f64) -> f64 {
        match self {
            Limit::Flat { share, slack } => first * (1.0 + share) + slack,
            Limit::Most(most) => most,
        }
    }
}

/// Growth of one figure for each step of another, from the median of the first quarter to that of the last; none where
/// the other stood still.
pub fn growth_for_each(grown: &Course, counted: &Course) -> Option<f64> {
    let steps = counted.last - counted.first;
    (steps > 0.0).then(|| (grown.last - grown.first) / steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(of: impl Fn(f64) -> f64) -> Vec<Point> {
        (0..40).map(|step| f64::from(step) * 5.0).map(|at| (at, of(at))).collect()
    }

    #[test]
    fn a_leak_falls_and_a_flat_figure_with_spikes_does_not() {
        let limit = Limit::Flat { share: 0.1, slack: 4.0 };
        let leak = course(&line(|at| 100.0 + at / 5.0)).unwrap();
        assert!((leak.per_hour - 720.0).abs() < 1e-6, "{leak:?}");
        assert_eq!((leak.first, leak.last), (104.0, 134.0));
        assert!(!limit.holds(&leak), "30 more are beyond a tenth and 4");

        let spiky = course(&line(|at| if at % 50.0 == 45.0 { 900.0 } else { 100.0 })).unwrap();
        assert_eq!((spiky.first, spiky.last, spiky.most), (100.0, 100.0, 900.0));
        assert!(limit.holds(&spiky), "a median does not move for a spike");
        assert!(!Limit::Most(899.0).holds(&spiky) && Limit::Most(900.0).holds(&spiky));
    }

    #[test]
    fn falling_is_flat_and_the_edge_is_within() {
        let limit = Limit::Flat { share: 0.5, slack: 1.0 };
        let ending_at = |last| Course { first: 10.0, last, most: 20.0, per_hour: 0.0 };
        assert!(limit.holds(&ending_at(16.0)) && limit.holds(&ending_at(3.0)));
        assert!(!limit.holds(&ending_at(16.1)));
    }

    #[test]
    fn too_few_points_are_no_figure() {
        let few: Vec<Point> = line(|at| at).into_iter().take(7).collect();
        assert_eq!(course(&few), None);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn growth_is_told_for_each_step_of_what_grows_rightly() {
        let (bytes, changes) = (line(|at| 5_000.0 + at * 600.0), line(|at| at * 2.0));
        let each = growth_for_each(&course(&bytes).unwrap(), &course(&changes).unwrap());
        assert_eq!(each, Some(300.0));
        let none = growth_for_each(&course(&bytes).unwrap(), &course(&line(|_| 7.0)).unwrap());
        assert_eq!(none, None, "nothing was counted, so that nothing can be told");
    }
}
