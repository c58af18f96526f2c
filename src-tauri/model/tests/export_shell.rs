//! Commands for a shell, judged by a shell: what a hostile record holds is passed on and never run.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use proptest::prelude::*;
use std::process::{Command, Stdio};
use tidemark_model::export::curl;
use tidemark_model::view::RequestView;

/// What `curl` was given.
#[derive(Debug, PartialEq)]
struct Given {
    words: Vec<String>,
    input: String,
}

/// Runs a command with a `curl` that tells what it is given; anything else that runs makes it fail.
fn run(command: &str) -> Given {
    let curl = r#"curl() { for word in "$@"; do printf '%s\0' "$word"; done; printf '\0'; case "$*" in *@-*) cat;; esac; }
"#;
    let ran = Command::new("sh")
        .args([
            "-c",
            &format!(
                "set -eu\nPATH=/bin:/usr/bin\nAPP_TOKEN='to ken'\nAPP_SECRET='se\"cret'\n{curl}{command}"
            ),
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}\n{command}");
    let told = String::from_utf8(ran.stdout).unwrap();
    let (words, input) = told.split_once("\0\0").unwrap();
    Given { words: words.split('\0').map(str::to_owned).collect(), input: input.to_owned() }
}

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "'",
        "\"",
        "`",
        "$(",
        ")",
        "${IFS}",
        "\\",
        "\n",
        "\r\n",
        ";",
        "&&",
        "|",
        "<<",
        "TIDEMARK",
        "\nTIDEMARK\n",
        "\nTé",
        "\nTIDEMARKé",
        "\nA_é",
        "#",
        "!",
        "~",
        "@",
        "@/etc/passwd",
        "*",
        "$APP_TOKEN",
        "\u{1b}[2J",
        "\u{202e}",
        "é",
        " ",
        "-d@/etc/passwd",
        "touch x",
        "\0",
        "\u{7f}",
    ]);
    prop_oneof![prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()), any::<String>()]
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    // proves A8
    #[test]
    fn no_text_of_a_request_reaches_the_shell_as_anything_but_text(
        url in hostile(),
        value in hostile(),
        user in hostile(),
        body in hostile(),
    ) {
        let request = RequestView {
            method: "PUT".into(),
            url: format!("not an address {url}"),
            headers: vec![format!("X-Note: {value}"), format!("{value}: x")],
            body: Some(format!("- {body}")),
            key: "k".into(),
            user: Some(user.clone()),
            signed_in: true,
        };
        let command = curl(&request);
        prop_assert!(command.starts_with("# secrets removed\n"));
        let given = run(&command);
        let has = |word: &str| given.words.iter().any(|given| given == word);
        let url = format!("not an address {}", without_nul(&url));
        prop_assert!(has(&url), "{given:?}");
        let note = format!("X-Note: {}", one_line(value.trim()));
        prop_assert!(has(&note), "{given:?}");
        let account = format!("{}:to ken", one_line(&user));
        prop_assert!(has(&account), "{given:?}");
        prop_assert_eq!(&given.input, &format!("- {}\n", without_nul(&body)));
        // Of an account curl takes every letter as it is; anywhere else a word with this beginning names a file.
        let names_a_file = |pair: &[String]| pair[0] != "--user" && pair[1].starts_with('@') && pair[1] != "@-";
        prop_assert!(!given.words[0].starts_with('@') && !given.words.windows(2).any(names_a_file), "{given:?}");
    }

    // proves A8
    #[test]
    fn a_secret_field_is_filled_in_by_the_shell_and_no_other_is(value in hostile()) {
        let body = serde_json::json!({"password": "hunter2", "note": value, "cost": "$APP_SECRET"});
        let request = RequestView {
            method: "PUT".into(),
            url: "https://h/a?token=hunter2".into(),
            headers: vec!["Authorization: hunter2".into()],
            body: Some(body.to_string()),
            key: "k".into(),
            user: None,
            signed_in: false,
        };
        let command = curl(&request);
        prop_assert!(!command.contains("hunter2"));
        let given = run(&command);
        let expected = body.to_string().replacen("hunter2", "se\"cret", 1);
        prop_assert_eq!(given.input, format!("{expected}\n"));
        prop_assert!(given.words.iter().any(|word| word == "https://h/a?token=se\"cret"));
        prop_assert!(given.words.iter().any(|word| word == "Authorization: to ken"));
    }
}
