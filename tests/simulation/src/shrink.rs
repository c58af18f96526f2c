//! Makes a failing run short: steps that it does without are left out.

use super::run::run;
use super::steps::Step;

/// The fewest steps found that still fail, in order. Whole halves are tried first, single steps last.
pub fn shrink(seed: u64, steps: &[Step]) -> Vec<Step> {
    let mut kept = steps.to_vec();
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < kept.len() {
            let mut without = kept.clone();
            without.drain(from..(from + size).min(kept.len()));
            match run(seed, &without).faults.is_empty() {
                true => from += size,
                false => kept = without,
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    kept
}
