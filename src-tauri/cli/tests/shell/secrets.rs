use crate::support::{Shell, bytes, sample};
use tidemark_model::merge::MASK;
use tidemark_sandbox::{Account, RunningSandbox, Sandbox, SandboxOptions, TokenSwitches};

const SECRET: &str = "swordfish-4711";

async fn guarded() -> RunningSandbox {
    let accounts = vec![Account::new("ann", SECRET)];
    Sandbox::start(SandboxOptions { accounts, ..SandboxOptions::sample() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_comes_from_standard_input_and_stands_in_no_output_and_no_file() {
    let server = guarded().await;
    let mut shell = Shell::new();
    shell.variables.push(("TIDEMARK_LOG".to_owned(), "trace".to_owned()));
    let url = server.url();
    let add = ["link", "add", "My Work", "--kind", "rest", "--url", &url, "--user", "ann"];
    assert_eq!(shell.run_with(&add, "wrong\n").await.ends(2).error()["code"], "sign_in");
    let added = shell.run_with(&add, &format!("{SECRET}\n")).await.ends(0);
    assert_eq!(added.line()["secretKept"], false, "there is no keychain in this test");
    assert!(added.line()["secretNote"].as_str().unwrap().contains("TIDEMARK_SECRET_MY_WORK"));
    let without = shell.run(&["sync"]).await.ends(2);
    assert_eq!(without.line()["failure"]["class"], "auth");

    shell.variables.push(("TIDEMARK_SECRET_MY_WORK".to_owned(), SECRET.to_owned()));
    let with = shell.run(&["sync"]).await.ends(0);
    assert_eq!(with.line()["received"], 200);
    let test = shell.run(&["link", "test", "My Work"]).await.ends(0);
    let activity = shell.run(&["activity"]).await.ends(0);
    assert!(activity.lines.iter().any(|line| line["happened"]["reason"] == "sign_in"), "{activity:?}");
    let exported = shell.run(&["activity", "export", "-"]).await.ends(0);
    for said in [added, without, with, test, activity, exported] {
        assert!(!format!("{said:?}").contains(SECRET), "no output holds the secret, also not the log");
    }
    for file in std::fs::read_dir(shell.folder.path()).unwrap() {
        let path = file.unwrap().path();
        assert!(!bytes(&path).windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{path:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_argument_takes_a_secret() {
    let server = sample().await;
    let shell = Shell::new();
    let url = server.url();
    for flag in ["--secret", "--password", "--token"] {
        shell.run(&["link", "add", "W", "--kind", "rest", "--url", &url, flag, SECRET]).await.ends(64);
    }
    let inside = url.replace("http://", &format!("http://ann:{SECRET}@"));
    let refused = shell.run(&["link", "add", "W", "--kind", "rest", "--url", &inside]).await.ends(1);
    assert!(!format!("{refused:?}").contains(SECRET), "an address with a password is not repeated");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_taken_where_a_secret_is_and_a_refused_one_is_replaced_by_hand() {
    let accounts = vec![Account::new("ann", "a password").with_refresh_token(SECRET)];
    let server = Sandbox::start(SandboxOptions { accounts, ..SandboxOptions::sample() }).await.unwrap();
    // Where the server replaces nothing, one token is good for every program that is given it.
    server.set_tokens(&TokenSwitches { rotate: Some(false), ..TokenSwitches::default() });
    let mut shell = Shell::new();
    shell.variables.push(("TIDEMARK_LOG".to_owned(), "trace".to_owned()));
    let url = server.url();
    let sign_in = format!(
        r#"{{"sign_in": {{"kind": "oauth2", "token_url": "{url}/token", "client_id": "tidemark"}}}}"#
    );
    let settings = shell.file("signed.json", &sign_in);
    let add =
        ["link", "add", "W", "--kind", "rest", "--url", &url, "--settings", &settings, "--secret-stdin"];
    assert_eq!(shell.run_with(&add, "wrong\n").await.ends(2).error()["code"], "sign_in");
    let added = shell.run_with(&add, &format!("{SECRET}\n")).await.ends(0);
    shell.variables.push(("TIDEMARK_SECRET_W".to_owned(), SECRET.to_owned()));
    let synced = shell.run(&["sync"]).await.ends(0);
    assert_eq!(synced.line()["received"], 200);
    let test = shell.run(&["link", "test", "W"]).await.ends(0);
    server.set_tokens(&TokenSwitches { revoke: true, expire: true, ..TokenSwitches::default() });
    let refused = shell.run(&["sync"]).await.ends(2);
    assert_eq!(refused.line()["failure"]["class"], "auth");
    let taken = shell.run_with(&["link", "secret", "W"], &format!("{SECRET}\n")).await.ends(0);
    for said in [added, synced, test, refused, taken] {
        assert!(!format!("{said:?}").contains(SECRET), "no output holds a token, also not the log");
    }
    for file in std::fs::read_dir(shell.folder.path()).unwrap() {
        let path = file.unwrap().path();
        assert!(!bytes(&path).windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{path:?}");
    }
    server.stop().await;
}

// proves E6
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_a_record_is_masked_and_told_to_whoever_asks_for_it() {
    let server = sample().await;
    let shell = Shell::new();
    let secret = r#"{"collections": [{"name": "customers", "merge": {"secret": ["/name"]}}]}"#;
    let (url, settings) = (server.url(), shell.file("secret.json", secret));
    shell
        .run(&["link", "add", "Work", "--kind", "rest", "--url", &url, "--settings", &settings])
        .await
        .ends(0);
    shell.run(&["sync"]).await.ends(0);
    let records = async |arguments: &[&str]| {
        shell
            .run(&[&["records", arguments[0], "Work", "customers", "CU-0001"], &arguments[1..]].concat())
            .await
    };
    let told = records(&["secret", "name"]).await.ends(0);
    let told = told.line();
    assert_eq!(told["path"], "/name");
    let name = told["value"].as_str().unwrap();
    assert_ne!(name, MASK);
    let shown = records(&["get"]).await.ends(0);
    assert_eq!(shown.line()["document"]["name"], MASK);
    assert!(!format!("{shown:?}").contains(name), "{shown:?}");
    for (wrong, code) in [(&["secret", "/id"][..], "invalid"), (&["update", "name=\"••••\""], "invalid")]
    {
        assert_eq!(records(wrong).await.ends(1).error()["code"], code);
    }
    records(&["update", "name=\"Other\""]).await.ends(0);
    let told = records(&["secret", "/name"]).await.ends(0);
    assert_eq!(told.line()["value"], "Other");
    server.stop().await;
}
