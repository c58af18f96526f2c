//! Installing what is missing, and saying what and why first. What is there is left alone.

use std::process::{Command, Stdio};

use crate::needs::{self, Package};
use crate::{paths, step};

/// Installs the packages that `dpkg` does not know; elsewhere than on Debian it only says what is needed.
pub fn packages(wanted: &[&[Package]]) -> Result<(), String> {
    let mut missing: Vec<&Package> = Vec::new();
    for package in wanted.iter().copied().flatten() {
        if !missing.iter().any(|other| other.name == package.name) && !installed(package.name) {
            missing.push(package);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    println!("These system packages are missing:");
    for package in &missing {
        println!("  {:<30} {}", package.name, package.why);
    }
    if step::ask("apt-get", &["--version"]).is_none() {
        println!("This system has no apt-get: install their like yourself if the build fails.");
        return Ok(());
    }
    step::run(&mut apt(&["update", "-q"]))?;
    let mut install = apt(&["install", "-y", "-q", "--no-install-recommends"]);
    install.args(missing.iter().map(|package| package.name));
    step::run(&mut install)
}

fn installed(package: &str) -> bool {
    step::ask("dpkg-query", &["-W", "-f=${Status}", package])
        .is_some_and(|status| status == "install ok installed")
}

fn apt(arguments: &[&str]) -> Command {
    let root = step::ask("id", &["-u"]).as_deref() == Some("0");
    let mut command = if root {
        Command::new("apt-get")
    } else {
        println!("Installing needs the rights of the administrator: sudo may ask for your password.");
        let mut sudo = Command::new("sudo");
        sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Makes `node` and `npm` answer, and the page's packages as the lock file says.
pub fn page_tools() -> Result<(), String> {
    if !node_is_new_enough() {
        let (major, minor) = needs::OLDEST_NODE;
        println!(
            "Node {major}.{minor} or newer is missing: it builds the page. It goes into target/node-venv."
        );
        virtual_environment("node-venv", needs::NODE)?;
    }
    let lock = paths::ui().join("package-lock.json");
    let stamp = paths::ui().join("node_modules/.package-lock.json");
    if is_newer(&lock, &stamp) {
        println!("The page's packages are missing or older than their lock file.");
        step::run(&mut npm(&["ci", "--no-audit", "--no-fund"]))?;
    }
    Ok(())
}

fn node_is_new_enough() -> bool {
    let mut command = Command::new("node");
    command.arg("--version").env("PATH", path_with_tools()).stderr(Stdio::null());
    let Ok(output) = command.output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').to_string();
    let mut parts = text.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= needs::OLDEST_NODE
}

/// Describes an npm call in the page's folder.
pub fn npm(arguments: &[&str]) -> Command {
    let mut command = step::program("npm", arguments, &paths::ui());
    command.env("PATH", path_with_tools()).env("NO_COLOR", "1").env("CI", "true");
    command
}

/// The search path with the project's own Node first; it exists only where the system's is missing or too old.
fn path_with_tools() -> std::ffi::OsString {
    let own = paths::target().join("node-venv/bin");
    let system = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(own).chain(std::env::split_paths(&system));
    std::env::join_paths(all).unwrap_or(system)
}

/// Builds the page into `ui/dist`, which the application embeds.
pub fn page() -> Result<(), String> {
    page_tools()?;
    step::run(&mut npm(&["run", "build"]))
}

/// Makes `ui/dist` exist where only types are wanted: the application does not compile without it.
pub fn page_or_stand_in() -> Result<(), String> {
    let page = paths::ui().join("dist/index.html");
    if page.exists() {
        return Ok(());
    }
    let write = || {
        std::fs::create_dir_all(paths::ui().join("dist"))?;
        std::fs::write(&page, "<!doctype html><title>Tidemark</title><p>The page is not built yet.\n")
    };
    write().map_err(|error| format!("{} cannot be written: {error}", page.display()))
}

/// The real Kinto server.
pub fn kinto() -> Result<(), String> {
    if paths::target().join("kinto-venv/bin/kinto").exists() {
        return Ok(());
    }
    println!("The contract tests talk to a real Kinto server. It goes into target/kinto-venv.");
    virtual_environment("kinto-venv", needs::KINTO)
}

fn virtual_environment(folder: &str, package: &str) -> Result<(), String> {
    packages(&[needs::PYTHON])?;
    let place = paths::target().join(folder);
    let place_text = place.to_string_lossy().into_owned();
    step::run(&mut step::program("python3", &["-m", "venv", &place_text], &paths::root()))?;
    let pip = place.join("bin/pip").to_string_lossy().into_owned();
    let arguments = ["install", "--quiet", "--disable-pip-version-check", package];
    step::run(&mut step::program(&pip, &arguments, &paths::root()))
}

/// The WebDriver server of the window tests.
pub fn window_driver() -> Result<(), String> {
    let tools = paths::target().join("tools");
    if tools.join("bin/tauri-driver").exists() {
        return Ok(());
    }
    println!("The window tests drive the real window through tauri-driver. It goes into target/tools.");
    let place = tools.to_string_lossy().into_owned();
    let arguments = [
        "install",
        "tauri-driver",
        "--version",
        needs::TAURI_DRIVER,
        "--locked",
        "--quiet",
        "--root",
        &place,
    ];
    step::run(&mut step::program("cargo", &arguments, &paths::root()))
}

fn is_newer(source: &std::path::Path, made: &std::path::Path) -> bool {
    let time = |path: &std::path::Path| path.metadata().and_then(|file| file.modified()).ok();
    match (time(source), time(made)) {
        (Some(source), Some(made)) => source > made,
        (_, made) => made.is_none(),
    }
}
