//! The Tauri shell: wiring, commands and events.
//!
//! `wire` and `build` hold all that does not need a display, so that the IPC tests run the same commands, the same
//! configuration and the same access list on Tauri's mock runtime.

pub mod commands;
pub mod ipc;

use tauri::{App, Builder, Context, Runtime, Wry};

/// The embedded configuration: window, content policy, access list and the built page.
pub fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// Adds everything of Tidemark to a bare builder of any runtime; what needs a display is left to `run`.
pub fn wire<R: Runtime>(bare: Builder<R>) -> Builder<R> {
    bare.invoke_handler(ipc::contract::<R>().invoke_handler())
}

/// Builds the application and mounts its events (`Event::emit` panics on an application without them).
pub fn build<R: Runtime>(builder: Builder<R>) -> tauri::Result<App<R>> {
    let app = builder.build(context())?;
    ipc::contract::<R>().mount_events(&app);
    Ok(app)
}

/// Opens the window and returns when it is closed.
pub fn run() {
    let app = build(wire(Builder::<Wry>::default()))
        .expect("the window system is there and the configuration is valid");
    app.run(|_app, _event| {});
}
