//! The house stays in order: who may use whom, names, sizes, and nothing that belongs to one machine.
//!
//! Each test collects every breach before it fails, so that one run names them all.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const LONGEST: usize = 500;

/// Which of our crates a crate may use, and what it must not use from outside. `tauri` means every crate so named.
const CRATES: &[(&str, &[&str], &[&str])] = &[
    ("src-tauri/model", &[], &["tokio", "rusqlite", "reqwest", "tauri"]),
    ("src-tauri/engine", &["model"], &["reqwest", "tauri"]),
    ("src-tauri/connectors", &["model"], &["rusqlite", "tauri"]),
    ("src-tauri/sandbox", &["model"], &["tauri"]),
    ("src-tauri/gateway", &["model", "engine"], &["tauri"]),
    ("src-tauri/host", &["model", "engine", "connectors", "sandbox"], &["tauri"]),
    ("src-tauri/cli", &["model", "engine", "connectors", "host", "gateway", "sandbox"], &["tauri"]),
    ("src-tauri/xtask", &[], &["tokio", "rusqlite", "reqwest", "tauri", "serde"]),
    (".", &["model", "engine", "connectors", "host", "gateway", "sandbox"], &["reqwest", "rusqlite"]),
];

/// Names that say nothing about a thing.
const EMPTY_NAMES: &[&str] =
    &["Manager", "Helper", "Helpers", "Util", "Utils", "Handler", "Service", "Processor", "Data", "Info"];

/// Words that no message says, each with the word that is said instead. *Saved*, *done* and *delete* are not among them:
/// they are right of other things than a change, and only a reader can tell.
const NEVER_SAID: &[(&str, &[&str])] = &[
    ("change", &["job", "jobs", "op", "ops", "mutation", "mutations"]),
    ("waiting", &["pending", "queued"]),
    ("sent, or confirmed", &["synced"]),
    ("on hold", &["blocked"]),
    ("needs you", &["failed", "dead", "error", "errors"]),
    ("conflict", &["clash", "clashes", "divergence", "dirty"]),
    ("mine, server, started as", &["local", "remote", "base", "ours", "theirs", "incoming"]),
    ("discard", &["kill", "purge", "killed", "purged"]),
];

/// Where such a word says something else.
const SAID_ALL_THE_SAME: &[&str] = &[
    // The database, and what the check of it or the disk says (appendix A of the window's words).
    "local store",
    "Local store",
    "failed its check",
    "reports an error",
    // What programs type and read.
    "PATH=base",
    "fn resolve(base, local, server, info)",
    "error: {}",
    "0 done, 1 error,",
    "errors as JSON on standard error",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `folder` with one of these endings: its path from the root, and its text.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&root().join(folder), endings, &mut found);
    found
}

fn walk(folder: &Path, endings: &[&str], found: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["node_modules", "dist", "target", ".git", "gen"].contains(&name.as_str()) {
                walk(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            // A file that another program is replacing at this moment is met again in the next run.
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let from_root = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            found.push((from_root, text));
        }
    }
}

/// The keys of a manifest's dependencies, without those of its tests.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]")
                && !line.contains("dev-dependencies")
                && !line.contains("workspace.dependencies");
        } else if inside && !line.starts_with('#') {
            let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if !key.is_empty() {
                found.push(key.to_string());
            }
        }
    }
    found
}

/// The lines before a file's own tests.
fn product(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]")
}

fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

#[track_caller]
fn hold(breaches: Vec<String>, why: &str) {
    assert!(breaches.is_empty(), "{why}:\n  {}", breaches.join("\n  "));
}

#[test]
fn each_crate_uses_only_what_it_may() {
    let mut breaches = Vec::new();
    for (folder, ours, forbidden) in CRATES {
        let Ok(manifest) = std::fs::read_to_string(root().join(folder).join("Cargo.toml")) else { continue };
        for dependency in dependencies(&manifest) {
            if let Some(name) = dependency.strip_prefix("tidemark-") {
                if !ours.contains(&name) {
                    breaches.push(format!("{folder} uses {dependency}"));
                }
            } else if dependency == "tidemark" {
                breaches.push(format!("{folder} uses the application itself"));
            } else if forbidden
                .iter()
                .any(|no| dependency == *no || dependency.starts_with(&format!("{no}-")))
            {
                breaches.push(format!("{folder} uses {dependency}"));
            }
        }
    }
    hold(breaches, "the table of crates in docs/architecture.md");
}

#[test]
fn sql_lives_in_the_store_and_the_bridge_in_one_folder() {
    let mut breaches = Vec::new();
    for (path, text) in files("src-tauri", &[".rs"]) {
        let in_store = path.contains("/store/") || path.ends_with("/store.rs");
        if !in_store && product(&text).any(|line| code(line).contains("rusqlite")) {
            breaches.push(format!("{path} speaks to SQLite outside of a store"));
        }
    }
    for (path, text) in files("ui/src", &[".ts", ".svelte"]) {
        if !path.starts_with("ui/src/ipc/") && text.lines().any(|line| code(line).contains("@tauri-apps/")) {
            breaches.push(format!("{path} speaks to Tauri outside of ui/src/ipc"));
        }
    }
    hold(breaches, "one place knows a neighbour, so that one place changes with it");
}

#[test]
fn the_language_of_hooks_is_known_in_one_folder() {
    let mut breaches = Vec::new();
    for (path, text) in files("src-tauri", &[".rs"]).into_iter().chain(files("tests", &[".rs"])) {
        let inside = path.starts_with("src-tauri/engine/src/hooks/") || path == "tests/tidy.rs";
        if !inside && text.lines().any(|line| code(line).contains("rhai::")) {
            breaches.push(format!("{path} speaks to the interpreter outside of engine/src/hooks"));
        }
    }
    hold(breaches, "whatever a script is, it is held to its limits");
}

#[test]
fn the_page_is_built_in_layers() {
    let above = |path: &str| -> &[&str] {
        match path.split('/').nth(2) {
            Some("ipc") => &["/state/", "/features/", "/components/"],
            Some("state") => &["/features/", "/components/"],
            Some("components") => &["/features/", "/state/", "/ipc/"],
            _ => &[],
        }
    };
    let mut breaches = Vec::new();
    for (path, text) in files("ui/src", &[".ts", ".svelte"]) {
        for line in
            text.lines().filter(|line| line.contains(" from ") || line.trim_start().starts_with("import "))
        {
            if let Some(layer) = above(&path).iter().find(|layer| line.contains(*layer)) {
                breaches.push(format!("{path} imports from {layer}"));
            }
        }
    }
    hold(breaches, "features stand on state, state on ipc, and components on components alone");
}

#[test]
fn planning_and_merging_touch_nothing_outside() {
    let outside = ["std::fs", "std::net", "std::process", "std::env", "std::thread"];
    let mut breaches = Vec::new();
    for (path, text) in files("src-tauri/model/src", &[".rs"]) {
        for line in product(&text) {
            if let Some(what) = outside.iter().find(|what| code(line).contains(*what)) {
                breaches.push(format!("{path} uses {what}"));
            }
        }
    }
    hold(breaches, "the model decides and does nothing");
}

/// Where a value is printed as programmers see it: none of these holds what a person typed.
const PRINTED: [(&str, &str); 6] = [
    ("host/src/log.rs", "{value:?}"),
    ("host/src/log.rs", "{text:?}"),
    ("src/shell.rs", "?action"),
    ("engine/src/recovery.rs", "?uncounted"),
    ("model/src/exchange.rs", "{:?}"),
    ("model/src/failure.rs", "{class:?}"),
];

// proves E6
#[test]
fn no_line_of_the_log_prints_a_value_with_all_that_is_in_it() {
    let of_people =
        ["engine", "connectors", "host", "model", "cli", "src"].map(|part| format!("src-tauri/{part}"));
    let mut breaches = Vec::new();
    for (path, text) in files("src-tauri", &[".rs"]) {
        let tests = path.contains("/tests") || path.ends_with("equality.rs");
        if tests || !of_people.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        for line in product(&text).map(code) {
            let shorthand = line.split('?').skip(1).zip(line.split('?')).any(|(after, before)| {
                after.starts_with(|first: char| first.is_ascii_lowercase())
                    && before.chars().last().is_none_or(|last| "( ,=".contains(last))
            });
            let known = |(file, what): &(&str, &str)| path.ends_with(file) && line.contains(what);
            if (shorthand || line.contains(":?}")) && !PRINTED.iter().any(known) {
                breaches.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    hold(breaches, "a record's document would be in the log with it");
}

#[test]
fn names_say_what_a_thing_is() {
    let mut breaches = Vec::new();
    let sources = files("src-tauri", &[".rs"])
        .into_iter()
        .chain(files("tests", &[".rs"]))
        .chain(files("ui/src", &[".ts", ".svelte"]))
        .filter(|(path, _)| !path.ends_with("ipc/bindings.ts"));
    for (path, text) in sources {
        let stem = path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
        if EMPTY_NAMES.iter().any(|name| stem.eq_ignore_ascii_case(name)) {
            breaches.push(format!("{path} is a file named {stem}"));
        }
        for line in text.lines() {
            if let Some(name) = defined(line)
                && EMPTY_NAMES.iter().any(|empty| name.ends_with(empty))
            {
                breaches.push(format!("{path} defines {name}"));
            }
        }
    }
    hold(breaches, "names come from the glossary");
}

/// The name of the type that a line defines, in Rust or TypeScript.
fn defined(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        matches!(*word, "pub" | "pub(crate)" | "pub(super)" | "export" | "default" | "abstract" | "declare")
    });
    if !matches!(words.next()?, "struct" | "enum" | "trait" | "type" | "class" | "interface") {
        return None;
    }
    words.next()?.split(|letter: char| !letter.is_alphanumeric()).next()
}

#[test]
fn a_file_holds_one_thing() {
    let mut breaches = Vec::new();
    let sources = files("src-tauri", &[".rs"]).into_iter().chain(files("ui/src", &[".ts", ".svelte"]));
    for (path, text) in
        sources.filter(|(path, _)| !path.ends_with("ipc/bindings.ts") && !path.contains("/tests/"))
    {
        let lines = product(&text).count();
        if lines > LONGEST {
            breaches.push(format!("{path} has {lines} lines"));
        }
    }
    hold(breaches, "one noun or step per file");
}

#[test]
fn nothing_names_a_place_on_one_machine() {
    let places: Vec<String> =
        ["work", "root", "home", "Users", "tmp"].iter().map(|folder| format!("/{folder}/")).collect();
    let mut breaches = Vec::new();
    let endings = [".rs", ".ts", ".svelte", ".toml", ".json", ".md", ".sql", ".css", ".html", "run"];
    for folder in ["src-tauri", "tests", "ui", "docs", ".ci", ".cargo"] {
        for (path, text) in files(folder, &endings) {
            if path.ends_with("package-lock.json") || path == "tests/tidy.rs" {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                if let Some(place) = places.iter().find(|place| starts_a_path(line, place)) {
                    breaches.push(format!("{path}:{} names {place}", number + 1));
                }
            }
        }
    }
    hold(breaches, "the project works wherever it is laid");
}

/// Whether the place is written as an absolute path, not as a piece of a longer one or of an address.
fn starts_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| {
            letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '}' | '/' | '@' | '*' | ')')
        })
    })
}

#[test]
fn every_test_that_a_promise_rests_on_is_there() {
    let text = std::fs::read_to_string(root().join("docs/guarantees.md")).expect("the promises are written");
    let named: Vec<(&str, &str)> = text
        .split('`')
        .filter_map(|word| word.split_once("::").filter(|(file, _)| file.starts_with("tests/")))
        .collect();
    assert!(named.len() > 20, "the promises name their tests as `file::function`");
    let is_missing = |(file, name): &(&str, &str)| {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        !text.contains(&format!("fn {name}("))
    };
    let missing = named.into_iter().filter(is_missing).map(|(file, name)| format!("{file}::{name}"));
    hold(missing.collect(), "a promise without its test is a claim that nothing proves");
}

#[test]
fn every_command_is_permitted_by_hand() {
    let contract = std::fs::read_to_string(root().join("src-tauri/src/ipc.rs")).unwrap();
    let list = contract.split("collect_commands![").nth(1).expect("the commands are listed there");
    let list = list.split(']').next().expect("the list ends");
    let commands: BTreeSet<String> = list
        .split(',')
        .map(|path| path.trim().trim_end_matches("::<tauri::Wry>").trim_end_matches("::<Wry>"))
        .filter_map(|path| path.rsplit("::").next())
        .filter(|name| !name.is_empty())
        .map(str::to_string)
        .collect();
    assert!(!commands.is_empty(), "a window without commands would prove nothing");

    let permissions: String =
        files("src-tauri/permissions", &[".toml"]).into_iter().map(|(_, text)| text).collect();
    let granted = std::fs::read_to_string(root().join("src-tauri/capabilities/main.json")).unwrap();
    let mut breaches = Vec::new();
    for command in &commands {
        let permission = format!("\"allow-{}\"", command.replace('_', "-"));
        if !permissions.contains(&format!("commands.allow = [\"{command}\"]")) {
            breaches.push(format!("{command} has no permission of its own"));
        }
        if !granted.contains(&permission) {
            breaches.push(format!("{command} is not granted to the window"));
        }
    }
    hold(breaches, "least privilege is written down command by command");
}

#[test]
fn no_message_says_a_word_that_means_something_else_to_people() {
    let mut breaches = Vec::new();
    let mut messages = 0;
    for (path, text) in files("src-tauri", &[".rs"]).into_iter().chain(files("ui/src", &[".ts", ".svelte"])) {
        // Tools of the house, its own server, and what was generated speak to nobody.
        let own = ["/tests/", "/xtask/", "/sandbox/", "/bench/", "/demo/", "ui/src/ipc/"];
        if own.iter().any(|folder| path.contains(folder))
            || path.ends_with("tests.rs")
            || path.contains(".test.")
        {
            continue;
        }
        let mut said = messages_of(&path, &product(&text).collect::<Vec<_>>().join("\n"));
        if path.contains("cli/src/grammar") {
            // What stands above an argument is its help.
            said.extend(text.lines().filter_map(|line| line.trim().strip_prefix("///")).map(str::to_owned));
        }
        for message in said {
            messages += 1;
            let said =
                SAID_ALL_THE_SAME.iter().fold(message.clone(), |said, phrase| said.replace(phrase, ""));
            let words = said
                .split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '-'))
                .map(str::to_lowercase);
            for word in words {
                if let Some((instead, _)) =
                    NEVER_SAID.iter().find(|(_, never)| never.contains(&word.as_str()))
                {
                    breaches.push(format!("{path} says '{word}' for {instead}: {message}"));
                }
            }
        }
    }
    assert!(messages > 1_000, "only {messages} messages were found");
    hold(breaches, "one word for one thing, the same on every surface");
}

/// What a file says to people: texts of more than one word or with a capital, and what stands between tags. What is
/// written for a log, a database or a stylesheet is none.
fn messages_of(path: &str, text: &str) -> Vec<String> {
    let quotes: &[char] = if path.ends_with(".rs") { &['"'] } else { &['"', '`'] };
    let (script, page) = match path.ends_with(".svelte") {
        true => text.split_once("</script>").unwrap_or(("", text)),
        false => (text, ""),
    };
    let page = page.split("<style").next().unwrap_or_default();
    let mut found = Vec::new();
    let code: Vec<&str> = script.lines().chain(page.lines()).filter(|line| !is_remark(line)).collect();
    // A quotation mark by itself begins no text.
    let code = code.join("\n").replace("'\"'", "' '").replace("'`'", "' '").replace("b'\"'", "' '");
    let mut rest = code.as_str();
    let mut before = String::new();
    while let Some(at) = rest.find(quotes) {
        let quote = rest[at..].chars().next().unwrap_or('"');
        before.push_str(&rest[..at]);
        let inside = &rest[at + quote.len_utf8()..];
        let raw = before.ends_with("r#").then(|| inside.find("\"#"));
        let Some(end) = raw.unwrap_or_else(|| ends_at(inside, quote)) else { break };
        let literal = without_insertions(&inside[..end]);
        if is_said(&literal, &before) {
            found.push(literal);
        }
        before = before.split_off(before.rfind(';').map_or(0, |last| last + 1));
        rest = &inside[end + quote.len_utf8()..];
    }
    for between in page.split('>').skip(1).filter_map(|piece| piece.split(['<', '{']).next()) {
        let between = between.trim();
        if between.starts_with(char::is_uppercase) && !between.contains(['=', '(', ';', '"']) {
            found.push(between.to_owned());
        }
    }
    found
}

fn is_remark(line: &str) -> bool {
    ["//", "*", "/*", "<!--", "#[path"].iter().any(|start| line.trim_start().starts_with(start))
}

/// Where a literal ends: at the next quotation mark that is not escaped.
fn ends_at(inside: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    inside.char_indices().find_map(|(at, letter)| {
        let ends = letter == quote && !escaped;
        escaped = letter == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// The literal with `{}` for each piece that is put in.
fn without_insertions(literal: &str) -> String {
    let (mut said, mut depth) = (String::new(), 0);
    for letter in literal.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    said.push_str("{}");
                }
            }
            _ if depth == 0 => said.push(letter),
            _ => {}
        }
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_said(literal: &str, before: &str) -> bool {
    const SQL: &[&str] = &[
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "WITH",
        "PRAGMA",
        "INDEXED",
        "SAVEPOINT",
        "RELEASE",
        "ROLLBACK",
        "BEGIN",
        "CREATE",
        "AND ",
        "WHERE",
        "FROM",
        "ORDER",
        " AND",
        "state ",
        "id, ",
        "EXISTS",
    ];
    let logged = before.rfind("tracing::").is_some_and(|at| !before[at..].contains(';'));
    let named = ["class=", "describedby=", "describedby={"].iter().any(|of| before.ends_with(of));
    let reads = literal.contains(' ') || literal.starts_with(char::is_uppercase);
    reads && !named && !logged && !SQL.iter().any(|start| literal.starts_with(start))
}
