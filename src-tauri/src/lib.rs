//! The Tauri shell: wiring, commands and events.
//!
//! `wire` and `build` hold all that does not need a display, so that the IPC tests run the same commands, the same
//! configuration and the same access list on Tauri's mock runtime.

pub mod arguments;
pub mod bridge;
pub mod commands;
pub mod desk;
#[cfg(target_os = "linux")]
mod drawing;
pub mod events;
pub mod ipc;
mod notifier;
#[cfg(target_os = "linux")]
mod page_process;
pub mod shell;
pub mod tray;

use desk::Desk;
use std::sync::Arc;
use tauri::{App, AppHandle, Builder, Context, Manager as _, RunEvent, Runtime, WindowEvent, Wry};
use tidemark_host::HostOptions;
use tidemark_host::log::{self, Style};
use tokio::sync::Notify;

/// The embedded configuration: window, content policy, access list and the built page.
pub fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// Adds everything of Tidemark to a bare builder of any runtime; what needs a display is left to [`run`].
pub fn wire<R: Runtime>(bare: Builder<R>, desk: impl Into<Desk>) -> Builder<R> {
    bare.manage::<Desk>(desk.into()).invoke_handler(arguments::checked(ipc::contract::<R>().invoke_handler()))
}

/// Builds the application and mounts its events (`Event::emit` panics on an application without them).
pub fn build<R: Runtime>(builder: Builder<R>) -> tauri::Result<App<R>> {
    let app = builder.build(context())?;
    ipc::contract::<R>().mount_events(&app);
    Ok(app)
}

/// Opens the window and returns when it is closed; the exit code is 1 where Tidemark cannot start.
pub fn run() -> i32 {
    log::start(Style::Text, "warn");
    #[cfg(target_os = "linux")]
    drawing::settle();
    let desk = match tauri::async_runtime::block_on(Desk::open(HostOptions::default())) {
        Ok(desk) => desk,
        Err(error) => {
            let refusal = tidemark_model::view::Refusal::from(error);
            tracing::error!(hint = refusal.hint, "Tidemark cannot start: {}", refusal.message);
            return 1;
        }
    };
    let builder = wire(Builder::<Wry>::default(), desk)
        // A second launch raises the window of the first. The plugin has to be the first of all.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| shell::raise(app, "")))
        .plugin(tauri_plugin_window_state::Builder::default().build());
    let app = match build(builder) {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(%error, "the window cannot be opened");
            return 1;
        }
    };
    let seen = Arc::new(Notify::new());
    begin(app.handle(), &seen);
    app.run_return(move |app, event| match event {
        RunEvent::WindowEvent { event: WindowEvent::Focused(true) | WindowEvent::Resized(_), .. } => {
            seen.notify_one();
        }
        #[cfg(target_os = "linux")]
        RunEvent::Ready => {
            if let Some(window) = app.get_webview_window("main") {
                page_process::watch(&window);
            }
        }
        RunEvent::Exit => {
            tauri::async_runtime::block_on(app.state::<Desk>().close());
        }
        _ => {}
    })
}

/// Starts what runs beside the window: the engine's workers, the bridge, the tray, and the sample server where it was
/// used before or is asked for.
pub fn begin<R: Runtime>(app: &AppHandle<R>, seen: &Arc<Notify>) {
    tauri::async_runtime::spawn(shell::carry_all(app.clone(), Arc::clone(seen)));
    shell::show_tray(app);
    let app = app.clone();
    tauri::async_runtime::block_on(async move {
        let desk = app.state::<Desk>();
        desk.start();
        let Ok(engine) = desk.engine() else { return };
        let wanted = std::env::var_os("TIDEMARK_SAMPLE").is_some_and(|value| value == "1");
        let first = engine.links().is_ok_and(|links| links.is_empty());
        let sample = match wanted && first {
            true => desk.start_sample().await.map(drop),
            false => desk.resume_sample().await,
        };
        if let Err(error) = sample {
            tracing::warn!(%error, "starting the sample server");
        }
    });
}
