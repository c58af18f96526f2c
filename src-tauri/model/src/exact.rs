//! Sums and products of number literals, to the last digit.

use std::str::FromStr as _;

use bigdecimal::BigDecimal;

/// Numbers whose literals are longer than this are not calculated with.
pub const LONGEST: usize = 64;

/// The number of a literal, or `None` where it cannot be calculated with: an exponent could make a result gigabytes long.
pub(crate) fn decimal(literal: &str) -> Option<BigDecimal> {
    let plain = literal.len() <= LONGEST && !literal.contains(['e', 'E']);
    plain.then(|| BigDecimal::from_str(literal).ok()).flatten()
}

/// The literal of `a + b`; `None` where one of them is too long or has an exponent.
pub fn sum(a: &str, b: &str) -> Option<String> {
    Some((decimal(a)? + decimal(b)?).to_plain_string())
}

/// The literal of `a - b`.
pub fn difference(a: &str, b: &str) -> Option<String> {
    Some((decimal(a)? - decimal(b)?).to_plain_string())
}

/// The literal of `a * b`.
pub fn product(a: &str, b: &str) -> Option<String> {
    Some((decimal(a)? * decimal(b)?).to_plain_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_every_digit_and_the_scale_of_their_parts() {
        assert_eq!(sum("0.1", "0.2").as_deref(), Some("0.3"));
        assert_eq!(sum("1.10", "2").as_deref(), Some("3.10"));
        assert_eq!(difference("12345678901234567890", "0.01").as_deref(), Some("12345678901234567889.99"));
        assert_eq!(product("1.10", "3").as_deref(), Some("3.30"));
    }

    #[test]
    fn what_cannot_be_calculated_exactly_is_not_calculated() {
        assert_eq!(sum("1e999999999", "1"), None);
        assert_eq!(sum(&"9".repeat(65), "1"), None);
    }
}
