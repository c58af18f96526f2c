//! Ways of losing or repeating work that were possible once and must not come back.

mod breaker;
mod comparing;
mod deleting;
mod doubtful;
mod other_program;
mod parked;
mod reconnecting;
mod removed_link;
mod resolving;
mod round_and_round;
mod tick;
