//! How the web view draws where the computer has no graphics card: a virtual machine, a terminal server.
//!
//! WebKitGTK draws through OpenGL, and Mesa computes that on the processor then. WebKitGTK's own way to draw on the processor
//! takes less of it, and less memory (`docs/performance.md`).

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Chooses WebKitGTK's own way, from version 2.46 on; earlier ones have no other.
const OWN_WAY: &str = "WEBKIT_SKIA_ENABLE_CPU_RENDERING";

/// Where the kernel shows the graphics cards.
const CARDS: &str = "/dev/dri";

/// Begins the program anew with the web view's own way to draw, where there is no card and nobody has chosen. Otherwise, and
/// where that cannot be done, it returns.
pub fn settle() {
    let cards = std::fs::read_dir(CARDS).into_iter().flatten().flatten().map(|card| card.file_name());
    if !draws_itself(cards, std::env::var_os(OWN_WAY).as_deref()) {
        return;
    }
    let mut arguments = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) else { return };
    // A variable of a running program cannot be set safely: other threads may read it. The process stays the same one.
    let error = Command::new(program).arg0(name).args(arguments).env(OWN_WAY, "1").exec();
    tracing::warn!(%error, "choosing how the web view draws");
}

/// Whether it is to be chosen: no card that can be drawn with, and no choice yet.
fn draws_itself(mut cards: impl Iterator<Item = OsString>, chosen: Option<&OsStr>) -> bool {
    chosen.is_none() && !cards.any(|card| card.to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_chosen_only_where_no_card_can_draw_and_nobody_has_chosen() {
        let draws = |cards: &[&str], chosen| draws_itself(cards.iter().map(OsString::from), chosen);
        assert!(draws(&[], None));
        assert!(draws(&["card0", "by-path"], None), "a card that only shows");
        assert!(!draws(&["by-path", "card0", "renderD128"], None));
        assert!(!draws(&[], Some(OsStr::new("0"))), "somebody chose");
    }
}
