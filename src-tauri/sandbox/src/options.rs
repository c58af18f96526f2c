//! How a sandbox is started.

use crate::faults::Faults;
use crate::sample;
use crate::world::WorldOptions;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The clock of a sandbox: the time now.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A collection and its description.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CollectionSpec {
    /// The name in the path.
    pub name: String,
    /// What people call it.
    #[serde(default)]
    pub label: Option<String>,
    /// A JSON Schema.
    #[serde(default)]
    pub schema: Option<Value>,
    /// Which members hold ids of other records.
    #[serde(default)]
    pub references: Vec<Reference>,
}

impl CollectionSpec {
    /// A collection without a description.
    pub fn named(name: &str) -> CollectionSpec {
        CollectionSpec { name: name.to_owned(), ..CollectionSpec::default() }
    }
}

/// A member that holds the id of another record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// JSON Pointer of the member.
    pub path: String,
    /// The collection of the record it names.
    pub collection: String,
}

/// A record of a new world.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedRecord {
    /// Its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
    /// Its document, with `id`.
    pub doc: Map<String, Value>,
    /// By whom it was written last.
    pub modified_by: String,
    /// When; the start of the world when absent.
    pub modified_at: Option<DateTime<Utc>>,
}

/// Somebody who may sign in, by name and password (basic) or by token (bearer).
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name; it stands in `modified_by`.
    pub name: String,
    /// The password, which is also the bearer token.
    pub secret: String,
    /// Whether every change is 403 `forbidden`.
    pub read_only: bool,
    /// What is taken at `/v1/token` for access tokens, where the account may sign in so; never a bearer token itself.
    pub refresh_token: Option<String>,
}

impl Account {
    /// An account that may read and write.
    pub fn new(name: impl Into<String>, secret: impl Into<String>) -> Account {
        Account { name: name.into(), secret: secret.into(), read_only: false, refresh_token: None }
    }

    /// The same with a refresh token.
    #[must_use]
    pub fn with_refresh_token(self, token: impl Into<String>) -> Account {
        Account { refresh_token: Some(token.into()), ..self }
    }
}

impl fmt::Debug for Account {
    // The secret is absent on purpose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("name", &self.name).field("read_only", &self.read_only).finish()
    }
}

/// Everything that a sandbox is told at its start.
#[derive(Clone)]
pub struct SandboxOptions {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// The folder of its database; in memory when absent.
    pub data: Option<PathBuf>,
    /// Whether the `/_*` switches are served. The in-process handle always works.
    pub switches: bool,
    /// Who may sign in; open to everybody when empty.
    pub accounts: Vec<Account>,
    /// For epochs, sample data and the chances of faults.
    pub seed: u64,
    /// The clock.
    pub now: Now,
    /// How long answers are kept under their keys, in seconds.
    pub key_ttl_s: u64,
    /// How many items a batch may have.
    pub max_batch: usize,
    /// The zone in which dates without a zone are meant.
    pub time_zone: String,
    /// Whether the server names new records itself and refuses a name that the client chose.
    pub names_records: bool,
    /// The collections of a new world.
    pub collections: Vec<CollectionSpec>,
    /// The records of a new world.
    pub records: Vec<SeedRecord>,
    /// Faults from the start.
    pub faults: Faults,
}

impl Default for SandboxOptions {
    /// An empty open server in memory, on any free port, with switches and the system's clock.
    fn default() -> Self {
        let world = WorldOptions::default();
        SandboxOptions {
            port: 0,
            data: None,
            switches: true,
            accounts: Vec::new(),
            seed: world.seed,
            now: Arc::new(Utc::now),
            key_ttl_s: world.key_ttl_s,
            max_batch: world.max_batch,
            time_zone: world.time_zone,
            names_records: world.names_records,
            collections: Vec::new(),
            records: Vec::new(),
            faults: Faults::default(),
        }
    }
}

impl SandboxOptions {
    /// The 200 sample records in three collections.
    pub fn sample() -> SandboxOptions {
        let options = SandboxOptions::default();
        let (collections, records) = (sample::collections(), sample::records(options.seed, sample::TODAY));
        SandboxOptions { collections, records, ..options }
    }

    /// Empty collections of these names.
    pub fn with_collections(names: &[&str]) -> SandboxOptions {
        let collections = names.iter().map(|name| CollectionSpec::named(name)).collect();
        SandboxOptions { collections, ..SandboxOptions::default() }
    }

    pub(crate) fn world(&self) -> WorldOptions {
        WorldOptions {
            data: self.data.clone(),
            seed: self.seed,
            key_ttl_s: self.key_ttl_s,
            max_batch: self.max_batch,
            time_zone: self.time_zone.clone(),
            names_records: self.names_records,
            collections: self.collections.clone(),
            records: self.records.clone(),
        }
    }
}
