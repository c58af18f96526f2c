//! What every verb must know of the collection it acts in, read once and kept until links change.

use super::{StoreError, collections, links};
use rusqlite::Connection;
use tidemark_model::merge::{ConflictStrategy, FieldPolicy, MergeRules};
use tidemark_model::view::{Refusal, RefusalCode};

/// A collection of a link, as far as writing into it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The link's key.
    pub link_id: i64,
    /// The link's name.
    pub link: String,
    /// Whose changes are made here.
    pub principal: String,
    /// The collection's key.
    pub collection_id: i64,
    /// The collection's name.
    pub collection: String,
    /// The field of a document that holds its id.
    pub id_field: String,
    /// Fields that hold ids of records of other collections, with those collections' keys.
    pub references: Vec<(String, i64)>,
    /// Priority of its changes.
    pub priority: u8,
    /// What the merge must know about its fields.
    pub rules: MergeRules,
    /// Who decides its conflicts.
    pub strategy: ConflictStrategy,
}

impl Place {
    /// Whether a rule compares when single fields were changed.
    pub(crate) fn asks_for_field_times(&self) -> bool {
        self.strategy == ConflictStrategy::FieldLww
            || self.rules.policies.values().any(|policy| *policy == FieldPolicy::Newer)
    }
}

/// All places, in the order of links and collections.
pub(crate) fn all(tx: &Connection) -> Result<Vec<Place>, StoreError> {
    let mut places = Vec::new();
    for link in links::all(tx)? {
        let collections = collections::of_link(tx, link.id)?;
        for collection in &collections {
            let references = collection.settings.references.iter().filter_map(|reference| {
                let target = collections.iter().find(|other| other.name == reference.collection)?;
                Some((reference.path.clone(), target.id))
            });
            places.push(Place {
                link_id: link.id,
                link: link.name.clone(),
                principal: link.principal.clone(),
                collection_id: collection.id,
                collection: collection.name.clone(),
                id_field: collection.settings.id_field.clone().unwrap_or_else(|| "id".to_owned()),
                references: references.collect(),
                priority: collection.settings.priority.unwrap_or(5),
                rules: collection.settings.merge_rules(),
                strategy: collection.settings.strategy,
            });
        }
    }
    Ok(places)
}

/// The place of a collection.
pub(crate) fn of_collection(tx: &Connection, id: i64) -> Result<Option<Place>, StoreError> {
    Ok(all(tx)?.into_iter().find(|place| place.collection_id == id))
}

/// A refusal in words, for the verbs.
pub(crate) fn refuse(code: RefusalCode, message: impl Into<String>, hint: impl Into<String>) -> StoreError {
    StoreError::Refused(Refusal::new(code, &message.into(), hint))
}
