//! Whether a change whose answer was lost is in what the server now says (`engine.md` 4).

use crate::change::Change;
use crate::connector::Remote;
use crate::document::same;
use crate::mutation::Operation;
use serde_json::Value;

/// What the server's state says about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It holds our change.
    Applied,
    /// It is as it was before: our change was not applied.
    NotApplied,
    /// It is something else: ours may be in it or not.
    Moved,
}

/// Judges a read back after a lost answer, or the state that came with a refused precondition.
pub fn judge(
    operation: Operation,
    changes: &[Change],
    sealed: Option<&Value>,
    base_version: Option<&str>,
    remote: &Remote,
) -> Evidence {
    match (operation, remote) {
        (Operation::Delete, Remote::Deleted { .. } | Remote::Missing) => Evidence::Applied,
        (Operation::Create, Remote::Missing) => Evidence::NotApplied,
        // The very tombstone that it was made over.
        (Operation::Create | Operation::Replace, Remote::Deleted { version: Some(version), .. })
            if Some(version.as_str()) == base_version =>
        {
            Evidence::NotApplied
        }
        // Deleted by somebody after it was created, or a tombstone of an earlier life: nobody can tell.
        (Operation::Create | Operation::Update | Operation::Replace, Remote::Deleted { .. }) => {
            Evidence::Moved
        }
        (Operation::Update | Operation::Replace, Remote::Missing) => Evidence::Moved,
        (_, Remote::Present { version, .. }) if version.is_some() && version.as_deref() == base_version => {
            Evidence::NotApplied
        }
        (Operation::Create | Operation::Replace, Remote::Present { document, .. }) => {
            if sealed.is_some_and(|sealed| same(sealed, document)) {
                Evidence::Applied
            } else {
                Evidence::Moved
            }
        }
        (Operation::Update, Remote::Present { document, .. }) => {
            if holds(document, changes) {
                Evidence::Applied
            } else {
                Evidence::Moved
            }
        }
        (Operation::Delete | Operation::Request, Remote::Present { .. })
        | (Operation::Request, Remote::Deleted { .. } | Remote::Missing) => Evidence::Moved,
    }
}

/// Whether a document already has every value of some changes.
pub fn holds(document: &Value, changes: &[Change]) -> bool {
    changes.iter().all(|change| match change {
        Change::Set { path, set } => document.pointer(path).is_some_and(|value| same(value, set)),
        Change::Remove { path, .. } => document.pointer(path).is_none(),
    })
}

/// Whether a document has every top-level field of another with the same value; what a server added is no difference.
pub fn has_all_of(document: &Value, sent: &Value) -> bool {
    match (document, sent) {
        (Value::Object(document), Value::Object(sent)) => {
            sent.iter().all(|(key, value)| document.get(key).is_some_and(|there| same(there, value)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn there(document: Value, version: &str) -> Remote {
        Remote::Present { document, version: Some(version.into()), at: None, by: None }
    }

    #[test]
    fn the_servers_state_tells_whether_a_lost_answer_was_a_yes() {
        let sealed = json!({"id": "1", "a": 2});
        let changes = [Change::set("/a", json!(2))];
        let gone = Remote::Deleted { version: None, at: None, by: None };
        let tombstone = |version: &str| Remote::Deleted { version: Some(version.into()), at: None, by: None };
        let cases = [
            (Operation::Update, there(json!({"id": "1", "a": 1}), "1"), Evidence::NotApplied),
            (Operation::Update, there(json!({"id": "1", "a": 2, "b": 7}), "3"), Evidence::Applied),
            (Operation::Update, there(json!({"id": "1", "a": 9}), "3"), Evidence::Moved),
            (Operation::Create, there(sealed.clone(), "1x"), Evidence::Applied),
            (Operation::Create, there(json!({"id": "1"}), "1x"), Evidence::Moved),
            (Operation::Create, Remote::Missing, Evidence::NotApplied),
            (Operation::Create, tombstone("1"), Evidence::NotApplied),
            (Operation::Create, tombstone("2"), Evidence::Moved),
            (Operation::Update, tombstone("1"), Evidence::Moved),
            (Operation::Delete, gone.clone(), Evidence::Applied),
            (Operation::Delete, there(json!({}), "1"), Evidence::NotApplied),
            (Operation::Delete, there(json!({}), "2"), Evidence::Moved),
            (Operation::Update, gone, Evidence::Moved),
        ];
        for (operation, remote, expected) in cases {
            let found = judge(operation, &changes, Some(&sealed), Some("1"), &remote);
            assert_eq!(found, expected, "{operation:?} against {remote:?}");
        }
    }
}
