//! Ways of losing or repeating work that were possible once and must not come back.

mod acknowledging;
mod breaker;
pub mod clocks;
mod comparing;
mod deleting;
mod doubtful;
mod other_program;
mod parked;
mod reconnecting;
mod removed_link;
mod resolving;
mod restored;
mod round_and_round;
mod signing_in;
mod tick;
mod waking;
mod words;
