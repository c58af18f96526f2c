//! The window's commands, one file per subject. Each takes typed arguments, calls one method, and maps the error.

pub mod conflicts;
pub mod links;
pub mod queue;
pub mod records;
pub mod settings;
pub mod status;

use std::sync::Arc;
use tidemark_engine::Engine;
use tidemark_host::Host;
use tidemark_model::number::Count;

/// The application's host, as the shell keeps it for its commands.
pub struct Desk(pub Arc<Host>);

impl Desk {
    fn engine(&self) -> &Engine {
        self.0.engine()
    }
}

/// A list's place and size; a negative one is the beginning or nothing.
fn place(count: Count) -> usize {
    usize::try_from(count.0).unwrap_or(0)
}
