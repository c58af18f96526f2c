//! A hostile world from one number: several clients with whole engines, one server, one virtual time, on one thread.
//!
//! The same seed makes the same run. Whatever happens in it, nothing that a person typed is lost, doubled or overwritten
//! unseen, and once the faults stop all sides come to agree (`testing.md`).

pub mod audit;
mod client;
mod clock;
mod dice;
mod line;
mod oracle;
mod power;
pub mod rng;
mod run;
mod shrink;
mod steps;

pub use clock::START;
pub use dice::Dice;
pub use run::{Outcome, run};
pub use shrink::shrink;
pub use steps::{Kind, Script, Step};
