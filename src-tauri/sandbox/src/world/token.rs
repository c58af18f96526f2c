//! Listing tokens: opaque to clients, and bound to one epoch and one collection.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// How far a client has read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The epoch in which it was given.
    #[serde(rename = "e")]
    pub epoch: String,
    /// The collection.
    #[serde(rename = "c")]
    pub collection: String,
    /// Everything up to this place was given.
    #[serde(rename = "a")]
    pub after: i64,
    /// The upper bound that the first page pinned; none between two walks.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<i64>,
    /// Where the walk that the first page pinned began; none between two walks. A walk from the beginning counts from
    /// its bound: whatever was forgotten until then was gone before it began.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// The filter of the walk.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

impl Token {
    /// As clients get it.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Back again; none where the text was not made by [`Token::encode`].
    pub fn decode(text: &str) -> Option<Token> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was() {
        let token = Token {
            epoch: "e1".into(),
            collection: "work_orders".into(),
            after: i64::from(u32::MAX) + 7,
            bound: Some(9),
            since: Some(3),
            filter: None,
        };
        assert_eq!(Token::decode(&token.encode()), Some(token));
    }

    #[test]
    fn foreign_text_is_no_token() {
        for text in ["", "0", "2026-01-01T00:00:00Z", "e30", "%%%"] {
            assert_eq!(Token::decode(text), None, "{text}");
        }
    }
}
