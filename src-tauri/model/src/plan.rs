//! What to do with what the server says about one record: facts in, decision out (`engine.md` 8).

use crate::connector::Remote;
use crate::document::same;
use crate::merge::{ConflictStrategy, Merge, MergeRules, merge};
use crate::view::ConflictType;
use serde_json::Value;

/// Everything the decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The last agreed document; none where the record was made here.
    pub base: Option<&'a Value>,
    /// Its version.
    pub base_version: Option<&'a str>,
    /// The document as it is here; none where it is deleted here or was never here.
    pub local: Option<&'a Value>,
    /// The record has changes that are not finished.
    pub pending: bool,
    /// A change of it is sealed or uncertain, or was acknowledged after the pull began.
    pub in_flight: bool,
    /// The server version of the open conflict, where one is open.
    pub conflict: Option<Option<&'a str>>,
    /// What the server says.
    pub remote: &'a Remote,
    /// What the merge must know about the collection's fields.
    pub rules: &'a MergeRules,
    /// Who decides conflicts of the collection.
    pub strategy: ConflictStrategy,
}

/// The decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Nothing new: an echo, or what is known already.
    Known,
    /// Not now: a change is on its way; fetch the record by its id once the answer is in.
    SetAside,
    /// Nothing of ours is pending: here becomes what is there.
    Adopt,
    /// Nothing of ours is pending: it goes here too (under the deletion guard).
    Remove,
    /// Both sides hold the same content: the base moves, and what was pending is done.
    Agreed,
    /// Different fields: the base moves, and what is pending goes on top.
    Rebase {
        /// The document here from now on.
        merged: Value,
        /// Whether fields of both sides were combined, which is listed and can be put back.
        combined: bool,
    },
    /// A person or a rule decides; an open conflict is refreshed.
    Conflict {
        /// Row D2.
        kind: ConflictType,
        /// The merge of documents; none where one side deleted it.
        merge: Option<Merge>,
    },
}

/// Decides.
pub fn plan(facts: &Facts<'_>) -> Plan {
    if facts.in_flight {
        return Plan::SetAside;
    }
    if is_known(facts) {
        return Plan::Known;
    }
    match (facts.pending, facts.remote) {
        (false, Remote::Present { .. }) => Plan::Adopt,
        (false, Remote::Deleted { .. } | Remote::Missing) => {
            if facts.base.is_some() || facts.local.is_some() { Plan::Remove } else { Plan::Known }
        }
        (true, Remote::Present { document, .. }) => both_present(facts, document),
        (true, Remote::Deleted { .. } | Remote::Missing) => deleted_there(facts),
    }
}

fn is_known(facts: &Facts<'_>) -> bool {
    let version = facts.remote.version();
    match (facts.conflict, facts.remote) {
        (Some(seen), Remote::Present { .. } | Remote::Deleted { .. }) => version.is_some() && seen == version,
        (None, Remote::Present { .. }) => version.is_some() && facts.base_version == version,
        (None, Remote::Deleted { .. }) | (_, Remote::Missing) => false,
    }
}

fn both_present(facts: &Facts<'_>, remote: &Value) -> Plan {
    let Some(local) = facts.local else {
        // Deleted here. A new version without new content (a touch) leaves the deletion as it is.
        return match facts.base {
            Some(base) if same(base, remote) => Plan::Rebase { merged: Value::Null, combined: false },
            Some(_) | None => Plan::Conflict { kind: ConflictType::DeletedHereUpdatedThere, merge: None },
        };
    };
    if same(local, remote) {
        return Plan::Agreed;
    }
    let merged = merge(facts.base, local, remote, facts.rules);
    if facts.base.is_none() || !merged.is_clean() {
        let kind = if facts.base.is_none() { ConflictType::CreatedOnBoth } else { ConflictType::BothUpdated };
        return Plan::Conflict { kind, merge: Some(merged) };
    }
    if same(&merged.merged, remote) {
        return Plan::Agreed;
    }
    let combined = facts.base.is_some_and(|base| !same(base, remote));
    if combined && facts.strategy == ConflictStrategy::Manual {
        return Plan::Conflict { kind: ConflictType::BothUpdated, merge: Some(merged) };
    }
    Plan::Rebase { merged: merged.merged, combined }
}

fn deleted_there(facts: &Facts<'_>) -> Plan {
    match (facts.local, facts.base) {
        // Gone on both sides.
        (None, _) => Plan::Agreed,
        // Made here; a tombstone of an earlier life of this id changes nothing, unless it was seen alive there since.
        (Some(_), None) if facts.conflict.is_none() => Plan::Known,
        (Some(_), None) => Plan::Conflict { kind: ConflictType::UpdatedHereDeletedThere, merge: None },
        (Some(_), Some(_)) => Plan::Conflict { kind: ConflictType::UpdatedHereDeletedThere, merge: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn present(document: Value, version: &str) -> Remote {
        Remote::Present { document, version: Some(version.into()), at: None, by: None }
    }

    fn deleted(version: &str) -> Remote {
        Remote::Deleted { version: Some(version.into()), at: None, by: None }
    }

    struct Case {
        base: Option<Value>,
        local: Option<Value>,
        pending: bool,
        remote: Remote,
    }

    fn decide(case: &Case) -> Plan {
        plan(&Facts {
            base: case.base.as_ref(),
            base_version: case.base.as_ref().map(|_| "1"),
            local: case.local.as_ref(),
            pending: case.pending,
            in_flight: false,
            conflict: None,
            remote: &case.remote,
            rules: &MergeRules::default(),
            strategy: ConflictStrategy::default(),
        })
    }

    fn word(plan: &Plan) -> &'static str {
        match plan {
            Plan::Known => "known",
            Plan::SetAside => "set aside",
            Plan::Adopt => "adopt",
            Plan::Remove => "remove",
            Plan::Agreed => "agreed",
            Plan::Rebase { .. } => "rebase",
            Plan::Conflict { kind, .. } => kind.as_str(),
        }
    }

    #[test]
    fn each_pair_of_sides_is_decided_as_the_table_says() {
        let a = |n: i32, m: i32| Some(json!({"a": n, "b": m}));
        let there = |n: i32, m: i32| present(json!({"a": n, "b": m}), "2");
        let table = [
            ("new there", None, None, false, there(1, 1), "adopt"),
            ("changed there only", a(1, 1), a(1, 1), false, there(2, 1), "adopt"),
            ("deleted there only", a(1, 1), a(1, 1), false, deleted("2"), "remove"),
            ("never here, deleted there", None, None, false, deleted("2"), "known"),
            ("different fields", a(1, 1), a(2, 1), true, there(1, 2), "rebase"),
            ("same field, same value", a(1, 1), a(2, 1), true, there(2, 1), "agreed"),
            ("same field, other value", a(1, 1), a(2, 1), true, there(3, 1), "both_updated"),
            ("touched there only", a(1, 1), a(2, 1), true, there(1, 1), "rebase"),
            (
                "changed here, deleted there",
                a(1, 1),
                a(2, 1),
                true,
                deleted("2"),
                "updated_here_deleted_there",
            ),
            ("deleted here, changed there", a(1, 1), None, true, there(2, 1), "deleted_here_updated_there"),
            ("deleted here, touched there", a(1, 1), None, true, there(1, 1), "rebase"),
            ("deleted on both sides", a(1, 1), None, true, deleted("2"), "agreed"),
            ("made twice, alike", None, a(1, 1), true, there(1, 1), "agreed"),
            ("made twice, different", None, a(1, 1), true, there(2, 1), "created_on_both"),
            ("made here over an old tombstone", None, a(1, 1), true, deleted("2"), "known"),
        ];
        for (name, base, local, pending, remote, expected) in table {
            let case = Case { base, local, pending, remote };
            assert_eq!(word(&decide(&case)), expected, "{name}");
        }
    }

    #[test]
    fn a_record_made_on_both_sides_and_then_deleted_there_is_a_refreshed_conflict() {
        let (local, remote, rules) = (json!({"a": 1}), deleted("3"), MergeRules::default());
        let facts = Facts {
            base: None,
            base_version: None,
            local: Some(&local),
            pending: true,
            in_flight: false,
            conflict: Some(Some("2")),
            remote: &remote,
            rules: &rules,
            strategy: ConflictStrategy::default(),
        };
        assert_eq!(
            word(&plan(&facts)),
            "updated_here_deleted_there",
            "taking the server's would revive the dead"
        );
        assert_eq!(plan(&Facts { conflict: Some(Some("3")), ..facts }), Plan::Known, "told already");
    }

    #[test]
    fn a_known_version_is_an_echo_whatever_it_holds() {
        let remote = present(json!({"a": 9}), "1");
        let case = Case { base: Some(json!({"a": 1})), local: Some(json!({"a": 2})), pending: true, remote };
        assert_eq!(decide(&case), Plan::Known);
    }

    #[test]
    fn nothing_is_decided_while_a_change_is_on_its_way() {
        let remote = deleted("2");
        let facts = Facts {
            base: None,
            base_version: None,
            local: None,
            pending: true,
            in_flight: true,
            conflict: None,
            remote: &remote,
            rules: &MergeRules::default(),
            strategy: ConflictStrategy::default(),
        };
        assert_eq!(plan(&facts), Plan::SetAside);
    }
}
