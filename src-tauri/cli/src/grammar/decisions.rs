//! What was decided and merged.

use super::Window;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum DecisionsCommand {
    /// What people, rules and hooks decided and what was merged by itself in the past 30 days, newest first.
    List {
        #[command(flatten)]
        window: Window,
    },
    /// One of them, field by field, with what putting it back would bring.
    Show {
        /// Such as conflict-7 or merge-12.
        id: String,
    },
    /// Bring the former values back by a new change.
    PutBack {
        /// Such as conflict-7 or merge-12.
        id: String,
    },
}
