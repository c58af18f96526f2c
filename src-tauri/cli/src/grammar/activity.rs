//! What happened.

use clap::{Args, Subcommand};
use std::path::PathBuf;
use tidemark_model::number::Millis;
use tidemark_model::view::ActivityKind;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ActivityArguments {
    #[command(subcommand)]
    pub command: Option<ActivityCommand>,
    #[command(flatten)]
    pub which: Which,
    /// Show at most so many lines.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
}

#[derive(Debug, Subcommand)]
pub enum ActivityCommand {
    /// Write lines to a file, or - for standard output, one JSON object each, the newest first; without secrets, values
    /// and bodies.
    Export {
        file: PathBuf,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Clone, Debug, Default, Args)]
pub struct Which {
    /// Only this kind: sent, received, merged, conflict, needs_you, queue, settings, upkeep, checks.
    #[arg(long, value_parser = kind)]
    pub kind: Option<ActivityKind>,
    /// Only this connection's.
    #[arg(long)]
    pub link: Option<String>,
    /// Only those about the record of this id.
    #[arg(long, value_name = "ID")]
    pub record: Option<String>,
    /// Only those with this text in the id of their record, change, request or transaction.
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Only those of this time and later, like 2026-11-26, 2026-11-26T14:05 or 2026-11-26T14:05:00Z.
    #[arg(long, value_name = "TIME", value_parser = crate::input::time)]
    pub since: Option<Millis>,
}

fn kind(word: &str) -> Result<ActivityKind, String> {
    ActivityKind::parse(word).ok_or_else(|| {
        let known: Vec<&str> = ActivityKind::ALL.into_iter().map(ActivityKind::as_str).collect();
        format!("there is no such kind; there are {}", known.join(", "))
    })
}
