//! The tray: a menu made from the one status. Linux trays send no clicks, so everything is in the menu (`ui.md` 3.12).

use tauri::menu::{Menu, MenuBuilder, MenuItemBuilder};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Runtime};
use tidemark_model::number::Millis;
use tidemark_model::view::{Activity, StatusSnapshot};
use tidemark_model::words::{self, Clockface};

/// What the tray says and offers; pure, so that a test compares it with every other surface.
#[derive(Clone, Debug, PartialEq)]
pub struct TrayModel {
    /// The snapshot that it was made from.
    pub seq: i64,
    /// The status sentence: the first item, and the accessible name.
    pub sentence: String,
    /// Which glyph.
    pub glyph: Glyph,
    /// Something waits for a person: the glyph has a dot and is never the tick.
    pub dot: bool,
    /// The items below the sentence.
    pub items: Vec<TrayItem>,
}

/// The five shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Everything was checked and nothing waits.
    Tick,
    /// Sending, fetching, checking or waiting.
    Arrows,
    /// The servers cannot be reached.
    CloudSlash,
    /// Paused.
    Bars,
    /// Can't save.
    Exclamation,
}

/// One line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrayItem {
    /// What it does.
    pub action: TrayAction,
    /// Its words.
    pub text: String,
}

/// What a line of the menu does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayAction {
    /// Opens the conflicts.
    Conflicts,
    /// Opens what needs a person.
    NeedsYou,
    /// Opens the connections, for removals that are asked about.
    Removals,
    /// Opens the rows that could not be read.
    Unreadable,
    /// Opens the queue, for the change that waits longest.
    Oldest,
    /// Syncs at once.
    CheckNow,
    /// Pauses until resumed.
    Pause,
    /// Ends the pause.
    Resume,
    /// Shows the window.
    Open,
    /// Ends the program.
    Quit,
}

impl TrayAction {
    const ALL: [Self; 10] = [
        Self::Conflicts,
        Self::NeedsYou,
        Self::Removals,
        Self::Unreadable,
        Self::Oldest,
        Self::CheckNow,
        Self::Pause,
        Self::Resume,
        Self::Open,
        Self::Quit,
    ];

    /// The menu item's id.
    pub fn id(self) -> &'static str {
        match self {
            Self::Conflicts => "conflicts",
            Self::NeedsYou => "needs-you",
            Self::Removals => "removals",
            Self::Unreadable => "unreadable",
            Self::Oldest => "oldest",
            Self::CheckNow => "check-now",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Open => "open",
            Self::Quit => "quit",
        }
    }

    /// The action of a menu item's id.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.id() == id)
    }

    /// The place in the window that it opens, if it opens one.
    pub fn route(self) -> Option<&'static str> {
        match self {
            Self::Conflicts => Some("#/conflicts"),
            Self::NeedsYou => Some("#/queue?state=needs_you"),
            Self::Removals => Some("#/connections"),
            Self::Unreadable => Some("#/connections/unreadable"),
            Self::Oldest => Some("#/queue"),
            Self::Open => Some(""),
            Self::CheckNow | Self::Pause | Self::Resume | Self::Quit => None,
        }
    }
}

/// The age from which the oldest change is worth a line, in milliseconds.
const LONG: i64 = 60 * 60 * 1000;

/// The tray of a snapshot.
pub fn model(snapshot: &StatusSnapshot, time: Clockface<'_>) -> TrayModel {
    let attention = &snapshot.attention;
    let dot = words::attention(attention).is_some();
    let mut items = Vec::new();
    let mut item = |action, text: String| items.push(TrayItem { action, text });
    if attention.conflicts.0 > 0 {
        item(
            TrayAction::Conflicts,
            format!("{}…", words::count(attention.conflicts, "conflict", "conflicts")),
        );
    }
    if attention.needs_you.0 > 0 {
        let verb = if attention.needs_you.0 == 1 { "needs" } else { "need" };
        let changes = words::count(attention.needs_you, "change", "changes");
        item(TrayAction::NeedsYou, format!("{changes} {verb} you…"));
    }
    if attention.removals.0 > 0 {
        item(TrayAction::Removals, format!("{}…", words::removals(attention.removals)));
    }
    if attention.unreadable.0 > 0 {
        item(TrayAction::Unreadable, format!("{}…", words::unreadable(attention.unreadable)));
    }
    // A queue can be short and stuck: what waits for long is told by its age.
    let waits_long = |since: &Millis| snapshot.at.0 - since.0 >= LONG;
    if let (true, Some(oldest)) =
        (snapshot.queue.oldest_at.as_ref().is_some_and(waits_long), words::oldest(snapshot))
    {
        item(TrayAction::Oldest, oldest);
    }
    item(TrayAction::CheckNow, "Check now".into());
    match snapshot.paused {
        true => item(TrayAction::Resume, "Resume".into()),
        false => item(TrayAction::Pause, "Pause until I resume".into()),
    }
    item(TrayAction::Open, "Open".into());
    let quit = match snapshot.queue_length.0 {
        0 => "Quit".to_owned(),
        1 => "Quit (1 change stays saved)".to_owned(),
        n => format!("Quit ({n} changes stay saved)"),
    };
    item(TrayAction::Quit, quit);
    TrayModel {
        seq: snapshot.seq.0,
        sentence: words::status_line(snapshot, time),
        glyph: glyph(&snapshot.activity),
        dot,
        items,
    }
}

fn glyph(activity: &Activity) -> Glyph {
    match activity {
        Activity::CannotSave => Glyph::Exclamation,
        Activity::Paused { .. } => Glyph::Bars,
        Activity::Offline { .. } | Activity::SomeUnreachable { .. } => Glyph::CloudSlash,
        Activity::UpToDate { .. } => Glyph::Tick,
        Activity::Syncing { .. }
        | Activity::Checking { .. }
        | Activity::Waiting { .. }
        | Activity::NothingWaiting
        | Activity::NoLinks => Glyph::Arrows,
    }
}

/// Puts the icon into the tray; a desktop without one is no fault.
pub fn show<R: Runtime>(app: &AppHandle<R>, model: &TrayModel) -> tauri::Result<TrayIcon<R>> {
    let mut builder = TrayIconBuilder::with_id(ID).menu(&menu(app, model)?).tooltip(&model.sentence);
    if let Some(icon) = app.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    builder.on_menu_event(|app, event| crate::shell::tray_action(app, event.id().as_ref())).build(app)
}

/// Brings the tray in step with a snapshot.
pub fn update<R: Runtime>(app: &AppHandle<R>, model: &TrayModel) -> tauri::Result<()> {
    let Some(tray) = app.tray_by_id(ID) else { return Ok(()) };
    tray.set_menu(Some(menu(app, model)?))?;
    tray.set_tooltip(Some(&model.sentence))
}

const ID: &str = "tidemark";

fn menu<R: Runtime>(app: &AppHandle<R>, model: &TrayModel) -> tauri::Result<Menu<R>> {
    let sentence = MenuItemBuilder::with_id("sentence", &model.sentence).enabled(false).build(app)?;
    let mut menu = MenuBuilder::new(app).item(&sentence).separator();
    for item in &model.items {
        menu = menu.text(item.action.id(), &item.text);
    }
    menu.build()
}

/// An instant in this computer's zone, as `14:05`.
pub fn clockface(at: Millis) -> String {
    use chrono::{DateTime, Local, Utc};
    DateTime::<Utc>::from_timestamp_millis(at.0)
        .map_or_else(String::new, |at| at.with_timezone(&Local).format("%H:%M").to_string())
}
