//! Links that sign in with a refresh token, with a keychain that keeps it, one that does not, and none.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tidemark_host::{Environment, Host, HostOptions, Keychain, KeychainFault, NoKeychain};
use tidemark_model::view::{FieldEdit, NewLink, Refusal, RefusalCode, TestStepKind};
use tidemark_sandbox::{Account, RunningSandbox, Sandbox, SandboxHandle, SandboxOptions, TokenSwitches};

const FIRST: &str = "refresh-77";

/// A keychain that lives as long as the test, and that can be locked.
#[derive(Default)]
struct Drawer {
    held: Mutex<BTreeMap<String, String>>,
    locked: Mutex<bool>,
    /// How many changes the server had when something was kept.
    server: Mutex<Option<SandboxHandle>>,
    kept_at: Mutex<Vec<usize>>,
}

impl Drawer {
    fn one(&self) -> String {
        let held = self.held.lock().unwrap();
        assert_eq!(held.len(), 1, "one entry for one link");
        held.values().next().unwrap().clone()
    }

    fn lock(&self, locked: bool) {
        *self.locked.lock().unwrap() = locked;
    }
}

impl Keychain for Drawer {
    fn read(&self, entry: &str) -> Result<Option<zeroize::Zeroizing<String>>, KeychainFault> {
        Ok(self.held.lock().unwrap().get(entry).map(|secret| secret.clone().into()))
    }
    fn keep(&self, entry: &str, secret: &str) -> Result<(), KeychainFault> {
        if *self.locked.lock().unwrap() {
            return Err(KeychainFault::Refused("it is locked".into()));
        }
        if let Some(server) = &*self.server.lock().unwrap() {
            self.kept_at.lock().unwrap().push(server.report().unwrap().effects.len());
        }
        self.held.lock().unwrap().insert(entry.to_owned(), secret.to_owned());
        Ok(())
    }
    fn forget(&self, entry: &str) -> Result<(), KeychainFault> {
        self.held.lock().unwrap().remove(entry);
        Ok(())
    }
}

async fn host(
    folder: &Path,
    keychain: Arc<dyn Keychain>,
    variables: &[(&'static str, &'static str)],
) -> Host {
    let options = HostOptions {
        data: Some(folder.to_owned()),
        keychain: Some(keychain),
        environment: Environment::of(variables.iter().copied()),
        ..HostOptions::default()
    };
    Host::open(options).await.unwrap()
}

async fn server() -> RunningSandbox {
    let accounts = vec![Account::new("ann", "a password").with_refresh_token(FIRST)];
    Sandbox::start(SandboxOptions { accounts, ..SandboxOptions::sample() }).await.unwrap()
}

fn settings(server: &RunningSandbox) -> String {
    let token_url = format!("{}/token", server.url());
    serde_json::json!({"sign_in": {"kind": "oauth2", "token_url": token_url, "client_id": "tidemark"}})
        .to_string()
}

fn link(server: &RunningSandbox, secret: Option<&str>) -> NewLink {
    NewLink {
        name: "Work".into(),
        kind: "rest".into(),
        url: server.url(),
        user: None,
        secret: secret.map(str::to_owned),
        settings: Some(settings(server)),
        collections: Vec::new(),
    }
}

fn expire(server: &RunningSandbox) {
    server.set_tokens(&TokenSwitches { expire: true, ..TokenSwitches::default() });
}

async fn edit(host: &Host, text: &str) {
    let name = [FieldEdit { path: "/name".into(), set: Some(format!("\"{text}\"")) }];
    host.engine().update_record("Work", "customers", "CU-0001", &name, None).await.unwrap();
}

async fn syncs(host: &Host) {
    assert_eq!(host.engine().sync(None, None).await.unwrap().failure, None);
}

// proves A7
#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_refresh_token_is_in_the_keychain_before_it_is_needed_and_outlives_a_restart() {
    let (folder, server, drawer) =
        (tempfile::tempdir().unwrap(), server().await, Arc::new(Drawer::default()));
    let first = host(folder.path(), drawer.clone(), &[]).await;
    let url = server.url();
    first.discover("rest", &url, None, Some(FIRST.into()), Some(&settings(&server))).await.unwrap();
    let added = first.add_link_with_everything(link(&server, Some(FIRST))).await.unwrap();
    assert!(added.secret_kept, "{added:?}");
    let kept = drawer.one();
    assert_ne!(kept, FIRST, "the server replaced what was typed already while it was asked what it has");
    syncs(&first).await;
    *drawer.server.lock().unwrap() = Some(server.handle());
    edit(&first, "One").await;
    expire(&server);
    syncs(&first).await;
    assert_ne!(drawer.one(), kept);
    assert_eq!(
        *drawer.kept_at.lock().unwrap(),
        [0],
        "kept once, before anything was sent with what came beside it"
    );
    assert_eq!(server.report().unwrap().effects.len(), 1);
    first.engine().shutdown().await;
    drop(first);

    let again = host(folder.path(), drawer.clone(), &[]).await;
    edit(&again, "Two").await;
    syncs(&again).await;
    assert_eq!(server.report().unwrap().effects.len(), 2);
    assert!(again.test_link("Work").await.unwrap().ok);
    again.engine().shutdown().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        // Every token of the sandbox begins with the first one.
        assert!(!bytes.windows(FIRST.len()).any(|part| part == FIRST.as_bytes()), "no file holds a token");
    }
    server.stop().await;
}

// proves A7
#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_is_locked_is_told_and_work_goes_on_in_this_run() {
    let (folder, server, drawer) =
        (tempfile::tempdir().unwrap(), server().await, Arc::new(Drawer::default()));
    let host_now = host(folder.path(), drawer.clone(), &[]).await;
    host_now.add_link_with_everything(link(&server, Some(FIRST))).await.unwrap();
    syncs(&host_now).await;
    drawer.lock(true);
    for text in ["One", "Two"] {
        expire(&server);
        edit(&host_now, text).await;
        syncs(&host_now).await;
    }
    let test = host_now.test_link("Work").await.unwrap();
    let said = test.steps.iter().find(|step| step.step == TestStepKind::SignedIn).unwrap();
    assert!(test.ok && said.words.contains("locked") && said.words.contains("next start"), "{}", said.words);
    drawer.lock(false);
    expire(&server);
    syncs(&host_now).await;
    let test = host_now.test_link("Work").await.unwrap();
    assert!(!test.steps.iter().any(|step| step.words.contains("next start")), "{test:?}");
    host_now.engine().shutdown().await;
    drop(host_now);
    let again = host(folder.path(), drawer, &[]).await;
    syncs(&again).await;
    again.engine().shutdown().await;
    server.stop().await;
}

// proves A7
#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_keychain_go_on_with_each_others_tokens() {
    let (folder, server, drawer) =
        (tempfile::tempdir().unwrap(), server().await, Arc::new(Drawer::default()));
    let window = host(folder.path(), drawer.clone(), &[]).await;
    window.add_link_with_everything(link(&server, Some(FIRST))).await.unwrap();
    syncs(&window).await;
    let other = host(folder.path(), drawer, &[]).await;
    for _ in 0..3 {
        expire(&server);
        assert!(other.test_link("Work").await.unwrap().ok, "it finds what the window left in the keychain");
        expire(&server);
        syncs(&window).await;
    }
    other.engine().shutdown().await;
    window.engine().shutdown().await;
    server.stop().await;
}

// proves A7
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_asks_for_a_new_one_and_takes_it() {
    let (folder, server, drawer) =
        (tempfile::tempdir().unwrap(), server().await, Arc::new(Drawer::default()));
    let window = host(folder.path(), drawer.clone(), &[]).await;
    let wrong = window.add_link_with_everything(link(&server, Some("wrong-token"))).await.unwrap_err();
    assert_eq!(Refusal::from(wrong).code, RefusalCode::SignIn);
    window.add_link_with_everything(link(&server, Some(FIRST))).await.unwrap();
    syncs(&window).await;
    server.set_tokens(&TokenSwitches { expire: true, revoke: true, ..TokenSwitches::default() });
    edit(&window, "One").await;
    assert!(window.engine().sync(None, None).await.unwrap().failure.is_some());
    assert_eq!(window.engine().status().unwrap().attention.sign_in.len(), 1);
    let test = window.test_link("Work").await.unwrap();
    assert_eq!((test.ok, test.steps.last().unwrap().step), (false, TestStepKind::SignedIn), "{test:?}");
    server.set_tokens(&TokenSwitches { restore: true, ..TokenSwitches::default() });
    assert_eq!(window.set_secret("Work", FIRST.into()).await.unwrap(), None, "the keychain has it");
    syncs(&window).await;
    assert_eq!(server.report().unwrap().effects.len(), 1);
    window.engine().shutdown().await;
    server.stop().await;
}

// proves A7
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_environment_that_was_replaced_is_good_until_the_end_of_the_run() {
    let (folder, server) = (tempfile::tempdir().unwrap(), server().await);
    let variables = [("TIDEMARK_SECRET_WORK", FIRST)];
    let window = host(folder.path(), Arc::new(NoKeychain), &variables).await;
    window.add_link_with_everything(link(&server, None)).await.unwrap();
    for _ in 0..3 {
        expire(&server);
        syncs(&window).await;
    }
    let test = window.test_link("Work").await.unwrap();
    let said = test.steps.iter().find(|step| step.step == TestStepKind::SignedIn).unwrap();
    assert!(test.ok && said.words.contains("TIDEMARK_SECRET_WORK"), "{}", said.words);
    window.engine().shutdown().await;
    server.stop().await;
}
