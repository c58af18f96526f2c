//! Long text, merged by line: only where the two sides' edits are safely apart, never inside a line.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// Text from here on counts as long: more characters than this, or a line break.
const LONG_CHARS: usize = 120;
/// Texts beyond this many bytes are not lined up at all.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// After so many lines the clock is looked at.
const STRETCH: usize = 4_096;
/// How long all line merges of one document may take together.
const BUDGET: Duration = Duration::from_millis(300);

/// The time left for lining up the long texts of one document.
pub struct LineBudget(Cell<Duration>);

impl Default for LineBudget {
    fn default() -> Self {
        Self(Cell::new(BUDGET))
    }
}

impl LineBudget {
    /// A budget of its own length.
    pub fn of(left: Duration) -> Self {
        Self(Cell::new(left))
    }

    /// Does work until its deadline; `None` where it took longer than what is left.
    fn spend<T>(&self, work: impl FnOnce(Instant) -> Option<T>) -> Option<T> {
        let started = Instant::now();
        let deadline = started + self.0.get();
        let done = work(deadline);
        let ended = Instant::now();
        self.0.set(self.0.get().saturating_sub(ended - started));
        done.filter(|_| ended < deadline)
    }
}

/// What came of merging a text by line.
#[derive(Debug, PartialEq, Eq)]
pub enum LineMerge {
    /// Both sides' edits are in it.
    Merged(String),
    /// The edits touch or overlap, or lie next to repeated lines: a person chooses.
    Clash,
    /// The texts are too large or too different to be lined up in time: a person chooses.
    TooDifferent,
}

/// Whether a text is long enough to be looked at by line.
pub fn is_long(text: &str) -> bool {
    text.contains('\n') || text.chars().nth(LONG_CHARS).is_some()
}

/// Merges the edits of two sides to one text.
///
/// Edits are combined only if at least one unchanged line lies between them and none of them is on or next to
/// lines that repeat: there a line difference cannot tell which copy was meant.
pub fn merge_lines(base: &str, local: &str, remote: &str, budget: &LineBudget) -> LineMerge {
    if [base, local, remote].iter().any(|text| text.len() > MAX_BYTES) {
        return LineMerge::TooDifferent;
    }
    budget.spend(|deadline| merge_until(base, local, remote, deadline)).unwrap_or(LineMerge::TooDifferent)
}

/// The merge, or `None` where it was given up at the deadline.
fn merge_until(base: &str, local: &str, remote: &str, deadline: Instant) -> Option<LineMerge> {
    let mut numbers = HashMap::new();
    let base = Lines::number(base, &mut numbers, deadline)?;
    let local = Lines::number(local, &mut numbers, deadline)?;
    let remote = Lines::number(remote, &mut numbers, deadline)?;
    let (mine, theirs) = (hunks(&base, &local, deadline)?, hunks(&base, &remote, deadline)?);
    let same_edit =
        |a: &Hunk, b: &Hunk| a.base == b.base && local.ids[a.side.clone()] == remote.ids[b.side.clone()];
    let shared: Vec<Range<usize>> = {
        let by_place: HashMap<(usize, usize), &Hunk> =
            theirs.iter().map(|hunk| ((hunk.base.start, hunk.base.end), hunk)).collect();
        let twin = |hunk: &&Hunk| {
            by_place.get(&(hunk.base.start, hunk.base.end)).is_some_and(|b| same_edit(hunk, b))
        };
        mine.iter().filter(twin).map(|hunk| hunk.base.clone()).collect()
    };
    let theirs_alone: Vec<&Hunk> = theirs
        .iter()
        .filter(|hunk| {
            shared.binary_search_by_key(&(hunk.base.start, hunk.base.end), |at| (at.start, at.end)).is_err()
        })
        .collect();
    let mine_alone: Vec<&Hunk> = mine
        .iter()
        .filter(|hunk| {
            shared.binary_search_by_key(&(hunk.base.start, hunk.base.end), |at| (at.start, at.end)).is_err()
        })
        .collect();
    let guarded = mine.iter().chain(&theirs).all(|hunk| !near_repeated_lines(&base.ids, &hunk.reach));
    if !guarded || !apart(&mine_alone, &theirs_alone) {
        return Some(LineMerge::Clash);
    }
    let mut edits: Vec<(&Hunk, &Lines)> = mine.iter().map(|hunk| (hunk, &local)).collect();
    edits.extend(theirs_alone.iter().map(|hunk| (*hunk, &remote)));
    edits.sort_by_key(|(hunk, _)| (hunk.base.start, hunk.base.end));
    Some(LineMerge::Merged(put_in(&base, &edits)))
}

/// A text's lines and their numbers; equal lines have equal numbers in all three texts.
struct Lines<'t> {
    text: Vec<&'t str>,
    ids: Vec<u32>,
}

impl<'t> Lines<'t> {
    fn number(text: &'t str, numbers: &mut HashMap<&'t str, u32>, deadline: Instant) -> Option<Self> {
        let text: Vec<&str> = text.split('\n').collect();
        let mut ids = Vec::with_capacity(text.len());
        for (place, line) in text.iter().enumerate() {
            if place % STRETCH == 0 && Instant::now() >= deadline {
                return None;
            }
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            ids.push(*numbers.entry(*line).or_insert(next));
        }
        Some(Self { text, ids })
    }
}

/// One edit: these lines of the base became those lines of a side.
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
    /// Where else the same edit could have been drawn: an inserted or removed block that slides over equal lines.
    reach: Range<usize>,
}

/// The edits of one side, or `None` where the time ran out.
fn hunks(base: &Lines, side: &Lines, deadline: Instant) -> Option<Vec<Hunk>> {
    let operations = capture_diff_slices_deadline(Algorithm::Myers, &base.ids, &side.ids, Some(deadline));
    if Instant::now() >= deadline {
        return None;
    }
    let mut found: Vec<Hunk> = Vec::new();
    for operation in operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. })) {
        let (old, new) = (operation.old_range(), operation.new_range());
        match found.last_mut() {
            Some(last) if last.base.end == old.start && last.side.end == new.start => {
                last.base.end = old.end;
                last.side.end = new.end;
            }
            Some(_) | None => found.push(Hunk { base: old, side: new, reach: 0..0 }),
        }
    }
    for hunk in &mut found {
        hunk.reach = reach(hunk, &base.ids, &side.ids);
    }
    Some(found)
}

fn reach(hunk: &Hunk, base: &[u32], side: &[u32]) -> Range<usize> {
    let (block, around) = match (hunk.base.is_empty(), hunk.side.is_empty()) {
        (true, false) => (&side[hunk.side.clone()], hunk.base.start),
        (false, true) => (&base[hunk.base.clone()], hunk.base.start),
        _ => return hunk.base.clone(),
    };
    let after = hunk.base.end;
    // The block slides down while the line that follows equals the line it starts with, and up the other way round.
    let down = (0..base.len() - after).take_while(|step| base[after + step] == cyclic(block, *step)).count();
    let up = (0..around)
        .take_while(|step| base[around - 1 - step] == cyclic(block, block.len() - 1 - step % block.len()))
        .count();
    around - up..after + down
}

fn cyclic(block: &[u32], index: usize) -> u32 {
    block[index % block.len()]
}

/// Whether an edit lies on or next to a run of equal lines.
fn near_repeated_lines(base: &[u32], edit: &Range<usize>) -> bool {
    let window = edit.start.saturating_sub(2)..(edit.end + 2).min(base.len());
    base[window].windows(2).any(|pair| pair[0] == pair[1])
}

/// Whether at least one unchanged line lies between every edit of one side and every edit of the other.
fn apart(mine: &[&Hunk], theirs: &[&Hunk]) -> bool {
    let mut all: Vec<(&Range<usize>, bool)> = mine.iter().map(|hunk| (&hunk.reach, true)).collect();
    all.extend(theirs.iter().map(|hunk| (&hunk.reach, false)));
    all.sort_by_key(|(reach, _)| (reach.start, reach.end));
    let (mut mine_until, mut theirs_until): (Option<usize>, Option<usize>) = (None, None);
    for (reach, is_mine) in all {
        let (own, other) =
            if is_mine { (&mut mine_until, theirs_until) } else { (&mut theirs_until, mine_until) };
        if other.is_some_and(|until| until >= reach.start) {
            return false;
        }
        *own = Some(own.map_or(reach.end, |until| until.max(reach.end)));
    }
    true
}

fn put_in(base: &Lines, edits: &[(&Hunk, &Lines)]) -> String {
    let mut lines: Vec<&str> = Vec::with_capacity(base.text.len());
    let mut at = 0;
    for (hunk, side) in edits {
        lines.extend(&base.text[at..hunk.base.start]);
        lines.extend(&side.text[hunk.side.clone()]);
        at = hunk.base.end;
    }
    lines.extend(&base.text[at..]);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &str, local: &str, remote: &str) -> LineMerge {
        let budget = LineBudget::default();
        let one = merge_lines(base, local, remote, &budget);
        assert_eq!(one, merge_lines(base, remote, local, &budget), "swapping the sides changes nothing");
        one
    }

    fn done(text: &str) -> LineMerge {
        LineMerge::Merged(text.to_owned())
    }

    #[test]
    fn edits_with_a_line_between_them_are_combined() {
        assert_eq!(merged("a\nb\nc", "A\nb\nc", "a\nb\nC"), done("A\nb\nC"));
        assert_eq!(merged("a\nb\nc\n", "a\nb\nc\nd\n", "z\na\nb\nc\n"), done("z\na\nb\nc\nd\n"));
    }

    #[test]
    fn edits_that_touch_are_left_to_a_person() {
        assert_eq!(merged("a\nb\nc", "A\nb\nc", "a\nB\nc"), LineMerge::Clash);
        assert_eq!(merged("a\nb\nc", "a\nx\nb\nc", "a\ny\nb\nc"), LineMerge::Clash);
        assert_eq!(merged("a\nb\nc", "a\nc", "a\nB\nc"), LineMerge::Clash);
    }

    #[test]
    fn the_same_edit_on_both_sides_is_made_once() {
        assert_eq!(merged("a\nb\nc\nd\ne", "A\nb\nc\nd\nE", "A\nb\nC\nd\ne"), done("A\nb\nC\nd\nE"));
    }

    #[test]
    fn edits_next_to_repeated_lines_are_left_to_a_person() {
        assert_eq!(merged("a\n-\n-\nb\nc\nd", "a\n-\nb\nc\nd", "a\n-\n-\nb\nc\nD"), LineMerge::Clash);
        assert_eq!(
            merged("x\nb\n-\n-\nc\nd\ne", "x\nB\n-\n-\nc\nd\ne", "x\nb\n-\n-\nc\nd\nE"),
            LineMerge::Clash
        );
        assert_eq!(
            merged("-\n-\nb\nc\nd\ne\nf", "-\n-\nb\nc\nD\ne\nf", "-\n-\nb\nc\nd\ne\nf\ng"),
            done("-\n-\nb\nc\nD\ne\nf\ng"),
            "repeated lines far from both edits do no harm"
        );
    }

    #[test]
    fn a_block_that_could_stand_elsewhere_keeps_its_distance_from_the_other_side() {
        // Mine inserts one more "p q"; it could be drawn at four places, and the server edits the line after the last of them.
        let base = "a\np\nq\np\nq\nz\nend";
        assert_eq!(merged(base, "a\np\nq\np\nq\np\nq\nz\nend", "a\np\nq\np\nq\nZ\nend"), LineMerge::Clash);
    }

    #[test]
    fn texts_that_cannot_be_lined_up_in_time_become_one_choice() {
        let spent = LineBudget::of(Duration::ZERO);
        assert_eq!(merge_lines("a\nb\nc", "A\nb\nc", "a\nb\nC", &spent), LineMerge::TooDifferent);
        let large = "x".repeat(MAX_BYTES + 1);
        assert_eq!(merge_lines(&large, "a", "b", &LineBudget::default()), LineMerge::TooDifferent);
    }

    #[test]
    fn the_search_ends_with_its_budget_however_different_the_texts() {
        let shuffled = |step: usize| {
            (0..60_000).map(|n| ((n * step) % 60_013).to_string()).collect::<Vec<_>>().join("\n")
        };
        let (base, local, remote) = (shuffled(1), shuffled(7), shuffled(4001));
        let started = Instant::now();
        let outcome = merge_lines(&base, &local, &remote, &LineBudget::default());
        assert!(matches!(outcome, LineMerge::Clash | LineMerge::TooDifferent));
        assert!(started.elapsed() < Duration::from_secs(5), "the window waits for it");
    }

    #[test]
    fn long_is_more_than_120_characters_or_a_line_break() {
        assert!(is_long("a\nb") && is_long(&"é".repeat(121)) && !is_long(&"é".repeat(120)));
    }
}
