//! Links and settings through the engine's handle.

use crate::engine::Engine;
use crate::store::verbs::links::{self as verb, LinkDraft};
use crate::store::{LinkRow, StoreError, collections, links, meta};
use tidemark_model::number::Count;
use tidemark_model::view::{AppSettings, RemovedLink, Stopped};

/// Where the application's settings stand.
const SETTINGS: &str = "settings";

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
        let id = row.ok_or_else(|| crate::engine::no_link(name))?.id;
        self.shared().write(move |tx| links::set_secret_kept(tx, id, kept)).await
    }

    /// Takes another address for the same server and account, and tries it at once.
    ///
    /// For a server of this machine whose port had to change; records, checkpoints and changes stay what they are.
    pub async fn set_link_url(&self, name: &str, url: &str) -> Result<(), StoreError> {
        let row = self.shared().store.read(|tx| links::by_name(tx, name))?;
        let id = row.ok_or_else(|| crate::engine::no_link(name))?.id;
        let url = url.to_owned();
        self.shared().write(move |tx| links::set_url(tx, id, &url)).await?;
        self.shared().bulletin.status_is_stale();
        self.reconnect(name).await
    }

    /// A person's answer to the deletion guard: yes, remove them; the collection is pulled again.
    pub async fn allow_removals(&self, link: &str, collection: &str) -> Result<(), StoreError> {
        let place = self.place(link, collection)?;
        self.shared()
            .write(move |tx| {
                collections::allow_removals(tx, place.collection_id)?;
                let asks = |stopped: &Stopped| {
                    matches!(stopped, Stopped::Deletions { collection, .. } if *collection == place.collection)
                };
                if links::get(tx, place.link_id)?.and_then(|row| row.stopped).is_some_and(|s| asks(&s)) {
                    links::set_stopped(tx, place.link_id, None)?;
                }
                Ok(())
            })
            .await?;
        self.force_sync(Some(link), Some(collection)).await
    }

    /// The application's settings.
    pub fn settings(&self) -> Result<AppSettings, StoreError> {
        let text = self.shared().store.read(|tx| meta::get(tx, SETTINGS))?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
    }

    /// Changes the application's settings; they apply at once.
    pub async fn set_settings(&self, settings: &AppSettings) -> Result<(), StoreError> {
        let text = serde_json::to_string(settings)?;
        self.shared().write(move |tx| meta::set(tx, SETTINGS, &text)).await?;
        self.shared().bulletin.status_is_stale();
        Ok(())
    }
}
