//! Links and settings through the engine's handle.

use crate::engine::Engine;
use crate::link::Wish;
use crate::platform::EngineSettings;
use crate::store::activity::{self, NewLine};
use crate::store::places::refuse;
use crate::store::verbs::links::{self as verb, LinkDraft};
use crate::store::{LinkRow, StoreError, Tx, links, meta};
use serde::Serialize;
use serde_json::Value;
use std::sync::atomic::Ordering;
use tidemark_model::number::{Count, Millis};
use tidemark_model::sync_settings::SyncSettings;
use tidemark_model::view::{AppSettings, Happened, LinkLimits, RefusalCode, RemovedLink};

/// Where the application's settings stand.
const SETTINGS: &str = "settings";
/// Rises with every change of the engine's settings, so that other processes look for them.
const SETTINGS_REVISION: &str = "settings_revision";

impl Engine {
    /// Stores a link with its collections and begins to sync it.
    pub async fn add_link(&self, draft: LinkDraft) -> Result<Count, StoreError> {
        let now = self.shared().now();
        let id = self.shared().write(move |tx| verb::add(tx, &draft, now)).await?;
        self.reload_links()?;
        self.shared().bulletin.status_is_stale();
        self.wake_all();
        Ok(Count(id))
    }

    /// The links as stored.
    pub fn links(&self) -> Result<Vec<LinkRow>, StoreError> {
        self.shared().store.read(links::all)
    }

    /// Removes a link; while changes are not sent, only with `force`, and then they go to the trash.
    pub async fn remove_link(&self, name: &str, force: bool) -> Result<RemovedLink, StoreError> {
        let (named, now) = (name.to_owned(), self.shared().now());
        let (removed, moved) = self.shared().write(move |tx| verb::remove(tx, &named, force, now)).await?;
        self.shared().announce(moved, None);
        if removed.removed {
            self.reload_links()?;
        }
        self.shared().bulletin.status_is_stale();
        Ok(removed)
    }

    /// Notes whether the keychain holds a link's secret.
    pub async fn set_secret_kept(&self, name: &str, kept: bool) -> Result<(), StoreError> {
        let row = self.shared().store.read(|tx| links::by_name(tx, name))?;
        let (id, now) = (row.ok_or_else(|| crate::engine::no_link(name))?.id, self.shared().now());
        self.shared()
            .write(move |tx| {
                links::set_secret_kept(tx, id, kept)?;
                activity::write(tx, &NewLine::of_link(&Happened::SecretChanged { kept }, id, now))
            })
            .await
    }

    /// Takes another address for the same server and account, and tries it at once.
    ///
    /// For a server of this machine whose port had to change; records, checkpoints and changes stay what they are.
    pub async fn set_link_url(&self, name: &str, url: &str) -> Result<(), StoreError> {
        let row = self.shared().store.read(|tx| links::by_name(tx, name))?;
        let id = row.ok_or_else(|| crate::engine::no_link(name))?.id;
        let (url, now) = (url.to_owned(), self.shared().now());
        self.shared()
            .write(move |tx| {
                links::set_url(tx, id, &url)?;
                activity::write(tx, &NewLine::of_link(&Happened::AddressChanged {}, id, now))
            })
            .await?;
        self.shared().bulletin.status_is_stale();
        self.reconnect(name).await
    }

    /// Signs in as another account of the same server, and tries it at once. What the former one saved is kept and
    /// listed, and never sent under the new name (`engine.md` 7).
    pub async fn set_account(&self, name: &str, user: Option<&str>) -> Result<(), StoreError> {
        let row = self.link_row(name)?;
        let (user, principal) = (user.map(str::to_owned), verb::principal(user, &row.url));
        let now = self.shared().now();
        self.shared()
            .write(move |tx| {
                links::set_account(tx, row.id, user.as_deref(), &principal)?;
                activity::write(tx, &NewLine::of_link(&Happened::AccountChanged {}, row.id, now))
            })
            .await?;
        self.shared().bulletin.changes_moved([]);
        self.reconnect(name).await
    }

    /// Changes when and how a link may sync; it applies at once, and a server that refused packed bodies is asked anew
    /// where that was changed.
    pub async fn set_limits(&self, name: &str, limits: LinkLimits) -> Result<(), StoreError> {
        let row = self.link_row(name)?;
        let repacks = row.settings.write.compress != limits.compress;
        let (now, mut settings) = (self.shared().now(), row.settings);
        (settings.schedule, settings.write.compress) = (limits.schedule, limits.compress);
        self.shared()
            .write(move |tx| {
                if repacks {
                    links::set_plain_bodies(tx, row.id, false)?;
                }
                activity::write(tx, &NewLine::of_link(&Happened::LimitsChanged {}, row.id, now))?;
                links::set_settings(tx, row.id, &settings)
            })
            .await?;
        self.shared().bulletin.changes_moved([]);
        if repacks {
            return self.reconnect(name).await;
        }
        self.reload_links()?;
        self.wake_all();
        Ok(())
    }

    fn link_row(&self, name: &str) -> Result<LinkRow, StoreError> {
        self.shared().store.read(|tx| links::by_name(tx, name))?.ok_or_else(|| crate::engine::no_link(name))
    }

    /// How the engine goes about its work at this moment.
    pub fn sync_settings(&self) -> SyncSettings {
        SyncSettings::from(&self.shared().settings())
    }

    /// Goes about its work by other settings from now on; other processes on the same data are told to look for theirs.
    ///
    /// Errors: a value is out of its range, and those in force stay; the store failed.
    pub async fn set_sync_settings(&self, settings: &SyncSettings) -> Result<(), StoreError> {
        settings.check().map_err(|error| {
            refuse(
                RefusalCode::Invalid,
                error.to_string(),
                "Nothing was changed; give a value in that range.",
            )
        })?;
        let (names, now) = (changed(&self.sync_settings(), settings)?, self.shared().now());
        self.apply(settings);
        let told = self
            .shared()
            .write(move |tx| {
                tell_changed(tx, names, now)?;
                meta::next(tx, SETTINGS_REVISION)
            })
            .await?;
        self.shared().settings_revision.store(told, Ordering::Relaxed);
        Ok(())
    }

    /// The settings that it was opened with are those of this revision.
    pub(crate) fn settings_are_current(&self) -> Result<(), StoreError> {
        let told = self.shared().store.read(|tx| meta::number(tx, SETTINGS_REVISION))?;
        self.shared().settings_revision.store(told, Ordering::Relaxed);
        Ok(())
    }

    /// Takes over what another process changed.
    pub(crate) fn reload_settings(&self) -> Result<(), StoreError> {
        let told = self.shared().store.read(|tx| meta::number(tx, SETTINGS_REVISION))?;
        if self.shared().settings_revision.swap(told, Ordering::Relaxed) != told
            && let Some(settings) = self.shared().platform.configure.sync_settings()
        {
            self.apply(&settings);
        }
        Ok(())
    }

    fn apply(&self, settings: &SyncSettings) {
        self.shared().set_settings(EngineSettings::from(settings));
        for link in self.shared().links() {
            link.wake(Wish { retime: true, ..Wish::default() });
        }
        self.shared().bulletin.status_is_stale();
    }

    /// The application's settings.
    pub fn settings(&self) -> Result<AppSettings, StoreError> {
        let text = self.shared().store.read(|tx| meta::get(tx, SETTINGS))?;
        let settings: AppSettings =
            text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
        Ok(AppSettings { sync: Some(self.sync_settings()), ..settings })
    }

    /// Changes the application's settings; they apply at once. Those of the engine are kept by the host, which sets them
    /// by [`Engine::set_sync_settings`].
    pub async fn set_settings(&self, settings: &AppSettings) -> Result<(), StoreError> {
        let wanted = AppSettings { sync: None, ..settings.clone() };
        let before = AppSettings { sync: None, ..self.settings()? };
        let (names, now) = (changed(&before, &wanted)?, self.shared().now());
        let text = serde_json::to_string(&wanted)?;
        self.shared()
            .write(move |tx| {
                tell_changed(tx, names, now)?;
                meta::set(tx, SETTINGS, &text)
            })
            .await?;
        self.shared().bulletin.status_is_stale();
        Ok(())
    }
}

/// The names of the settings that differ.
fn changed<T: Serialize>(before: &T, after: &T) -> Result<Vec<String>, StoreError> {
    let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
    let Value::Object(after) = after else { return Ok(Vec::new()) };
    Ok(after
        .into_iter()
        .filter(|(name, value)| before.get(name) != Some(value))
        .map(|(name, _)| name)
        .collect())
}

fn tell_changed(tx: &Tx, names: Vec<String>, now: Millis) -> Result<(), StoreError> {
    if names.is_empty() {
        return Ok(());
    }
    activity::write(tx, &NewLine::of_all(&Happened::SettingsChanged { names }, now))
}
