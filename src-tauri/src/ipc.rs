//! What crosses the border between window and core: one Rust definition, from which `ui/src/ipc/bindings.ts` is written.

use std::path::Path;

use specta_typescript::Typescript;
use tauri::Runtime;
use tauri_specta::{Builder, collect_commands, collect_events};

use crate::commands;

/// Every command and event of the window.
pub fn contract<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        // Counters and milliseconds stay far below 2^53; documents cross as text, so no number of a person's is cast.
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
        .commands(collect_commands![commands::status::get_sync_status::<tauri::Wry>])
        .events(collect_events![])
}

/// Writes the TypeScript side of the contract to `path`.
pub fn write_bindings(path: &Path) -> Result<(), specta_typescript::Error> {
    let header = "// Written by `cargo xtask bindings` from src-tauri/src/ipc.rs. Do not edit.\n";
    contract::<tauri::Wry>().export(Typescript::default().header(header), path)
}
