//! What can be asked of the world, without HTTP.

use std::collections::BTreeMap;

/// The largest record and the largest request body, in bytes.
pub const MAX_BODY: usize = 16 * 1024 * 1024;

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Caller {
    /// The account, where the server has accounts.
    pub account: Option<String>,
    /// `X-Client-Id`: one device or program of that account.
    pub client: Option<String>,
    /// `X-Client-Order`: the client's own count of its changes; the report looks for steps backwards in it.
    pub order: Option<i64>,
}

impl Caller {
    /// The name that stands in `modified_by`.
    pub fn name(&self) -> &str {
        self.account.as_deref().or(self.client.as_deref()).unwrap_or("somebody")
    }

    /// Whose idempotency keys these are.
    pub fn owner(&self) -> &str {
        self.account.as_deref().unwrap_or("")
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// `GET /v1/`
    Root,
    /// `GET /v1/time`
    Time,
    /// `GET /v1/collections`
    Collections,
    /// `GET /v1/c/{collection}`
    List(List),
    /// `GET /v1/c/{collection}/{id}`
    Get {
        /// The collection.
        collection: String,
        /// The record.
        id: String,
        /// `If-None-Match`, as sent.
        if_none_match: Option<String>,
    },
    /// `GET /v1/digest/{collection}`
    Digest {
        /// The collection.
        collection: String,
        /// The token at which to look; now, when absent.
        at: Option<String>,
        /// One bucket, to be listed.
        bucket: Option<u8>,
    },
    /// A change of one record.
    Write(Write),
    /// `POST /v1/batch`
    Batch(Batch),
}

/// A page of a collection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct List {
    /// The collection.
    pub collection: String,
    /// The token of the former page.
    pub after: Option<String>,
    /// How many records at most: 1 to 1000, 100 when absent.
    pub limit: Option<usize>,
    /// `member=text`: only records whose top-level member says so; tombstones always come.
    pub filter: Option<String>,
}

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `POST` to the collection.
    Create,
    /// `PUT` of a whole document.
    Put,
    /// `PATCH` by RFC 7396.
    MergePatch,
    /// `PATCH` by RFC 6902.
    JsonPatch,
    /// `DELETE`.
    Delete,
}

impl Form {
    /// Its name in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Create => "create",
            Form::Put => "put",
            Form::MergePatch => "merge-patch",
            Form::JsonPatch => "json-patch",
            Form::Delete => "delete",
        }
    }
}

/// `If-Match` and `If-None-Match`, as sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Precondition {
    /// `If-Match`.
    pub if_match: Option<String>,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
}

impl Precondition {
    /// Only if nothing is there.
    pub fn absent() -> Precondition {
        Precondition { if_match: None, if_none_match: Some("*".to_owned()) }
    }

    /// Only on top of this version (without the quotes of an ETag).
    pub fn on(version: &str) -> Precondition {
        Precondition { if_match: Some(format!("\"{version}\"")), if_none_match: None }
    }
}

/// One change of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// What kind.
    pub form: Form,
    /// The collection.
    pub collection: String,
    /// The record; for [`Form::Create`] it stands in the document.
    pub id: Option<String>,
    /// On what condition.
    pub precondition: Precondition,
    /// The document or patch as JSON text; empty for [`Form::Delete`].
    pub body: String,
    /// `Idempotency-Key`.
    pub key: Option<String>,
}

impl Write {
    /// A `PUT` of a document.
    pub fn put(collection: &str, id: &str, body: impl Into<String>) -> Write {
        Write {
            form: Form::Put,
            collection: collection.to_owned(),
            id: Some(id.to_owned()),
            precondition: Precondition::default(),
            body: body.into(),
            key: None,
        }
    }

    /// A `PATCH` by RFC 7396.
    pub fn merge_patch(collection: &str, id: &str, body: impl Into<String>) -> Write {
        Write { form: Form::MergePatch, ..Write::put(collection, id, body) }
    }

    /// A `DELETE`.
    pub fn delete(collection: &str, id: &str) -> Write {
        Write { form: Form::Delete, ..Write::put(collection, id, "") }
    }

    /// The same on a condition.
    pub fn when(mut self, precondition: Precondition) -> Write {
        self.precondition = precondition;
        self
    }

    /// The same under a key.
    pub fn keyed(mut self, key: &str) -> Write {
        self.key = Some(key.to_owned());
        self
    }
}

/// Several changes in one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// All or none.
    pub atomic: bool,
    /// The changes, in order.
    pub items: Vec<Write>,
    /// The key of the request as a whole.
    pub key: Option<String>,
}

/// Parsed query parameters.
pub type Query = BTreeMap<String, String>;
