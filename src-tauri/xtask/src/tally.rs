//! Counting what ran, from the last lines of each test program.

/// How many tests of one kind passed, failed and were left out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Ran and held.
    pub passed: u64,
    /// Ran and did not hold.
    pub failed: u64,
    /// Marked to be left out.
    pub ignored: u64,
    /// Processes that were killed on purpose, as the crash tests say it.
    pub kills: u64,
}

impl Tally {
    /// Adds a line of cargo's or vitest's output, if it is one that counts.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            let rest = rest.split_once(". ").map_or(rest, |(_, counts)| counts);
            self.add(rest.split(';'));
        } else if let Some(rest) = line.strip_prefix("Tests ") {
            self.add(rest.split('|'));
        } else if let Some((before, _)) = line.split_once(" kills in ") {
            self.kills += before.rsplit(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        }
    }

    fn add<'a>(&mut self, parts: impl Iterator<Item = &'a str>) {
        for part in parts {
            let mut words = part.split_whitespace();
            let Some(count) = words.next().and_then(|word| word.parse::<u64>().ok()) else { continue };
            match words.next() {
                Some("passed") => self.passed += count,
                Some("failed") => self.failed += count,
                Some("ignored" | "skipped" | "todo") => self.ignored += count,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn both_runners_last_lines_are_counted_and_nothing_else() {
        let mut tally = Tally::default();
        tally.read(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s",
        );
        tally.read("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.read("      Tests  3 failed | 4 passed | 1 skipped (8)");
        tally.read(" Test Files  2 passed (2)");
        tally.read("test 5 passed ... ok");
        tally.read("drain::a_queue_goes_out_once: 30 kills in 12.5 s");
        assert_eq!(tally, Tally { passed: 17, failed: 5, ignored: 2, kills: 30 });
    }
}
