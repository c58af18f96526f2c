//! The command line as a script uses it: the built program against the built-in server.
#![allow(clippy::unwrap_used)]

#[path = "shell/activity.rs"]
mod activity;
#[path = "shell/alike.rs"]
mod alike;
#[path = "shell/backup.rs"]
mod backup;
#[path = "shell/bad_input.rs"]
mod bad_input;
#[path = "shell/bad_store.rs"]
mod bad_store;
#[path = "shell/beside_another.rs"]
mod beside_another;
#[path = "shell/decisions.rs"]
mod decisions;
#[path = "shell/hooks.rs"]
mod hooks;
#[path = "shell/incoming.rs"]
mod incoming;
#[path = "shell/killed.rs"]
mod killed;
#[path = "shell/main_job.rs"]
mod main_job;
#[path = "shell/many.rs"]
mod many;
#[path = "shell/merge.rs"]
mod merge;
#[path = "shell/parked.rs"]
mod parked;
#[path = "shell/queue.rs"]
mod queue;
#[path = "shell/request.rs"]
mod request;
#[path = "shell/rules.rs"]
mod rules;
#[path = "shell/secrets.rs"]
mod secrets;
#[path = "shell/settings.rs"]
mod settings;
#[path = "shell/support.rs"]
mod support;
#[path = "shell/transactions.rs"]
mod transactions;
#[path = "shell/usage.rs"]
mod usage;
#[path = "shell/words.rs"]
mod words;
