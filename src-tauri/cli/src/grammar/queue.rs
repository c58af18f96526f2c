//! `queue`.

use super::Window;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// The changes in line.
    List {
        /// Only those in this state: waiting, sending, trying_again, on_hold, needs_you, conflict, not_confirmed,
        /// confirmed, in_trash, ended.
        #[arg(long)]
        state: Option<String>,
        /// Only this connection's.
        #[arg(long)]
        link: Option<String>,
        /// Only this collection's.
        #[arg(long)]
        collection: Option<String>,
        /// Only those of records whose id or title contains this.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        #[command(flatten)]
        window: Window,
    },
    /// One change with its tries.
    Show {
        id: String,
        /// Instead one of its tries, word for word: what was sent and what came back.
        #[arg(long, value_name = "NUMBER")]
        attempt: Option<i64>,
    },
    /// What needs a person, by cause, with the number of changes and the name of each cause.
    Causes {
        /// Instead the ids of the changes of this cause, one a line.
        #[arg(long, value_name = "CAUSE")]
        ids: Option<String>,
    },
    /// Let changes go again at the next sync.
    Retry {
        /// Which; without one all that need a person.
        ids: Vec<String>,
        /// All of one cause, as `queue causes` names it.
        #[arg(long, value_name = "CAUSE", conflicts_with = "ids")]
        cause: Option<String>,
    },
    /// Hold changes back until they are released.
    Hold {
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Let held changes go.
    Release {
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Let changes go before all others; the order of one record's changes stays.
    First {
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Records on the server that a change which may have been sent may have made.
    MayBe { id: String },
    /// Say that a change which may have been sent is on the server, under this id; of a request, that it was done.
    IsThere {
        id: String,
        /// The record's id on the server; a request has none.
        #[arg(default_value = "", hide_default_value = true)]
        record: String,
    },
    /// Say that a change which may have been sent did not arrive: it goes again as a new one.
    SendAgain { id: String },
    /// Write changes down, without secrets: values, attempts and requests.
    Export {
        /// Which; without one all that are not finished.
        ids: Vec<String>,
        /// As JSON, or as commands for a shell.
        #[arg(long, value_enum, default_value = "json")]
        format: Format,
    },
    /// Move changes to the trash, where they stay for 30 days. More than 20, or any that others wait for: says first what
    /// would happen, and wants --yes.
    Discard(DiscardArguments),
    /// Put changes of the trash back, each as a new change on today's record.
    Restore {
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Move everything that waits to the trash; without --yes only says how many.
    Clear {
        /// The number that was said.
        #[arg(long, value_name = "N")]
        yes: Option<i64>,
    },
}

#[derive(Debug, Args)]
pub struct DiscardArguments {
    #[arg(required = true)]
    pub ids: Vec<String>,
    /// Also later changes of the same records, and changes that wait for these.
    #[arg(long)]
    pub together: bool,
    /// The number that was said.
    #[arg(long, value_name = "N")]
    pub yes: Option<i64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    Json,
    Curl,
}
