//! Records through the engine's handle: reading, and saving edits.

use crate::drafts;
use crate::engine::Engine;
use crate::link::Wish;
use crate::store::StoreError;
use crate::store::places::refuse;
use crate::store::verbs::edit::{self, Edit, EditKind};
use crate::store::views::records::{self, Asked};
use serde_json::Value;
use tidemark_model::change::Change;
use tidemark_model::document;
use tidemark_model::view::{
    FieldEdit, Form, ListPage, RecordDetail, RecordFilter, RecordRow, RefusalCode, Saved,
};

/// What a caller says beside an edit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The caller's own words, JSON text of at most 16 KiB.
    pub metadata: Option<String>,
    /// How urgent it is, 0–9; none takes the collection's.
    pub priority: Option<u8>,
    /// Ids of changes of the same link that it waits for; one that has ended need not be waited for.
    pub depends_on: Vec<String>,
    /// It was typed into the record's form: what is saved leaves the form's draft in the same transaction.
    pub from_form: bool,
}

impl Beside {
    fn metadata(metadata: Option<String>) -> Self {
        Self { metadata, ..Self::default() }
    }
}

impl Engine {
    /// Makes a record from JSON text; on disk when this returns.
    ///
    /// Errors: the text is no JSON object, is too large or too deep, or its id is taken.
    pub async fn create_record(
        &self,
        link: &str,
        collection: &str,
        text: &str,
        metadata: Option<String>,
    ) -> Result<Saved, StoreError> {
        self.create_record_with(link, collection, text, Beside::metadata(metadata)).await
    }

    /// The same with what stands beside the edit.
    pub async fn create_record_with(
        &self,
        link: &str,
        collection: &str,
        text: &str,
        beside: Beside,
    ) -> Result<Saved, StoreError> {
        let document = document_of(text)?;
        self.check_own_id(&self.place(link, collection)?, &document)?;
        let fresh_id = self.fresh_id(link);
        self.save(link, collection, EditKind::Create { document, fresh_id }, beside).await
    }

    /// Changes fields of a record; on disk when this returns.
    ///
    /// Errors: there is no such record here, a path leads nowhere, or a value is no JSON.
    pub async fn update_record(
        &self,
        link: &str,
        collection: &str,
        rid: &str,
        edits: &[FieldEdit],
        metadata: Option<String>,
    ) -> Result<Saved, StoreError> {
        self.update_record_with(link, collection, rid, edits, Beside::metadata(metadata)).await
    }

    /// The same with what stands beside the edit.
    pub async fn update_record_with(
        &self,
        link: &str,
        collection: &str,
        rid: &str,
        edits: &[FieldEdit],
        beside: Beside,
    ) -> Result<Saved, StoreError> {
        let changes = edits.iter().map(change_of).collect::<Result<Vec<_>, _>>()?;
        self.save(link, collection, EditKind::Update { rid: rid.to_owned(), changes }, beside).await
    }

    /// Deletes a record here and, when the server can be reached, there; on disk when this returns.
    pub async fn delete_record(
        &self,
        link: &str,
        collection: &str,
        rid: &str,
        metadata: Option<String>,
    ) -> Result<Saved, StoreError> {
        self.delete_record_with(link, collection, rid, Beside::metadata(metadata)).await
    }

    /// The same with what stands beside the edit.
    pub async fn delete_record_with(
        &self,
        link: &str,
        collection: &str,
        rid: &str,
        beside: Beside,
    ) -> Result<Saved, StoreError> {
        self.save(link, collection, EditKind::Delete { rid: rid.to_owned() }, beside).await
    }

    /// A page of a collection's records.
    pub fn list_records(
        &self,
        link: &str,
        collection: &str,
        filter: &RecordFilter,
        offset: usize,
        limit: usize,
    ) -> Result<ListPage<RecordRow>, StoreError> {
        self.place(link, collection)?;
        self.shared().store.read(|tx| records::list(tx, link, collection, filter, offset, limit))
    }

    /// One record, whole.
    pub fn get_record(&self, link: &str, collection: &str, rid: &str) -> Result<RecordDetail, StoreError> {
        self.place(link, collection)?;
        let found = self.shared().store.read(|tx| records::detail(tx, link, collection, rid))?;
        found.ok_or_else(|| no_record(collection, rid))
    }

    /// A secret of a record as it is here, JSON text; everything else that is shown of the record has a mask in its place.
    ///
    /// Errors: the path is no secret of the collection, or there is no such record here.
    pub fn record_secret(
        &self,
        link: &str,
        collection: &str,
        rid: &str,
        path: &str,
    ) -> Result<Option<String>, StoreError> {
        self.place(link, collection)?;
        match self.shared().store.read(|tx| records::secret(tx, link, collection, rid, path))? {
            Asked::Value(text) => Ok(text),
            Asked::NoRecord => Err(no_record(collection, rid)),
            Asked::NoSecret => Err(refuse(
                RefusalCode::Invalid,
                format!("'{path}' is no secret of {collection}"),
                "Name a field that the collection's settings call secret; all others stand in the record.",
            )),
        }
    }

    /// The form of a collection.
    pub fn get_form(&self, link: &str, collection: &str) -> Result<Form, StoreError> {
        self.place(link, collection)?;
        self.shared().store.read(|tx| records::form(tx, link, collection))
    }

    async fn save(
        &self,
        link: &str,
        collection: &str,
        kind: EditKind,
        beside: Beside,
    ) -> Result<Saved, StoreError> {
        let place = self.place(link, collection)?;
        check_priority(beside.priority)?;
        let edit = Edit {
            kind,
            mutation_id: self.shared().uuid(),
            metadata: beside.metadata,
            priority: beside.priority,
            member: None,
            depends_on: beside.depends_on,
            now: self.shared().now(),
        };
        let (saved, moved) = self
            .shared()
            .write(move |tx| {
                let (saved, mut moved) = edit::save(tx, &place, &edit)?;
                if beside.from_form && drafts::leave(tx, &place, &edit)? {
                    moved.record(place.collection_id, &saved.record);
                }
                Ok((saved, moved))
            })
            .await?;
        self.shared().announce(moved, None);
        for link in self.links_named(Some(link)) {
            link.wake(Wish { edited: true, ..Wish::default() });
        }
        Ok(saved)
    }
}

fn no_record(collection: &str, rid: &str) -> StoreError {
    refuse(
        RefusalCode::NotFound,
        format!("{collection} has no record '{rid}' here"),
        "It may have been deleted; look at the list of records.",
    )
}

pub(crate) fn check_priority(priority: Option<u8>) -> Result<(), StoreError> {
    match priority {
        Some(priority @ 10..) => Err(refuse(
            RefusalCode::Invalid,
            format!("there is no priority {priority}"),
            "Give a number from 0 to 9; 9 goes first.",
        )),
        Some(_) | None => Ok(()),
    }
}

/// A new record's document from its text.
pub(crate) fn document_of(text: &str) -> Result<Value, StoreError> {
    document::typed(text.as_bytes()).map_err(|error| {
        refuse(
            RefusalCode::Invalid,
            format!("the new record cannot be used: {error}"),
            "Give one JSON object of at most 16 MiB, each key once.",
        )
    })
}

pub(crate) fn change_of(edit: &FieldEdit) -> Result<Change, StoreError> {
    match &edit.set {
        None => Ok(Change::remove(edit.path.clone())),
        Some(text) => {
            let value = document::typed_value(text.as_bytes()).map_err(|error| {
                refuse(
                    RefusalCode::Invalid,
                    format!("the value for '{}' cannot be used: {error}", edit.path),
                    "Give a JSON value: a text stands in double quotes.",
                )
            })?;
            Ok(Change::set(edit.path.clone(), value))
        }
    }
}
