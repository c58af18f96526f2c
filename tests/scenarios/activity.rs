//! What happened is told line by line, each written in the transaction that made it true (row A12, `engine.md` 13).

mod faults;
mod incoming;
mod keeping;
mod own;
mod pages;
mod quiet;
mod redaction;
mod settings;

use rusqlite::Connection;
use tidemark_model::view::{ActivityFilter, ActivityKind, ActivityLine, ActivityPage, Happened};
use tidemark_tests::store_files::database;
use tidemark_tests::world::World;

/// A page of the newest lines of a kind.
fn page(world: &World, kind: Option<ActivityKind>) -> ActivityPage {
    let filter = ActivityFilter { kind, ..ActivityFilter::default() };
    world.engine().activity(&filter, None, 500).unwrap()
}

/// The lines of a kind, the oldest first.
fn lines(world: &World, kind: ActivityKind) -> Vec<ActivityLine> {
    let mut lines = page(world, Some(kind)).lines;
    lines.reverse();
    lines
}

/// What they tell.
fn told(world: &World, kind: ActivityKind) -> Vec<Happened> {
    lines(world, kind).into_iter().map(|line| line.happened).collect()
}

/// How many lines there are of all kinds.
fn count(world: &World) -> usize {
    page(world, None).lines.len()
}

/// The database for what a scenario has to do behind the engine's back, or to look at.
fn db(world: &World) -> Connection {
    Connection::open(database(world.folder())).unwrap()
}
