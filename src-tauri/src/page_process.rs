//! The page runs in a process of its own, which can crash or be ended by the system for the memory it takes. Its window would
//! stay empty; so the page is loaded anew, at the same place. What was typed is on disk, and comes back with it.

use std::cell::RefCell;
use std::time::{Duration, Instant};
use tauri::{WebviewWindow, Wry};
use webkit2gtk::{WebProcessTerminationReason, WebViewExt as _};

/// Ends within this time of each other have one cause, which a page that is loaded anew meets again.
const TOGETHER: Duration = Duration::from_secs(60);
/// After so many of them there is a pause before each further load.
const AT_ONCE: usize = 2;
const PAUSE: Duration = Duration::from_secs(10);

/// Loads the page anew whenever its process has ended.
pub fn watch(window: &WebviewWindow<Wry>) {
    let (ends, own) = (RefCell::new(Ends::default()), window.clone());
    let watched = window.with_webview(move |page| {
        page.inner().connect_web_process_terminated(move |_, reason| {
            let pause = ends.borrow_mut().pause(Instant::now());
            let words = match reason {
                WebProcessTerminationReason::Crashed => "it crashed",
                WebProcessTerminationReason::ExceededMemoryLimit => "it took too much memory",
                _ => "it was ended",
            };
            tracing::error!(
                words,
                pause_s = pause.as_secs(),
                "the page's process ended; the page is loaded anew"
            );
            let window = own.clone();
            tauri::async_runtime::spawn(async move {
                tokio::time::sleep(pause).await;
                if let Err(error) = window.reload() {
                    tracing::error!(%error, "loading the page anew");
                }
            });
        });
    });
    if let Err(error) = watched {
        tracing::warn!(%error, "watching the page's process");
    }
}

/// When the page's process ended lately.
#[derive(Default)]
struct Ends(Vec<Instant>);

impl Ends {
    /// How long to wait before the page is loaded anew, now that its process has ended.
    fn pause(&mut self, now: Instant) -> Duration {
        self.0.retain(|ended| now.duration_since(*ended) < TOGETHER);
        self.0.push(now);
        if self.0.len() > AT_ONCE { PAUSE } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_ends_again_and_again_is_not_loaded_in_a_circle() {
        let (mut ends, begun) = (Ends::default(), Instant::now());
        let mut pause = |seconds| ends.pause(begun + Duration::from_secs(seconds));
        assert_eq!([pause(0), pause(1)], [Duration::ZERO; 2]);
        assert_eq!([pause(2), pause(13), pause(59)], [PAUSE; 3]);
        assert_eq!(pause(120), Duration::ZERO, "that was another trouble");
    }
}
