//! Data folders to measure on.

use super::stub::COLLECTION;
use crate::fault::Fault;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_model::view::{NewLink, QueueFilter};

/// The link's name.
pub const LINK: &str = "Bench";
/// Callers that save at once where saving itself is not what is measured.
const CALLERS: usize = 64;

/// A folder with a link to this server.
pub async fn linked(url: &str, collection: Option<&str>) -> Result<(TempDir, Host), Fault> {
    linked_to(url, &[collection.unwrap_or(COLLECTION)]).await
}

/// A folder with a link to these collections of a server.
pub async fn linked_to(url: &str, collections: &[&str]) -> Result<(TempDir, Host), Fault> {
    let folder = tempfile::Builder::new().prefix("tidemark-bench-").tempdir()?;
    let host = open(folder.path()).await?;
    let new = NewLink {
        name: LINK.to_owned(),
        kind: "rest".to_owned(),
        url: url.to_owned(),
        user: None,
        secret: None,
        settings: None,
        collections: collections.iter().map(|name| (*name).to_owned()).collect(),
    };
    host.add_link(new).await?;
    Ok((folder, host))
}

pub async fn open(folder: &Path) -> Result<Host, Fault> {
    let options = HostOptions {
        data: Some(folder.to_owned()),
        keychain: Some(Arc::new(NoKeychain)),
        environment: Environment::of([]),
        ..HostOptions::default()
    };
    Ok(Host::open(options).await?)
}

/// A copy of a closed folder's database.
pub fn copy(from: &Path) -> Result<TempDir, Fault> {
    let folder = tempfile::Builder::new().prefix("tidemark-bench-").tempdir()?;
    let name = tidemark_database();
    std::fs::copy(from.join(name), folder.path().join(name))?;
    Ok(folder)
}

/// The size of a folder's database with its log.
pub fn bytes(folder: &Path) -> Result<u64, Fault> {
    let database = folder.join(tidemark_database());
    let log = database.with_extension("db-wal");
    Ok(std::fs::metadata(database)?.len() + std::fs::metadata(log).map_or(0, |log| log.len()))
}

/// The name of the database's file.
pub fn tidemark_database() -> &'static str {
    "tidemark.db"
}

/// Saves these new records by many callers at once.
pub async fn create_all(host: &Host, collection: &str, documents: Vec<String>) -> Result<(), Fault> {
    let documents = Arc::new(documents);
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (engine, documents, next) = (host.engine().clone(), Arc::clone(&documents), Arc::clone(&next));
        let collection = collection.to_owned();
        callers.spawn(async move {
            while let Some(document) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
                engine.create_record(LINK, &collection, document, None).await?;
            }
            Ok::<(), Fault>(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.map_err(|error| Fault::Unexpected(error.to_string()))??;
    }
    Ok(())
}

/// Nothing may be left: a measurement of half the work is none.
pub fn must_be_empty(host: &Host) -> Result<(), Fault> {
    let left = host.engine().list_queue(&QueueFilter::default(), 0, 1)?.total.0;
    match left {
        0 => Ok(()),
        left => Err(Fault::Unexpected(format!("{left} changes were not confirmed"))),
    }
}
