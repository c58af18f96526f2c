//! `cargo xtask run`: from a fresh machine to a window, or to the demonstration where there is no display.

use crate::{needs, paths, provision, step};

/// Installs what is missing, builds, and opens the window on the sample data when no connection exists yet.
pub fn run() -> Result<(), String> {
    if !has_display() {
        println!("There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.");
        println!("The same main job runs here in the terminal instead: `tidemarkctl demo`.");
        provision::packages(&[needs::COMPILE])?;
        let demo = ["run", "--quiet", "-p", "tidemark-cli", "--bin", "tidemarkctl", "--", "demo"];
        return step::run(&mut step::program("cargo", &demo, &paths::root()));
    }
    provision::packages(&[needs::COMPILE, needs::WINDOW])?;
    provision::page()?;
    let build = ["build", "-p", "tidemark", "-p", "tidemark-cli"];
    step::run(&mut step::program("cargo", &build, &paths::root()))?;
    let window = paths::built("tidemark").to_string_lossy().into_owned();
    step::run(step::program(&window, &[], &paths::root()).env("TIDEMARK_SAMPLE", "1"))
}

fn has_display() -> bool {
    cfg!(not(target_os = "linux"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()))
}
