//! The window opens, shows the page, and the page can do no more than it must.

use crate::desk::{Desk, Theme};
use crate::page;

#[tokio::test]
async fn the_window_opens_and_shows_the_page() {
    let desk = Desk::new(Theme::Light, &[]);
    let window = desk.open().await;
    window.see("Work on your records without a connection.").await;
    assert_eq!(window.client().title().await.unwrap(), "Overview – Tidemark");

    let picture = window.picture("opens").await;
    assert!(page::colours(&picture) > 2, "text in the document is not yet a picture on the display");
    window.close().await;
}

#[tokio::test]
async fn the_page_runs_no_script_but_its_own_and_reaches_nothing_outside() {
    let desk = Desk::new(Theme::Dark, &[]);
    let window = desk.open().await;
    window.find("body").await;

    let inline = "const made = document.createElement('script'); made.textContent = 'window.ran = true';
        document.body.append(made); return window.ran === true;";
    assert_eq!(window.script(inline).await, false, "a script written into the page must not run");

    let reach = "const done = arguments[0];
        document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
        fetch('http://127.0.0.1:9/').catch(() => {});";
    let refused = window.client().execute_async(reach, Vec::new()).await.unwrap();
    assert_eq!(refused, "connect-src", "the page speaks to the core alone, not to a network");

    assert_eq!(window.script("return '__TAURI__' in window").await, false, "no bridge for strangers");
    assert_eq!(
        window.script("return Object.isFrozen(Object.prototype)").await,
        true,
        "prototypes are frozen"
    );
    let dark = window.script("return matchMedia('(prefers-color-scheme: dark)').matches").await;
    assert_eq!(dark, true, "the desktop's theme reaches the page");
    window.close().await;
}
