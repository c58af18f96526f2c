//! Choices that follow from a seed alone.

use crate::rng::SeededRng;
use tidemark_model::clock::Rng as _;

/// A source of choices.
pub struct Dice(SeededRng);

impl Dice {
    /// The choices of a seed.
    pub fn new(seed: u64) -> Self {
        Self(SeededRng::new(seed))
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&self, end: usize) -> usize {
        (self.0.next_u64() % end as u64) as usize
    }

    /// A number from `from` up to and without `end`.
    pub fn between(&self, from: i64, end: i64) -> i64 {
        from + (self.0.next_u64() % (end - from) as u64) as i64
    }

    /// Whether it happens, at so many of a hundred.
    pub fn in_hundred(&self, many: usize) -> bool {
        self.below(100) < many
    }

    /// One of them.
    pub fn pick<T: Clone>(&self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// One by weight.
    pub fn weighted<T: Copy>(&self, of: &[(usize, T)]) -> T {
        let mut left = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, what) in of {
            if left < *weight {
                return *what;
            }
            left -= weight;
        }
        of[0].1
    }
}
