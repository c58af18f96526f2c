//! What came from servers and waits for a person.

use super::Window;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum RemovalsCommand {
    /// The collections that ask, with the number of records.
    List,
    /// The records that would go.
    Show {
        link: String,
        collection: String,
        #[command(flatten)]
        window: Window,
    },
    /// Let them go here too with the next sync; without --yes only says how many. To have the server looked at again,
    /// sync.
    Allow {
        link: String,
        collection: String,
        /// The number that was said.
        #[arg(long, value_name = "N")]
        yes: Option<i64>,
    },
}

#[derive(Debug, Subcommand)]
pub enum UnreadableCommand {
    /// Those rows, newest first.
    List {
        /// Only this connection's.
        #[arg(long)]
        link: Option<String>,
        /// Only this collection's.
        #[arg(long)]
        collection: Option<String>,
        #[command(flatten)]
        window: Window,
    },
    /// One row with its text.
    Show { id: i64 },
    /// Ask the servers for their records again.
    Retry {
        /// Which; without one all.
        ids: Vec<i64>,
    },
    /// Hear no more of them; on the server nothing changes.
    Forget {
        #[arg(required = true)]
        ids: Vec<i64>,
    },
}
