//! The running application: the window's events, the tray, notifications, and an orderly end.

use crate::bridge::{Bridge, INTERVAL};
use crate::desk::Desk;
use crate::notifier::Notifier;
use crate::tray::{TrayAction, TrayModel};
use crate::{events, tray};
use std::sync::Arc;
use std::time::Duration;
use tauri::{AppHandle, Manager as _, Runtime};
use tauri_specta::Event as _;
use tidemark_engine::Engine;
use tidemark_model::view::{Event, StatusSnapshot};
use tokio::sync::Notify;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Time between two tries to open a store that could not be opened.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Carries the events of every engine that is opened, one after the other; while none is, opening is tried again where
/// that may help.
pub async fn carry_all<R: Runtime>(app: AppHandle<R>, seen: Arc<Notify>) {
    let mut opened = app.state::<Desk>().opened();
    loop {
        let listener = opened.borrow_and_update().as_ref().map(Engine::subscribe);
        let news = async {
            match listener {
                Some(listener) => {
                    carry(app.clone(), listener, Arc::clone(&seen)).await;
                    std::future::pending().await
                }
                None if app.state::<Desk>().may_open_later() => tokio::time::sleep(TRY_AGAIN).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            changed = opened.changed() => if changed.is_err() { return },
            () = news => {
                if app.state::<Desk>().try_again().await.is_ok() {
                    tell_status(&app);
                }
            }
        }
    }
}

/// The window hears at once what is open now.
fn tell_status<R: Runtime>(app: &AppHandle<R>) {
    if let Ok(status) = app.state::<Desk>().status() {
        tell(app, vec![Event::SyncStateChanged(Box::new(status))]);
    }
}

/// Carries the engine's events to the window, the tray and the desktop until the engine ends.
pub async fn carry<R: Runtime>(app: AppHandle<R>, mut listener: Receiver<Event>, seen: Arc<Notify>) {
    let mut bridge = Bridge::default();
    let mut notifier = Notifier::default();
    loop {
        tokio::select! {
            biased;
            heard = listener.recv() => match heard {
                Ok(event) => bridge.take_in(event),
                // What was missed is told by the next status; the views ask again.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            () = seen.notified() => {}
        }
        while let Ok(event) = listener.try_recv() {
            bridge.take_in(event);
        }
        if let Some(snapshot) = bridge.newest_status() {
            update_tray(&app, snapshot);
            notifier.consider(&app, snapshot, is_focused(&app));
        }
        if is_seen(&app) {
            tell(&app, bridge.take());
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn tell<R: Runtime>(app: &AppHandle<R>, events: Vec<Event>) {
    for event in events {
        if let Err(error) = events::emit(app, event) {
            // An event that is lost does no harm: the next one says the same or more.
            tracing::warn!(%error, "telling the window");
        }
    }
}

fn update_tray<R: Runtime>(app: &AppHandle<R>, snapshot: &StatusSnapshot) {
    if let Err(error) = tray::update(app, &tray::model(snapshot, &tray::clockface)) {
        tracing::warn!(%error, "bringing the tray in step");
    }
}

/// Puts the icon into the tray; a desktop without one is no fault.
pub fn show_tray<R: Runtime>(app: &AppHandle<R>) {
    let snapshot = app.state::<Desk>().status().unwrap_or_default();
    let model: TrayModel = tray::model(&snapshot, &tray::clockface);
    if let Err(error) = tray::show(app, &model) {
        tracing::info!(%error, "this desktop shows no tray");
    }
}

/// Does what a line of the tray's menu says.
pub fn tray_action<R: Runtime>(app: &AppHandle<R>, id: &str) {
    let Some(action) = TrayAction::of(id) else { return };
    if let Some(route) = action.route() {
        raise(app, route);
        return;
    }
    if action == TrayAction::Quit {
        app.exit(0);
        return;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let Ok(engine) = app.state::<Desk>().engine() else { return };
        let done = match action {
            TrayAction::CheckNow => engine.force_sync(None, None).await,
            TrayAction::Pause => engine.pause(None, None).await,
            TrayAction::Resume => engine.resume(None, None).await,
            TrayAction::Conflicts
            | TrayAction::NeedsYou
            | TrayAction::Removals
            | TrayAction::Unreadable
            | TrayAction::Oldest
            | TrayAction::Open
            | TrayAction::Quit => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!(%error, ?action, "a wish of the tray");
        }
    });
}

/// Shows and raises the main window, at a place in it if one is named, such as `#/conflicts/88`.
pub fn raise<R: Runtime>(app: &AppHandle<R>, route: &str) {
    let Some(window) = app.get_webview_window("main") else { return };
    let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    let opened = match route {
        "" => Ok(()),
        route => events::RouteAsked(route.to_owned()).emit(app),
    };
    if let Err(error) = shown.and(opened) {
        tracing::warn!(%error, "raising the window");
    }
}

fn is_seen<R: Runtime>(app: &AppHandle<R>) -> bool {
    app.get_webview_window("main")
        .is_some_and(|window| window.is_visible().unwrap_or(true) && !window.is_minimized().unwrap_or(false))
}

fn is_focused<R: Runtime>(app: &AppHandle<R>) -> bool {
    app.get_webview_window("main").is_some_and(|window| window.is_focused().unwrap_or(false))
}
