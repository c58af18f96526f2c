//! The secret of a connection: into the keychain, or nowhere but memory, and never into a file.

use std::path::Path;

use tidemark_sandbox::{Account, RunningSandbox, SandboxOptions};

use crate::desk::{Desk, Theme};
use crate::page::Page;
use crate::server::serve;

const SECRET: &str = "correct-horse-battery-staple";

async fn locked_server() -> RunningSandbox {
    let accounts = vec![Account::new("ann", SECRET)];
    serve(SandboxOptions { accounts, ..SandboxOptions::with_collections(&["tasks"]) }).await
}

// proves H1
#[tokio::test]
async fn without_a_keychain_the_person_is_told_that_the_secret_is_not_kept() {
    let server = locked_server().await;
    let desk = Desk::without_keychain(Theme::Light);
    let window = desk.open().await;
    sign_in(&window, &server).await;
    window.see("The secret was not kept: this system offers no keychain to Tidemark.").await;
    window.see("It is used until Tidemark ends").await;
    window.screen("Connections").await;
    window.see("no keychain could be used").await;
    window.see("Up to date").await;
    window.close().await;
    assert_eq!(files_with(&desk.data(), SECRET), Vec::<String>::new(), "no file holds the secret");

    let window = desk.open().await;
    window.see("Sign in again to 127.0.0.1.").await;
    window.close().await;
    server.stop().await;
}

// proves H1
#[tokio::test]
async fn with_a_keychain_the_next_start_signs_in_by_itself() {
    let server = locked_server().await;
    let desk = Desk::new(Theme::Light, &[]);
    let window = desk.open().await;
    sign_in(&window, &server).await;
    window.see("is connected.").await;
    window.close().await;
    assert_eq!(files_with(&desk.data(), SECRET), Vec::<String>::new(), "no file holds the secret");

    let window = desk.open().await;
    window.see("Up to date").await;
    window.close().await;
    server.stop().await;
}

async fn sign_in(window: &Page, server: &RunningSandbox) {
    window.press("Connect a server").await;
    window.fill("input[inputmode=url]", &server.url()).await;
    window.fill("[id$='-user']", "ann").await;
    window.fill("input[type=password]", SECRET).await;
    window.press("Find collections").await;
    window.see("What to keep on this computer").await;
    window.press("Connect").await;
}

/// The files below a folder in which a text stands, as bytes.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.windows(text.len()).any(|part| part == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}
