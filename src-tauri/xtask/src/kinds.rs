//! The kinds of check and test, in the order they run: cheap ones first, so that a mistake is told early.

/// What must be there before a kind can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A compiler and the web view's headers.
    Window,
    /// Node and the page's packages.
    Node,
    /// The built page, which the application embeds.
    Page,
    /// The built programs.
    Programs,
    /// Kinto in its virtual environment.
    Kinto,
    /// A display in memory and a driver for the web view.
    Display,
    /// Chromium.
    Browser,
    /// Programs that show what is asked of the disk.
    Disk,
}

/// How a kind is run.
#[derive(Debug, Clone)]
pub enum How {
    /// `cargo` with these arguments; its success is one passed check.
    CargoCheck(&'static [&'static str]),
    /// `cargo test --workspace` with these arguments; its tests are counted.
    CargoTest(Vec<String>),
    /// `cargo test` of the simulation's package; its tests are counted.
    Simulation,
    /// An npm script; its success is one passed check.
    NpmCheck(&'static str),
    /// An npm script; its tests are counted.
    NpmTest(&'static str),
    /// `cargo deny`, where it is installed.
    Deny,
}

/// One kind of check or test.
#[derive(Debug, Clone)]
pub struct Kind {
    /// As given to `--only`.
    pub name: String,
    /// What it needs.
    pub needs: Vec<Need>,
    /// How it runs.
    pub how: How,
    /// What its programs find in their environment.
    pub variables: Vec<(&'static str, &'static str)>,
}

/// All kinds: the fixed ones, and one for each test target of the tests' crate; `long` adds what takes its time.
pub fn all(long: bool) -> Vec<Kind> {
    use Need::{Browser, Disk, Display, Kinto, Node, Page, Programs, Window};
    let kind = |name: &str, needs: &[Need], how: How| Kind {
        name: name.to_string(),
        needs: needs.to_vec(),
        how,
        variables: vec![],
    };
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_string()).collect();

    let mut kinds = vec![
        kind("format", &[], How::CargoCheck(&["fmt", "--all", "--check"])),
        kind("ui-check", &[Node], How::NpmCheck("check")),
        kind("ui-lint", &[Node], How::NpmCheck("lint")),
        kind("ui", &[Node], How::NpmTest("test")),
        kind("ui-browser", &[Node, Browser], How::NpmTest("test:browser")),
        kind("deny", &[], How::Deny),
        kind(
            "lint",
            &[Window, Page],
            How::CargoCheck(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        ),
        kind("pure", &[Window, Page], How::CargoTest(pure())),
        kind("docs", &[Window, Page], How::CargoTest(words(&["--doc"]))),
    ];
    for target in targets() {
        let needs: &[Need] = match target.as_str() {
            "tidy" => &[Window, Page],
            "window" => &[Window, Page, Programs, Display],
            "scenarios" => &[Window, Page, Programs, Disk],
            "crash" if long => &[Window, Page, Disk, Kinto],
            "crash" => &[Window, Page, Disk],
            "contract" => &[Window, Page, Programs, Kinto],
            _ => &[Window, Page, Programs],
        };
        let mut arguments: Vec<String> = words(&["--test", &target]);
        if target == "window" {
            // Each test has a display, a bus and a browser of its own: two at once are more than two cores carry.
            arguments.extend(words(&["--", "--test-threads=1"]));
        }
        if target == "crash" {
            // It says how often it killed. Most of its time it waits for the disk.
            arguments.extend(words(&["--", "--nocapture", "--test-threads=4"]));
        }
        if target == "fuzz" {
            // It says how many inputs each parser had.
            arguments.extend(words(&["--", "--nocapture"]));
        }
        let mut tests = kind(&target, needs, How::CargoTest(arguments));
        if target == "fuzz" && long {
            tests.variables.push(("TIDEMARK_FUZZ_TIMES", "40"));
        }
        if target == "crash" && long {
            tests.variables.push(("TIDEMARK_CRASH_LONG", "1"));
        }
        kinds.push(tests);
    }
    kinds.push(kind("simulation", &[], How::Simulation));
    kinds
}

/// The page itself, built before anything that embeds it; `--only` adds it where it is needed.
pub fn page() -> Kind {
    let (needs, how) = (vec![Need::Node], How::NpmCheck("build"));
    Kind { name: "page".to_string(), needs, how, variables: vec![] }
}

/// The names for `--only`.
pub fn names() -> Vec<String> {
    all(false).into_iter().map(|kind| kind.name).collect()
}

/// The test targets of the tests' crate, in the order of its manifest: a new one needs no word here.
fn targets() -> Vec<String> {
    let manifest = std::fs::read_to_string(crate::paths::root().join("tests/Cargo.toml")).unwrap_or_default();
    targets_of(&manifest)
}

/// Tests in the code, and those that lie in a crate's own `tests` folder.
fn pure() -> Vec<String> {
    let mut arguments = vec!["--lib".to_string(), "--bins".to_string()];
    let Ok(crates) = std::fs::read_dir(crate::paths::root().join("src-tauri")) else { return arguments };
    let mut beside: Vec<String> = crates
        .flatten()
        .filter_map(|member| std::fs::read_dir(member.path().join("tests")).ok())
        .flat_map(|files| files.flatten().map(|file| file.path()))
        // As Cargo finds them: a file, or a folder with a `main.rs`.
        .filter(|file| file.extension().is_some_and(|end| end == "rs") || file.join("main.rs").is_file())
        .filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    beside.sort();
    for target in beside {
        arguments.extend(["--test".to_string(), target]);
    }
    arguments
}

fn targets_of(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_test = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            in_test = line == "[[test]]";
        } else if let (true, Some(value)) = (in_test, line.strip_prefix("name = ")) {
            found.push(value.trim_matches('"').to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_test_targets_are_taken_for_kinds() {
        let manifest = "[package]\nname = \"x\"\n[[test]]\nname = \"ipc\"\npath = \"p\"\n[[bin]]\nname = \"b\"\n[[test]]\nname = \"tidy\"";
        assert_eq!(super::targets_of(manifest), ["ipc", "tidy"]);
    }
}
