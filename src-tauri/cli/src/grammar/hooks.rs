//! Hooks: scripts that decide conflicts.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum HooksCommand {
    /// The hooks that are set; with --json their scripts too.
    List,
    /// Set the script of a collection in the place of the one it had; without --yes only says what it would do.
    Set {
        #[command(flatten)]
        place: HookPlaceArguments,
        /// A Rhai script with fn resolve(base, local, server, info), or - for standard input.
        file: PathBuf,
        #[arg(long)]
        yes: bool,
    },
    /// Take one away.
    Remove {
        #[command(flatten)]
        place: HookPlaceArguments,
    },
    /// What a script would have done to the conflicts of the past 30 days, and would do to the open ones; nothing changes.
    Try {
        #[command(flatten)]
        place: HookPlaceArguments,
        /// As for set.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct HookPlaceArguments {
    pub link: String,
    pub collection: String,
}
