//! Makes a failing run short: steps that it does without are left out.

use super::run::run;
use super::steps::Script;

/// The fewest steps found that still fail, in order. Whole halves are tried first, single steps last.
pub fn shrink(script: &Script) -> Script {
    let mut kept = script.clone();
    let mut size = kept.steps.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < kept.steps.len() {
            let mut without = kept.clone();
            without.steps.drain(from..(from + size).min(kept.steps.len()));
            match run(&without).faults.is_empty() {
                true => from += size,
                false => kept = without,
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    kept
}
