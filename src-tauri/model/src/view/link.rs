//! Links as people give and see them.

use crate::connector::Discovered;
use crate::number::{Count, Millis};
use crate::sync_settings::SyncSettings;
use serde::{Deserialize, Serialize};

/// A new link. The secret goes to the keychain and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLink {
    /// Its name, unique.
    pub name: String,
    /// `rest` or `kinto`.
    pub kind: String,
    /// The endpoint.
    pub url: String,
    /// The account.
    #[serde(default)]
    pub user: Option<String>,
    /// Password or token; never shown again.
    #[serde(default)]
    pub secret: Option<String>,
    /// Settings file text (`contract.md`, Link settings).
    #[serde(default)]
    pub settings: Option<String>,
    /// What to keep; empty takes what the settings name.
    #[serde(default)]
    pub collections: Vec<String>,
}

impl std::fmt::Debug for NewLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLink")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("url", &self.url)
            .field("secret", &self.secret.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

/// What adding a link came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AddedLink {
    /// Its id.
    pub id: Count,
    /// Its name.
    pub name: String,
    /// Whether the secret is in the keychain; if not, it is kept for this run only.
    pub secret_kept: bool,
    /// Why it is not, for people.
    pub secret_note: Option<String>,
    /// What is kept.
    pub collections: Vec<String>,
}

/// What a server offers, before a link is added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Discovery {
    /// The kind of server.
    pub kind: String,
    /// Its software, where it tells.
    pub software: Option<String>,
    /// Its collections.
    pub collections: Vec<Discovered>,
}

/// The steps of a connection's test, in order; the first that fails is the last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LinkTest {
    /// The steps.
    pub steps: Vec<TestStep>,
    /// Whether all went well.
    pub ok: bool,
    /// How far the server's clock is ahead of this computer's, in milliseconds.
    pub clock_skew: Option<Millis>,
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TestStep {
    /// Which.
    pub step: TestStepKind,
    /// Whether it went well.
    pub ok: bool,
    /// What was found, or what is wrong and what to do.
    pub words: String,
}

/// What is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum TestStepKind {
    /// The URL is one.
    Address,
    /// The server answers, and its certificate is trusted.
    Connected,
    /// It speaks the expected protocol.
    Speaks,
    /// The account is accepted.
    SignedIn,
    /// The collections can be read.
    MayRead,
    /// The clocks.
    Clock,
}

/// Row F3: how a link is kept in step. Every change of it is stored and told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Not every collection was brought in to its end yet.
    #[default]
    Initializing,
    /// In step with its server, or on the way to it.
    Live,
    /// Local and server sets are compared.
    Repairing,
    /// A repair failed; it is polled until one goes well.
    DegradedPoll,
    /// A person paused it, or everything.
    Paused,
}

impl LinkState {
    const ALL: [Self; 5] =
        [Self::Initializing, Self::Live, Self::Repairing, Self::DegradedPoll, Self::Paused];

    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Live => "live",
            Self::Repairing => "repairing",
            Self::DegradedPoll => "degraded_poll",
            Self::Paused => "paused",
        }
    }

    /// The status of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What removing a link would mean, and whether it was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RemovedLink {
    /// Changes that were not sent.
    pub unsent: Count,
    /// Forms with edits that were not saved.
    pub drafts: Count,
    /// Whether it was removed; not without `force` while there are any of these.
    pub removed: bool,
}

/// Settings of the application (`ui.md` 3.11, what exists of it).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AppSettings {
    /// `system`, `light` or `dark`.
    pub theme: Theme,
    /// Row height.
    pub density: Density,
    /// Conflict notifications.
    pub notify_conflicts: bool,
    /// Notifications of changes that need a person.
    pub notify_needs_you: bool,
    /// How long a resolution is held for undo, in milliseconds; 0 is off.
    pub undo_hold: Millis,
    /// How the engine goes about its work (row E7); left out where it stays as it is.
    pub sync: Option<SyncSettings>,
}

impl Default for AppSettings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            density: Density::Default,
            notify_conflicts: true,
            notify_needs_you: true,
            undo_hold: Millis(10_000),
            sync: None,
        }
    }
}

/// Which theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Row height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    /// 28 px.
    Compact,
    /// 36 px.
    Default,
    /// 44 px.
    Comfort,
}
