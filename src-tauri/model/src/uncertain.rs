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
            // What a server adds, or a colleague since, takes nothing of ours away.
            if sealed.is_some_and(|sealed| has_all_of(document, sealed)) {
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

/// Whether a new record's id was made here together with its change, so that whatever carries it is that record.
///
/// Both are UUIDv7 made one after the other; an id that a person or another program chose stands far from its change,
/// or is no such id at all.
pub fn is_named_here(operation: Operation, record: &str, mutation: &str) -> bool {
    let made_at = |id: &str| {
        let id = uuid::Uuid::try_parse(id).ok().filter(|id| id.get_version_num() == 7)?;
        let (seconds, nanos) = id.get_timestamp()?.to_unix();
        i64::try_from(seconds).ok().map(|seconds| seconds * 1000 + i64::from(nanos / 1_000_000))
    };
    match (operation, made_at(record), made_at(mutation)) {
        (Operation::Create, Some(record), Some(mutation)) => (0..=TOGETHER).contains(&(mutation - record)),
        _ => false,
    }
}

/// Milliseconds that may pass between the making of both.
const TOGETHER: i64 = 1_000;

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
    fn an_id_that_was_made_with_its_change_is_known_from_one_that_was_chosen() {
        let (record, change) =
            ("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b1-7cc3-98c4-dc0c0c073990");
        assert!(is_named_here(Operation::Create, record, change));
        assert!(!is_named_here(Operation::Create, change, record), "an id is made before its change");
        assert!(!is_named_here(Operation::Update, record, change));
        assert!(
            !is_named_here(Operation::Create, "017f22e2-0000-7cc3-98c4-dc0c0c07398f", change),
            "long before"
        );
        assert!(!is_named_here(Operation::Create, "CU-0001", change));
        assert!(!is_named_here(Operation::Create, "a6e9f5a0-0000-4000-8000-000000000000", change));
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
