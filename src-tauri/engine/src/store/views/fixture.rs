//! A store with two links and some collections, filled row by row as a test needs it.

use crate::store::links::NewLinkRow;
use crate::store::{Store, StoreError, WriterMode, collections, links};
use rusqlite::{Connection, params};
use serde_json::Value;
use tempfile::TempDir;
use tidemark_model::number::Millis;
use tidemark_model::settings::{CollectionSettings, LinkSettings};

/// The collections of a [`Fixture`]: link, name. Their keys and their links' count from 1 in this order.
pub(crate) const PLACES: [(i64, &str); 3] = [(1, "tasks"), (1, "customers"), (2, "tasks")];

pub(crate) struct Fixture {
    pub(crate) store: Store,
    _folder: TempDir,
}

impl Fixture {
    /// The links `erp` and `kinto` with their collections.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), WriterMode::Inline).unwrap();
        let fixture = Self { store, _folder: folder };
        fixture.write(|tx| {
            for (name, url) in
                [("erp", "https://erp.example.com/api"), ("kinto", "http://kinto.example.com:8888/v1")]
            {
                let link = NewLinkRow {
                    name,
                    kind: "rest",
                    url,
                    user: None,
                    principal: "anna",
                    scope_id: name,
                    settings: &LinkSettings::default(),
                    secret_kept: true,
                };
                links::insert(tx, &link, Millis(1_000))?;
            }
            for (link, name) in PLACES {
                collections::insert(tx, link, name, &CollectionSettings::named(name))?;
            }
            Ok(())
        });
        fixture
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.write_blocking(work).unwrap()
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> T {
        self.store.read(work).unwrap()
    }

    pub(crate) fn sql(&self, sql: &str) {
        let sql = sql.to_owned();
        self.write(move |tx| Ok(tx.execute_batch(&sql)?));
    }

    /// A record whose base and local are given; its key comes back.
    pub(crate) fn record(
        &self,
        collection: i64,
        rid: &str,
        base: Option<Value>,
        local: Option<Value>,
    ) -> i64 {
        let rid = rid.to_owned();
        self.write(move |tx| {
            let shown = local.as_ref().or(base.as_ref()).unwrap_or(&Value::Null);
            let title = crate::store::records::title(&rid, shown, &collections::secrets(tx, collection)?);
            let text = |value: Option<Value>| value.map(|value| value.to_string());
            tx.execute(
                "INSERT INTO records (collection_id, rid, title, base, base_version, base_at, local, visible)
                 VALUES (?1, ?2, ?3, ?4, '1', 500, ?5, 1)",
                params![collection, rid, title, text(base), text(local)],
            )?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// A change; its number comes back.
    pub(crate) fn change(&self, row: Row) -> i64 {
        self.write(move |tx| row.insert(tx))
    }
}

/// A row of the outbox with the values that most tests want.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Index into [`PLACES`] plus one.
    pub(crate) collection: i64,
    pub(crate) record: Option<i64>,
    pub(crate) rid: String,
    pub(crate) operation: &'static str,
    pub(crate) changes: String,
    pub(crate) principal: &'static str,
    pub(crate) priority: i64,
    pub(crate) state: &'static str,
    pub(crate) head: bool,
    pub(crate) blockers: i64,
    pub(crate) due_at: i64,
    pub(crate) held: Option<&'static str>,
    pub(crate) class: Option<&'static str>,
    pub(crate) may_be_in: bool,
    pub(crate) created_at: i64,
}

impl Default for Row {
    fn default() -> Self {
        Self {
            collection: 1,
            record: None,
            rid: "r".into(),
            operation: "update",
            changes: r#"[{"path":"/a","set":1}]"#.into(),
            principal: "anna",
            priority: 5,
            state: "queued",
            head: true,
            blockers: 0,
            due_at: 0,
            held: None,
            class: None,
            may_be_in: false,
            created_at: 2_000,
        }
    }
}

pub(crate) const ENDED: [&str; 5] = ["confirmed", "superseded", "combined", "cancelled", "discarded"];

impl Row {
    pub(crate) fn insert(&self, tx: &Connection) -> Result<i64, StoreError> {
        let sent = self.state != "queued" && !ENDED.contains(&self.state);
        tx.prepare_cached(
            "INSERT INTO outbox (id, link_id, collection_id, record_id, rid, principal, operation, changes, priority,
                                 state, head, blockers, due_at, held, class, words, may_be_in, key, wire, created_at,
                                 ended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?
        .execute(params![
            uuid::Uuid::new_v4().to_string(),
            PLACES[self.collection as usize - 1].0,
            self.collection,
            self.record,
            self.rid,
            self.principal,
            self.operation,
            self.changes,
            self.priority,
            self.state,
            self.head,
            self.blockers,
            self.due_at,
            self.held,
            self.class,
            self.class.map(|_| "its words"),
            self.may_be_in,
            sent.then_some("key-1"),
            sent.then_some(
                r#"{"method":"PATCH","target":"c/tasks/r","headers":[["If-Match","\"1\""]],"body":"{}","whole":false}"#
            ),
            self.created_at,
            ENDED.contains(&self.state).then_some(self.created_at + 10),
        ])?;
        Ok(tx.last_insert_rowid())
    }
}
