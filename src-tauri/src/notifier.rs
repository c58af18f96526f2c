//! Desktop notifications, from Rust so that a click is heard (`ui.md` 3.16).

use crate::desk::Desk;
use crate::shell;
use std::collections::BTreeMap;
use tauri::{AppHandle, Manager as _, Runtime};
use tidemark_host::notices::{Notice, NoticeClass, NoticeStep, Notices};
use tidemark_model::view::StatusSnapshot;

/// Shows and withdraws notifications; without a notification service it only notes so.
#[derive(Default)]
pub struct Notifier {
    notices: Notices,
    #[cfg(target_os = "linux")]
    shown: BTreeMap<NoticeClass, u32>,
    #[cfg(not(target_os = "linux"))]
    shown: BTreeMap<NoticeClass, ()>,
}

impl Notifier {
    /// Shows what a new snapshot makes due.
    pub fn consider<R: Runtime>(&mut self, app: &AppHandle<R>, snapshot: &StatusSnapshot, focused: bool) {
        let settings =
            app.state::<Desk>().engine().and_then(|engine| Ok(engine.settings()?)).unwrap_or_default();
        for step in self.notices.decide(snapshot, &settings, focused, snapshot.at) {
            match step {
                NoticeStep::Show(notice) => self.show(app, &notice),
                NoticeStep::Withdraw(class) => self.withdraw(class),
            }
        }
    }

    #[cfg(target_os = "linux")]
    fn show<R: Runtime>(&mut self, app: &AppHandle<R>, notice: &Notice) {
        let mut notification = notify_rust::Notification::new();
        notification
            .appname("Tidemark")
            .summary(&notice.title)
            .body(&notice.body)
            .action("default", "Open")
            .hint(notify_rust::Hint::SuppressSound(true));
        if notice.urgent {
            notification.urgency(notify_rust::Urgency::Critical);
        }
        // One live notification of a class: a later one takes its place.
        if let Some(id) = self.shown.get(&notice.class) {
            notification.id(*id);
        }
        match notification.show() {
            Ok(handle) => {
                self.shown.insert(notice.class, handle.id());
                let (app, route) = (app.clone(), route(notice.class));
                // The wait for a click ends when the notification is closed.
                std::thread::spawn(move || {
                    handle.wait_for_action(|action| {
                        if action == "default" {
                            shell::raise(&app, route);
                        }
                    });
                });
            }
            Err(error) => tracing::info!(%error, "this desktop shows no notifications"),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn show<R: Runtime>(&mut self, _app: &AppHandle<R>, notice: &Notice) {
        let shown = notify_rust::Notification::new()
            .appname("Tidemark")
            .summary(&notice.title)
            .body(&notice.body)
            .show();
        match shown {
            Ok(_) => drop(self.shown.insert(notice.class, ())),
            Err(error) => tracing::info!(%error, "this desktop shows no notifications"),
        }
    }

    #[cfg(target_os = "linux")]
    fn withdraw(&mut self, class: NoticeClass) {
        let Some(id) = self.shown.remove(&class) else { return };
        // There is no call to close by id alone: the same one shown empty for a moment takes its place and goes.
        let closed = notify_rust::Notification::new().appname("Tidemark").id(id).timeout(1).show();
        match closed {
            Ok(handle) => handle.close(),
            Err(error) => tracing::info!(%error, "withdrawing a notification"),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn withdraw(&mut self, class: NoticeClass) {
        // These systems offer no way to take a shown notification back.
        self.shown.remove(&class);
    }
}

/// The place in the window that answers a notification.
fn route(class: NoticeClass) -> &'static str {
    match class {
        NoticeClass::CannotSave => "#/overview",
        NoticeClass::SignIn => "#/connections",
        NoticeClass::Conflicts => "#/conflicts",
        NoticeClass::NeedsYou => "#/queue?state=needs_you",
        NoticeClass::Removals => "#/connections",
    }
}
