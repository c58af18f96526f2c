//! Addresses and ids of Kinto.

use tidemark_model::connector::SealError;

/// The longest id that is sent; the server names no limit, its URLs do.
const MAX_ID: usize = 255;

/// A collection's address under the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    collection: String,
}

impl Place {
    /// The place of a collection in a bucket.
    pub fn of(bucket: &str, collection: &str) -> Result<Self, SealError> {
        check_id(collection).map_err(|_| SealError::NoCollection(collection.to_owned()))?;
        Ok(Self { collection: format!("{}/{collection}", collections(bucket)) })
    }

    /// The list's target.
    pub fn records(&self) -> String {
        format!("{}/records", self.collection)
    }

    /// A record's target.
    pub fn record(&self, id: &str) -> Result<String, SealError> {
        check_id(id)?;
        Ok(format!("{}/records/{id}", self.collection))
    }
}

/// The target of a bucket's collections.
pub fn collections(bucket: &str) -> String {
    format!("buckets/{bucket}/collections")
}

/// Kinto's rule for every id: `^[a-zA-Z0-9][a-zA-Z0-9_-]*$`.
pub fn check_id(id: &str) -> Result<(), SealError> {
    let sound = id.len() <= MAX_ID
        && id
            .bytes()
            .enumerate()
            .all(|(index, byte)| byte.is_ascii_alphanumeric() || (index > 0 && matches!(byte, b'_' | b'-')));
    if sound && !id.is_empty() {
        return Ok(());
    }
    let why = "Kinto takes letters, digits, '_' and '-', with a letter or digit first";
    Err(SealError::BadId { id: id.to_owned(), why: why.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_kinto_would_refuse_are_refused_before_they_are_sent() {
        for id in ["", "a b", "a/b", "..", "_a", "-a", "é", "a.b", "a\n", &"x".repeat(256)] {
            assert!(check_id(id).is_err(), "{id}");
        }
        for id in ["a", "0", "019a9f4e-7c1a-7000-8000-000000000000", "A_b-C"] {
            assert!(check_id(id).is_ok(), "{id}");
        }
    }
}
