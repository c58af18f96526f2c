//! Fields that are chosen together.

use std::collections::BTreeMap;

use super::field::{Fact, FieldClass, Note};

/// Fields that are chosen together must not be decided for two sides: then all of the group is asked for.
pub(super) fn ask_for_mixed_groups(facts: &mut [Fact<'_>]) {
    let mut groups: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, fact) in facts.iter().enumerate() {
        if let Some(group) = &fact.group {
            groups.entry(group.clone()).or_default().push(index);
        }
    }
    for members in groups.values() {
        let one_side = |class: FieldClass| {
            members.iter().all(|index| {
                [class, FieldClass::SameChange, FieldClass::SetByServer].contains(&facts[*index].class)
            })
        };
        if one_side(FieldClass::OnlyMine) || one_side(FieldClass::OnlyServer) {
            continue;
        }
        for index in members {
            if matches!(facts[*index].class, FieldClass::OnlyMine | FieldClass::OnlyServer) {
                facts[*index].reopen(Note::GroupMixed);
            }
        }
    }
}
