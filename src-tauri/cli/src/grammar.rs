//! What may be written after `tidemarkctl`.

mod activity;
mod decisions;
mod hooks;
mod incoming;
mod queue;
mod rules;

pub use activity::{ActivityArguments, ActivityCommand, Which};
pub use decisions::DecisionsCommand;
pub use hooks::{HookPlaceArguments, HooksCommand};
pub use incoming::{RemovalsCommand, UnreadableCommand};
pub use queue::{DiscardArguments, Format, QueueCommand};
pub use rules::{PlaceArguments, RuleArguments, RulesCommand};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Keep working on your server's records when the connection does not.
#[derive(Debug, Parser)]
#[command(
    name = "tidemarkctl",
    version,
    about,
    after_help = "Exit codes: 0 done, 1 error, 2 something needs a person, 3 offline, 64 wrong usage."
)]
pub struct Grammar {
    /// The data folder; else TIDEMARK_DATA, else the system's place for this account.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Only JSON lines on standard output; errors as JSON on standard error.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Connections to servers.
    #[command(subcommand)]
    Link(LinkCommand),
    /// Send and receive until nothing more can go; asks the running window where that sends.
    Sync(SyncArguments),
    /// Where everything stands.
    Status,
    /// Records as they are here.
    #[command(subcommand)]
    Records(RecordsCommand),
    /// Keep a request of any kind and send it when the server can be reached, as it is.
    Request(RequestArguments),
    /// Changes that are not confirmed.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Records that changed in two places.
    #[command(subcommand)]
    Conflicts(ConflictsCommand),
    /// End a conflict; what it leads to is sent at once, unless held.
    Resolve(ResolveArguments),
    /// Who decides conflicts, where it is not a person.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Scripts that decide conflicts where rules do not.
    #[command(subcommand)]
    Hooks(HooksCommand),
    /// What was decided and merged, and putting it back.
    #[command(subcommand)]
    Decisions(DecisionsCommand),
    /// Changes that belong together.
    #[command(subcommand)]
    Tx(TransactionCommand),
    /// Records that a server deleted in so great a number that they are not removed here without a yes.
    #[command(subcommand)]
    Removals(RemovalsCommand),
    /// Rows of servers that could not be read.
    #[command(subcommand)]
    Unreadable(UnreadableCommand),
    /// What happened, newest first.
    Activity(ActivityArguments),
    /// Stop sending and receiving; changes are still saved.
    Pause(PauseArguments),
    /// End a pause.
    Resume(PauseArguments),
    /// Copies of the local store.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// How the engine goes about its work; a running window takes a change over at once.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Merge three JSON files; no database. Exit code 2 when something is left to choose.
    Merge(MergeArguments),
    /// The built-in server with its sample records; --data keeps it in a folder.
    Sandbox(SandboxArguments),
    /// Everything from end to end, on a server of its own.
    Demo,
    /// Measure, each case beside its floor.
    Bench(BenchArguments),
}

#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Add a connection. The secret comes from standard input or TIDEMARK_SECRET_<NAME>.
    Add(LinkAddArguments),
    /// All connections.
    List,
    /// Remove a connection; its records leave this computer.
    Remove {
        name: String,
        /// Even with changes that are not sent: they go to the trash.
        #[arg(long)]
        force: bool,
    },
    /// Test a connection step by step.
    Test { name: String },
    /// Take a new secret from standard input.
    Secret { name: String },
}

#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Every setting with its range, and where its value comes from.
    List,
    /// One setting's value.
    Get { key: String },
    /// Change one; a value outside its range is refused, and the old one stays.
    Set {
        key: String,
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Back to the default.
    Reset { key: String },
}

#[derive(Debug, Args)]
pub struct LinkAddArguments {
    pub name: String,
    /// The kind of server: rest or kinto.
    #[arg(long)]
    pub kind: String,
    /// Its address.
    #[arg(long)]
    pub url: String,
    /// A file of settings.
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// A collection to keep; without one those of the settings, else all on offer.
    #[arg(long = "collection", value_name = "NAME")]
    pub collections: Vec<String>,
    /// The account; its password is read from standard input. Without one the secret is a token, and with a sign_in in the
    /// settings it is the refresh token.
    #[arg(long)]
    pub user: Option<String>,
    /// Read the secret from standard input although no account is named.
    #[arg(long)]
    pub secret_stdin: bool,
}

#[derive(Debug, Args)]
pub struct SyncArguments {
    /// Only this connection.
    pub link: Option<String>,
    /// Only this collection of it.
    #[arg(requires = "link", long)]
    pub collection: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum RecordsCommand {
    /// The records of a collection.
    List {
        link: String,
        collection: String,
        /// Only those in this state.
        #[arg(long, value_enum)]
        filter: Option<RecordState>,
        /// Only those whose id or title contains this.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        #[command(flatten)]
        window: Window,
    },
    /// One record, whole.
    Get { link: String, collection: String, id: String },
    /// A secret of a record, which is masked everywhere else.
    Secret {
        link: String,
        collection: String,
        id: String,
        /// Its field, like pin or /card/number.
        path: String,
    },
    /// Make a record from a JSON file, or - for standard input.
    Create {
        link: String,
        collection: String,
        file: PathBuf,
        #[command(flatten)]
        urgency: Urgency,
        /// The file holds many documents, one on each line; a line that is refused does not stop the others.
        #[arg(long)]
        lines: bool,
    },
    /// Change fields of a record.
    Update(UpdateArguments),
    /// Delete a record.
    Delete {
        link: String,
        collection: String,
        id: String,
        #[command(flatten)]
        urgency: Urgency,
    },
}

#[derive(Debug, Args)]
pub struct RequestArguments {
    /// POST, PUT, PATCH or DELETE.
    pub method: String,
    /// Path and query under the connection's address, like /invoices/12/submit.
    pub path: String,
    /// A file with the body, which is JSON, or - for standard input; sent as it is.
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
    /// The connection; without it the only one there is.
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
    /// Words for it, which the queue shows.
    #[arg(long, value_name = "TEXT")]
    pub label: Option<String>,
    #[command(flatten)]
    pub urgency: Urgency,
}

#[derive(Clone, Debug, Args)]
pub struct Urgency {
    /// How urgent this one change is: 9 goes first, 0 last; else as its collection's settings say.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=9))]
    pub priority: Option<u8>,
    /// Not before this change of the same connection is done; may be given more than once.
    #[arg(long, value_name = "ID")]
    pub after: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RecordState {
    /// Changed here.
    Changed,
    /// An open conflict.
    Conflict,
    /// Deleted here.
    Deleted,
    /// Typed in the window and not saved.
    Draft,
}

#[derive(Debug, Args)]
pub struct UpdateArguments {
    pub link: String,
    pub collection: String,
    pub id: String,
    /// PATH=JSON, such as /status='"done"' or /address/city='"Oslo"'.
    #[arg(value_name = "PATH=JSON")]
    pub sets: Vec<String>,
    /// A field to remove.
    #[arg(long = "remove", value_name = "PATH")]
    pub removes: Vec<String>,
    /// A JSON file, or - for standard input, whose fields are set; null removes one.
    #[arg(long, value_name = "FILE")]
    pub merge: Option<PathBuf>,
    #[command(flatten)]
    pub urgency: Urgency,
}

#[derive(Debug, Args)]
pub struct Window {
    /// Leave away so many.
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
    /// Show at most so many.
    #[arg(long)]
    pub limit: Option<usize>,
}

#[derive(Debug, Subcommand)]
pub enum ConflictsCommand {
    /// The open conflicts, oldest first.
    List {
        #[command(flatten)]
        window: Window,
    },
    /// Those that are about the same fields, to be decided together with `resolve --alike`.
    Groups,
    /// One conflict, field by field.
    Show { id: i64 },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("decision").required(true).multiple(true)
    .args(["local", "server", "later", "merged", "fields"]))]
pub struct ResolveArguments {
    /// The conflict's number.
    pub id: i64,
    /// Keep mine.
    #[arg(long, conflicts_with_all = ["server", "later", "merged", "fields"])]
    pub local: bool,
    /// Keep the server's.
    #[arg(long, conflicts_with_all = ["later", "merged", "fields"])]
    pub server: bool,
    /// Decide later; choices by --field are kept.
    #[arg(long, conflicts_with = "merged")]
    pub later: bool,
    /// A JSON file with the whole result.
    #[arg(long, value_name = "FILE", conflicts_with = "fields")]
    pub merged: Option<PathBuf>,
    /// A choice for one field: PATH=mine, PATH=server, PATH=base or PATH=json:VALUE.
    #[arg(long = "field", value_name = "PATH=CHOICE")]
    pub fields: Vec<String>,
    /// Hold the result for the undo window instead of sending it at once.
    #[arg(long)]
    pub hold: bool,
    /// The same for all open conflicts of the same shape: of this collection and kind, with the same fields to choose; a field
    /// of the rows of a list is named as in /items/*/rate.
    #[arg(long, conflicts_with_all = ["later", "merged", "seen"])]
    pub alike: bool,
    /// The server version that was compared; else the one shown now.
    #[arg(long, value_name = "VERSION")]
    pub seen: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum TransactionCommand {
    /// Save the changes of a JSON file, or - for standard input, at once: {link, strategy?, awaitSync?, label?, changes:
    /// [{operation: create, collection, document} | {operation: update, collection, record, set: {path: value}, remove:
    /// [path]} | {operation: delete, collection, record}]}; strategy is ordered, parallel, atomic or saga. A change may name
    /// others that it waits for: after: [id].
    Apply { file: PathBuf },
    /// The transactions, newest first.
    List {
        /// Only those that have not ended.
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        window: Window,
    },
    /// One transaction with its changes and its history.
    Show { id: String },
    /// Put what a transaction had rolled back into the queue again.
    Restore { id: String },
}

#[derive(Debug, Args)]
pub struct PauseArguments {
    /// Only this connection.
    #[arg(long)]
    pub link: Option<String>,
    /// Only this collection of it.
    #[arg(long, requires = "link")]
    pub collection: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// The backups, newest first.
    List,
    /// Make one now.
    Make,
    /// Put one in the place of the local store, which is kept beside it; close the window first.
    Restore {
        /// Which; without one the newest that is intact.
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct MergeArguments {
    /// What both started from; a file that holds null where that is not known.
    pub base: PathBuf,
    /// Mine.
    pub local: PathBuf,
    /// The server's.
    pub remote: PathBuf,
    /// A file with what the merge should know about fields (row_keys, sets, groups …).
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SandboxArguments {
    /// The port on 127.0.0.1; 0 for any free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Serve the switches that make it misbehave, and the colleague.
    #[arg(long)]
    pub switches: bool,
    /// Who may sign in, as NAME; the password comes from TIDEMARK_SANDBOX_SECRET. Without one it is open to all. A refresh
    /// token of the first comes from TIDEMARK_SANDBOX_REFRESH_TOKEN; access tokens are given at /v1/token.
    #[arg(long = "account", value_name = "NAME")]
    pub accounts: Vec<String>,
    /// Without the sample records, with these empty collections.
    #[arg(long = "empty", value_name = "COLLECTION")]
    pub empty: Vec<String>,
}

#[derive(Debug, Args)]
pub struct BenchArguments {
    /// Which: accept, drain, coalesce, pull, reopen, scale, merge; all where none is named.
    pub cases: Vec<String>,
    /// How many changes or records.
    #[arg(long)]
    pub n: Option<usize>,
    /// Drain to this server instead of one in the process.
    #[arg(long)]
    pub server: Option<String>,
    /// Time that the server takes for each answer, in milliseconds.
    #[arg(long)]
    pub latency_ms: Option<u64>,
    /// How many runs; the median is told.
    #[arg(long, default_value_t = 7)]
    pub runs: usize,
    /// Measure here, in this process.
    #[arg(long, hide = true)]
    pub inside: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_grammar_is_sound_and_its_global_flags_stand_anywhere() {
        Grammar::command().debug_assert();
        let before =
            Grammar::try_parse_from(["tidemarkctl", "--json", "--data", "d", "link", "list"]).unwrap();
        let after =
            Grammar::try_parse_from(["tidemarkctl", "link", "list", "--data", "d", "--json"]).unwrap();
        assert!(before.json && after.json);
        assert_eq!(before.data, after.data);
    }

    #[test]
    fn a_resolution_is_one_decision() {
        let parse = |rest: &[&str]| {
            Grammar::try_parse_from(["tidemarkctl", "resolve", "1"].iter().chain(rest)).is_ok()
        };
        assert!(parse(&["--local"]) && parse(&["--field", "/a=mine", "--field", "/b=server", "--hold"]));
        assert!(parse(&["--later", "--field", "/a=mine"]));
        assert!(
            !parse(&[]) && !parse(&["--local", "--server"]) && !parse(&["--local", "--field", "/a=mine"])
        );
    }
}
