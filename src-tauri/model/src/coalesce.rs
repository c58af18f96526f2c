//! How a new edit meets the last mutation of its lane while that one was never dispatched (`engine.md` 3).

use crate::change::{self, Change};
use crate::mutation::Operation;
use crate::path;

/// The last mutation of a lane, as far as merging into it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail<'a> {
    /// What it does.
    pub operation: Operation,
    /// Its changes so far.
    pub changes: &'a [Change],
    /// Still queued and never dispatched, a single edit, not held for undo.
    pub open: bool,
    /// Another mutation refers to it.
    pub depended_on: bool,
    /// The newer part refers to a record made later than this place in the queue.
    pub newer_refers_ahead: bool,
}

/// What becomes of both.
#[derive(Clone, Debug, PartialEq)]
pub enum Coalesced {
    /// The newer stands on its own behind the older.
    Successor,
    /// The older takes the newer in and becomes this.
    Into {
        /// What it now does.
        operation: Operation,
        /// Its changes now.
        changes: Vec<Change>,
    },
    /// Both vanish: the record was never there.
    Vanish,
}

/// Decides how a newer operation joins the lane's last mutation.
pub fn coalesce(tail: &Tail<'_>, newer: Operation, newer_changes: &[Change]) -> Coalesced {
    use Operation::{Create, Delete, Replace, Request, Update};
    if !tail.open || tail.newer_refers_ahead {
        return Coalesced::Successor;
    }
    match (tail.operation, newer) {
        (Create | Replace, Update) | (Update, Update) => {
            Coalesced::Into { operation: tail.operation, changes: union(tail.changes, newer_changes) }
        }
        (Create, Delete) if tail.depended_on => Coalesced::Successor,
        (Create, Delete) => Coalesced::Vanish,
        (Update | Replace, Delete) => Coalesced::Into { operation: Delete, changes: Vec::new() },
        (Delete, Create) => Coalesced::Into { operation: Replace, changes: newer_changes.to_vec() },
        // An opaque request is never merged; the rest cannot follow each other on one record.
        (Request, _) | (_, Request) => Coalesced::Successor,
        (Create | Update | Replace, Create | Replace) | (Delete, Update | Delete | Replace) => {
            Coalesced::Successor
        }
    }
}

/// The changes of both in one list: the newer wins where both act on a field, and acts inside what the older set.
pub fn union(older: &[Change], newer: &[Change]) -> Vec<Change> {
    let mut result: Vec<Change> = older.to_vec();
    for change in newer {
        join(&mut result, change);
    }
    result
}

fn join(changes: &mut Vec<Change>, newer: &Change) {
    let inside = changes.iter_mut().find(|older| {
        matches!(older, Change::Set { .. })
            && older.path() != newer.path()
            && path::within(newer.path(), older.path())
    });
    if let Some(Change::Set { path: at, set }) = inside {
        let relative = match newer {
            Change::Set { path, set } => Change::set(&path[at.len()..], set.clone()),
            Change::Remove { path, .. } => Change::remove(&path[at.len()..]),
        };
        if let Ok(merged) = apply_inside(set, &relative) {
            *set = merged;
            return;
        }
    }
    changes.retain(|older| !path::within(older.path(), newer.path()));
    changes.push(newer.clone());
}

/// Applies below a value that may be a list as well as an object.
fn apply_inside(
    value: &serde_json::Value,
    relative: &Change,
) -> Result<serde_json::Value, change::ChangeError> {
    let wrapped = serde_json::json!({ "v": value });
    let moved = match relative {
        Change::Set { path, set } => Change::set(format!("/v{path}"), set.clone()),
        Change::Remove { path, .. } => Change::remove(format!("/v{path}")),
    };
    let mut applied = change::apply(&wrapped, &[moved])?;
    Ok(applied["v"].take())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn open(operation: Operation, changes: &[Change]) -> Tail<'_> {
        Tail { operation, changes, open: true, depended_on: false, newer_refers_ahead: false }
    }

    #[test]
    fn each_pair_of_operations_meets_as_the_table_says() {
        use Operation::*;
        let set = |n: i32| vec![Change::set("/a", json!(n))];
        let cases = [
            (Update, Update, Coalesced::Into { operation: Update, changes: set(2) }),
            (Update, Delete, Coalesced::Into { operation: Delete, changes: vec![] }),
            (Delete, Create, Coalesced::Into { operation: Replace, changes: set(2) }),
            (Create, Delete, Coalesced::Vanish),
            (Request, Request, Coalesced::Successor),
        ];
        for (older, newer, expected) in cases {
            let changes = if newer == Delete { vec![] } else { set(2) };
            assert_eq!(coalesce(&open(older, &set(1)), newer, &changes), expected, "{older:?} + {newer:?}");
        }
    }

    #[test]
    fn nothing_is_merged_into_what_was_dispatched() {
        let tail = Tail { open: false, ..open(Operation::Update, &[]) };
        assert_eq!(coalesce(&tail, Operation::Delete, &[]), Coalesced::Successor);
    }

    #[test]
    fn a_create_that_others_refer_to_does_not_vanish() {
        let tail = Tail { depended_on: true, ..open(Operation::Create, &[]) };
        assert_eq!(coalesce(&tail, Operation::Delete, &[]), Coalesced::Successor);
    }

    #[test]
    fn an_edit_inside_a_new_document_changes_that_document() {
        let create = [Change::set("", json!({"a": {"b": 1}, "rows": [{"n": 1}]}))];
        let edits =
            [Change::set("/a/b", json!(2)), Change::set("/rows/0/n", json!(5)), Change::remove("/a/x")];
        let merged = union(&create, &edits);
        assert_eq!(merged, [Change::set("", json!({"a": {"b": 2}, "rows": [{"n": 5}]}))]);
    }

    #[test]
    fn a_wider_newer_change_takes_the_place_of_narrower_older_ones() {
        let older = [Change::set("/a/b", json!(1)), Change::set("/ab", json!(1))];
        let merged = union(&older, &[Change::remove("/a")]);
        assert_eq!(merged, [Change::set("/ab", json!(1)), Change::remove("/a")]);
    }
}
