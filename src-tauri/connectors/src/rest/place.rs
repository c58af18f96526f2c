//! Where a collection and its records lie under the link's endpoint.

use crate::wire;
use tidemark_model::connector::SealError;
use tidemark_model::settings::{LinkSettings, VersionPlace};

/// A collection's address and the names of its special fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    path: String,
    list: String,
    /// The document's field that holds the id.
    pub id_field: String,
    /// The field that is true on deleted rows.
    pub deleted_field: String,
    /// Where the version stands.
    pub version: VersionPlace,
}

impl Place {
    /// The place of a collection; unknown names have the contract's defaults.
    pub fn of(settings: &LinkSettings, name: &str) -> Result<Self, SealError> {
        let collection = settings.collection(name);
        let no_collection = || SealError::NoCollection(name.to_owned());
        let path = match collection.path {
            Some(path) => path.trim_end_matches('/').to_owned(),
            None => format!("c/{}", wire::segment(name).map_err(|_| no_collection())?),
        };
        // A path is part of an address as it stands; what would change the address's meaning is refused.
        let sound = |path: &str| {
            path.split('/')
                .skip(usize::from(path.starts_with('/')))
                .all(|part| !part.is_empty() && part != "." && part != "..")
                && !path.contains(['?', '#', '\\'])
        };
        let list = match &settings.pull.path {
            Some(under) => format!("{path}/{}", under.trim_matches('/')),
            None => path.clone(),
        };
        if !sound(&list) {
            return Err(no_collection());
        }
        Ok(Self {
            path,
            list,
            id_field: collection.id_field.unwrap_or_else(|| "id".into()),
            deleted_field: collection.deleted_field.unwrap_or_else(|| "deleted".into()),
            version: collection.version,
        })
    }

    /// The collection's own target.
    pub fn collection(&self) -> &str {
        &self.path
    }

    /// The list's target.
    pub fn list(&self) -> &str {
        &self.list
    }

    /// A record's target.
    pub fn record(&self, id: &str) -> Result<String, SealError> {
        Ok(format!("{}/{}", self.path, wire::segment(id)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Result<Place, SealError> {
        let text = serde_json::json!({"collections": [{"name": "a", "path": path}]}).to_string();
        Place::of(&LinkSettings::parse(&text).unwrap(), "a")
    }

    #[test]
    fn names_and_paths_lead_to_one_address_each() {
        let plain = Place::of(&LinkSettings::default(), "my tasks").unwrap();
        assert_eq!(plain.record("a/b").unwrap(), "c/my%20tasks/a%2Fb");
        assert_eq!(place("/api/resource/To%20Do/").unwrap().record("1").unwrap(), "/api/resource/To%20Do/1");
    }

    #[test]
    fn a_path_cannot_climb_or_smuggle_a_query() {
        for path in ["../x", "a/./b", "a?b", "a#b", "a//b", "", "/", "//evil.example/x"] {
            assert!(place(path).is_err(), "{path}");
        }
    }
}
