//! The host as the window and the command line use it, against the built-in server.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use tidemark_host::{Environment, Host, HostError, HostOptions, Keychain, KeychainFault, NoKeychain, sample};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{FieldEdit, NewLink, QueueFilter, Refusal, RefusalCode, TestStepKind, WaitReason};
use tidemark_sandbox::{Account, RunningSandbox, Sandbox, SandboxOptions};

const SECRET: &str = "swordfish-77";

fn options(folder: &std::path::Path) -> HostOptions {
    HostOptions {
        data: Some(folder.to_owned()),
        keychain: Some(Arc::new(NoKeychain)),
        environment: Environment::of([]),
        ..HostOptions::default()
    }
}

async fn guarded() -> RunningSandbox {
    let accounts = vec![Account::new("ann", SECRET)];
    Sandbox::start(SandboxOptions { accounts, ..SandboxOptions::sample() }).await.unwrap()
}

fn link(url: String, secret: Option<&str>) -> NewLink {
    NewLink {
        name: "Work".into(),
        kind: "rest".into(),
        url,
        user: Some("ann".into()),
        secret: secret.map(str::to_owned),
        settings: None,
        collections: Vec::new(),
    }
}

/// A keychain that lives as long as the test.
#[derive(Default)]
struct Drawer(Mutex<Vec<(String, String)>>);

impl Keychain for Drawer {
    fn read(&self, entry: &str) -> Result<Option<zeroize::Zeroizing<String>>, KeychainFault> {
        let held = self.0.lock().unwrap();
        Ok(held.iter().find(|(name, _)| name == entry).map(|(_, secret)| secret.clone().into()))
    }
    fn keep(&self, entry: &str, secret: &str) -> Result<(), KeychainFault> {
        self.0.lock().unwrap().push((entry.to_owned(), secret.to_owned()));
        Ok(())
    }
    fn forget(&self, entry: &str) -> Result<(), KeychainFault> {
        self.0.lock().unwrap().retain(|(name, _)| name != entry);
        Ok(())
    }
}

#[tokio::test]
async fn a_secret_goes_to_the_keychain_and_nowhere_else_and_leaves_with_its_link() {
    let (folder, server, drawer) =
        (tempfile::tempdir().unwrap(), guarded().await, Arc::new(Drawer::default()));
    let open = || Host::open(HostOptions { keychain: Some(drawer.clone()), ..options(folder.path()) });
    let host = open().await.unwrap();
    let added = host.add_link_with_everything(link(server.url(), Some(SECRET))).await.unwrap();
    assert!(added.secret_kept && added.collections.len() == 3, "{added:?}");
    let report = host.engine().sync(None, None).await.unwrap();
    assert_eq!((report.received, report.failure), (200, None));
    host.engine().shutdown().await;
    drop(host);

    let again = open().await.unwrap();
    let report = again.engine().sync(None, None).await.unwrap();
    assert_eq!(report.failure, None, "the next start finds the secret in the keychain");
    again.engine().shutdown().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(
            !bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()),
            "no file holds the secret"
        );
    }
    let last = open().await.unwrap();
    assert!(last.remove_link("Work", false).await.unwrap().removed);
    assert!(drawer.0.lock().unwrap().is_empty());
    last.engine().shutdown().await;
    server.stop().await;
}

#[tokio::test]
async fn without_a_keychain_a_link_is_added_and_says_that_its_secret_was_not_kept() {
    let (folder, server) = (tempfile::tempdir().unwrap(), guarded().await);
    let host = Host::open(options(folder.path())).await.unwrap();
    let added = host.add_link_with_everything(link(server.url(), Some(SECRET))).await.unwrap();
    assert!(!added.secret_kept);
    assert!(added.secret_note.unwrap().contains("TIDEMARK_SECRET_WORK"), "it names the way for later runs");
    assert_eq!(host.engine().sync(None, None).await.unwrap().failure, None, "it is used in this run");
    host.engine().shutdown().await;

    let later = HostOptions {
        environment: Environment::of([("TIDEMARK_SECRET_WORK", SECRET)]),
        ..options(folder.path())
    };
    let host = Host::open(later).await.unwrap();
    assert_eq!(
        host.engine().sync(None, None).await.unwrap().failure,
        None,
        "the environment stands in for it"
    );
    host.engine().shutdown().await;
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_adding_and_a_new_one_lets_a_link_go_on() {
    let (folder, server) = (tempfile::tempdir().unwrap(), guarded().await);
    let host = Host::open(options(folder.path())).await.unwrap();
    let refused = host.add_link_with_everything(link(server.url(), Some("wrong"))).await.unwrap_err();
    assert_eq!(Refusal::from(refused).code, RefusalCode::SignIn);
    assert!(host.engine().links().unwrap().is_empty(), "nothing was stored");
    host.add_link_with_everything(link(server.url(), Some(SECRET))).await.unwrap();
    host.set_secret("Work", "expired".into()).await.unwrap();
    let test = host.test_link("Work").await.unwrap();
    assert_eq!((test.ok, test.steps.last().unwrap().step), (false, TestStepKind::SignedIn), "{test:?}");
    host.set_secret("Work", SECRET.into()).await.unwrap();
    let test = host.test_link("Work").await.unwrap();
    assert!(test.ok && test.steps.len() == 6, "{test:?}");
    host.engine().shutdown().await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_away_hinders_no_addition_by_name_and_stops_a_test_with_what_to_do() {
    let (folder, server) = (tempfile::tempdir().unwrap(), guarded().await);
    let host = Host::open(options(folder.path())).await.unwrap();
    server.go_offline().await.unwrap();
    let everything = host.add_link_with_everything(link(server.url(), Some(SECRET))).await.unwrap_err();
    assert_eq!(Refusal::from(everything).code, RefusalCode::Offline);
    let named = NewLink { collections: vec!["customers".into()], ..link(server.url(), Some(SECRET)) };
    assert_eq!(host.add_link(named).await.unwrap().collections, ["customers"]);
    let test = host.test_link("Work").await.unwrap();
    let last = test.steps.last().unwrap();
    assert_eq!((test.ok, last.step), (false, TestStepKind::Connected));
    assert!(last.words.contains("network"), "{}", last.words);
    server.go_online().await.unwrap();
    assert!(host.test_link("Work").await.unwrap().ok);
    host.engine().shutdown().await;
    server.stop().await;
}

#[tokio::test]
async fn bad_input_is_told_with_what_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::open(options(folder.path())).await.unwrap();
    let with = |change: fn(&mut NewLink)| {
        let mut new = link("https://example.org/v1".into(), None);
        change(&mut new);
        host.add_link(new)
    };
    let words = |error: HostError| {
        let refusal = Refusal::from(error);
        assert_eq!(refusal.code, RefusalCode::Invalid, "{refusal:?}");
        assert!(!refusal.hint.is_empty(), "{refusal:?}");
        refusal.message
    };
    assert!(words(with(|new| new.url = "not a url".into()).await.unwrap_err()).contains("address"));
    assert!(words(with(|new| new.kind = "soap".into()).await.unwrap_err()).contains("rest, kinto"));
    let unknown_key = with(|new| new.settings = Some("{\n\"pul\": {}}".into())).await.unwrap_err();
    let unknown_key = words(unknown_key);
    assert!(unknown_key.contains("line 2") && unknown_key.contains("pull"), "{unknown_key}");
    assert!(
        words(with(|new| new.url = "http://example.org".into()).await.unwrap_err()).contains("encryption")
    );
    words(with(|new| new.name = "a\u{202E}b".into()).await.unwrap_err());
    words(with(|new| new.name = " ".into()).await.unwrap_err());
    host.engine().shutdown().await;
}

// proves H7
#[tokio::test]
async fn the_sample_server_is_found_again_with_its_data_also_when_its_port_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::open(options(folder.path())).await.unwrap();
    assert!(!sample::is_known(&host).unwrap());
    let first = sample::ensure(&host).await.unwrap();
    assert!(sample::is_known(&host).unwrap());
    assert_eq!(host.engine().sync(None, None).await.unwrap().received, 200);
    first.colleague_edits().unwrap();
    first.go_offline().await.unwrap();
    assert!(first.is_offline());
    assert!(host.engine().sync(None, None).await.unwrap().failure.is_some());
    first.go_online().await.unwrap();
    let url = first.url();
    first.stop().await;

    let port = url.rsplit_once(':').unwrap().1.split('/').next().unwrap().to_owned();
    let stranger = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    let second = sample::ensure(&host).await.unwrap();
    assert_ne!(second.url(), url);
    assert_eq!(host.link(sample::NAME).unwrap().url, second.url(), "the link follows its server");
    let report = host.engine().sync(None, None).await.unwrap();
    assert_eq!(report.failure, None);
    let record = host.engine().get_record(sample::NAME, "work_orders", "WO-00412").unwrap();
    assert!(
        record.document.unwrap().contains("Mateusz W."),
        "the colleague's edit came out of the kept data"
    );
    drop(stranger);
    host.engine().shutdown().await;
    second.stop().await;
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_stops_the_start_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::of([("SYNC_BATCH_SIZE", "many")]);
    let error = Host::open(HostOptions { environment, ..options(folder.path()) }).await.err().unwrap();
    assert!(error.to_string().contains("SYNC_BATCH_SIZE"), "{error}");
    std::fs::write(folder.path().join("settings.json"), r#"{"retries": 3}"#).unwrap();
    let error = Host::open(options(folder.path())).await.err().unwrap();
    assert!(error.to_string().contains("max_retries"), "{error}");
    let environment = Environment::of([("TIDEMARK_CLOCK", "2026-06-15T09:30:00Z")]);
    std::fs::remove_file(folder.path().join("settings.json")).unwrap();
    let host = Host::open(HostOptions { environment, ..options(folder.path()) }).await.unwrap();
    assert!(
        host.engine().status().unwrap().at < Millis(1_781_600_000_000),
        "the clock starts where it is told"
    );
    host.engine().shutdown().await;
}

// proves E7
#[tokio::test]
async fn a_setting_changed_by_another_program_is_taken_over_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let sender = Host::open(options(folder.path())).await.unwrap();
    sender.engine().start();
    let mut told = sender.engine().subscribe();
    let other = Host::open(options(folder.path())).await.unwrap();
    other.set_setting("max_retries", Some("9")).await.unwrap();
    let refused = other.set_setting("max_retries", Some("1001")).await.unwrap_err().to_string();
    assert!(refused.contains("max_retries") && refused.contains("0 to 1000"), "{refused}");
    while sender.engine().sync_settings().max_retries != Count(9) {
        told.recv().await.unwrap();
    }
    other.engine().shutdown().await;
    sender.engine().shutdown().await;
    let again = Host::open(options(folder.path())).await.unwrap();
    assert_eq!(again.engine().sync_settings().max_retries, Count(9));
    again.engine().shutdown().await;
}

// proves E7
#[tokio::test]
async fn what_a_variable_sets_is_not_written_where_it_would_have_no_effect() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::of([("MAX_RETRIES", "2"), ("TIDEMARK_KEYCHAIN", "none")]);
    let options = HostOptions { data: Some(folder.path().to_owned()), environment, ..HostOptions::default() };
    let host = Host::open(options).await.unwrap();
    let refused = host.set_setting("max_retries", Some("9")).await.unwrap_err().to_string();
    assert!(refused.contains("MAX_RETRIES"), "{refused}");
    assert_eq!(host.engine().sync_settings().max_retries, Count(2));
    assert!(!folder.path().join("settings.json").exists());
    host.engine().shutdown().await;
}

// proves A7
#[tokio::test]
async fn signing_in_as_somebody_else_keeps_what_the_former_saved_and_sends_none_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = vec![Account::new("ann", SECRET), Account::new("bob", "other-88")];
    let server = Sandbox::start(SandboxOptions { accounts, ..SandboxOptions::sample() }).await.unwrap();
    let host = Host::open(options(folder.path())).await.unwrap();
    host.add_link_with_everything(link(server.url(), Some(SECRET))).await.unwrap();
    host.engine().sync(None, None).await.unwrap();
    let name = |text: &str| [FieldEdit { path: "/name".into(), set: Some(format!("\"{text}\"")) }];
    host.engine().update_record("Work", "customers", "CU-0001", &name("Ann's"), None).await.unwrap();
    host.sign_in("Work", Some("bob"), "other-88".into()).await.unwrap();
    host.engine().update_record("Work", "customers", "CU-0002", &name("Bob's"), None).await.unwrap();
    assert_eq!(host.engine().sync(None, None).await.unwrap().confirmed, 1);
    assert_eq!(host.engine().status().unwrap().links[0].user.as_deref(), Some("bob"));
    let kept = host.engine().list_queue(&QueueFilter::default(), 0, 10).unwrap().rows;
    assert_eq!((kept.len(), kept[0].record.as_str()), (1, "CU-0001"));
    assert_eq!(kept[0].reason, Some(WaitReason::OtherAccount));
    host.sign_in("Work", Some("ann"), SECRET.into()).await.unwrap();
    assert_eq!(host.engine().sync(None, None).await.unwrap().confirmed, 1);
    host.engine().shutdown().await;
    server.stop().await;
}
