//! Servers that name their records themselves: temporary ids here, and nothing that holds one ever leaves.

mod children;
mod doubt;
mod made_again;
pub mod stage;
mod twins;
