//! One link's settings: the JSON file that people give and that the window writes (`contract.md`, Link settings).

use crate::connector::Reference;
use crate::failure::shortened;
use crate::merge::{ConflictStrategy, FieldPolicy, MergeRules};
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Settings of one link; every key is optional and has the contract's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    /// What is kept; empty means what the person ticks at discovery.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<CollectionSettings>,
    /// How changes come in.
    pub pull: PullSettings,
    /// How changes go out.
    pub write: WriteSettings,
    /// When it syncs by itself.
    #[serde(skip_serializing_if = "is_default")]
    pub schedule: Schedule,
    /// The zone of naive server times, as an IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Path under the URL that lists collections (`rest`), default `collections`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery: Option<String>,
    /// The bucket (`kinto`), default `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Plain `http` to another machine was chosen in so many words.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_plain_http: bool,
    /// How the account signs in, where its secret is not sent itself; default: it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignIn>,
}

/// Signing in with OAuth 2.0: the link's secret is a refresh token, for which the sign-in server gives access tokens
/// (RFC 6749, section 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Which way of signing in.
    pub kind: SignInKind,
    /// The address of the token endpoint: https, or this computer; the same rules as for the link's own.
    pub token_url: String,
    /// The name under which the sign-in server knows this client.
    pub client_id: String,
    /// What the access is for, default: what the refresh token was given for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Ways of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInKind {
    /// OAuth 2.0 with a refresh token, as a public client.
    Oauth2,
}

/// Settings of one collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionSettings {
    /// Its name in Tidemark.
    pub name: String,
    /// Its path under the URL, default `c/{name}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The document's field that holds the id, default `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_field: Option<String>,
    /// Where the version stands, default the `ETag`.
    #[serde(default, skip_serializing_if = "VersionPlace::is_etag")]
    pub version: VersionPlace,
    /// A field that is true on deleted rows, default `deleted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_field: Option<String>,
    /// A JSON Schema for forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// Fields that refer to other collections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Priority of its mutations, 0–9, default 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// What the merge must know about its fields.
    #[serde(default, skip_serializing_if = "is_default")]
    pub merge: MergeRules,
    /// Who decides what both sides changed differently, default: a person.
    #[serde(default, skip_serializing_if = "is_default")]
    pub strategy: ConflictStrategy,
    /// The same for single fields, by JSON Pointer with `*` for any row of a list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, FieldPolicy>,
}

impl CollectionSettings {
    /// A collection with every default.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: None,
            label: None,
            id_field: None,
            version: VersionPlace::default(),
            deleted_field: None,
            schema: None,
            references: Vec::new(),
            priority: None,
            merge: MergeRules::default(),
            strategy: ConflictStrategy::default(),
            policies: BTreeMap::new(),
        }
    }

    /// All that a merge of its records goes by.
    pub fn merge_rules(&self) -> MergeRules {
        MergeRules { policies: self.policies.clone(), ..self.merge.clone() }
    }

    /// Policies stand in one place, wherever a file had them; those of the collection itself come first.
    pub fn gather_policies(&mut self) {
        for (path, policy) in std::mem::take(&mut self.merge.policies) {
            self.policies.entry(path).or_insert(policy);
        }
    }
}

/// Where a record's version stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionPlace {
    /// In the `ETag` header and the row's `version`.
    #[default]
    Etag,
    /// In a field of the document.
    Field(String),
}

impl VersionPlace {
    fn is_etag(&self) -> bool {
        matches!(self, Self::Etag)
    }
}

/// How changes come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PullSettings {
    /// Path of the list under the collection's, default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Query parameter of the cursor.
    pub since_param: String,
    /// Query parameter of the page size.
    pub limit_param: String,
    /// Field of the answer that holds the rows.
    pub items: String,
    /// Field of the answer that holds the next cursor.
    pub next: String,
    /// What the cursor is.
    pub kind: CursorKind,
    /// Query parameter of the last row's id beside a time cursor, where the server goes on behind (time, id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_param: Option<String>,
    /// Query text of a list's newest rows, such as `sort=-modified`, where the server can sort: the first sync begins there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
    /// Overlap of time cursors in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap_s: Option<u32>,
    /// How deletions arrive.
    pub deleted: DeletedRows,
}

impl Default for PullSettings {
    fn default() -> Self {
        Self {
            path: None,
            since_param: "after".into(),
            limit_param: "limit".into(),
            items: "items".into(),
            next: "next".into(),
            kind: CursorKind::Opaque,
            id_param: None,
            newest: None,
            overlap_s: None,
            deleted: DeletedRows::Flag,
        }
    }
}

/// What a cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CursorKind {
    /// A token of the server's own.
    Opaque,
    /// A time; rows that commit late need the overlap.
    Time,
    /// There is none: whole lists are compared.
    None,
}

/// How deletions arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedRows {
    /// As rows with a flag.
    Flag,
    /// As a list of ids beside the rows.
    List,
    /// Not at all.
    None,
}

/// How changes go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WriteSettings {
    /// How a record is made.
    pub create: CreateMethod,
    /// How a record is changed.
    pub update: UpdateMethod,
    /// What guards a write.
    pub precondition: Precondition,
    /// Whether the server remembers idempotency keys.
    pub keys: KeySettings,
    /// Whether the client chooses ids.
    pub client_ids: bool,
    /// Several changes in one request, where the server takes that.
    pub batch: Option<BatchSettings>,
    /// How bodies over 1 KiB are packed (row A15).
    #[serde(skip_serializing_if = "is_default")]
    pub compress: Compress,
}

impl Default for WriteSettings {
    fn default() -> Self {
        Self {
            create: CreateMethod::Put,
            update: UpdateMethod::Put,
            precondition: Precondition::IfMatch,
            keys: KeySettings::default(),
            client_ids: true,
            batch: Some(BatchSettings::default()),
            compress: Compress::default(),
        }
    }
}

/// Several changes in one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchSettings {
    /// Path under the URL.
    pub path: String,
    /// The most changes in one.
    pub max: u16,
    /// Whether the server applies one whole or not at all when asked to.
    pub atomic: bool,
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self { path: "batch".into(), max: 100, atomic: true }
    }
}

/// How bodies are packed on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Compress {
    /// As the server says that it takes: zstd before gzip, else not at all.
    #[default]
    Offered,
    /// In gzip, also where the server says nothing.
    Gzip,
    /// In zstd, also where the server says nothing.
    Zstd,
    /// Not at all.
    Off,
}

/// How a record is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateMethod {
    /// POST to the collection.
    Post,
    /// PUT to the record with `If-None-Match: *`.
    Put,
}

/// How a record is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateMethod {
    /// PUT of the whole document.
    Put,
    /// PATCH with the changed top-level fields as plain JSON.
    Patch,
    /// PATCH by RFC 7396.
    MergePatch,
}

/// What guards a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precondition {
    /// `If-Match` with the version.
    IfMatch,
    /// The version's field in the body.
    Field,
    /// Nothing: the last writer wins there.
    None,
}

/// Whether the server remembers idempotency keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeySettings {
    /// Whether it replays its first answer to a key.
    pub honoured: bool,
    /// For how many seconds.
    pub ttl_s: u32,
}

impl Default for KeySettings {
    fn default() -> Self {
        // Unknown lifetimes count as 15 minutes (`engine.md` 4); a server that publishes its own is believed.
        Self { honoured: true, ttl_s: 15 * 60 }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Why a settings file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("settings, {place}: {what}")]
pub struct SettingsError {
    /// Line and column, or the key.
    pub place: String,
    /// The fault and what is accepted instead.
    pub what: String,
}

impl LinkSettings {
    /// Reads a settings file; an unknown key or a wrong type is refused with its place and what is accepted.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = serde_json::from_str(text).map_err(|error| SettingsError {
            place: format!("line {}, column {}", error.line(), error.column()),
            // The key that is not known may be of any length; what is accepted stands at the end.
            what: shortened(&error.to_string(), 600),
        })?;
        for (index, collection) in settings.collections.iter().enumerate() {
            if collection.name.is_empty() {
                return Err(SettingsError {
                    place: format!("collections[{index}].name"),
                    what: "a collection needs a name".into(),
                });
            }
            if collection.priority.is_some_and(|priority| priority > 9) {
                return Err(SettingsError {
                    place: format!("collections[{index}].priority"),
                    what: "priorities are 0 to 9".into(),
                });
            }
        }
        if let Some(sign_in) = &settings.sign_in {
            for (key, text) in [("token_url", &sign_in.token_url), ("client_id", &sign_in.client_id)] {
                if text.trim().is_empty() {
                    return Err(SettingsError {
                        place: format!("sign_in.{key}"),
                        what: "signing in with oauth2 needs it".into(),
                    });
                }
            }
        }
        Ok(settings)
    }

    /// The settings of a collection, or the defaults.
    pub fn collection(&self, name: &str) -> CollectionSettings {
        self.collections
            .iter()
            .find(|collection| collection.name == name)
            .cloned()
            .unwrap_or_else(|| CollectionSettings::named(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_contract() {
        assert_eq!(LinkSettings::parse("{}").unwrap(), LinkSettings::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_what_is_accepted() {
        let error = LinkSettings::parse("{\n \"pull\": {\"since\": \"x\"}}").unwrap_err();
        assert!(error.place.contains("line 2"), "{error}");
        assert!(error.what.contains("since_param"), "{error}");
    }

    #[test]
    fn a_sign_in_is_refused_with_the_place_of_what_is_wrong() {
        let error =
            LinkSettings::parse("{\n \"sign_in\": {\"kind\": \"oauth2\", \"token\": \"x\"}}").unwrap_err();
        assert!(error.place.contains("line 2") && error.what.contains("token_url"), "{error}");
        let error = LinkSettings::parse(r#"{"sign_in":{"kind":"saml","token_url":"x","client_id":"y"}}"#);
        assert!(error.unwrap_err().what.contains("oauth2"));
        let error =
            LinkSettings::parse(r#"{"sign_in":{"kind":"oauth2","token_url":"https://x/","client_id":" "}}"#);
        assert_eq!(error.unwrap_err().place, "sign_in.client_id");
    }

    #[test]
    fn settings_come_back_as_they_were_written() {
        let text =
            r#"{"collections":[{"name":"a","version":{"field":"rev"}}],"write":{"update":"merge-patch"}}"#;
        let settings = LinkSettings::parse(text).unwrap();
        let again = LinkSettings::parse(&serde_json::to_string(&settings).unwrap()).unwrap();
        assert_eq!(settings, again);
    }
}
