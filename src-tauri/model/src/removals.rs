//! When a pull stops and asks before it removes records here (`engine.md` 8, row C4).

/// More records than this …
const RECORDS: i64 = 50;
/// … and more than this share of the collection, in percent.
const PERCENT: i64 = 10;

/// Whether a pull that removes `removed` clean records of the `before` that were there has to ask; those that a person
/// agreed to do not count.
pub fn must_ask(removed: i64, before: i64) -> bool {
    removed > RECORDS && removed.saturating_mul(100) > before.saturating_mul(PERCENT)
}

#[cfg(test)]
mod tests {
    use super::must_ask;

    #[test]
    fn many_is_both_a_number_and_a_share() {
        assert!(!must_ask(50, 60), "50 are not more than 50");
        assert!(must_ask(51, 60));
        assert!(!must_ask(60, 600), "10 % are not more than 10 %");
        assert!(must_ask(61, 600));
        assert!(!must_ask(0, 0));
    }
}
