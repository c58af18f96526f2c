//! A desk to sit at: display, session bus, notifications, keychain, a home folder and a data folder, all of its own.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use fantoccini::ClientBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::application::{Application, programs};
use super::group::Group;
use super::page::Page;

/// The instant the application takes for now, so that pictures do not change with the day: the sample data's own day.
pub const NOW: &str = "2026-06-15T14:05:00Z";

/// A session bus that starts no program because a name is asked for: what is not there stays away.
const BARE_BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

const READY_WITHIN: Duration = Duration::from_secs(30);

/// Runs inside the session bus: a keychain and a receiver of notifications, then the driver in the shell's place.
const SESSION: &str = r#"
if [ "$KEYCHAIN" = yes ]; then
    printf 'tide' | gnome-keyring-daemon --unlock --components=secrets --foreground >/dev/null 2>&1 &
    gdbus wait --session --timeout 20 org.freedesktop.secrets || exit 1
fi
dunst >/dev/null 2>&1 &
gdbus wait --session --timeout 20 org.freedesktop.Notifications || exit 1
echo "$DBUS_SESSION_BUS_ADDRESS"
exec "$@"
"#;

/// Light or dark, as the desktop asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// The desktop's default.
    Light,
    /// Asked for by `prefers-color-scheme`.
    Dark,
}

/// A display in memory with everything a desktop application expects around it.
///
/// The application may be opened, closed and opened again here; its data stays until the desk is dropped.
pub struct Desk {
    // Dropped in this order: the session before the display it draws on, the folders last.
    _session: Group,
    _display: Group,
    bus: String,
    display: String,
    driver: u16,
    folder: TempDir,
}

impl Desk {
    /// Sets everything up; ready when it returns.
    pub fn new(theme: Theme, settings: &[(&str, &str)]) -> Desk {
        Desk::with(theme, settings, true, Stdio::inherit())
    }

    /// The same where all that the programs on it say on standard error goes elsewhere.
    pub fn heard_by(errors: Stdio, theme: Theme, settings: &[(&str, &str)]) -> Desk {
        Desk::with(theme, settings, true, errors)
    }

    /// A desk whose system offers no keychain.
    pub fn without_keychain(theme: Theme) -> Desk {
        Desk::with(theme, &[], false, Stdio::inherit())
    }

    fn with(theme: Theme, settings: &[(&str, &str)], keychain: bool, errors: Stdio) -> Desk {
        let folder = tempfile::tempdir().expect("a folder for the desk");
        for name in ["home", "run", "data"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder in it");
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(folder.path().join(name), private).expect("it is ours");
        }
        let mut xvfb = Command::new("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"]);
        let (xvfb, number) = Group::start(xvfb);
        let display = format!(":{number}");

        let (driver, native) = (free_port(), free_port());
        let mut session = Command::new("dbus-run-session");
        if !keychain {
            let bus = folder.path().join("bus.conf");
            std::fs::write(&bus, BARE_BUS).expect("the folder can be written");
            session.arg("--config-file").arg(bus);
        }
        session.args(["--", "sh", "-c", SESSION, "session"]).arg(tauri_driver());
        session.args(["--port", &driver.to_string(), "--native-port", &native.to_string()]);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("XDG_") || text.starts_with("DBUS_") || text.starts_with("TIDEMARK_") {
                session.env_remove(name);
            }
        }
        session
            .env("DISPLAY", &display)
            .env("KEYCHAIN", if keychain { "yes" } else { "no" })
            .env("GDK_BACKEND", "x11")
            .env("GTK_THEME", if theme == Theme::Dark { "Adwaita:dark" } else { "Adwaita" })
            .env("NO_AT_BRIDGE", "1")
            .env("HOME", folder.path().join("home"))
            .env("XDG_RUNTIME_DIR", folder.path().join("run"))
            .env("TIDEMARK_DATA", folder.path().join("data"))
            .env("TIDEMARK_CLOCK", NOW)
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .env("LC_ALL", "C.UTF-8")
            .env("LANGUAGE", "en_GB:en")
            .envs(settings.iter().copied())
            .stderr(errors);
        let (session, bus) = Group::start(session);
        wait_for_port(driver);
        wait_for_port(native);
        Desk { _session: session, _display: xvfb, bus, display, driver, folder }
    }

    /// The application's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the application and returns with its page.
    pub async fn open(&self) -> Page {
        let application = Application::on(&self.data());
        let capabilities = json!({ "tauri:options": { "application": application.program() } });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object was written above") };
        let address = format!("http://127.0.0.1:{}", self.driver);
        let client = ClientBuilder::rustls()
            .expect("the system's roots are readable")
            .capabilities(capabilities)
            .connect(&address)
            .await
            .unwrap_or_else(|error| panic!("{} did not open: {error}", application.program().display()));
        Page::new(client, application)
    }

    /// The address of the desk's session bus, for a program that joins it.
    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// Takes the keyboard's focus from the application, as somebody does who turns to another window.
    pub fn look_away(&self) {
        let told = self.on_display("xwininfo", &["-root"]);
        let root = told.split_whitespace().find(|word| word.starts_with("0x")).expect("the root has an id");
        // With the focus on the root, the window under the pointer counts as the one in use.
        self.on_display("xdotool", &["mousemove", "1399", "899", "windowfocus", root]);
    }

    /// Clicks at a place of the window, which begins in the display's corner: nothing manages windows here.
    pub fn click(&self, (x, y): (i64, i64)) {
        self.on_display("xdotool", &["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    }

    /// Takes the application's window off the display, as a window manager does that makes it an icon; says which it was.
    pub fn hide_window(&self) -> String {
        let found = self.on_display("xdotool", &["search", "--onlyvisible", "--name", "Tidemark"]);
        let window = found.split_whitespace().next().expect("the window is on the display").to_owned();
        self.on_display("xdotool", &["windowunmap", "--sync", &window]);
        window
    }

    /// Puts it back.
    pub fn show_window(&self, window: &str) {
        self.on_display("xdotool", &["windowmap", "--sync", window]);
    }

    fn on_display(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        let output = command.args(arguments).env("DISPLAY", &self.display).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits for a notification whose title or text has these words, and returns it; those shown are closed for it.
    pub async fn notice(&self, words: &str) -> (String, String) {
        let begun = Instant::now();
        loop {
            self.close_notices();
            let told = self.notifications();
            if let Some(notice) =
                told.iter().find(|(title, text)| title.contains(words) || text.contains(words))
            {
                return notice.clone();
            }
            assert!(begun.elapsed() < READY_WITHIN, "nothing tells of `{words}`, but: {told:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Closes the notifications that are shown; with that they are told by [`Desk::notifications`].
    pub fn close_notices(&self) {
        let mut close = Command::new("dunstctl");
        close.arg("close-all").env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        assert!(close.status().expect("dunstctl comes with dunst").success(), "the receiver runs");
    }

    /// The titles and texts of the notifications that have been closed or have run out, newest first.
    pub fn notifications(&self) -> Vec<(String, String)> {
        let output = Command::new("dunstctl")
            .arg("history")
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .output()
            .expect("dunstctl comes with dunst");
        let history: Value = serde_json::from_slice(&output.stdout).expect("dunst answers in JSON");
        let text = |entry: &Value, key: &str| entry[key]["data"].as_str().unwrap_or_default().to_string();
        let entries = history["data"][0].as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| (text(entry, "summary"), text(entry, "body"))).collect()
    }
}

fn tauri_driver() -> PathBuf {
    let tools = programs().with_file_name("tools").join("bin/tauri-driver");
    if tools.exists() { tools } else { PathBuf::from("tauri-driver") }
}

/// A free port below those that Linux gives to connections (32768 and up by default). One of those may be gone before the
/// driver listens on it: to any connection, even to the question whether it listens, which can be connected to itself.
fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static ASKED: AtomicU32 = AtomicU32::new(0);
    // Other processes that look for one at the same time begin elsewhere.
    let begin = std::process::id().wrapping_mul(97);
    let candidates = (0..COUNT).map(|_| FIRST + begin.wrapping_add(ASKED.fetch_add(1, Relaxed)) % COUNT);
    let mut ports = candidates.map(|port| u16::try_from(port).expect("ports end above that"));
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    ports.find(is_free).expect("loopback has a free port")
}

/// The driver does not say when it listens, so it is asked until it does.
fn wait_for_port(port: u16) {
    let begun = Instant::now();
    let address = (Ipv4Addr::LOCALHOST, port).into();
    while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
        assert!(begun.elapsed() < READY_WITHIN, "nothing listens on port {port}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
