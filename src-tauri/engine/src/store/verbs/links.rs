//! Adding and removing links.

use super::Moved;
use crate::store::activity::{self, NewLine};
use crate::store::links::{self, NewLinkRow};
use crate::store::outbox::{self, Ended};
use crate::store::places::refuse;
use crate::store::{StoreError, collections, conflicts, drafts, quarantine, records, repairs};
use rusqlite::Connection;
use std::collections::BTreeSet;
use tidemark_model::connector::Discovered;
use tidemark_model::document::sha256_hex;
use tidemark_model::number::{Count, Millis};
use tidemark_model::settings::{CollectionSettings, LinkSettings};
use tidemark_model::view::{Happened, RefusalCode, RemovedLink};

/// A link as the host found it: named, tested, with the collections to keep.
#[derive(Clone, Debug)]
pub struct LinkDraft {
    /// Its name.
    pub name: String,
    /// Its kind of server.
    pub kind: String,
    /// Its endpoint.
    pub url: String,
    /// Its account.
    pub user: Option<String>,
    /// Its settings.
    pub settings: LinkSettings,
    /// What to keep, as discovered; what the settings say of a collection wins.
    pub collections: Vec<Discovered>,
    /// Whether the keychain holds its secret.
    pub secret_kept: bool,
}

/// Stores a link with its collections.
pub(crate) fn add(tx: &Connection, draft: &LinkDraft, now: Millis) -> Result<i64, StoreError> {
    if links::by_name(tx, &draft.name)?.is_some() {
        return Err(refuse(
            RefusalCode::Invalid,
            format!("a connection named '{}' exists", draft.name),
            "Choose another name, or remove the old one first.",
        ));
    }
    let principal = principal(draft.user.as_deref(), &draft.url);
    let mut names: Vec<&str> = draft.collections.iter().map(|collection| collection.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let scope = serde_json::json!({ "collections": names }).to_string();
    let id = links::insert(
        tx,
        &NewLinkRow {
            name: &draft.name,
            kind: &draft.kind,
            url: &draft.url,
            user: draft.user.as_deref(),
            principal: &principal,
            scope_id: &sha256_hex(scope.as_bytes()),
            settings: &draft.settings,
            secret_kept: draft.secret_kept,
        },
        now,
    )?;
    // A server may list one twice.
    let mut kept = BTreeSet::new();
    for discovered in draft.collections.iter().filter(|discovered| kept.insert(discovered.name.as_str())) {
        let mut settings = with_discovered(draft.settings.collection(&discovered.name), discovered);
        settings.gather_policies();
        let label = settings.label.clone().unwrap_or_else(|| discovered.name.clone());
        collections::insert(tx, id, &label, &settings)?;
    }
    let happened = Happened::LinkAdded { collections: Count::of(names.len()) };
    activity::write(tx, &NewLine::of_link(&happened, id, now))?;
    Ok(id)
}

/// Removes a link: what was not sent goes to the trash, its records leave this computer.
pub(crate) fn remove(
    tx: &Connection,
    name: &str,
    force: bool,
    now: Millis,
) -> Result<(RemovedLink, Moved), StoreError> {
    let link = links::by_name(tx, name)?.ok_or_else(|| {
        refuse(RefusalCode::NotFound, format!("there is no connection named '{name}'"), "Look at the list.")
    })?;
    let unsent = outbox::unfinished_of_link(tx, link.id)?;
    let (count, drafts) = (Count::of(unsent.len()), drafts::of_link(tx, link.id)?);
    if (!unsent.is_empty() || drafts.0 > 0) && !force {
        return Ok((RemovedLink { unsent: count, drafts, removed: false }, Moved::default()));
    }
    let mut moved = Moved::default();
    for mutation in &unsent {
        outbox::end(tx, mutation, Ended::Discarded, now)?;
        moved.changes.push(mutation.id.clone());
    }
    conflicts::resolve_all_of_link(tx, link.id, now)?;
    for collection in collections::of_link(tx, link.id)? {
        collections::set_asked(tx, collection.id, None, &BTreeSet::new())?;
        quarantine::remove_all(tx, collection.id)?;
        records::remove_all(tx, collection.id)?;
        drafts::remove_all(tx, collection.id)?;
        repairs::forget(tx, collection.id)?;
    }
    links::mark_removed(tx, link.id, now)?;
    activity::write(tx, &NewLine::of_link(&Happened::LinkRemoved { unsent: count }, link.id, now))?;
    Ok((RemovedLink { unsent: count, drafts, removed: true }, moved))
}

/// Who makes changes through a link: an account at an endpoint.
pub(crate) fn principal(user: Option<&str>, url: &str) -> String {
    format!("{}@{url}", user.unwrap_or(""))
}

fn with_discovered(mut settings: CollectionSettings, discovered: &Discovered) -> CollectionSettings {
    if settings.label.is_none() {
        settings.label.clone_from(&discovered.label);
    }
    if settings.schema.is_none() {
        // A schema that cannot be read only means that forms are inferred from the records. It is read inside of a list, for
        // inside of the settings it stands a level deeper too: one that could be stored and not read again would take the
        // whole link with it.
        let read = |text: &String| serde_json::from_str::<[_; 1]>(&format!("[{text}]")).ok();
        settings.schema = discovered.schema.as_ref().and_then(read).map(|[schema]| schema);
    }
    if settings.references.is_empty() {
        settings.references.clone_from(&discovered.references);
    }
    settings
}
