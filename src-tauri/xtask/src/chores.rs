//! The small chores: measuring, and writing the window's types.

use crate::{needs, paths, provision, step};

/// Measures in a release build; the cases and their arguments are the command line's own.
pub fn bench(arguments: &[&str]) -> Result<(), String> {
    provision::packages(&[needs::COMPILE])?;
    let mut cargo = step::program("cargo", &["run", "--release", "--quiet"], &paths::root());
    cargo.args(["-p", "tidemark-cli", "--bin", "tidemarkctl", "--", "bench"]).args(arguments);
    step::run(&mut cargo)
}

/// Runs whole worlds from seeds; the arguments are the simulation's own.
pub fn simulate(arguments: &[&str]) -> Result<(), String> {
    provision::packages(&[needs::COMPILE])?;
    let mut cargo = step::program("cargo", &["run", "--quiet"], &paths::root());
    cargo.args(SIMULATION).args(["--bin", "simulate", "--"]).args(arguments);
    step::run(&mut cargo)
}

/// Lets the real application work for minutes or hours and measures it; the arguments are the soak's own, but for
/// `--release`, which builds as shipped.
pub fn soak(arguments: &[&str]) -> Result<(), String> {
    provision::packages(&[needs::COMPILE, needs::WINDOW, needs::DISPLAY])?;
    provision::page()?;
    provision::window_driver()?;
    let (release, rest): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|word| **word == "--release");
    let mut build = step::program("cargo", &["build", "--workspace", "--bins", "--quiet"], &paths::root());
    step::run(build.args(&release))?;
    let profile = if release.is_empty() { "debug" } else { "release" };
    let soak = paths::target().join(profile).join("soak").to_string_lossy().into_owned();
    step::run(&mut step::program(&soak, &rest, &paths::root()))
}

/// The simulation's package, built as fast as it goes; it needs nothing of the window.
pub const SIMULATION: [&str; 6] =
    ["-p", "tidemark-simulation", "--profile", "simulate", "--features", "planted"];

/// Lets the test that holds the bindings fresh write them instead.
pub fn bindings() -> Result<(), String> {
    provision::packages(&[needs::COMPILE, needs::WINDOW])?;
    provision::page_or_stand_in()?;
    let test = ["test", "--quiet", "-p", "tidemark-tests", "--test", "ipc", "bindings"];
    step::run(step::program("cargo", &test, &paths::root()).env("TIDEMARK_WRITE_BINDINGS", "1"))
}
