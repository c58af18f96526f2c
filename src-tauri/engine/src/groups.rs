//! Conflicts of one shape, decided together (row D10).

use crate::engine::Engine;
use crate::resolutions::{check_seen, find};
use crate::store::conflicts::{ConflictRecord, DecidedBy};
use crate::store::places::{Place, refuse};
use crate::store::verbs::Moved;
use crate::store::verbs::resolve::{self as verb, Decision};
use crate::store::views::groups as view;
use crate::store::{StoreError, Tx};
use std::sync::Arc;
use tidemark_model::merge;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{
    ChoiceAt, ConflictGroup, ConflictShape, FieldChoice, GroupChoice, GroupMember, GroupRefusal,
    GroupResolved, ListPage, RefusalCode, Resolution, SeenConflict,
};

/// So many are decided in one commit, so that no edit waits long behind them.
const AT_ONCE: usize = 100;
/// No more are decided together.
const MOST: usize = 10_000;

impl Engine {
    /// The shapes of which there is more than one open conflict, the largest group first.
    pub fn conflict_groups(&self) -> Result<Vec<ConflictGroup>, StoreError> {
        self.shared().store.read(view::list)
    }

    /// The shape of an open conflict.
    ///
    /// Errors: there is no such conflict, or it is settled.
    pub fn conflict_shape(&self, id: Count) -> Result<ConflictShape, StoreError> {
        let places = self.shared().places();
        self.shared().store.read(|tx| {
            let (conflict, place) = find(tx, &places, id)?;
            if !conflict.open {
                return Err(refuse(
                    RefusalCode::NotNow,
                    format!("conflict {} is settled already", id.0),
                    "Look at the list of conflicts.",
                ));
            }
            Ok(ConflictShape {
                paths: view::left_to_choose(&conflict, &place.rules),
                link: place.link,
                collection: place.collection,
                conflict_type: conflict.kind,
            })
        })
    }

    /// A page of the conflicts of one shape, oldest first; 500 at most.
    pub fn group_members(
        &self,
        shape: &ConflictShape,
        offset: usize,
        limit: usize,
    ) -> Result<ListPage<GroupMember>, StoreError> {
        self.shared().store.read(|tx| view::members(tx, shape, offset, limit))
    }

    /// Decides conflicts of one shape alike; `hold` is the undo window in milliseconds, the same for all of them.
    ///
    /// One that is settled, has another shape by now, or shows another server version than was seen is refused by itself and
    /// stays as it was. Errors: more than 10,000; a path that the shape has not, or has without a choice; a typed value for the
    /// rows of a list.
    pub async fn resolve_group(
        &self,
        shape: ConflictShape,
        members: Vec<SeenConflict>,
        choices: Vec<GroupChoice>,
        hold: Millis,
    ) -> Result<GroupResolved, StoreError> {
        check(&shape, &members, &choices)?;
        let now = self.shared().now();
        let (shape, choices) = (Arc::new(shape), Arc::new(choices));
        let mut all =
            GroupResolved { sends_at: (hold.0 > 0).then(|| now.plus(hold.0)), ..GroupResolved::default() };
        for some in members.chunks(AT_ONCE) {
            let (some, shape, choices) = (some.to_vec(), Arc::clone(&shape), Arc::clone(&choices));
            let (places, ids) = (self.shared().places(), Arc::clone(self.shared()));
            let decided = move |tx: &Tx| {
                each(some, |member| {
                    let (conflict, place) = find(tx, &places, member.conflict)?;
                    check_seen(member.seen.as_deref(), &conflict)?;
                    let decision = Decision {
                        resolution: alike(&place, &conflict, &shape, &choices)?,
                        by: DecidedBy::Person,
                        mutation_id: ids.uuid(),
                        principal: None,
                        hold,
                        now,
                    };
                    Ok(verb::resolve(tx, &place, &conflict, &decision, &|| ids.uuid())?.1)
                })
            };
            self.take(&mut all, decided).await?;
        }
        self.wake_all();
        Ok(all)
    }

    /// Takes held resolutions back; one that is not held any more is refused by itself.
    pub async fn undo_resolutions(&self, ids: Vec<Count>) -> Result<GroupResolved, StoreError> {
        let (mut all, now) = (GroupResolved::default(), self.shared().now());
        for some in ids.chunks(AT_ONCE) {
            let (some, places) = (some.to_vec(), self.shared().places());
            let undone = move |tx: &Tx| {
                each(
                    some.into_iter().map(|conflict| SeenConflict { conflict, seen: None }).collect(),
                    |member| {
                        let (conflict, place) = find(tx, &places, member.conflict)?;
                        verb::undo(tx, &place, &conflict, now)
                    },
                )
            };
            self.take(&mut all, undone).await?;
        }
        Ok(all)
    }

    async fn take(
        &self,
        all: &mut GroupResolved,
        work: impl FnOnce(&Tx) -> Result<(GroupResolved, Moved), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let (some, moved) = self.shared().write(work).await?;
        all.done.extend(some.done);
        all.refused.extend(some.refused);
        self.shared().announce(moved, None);
        Ok(())
    }
}

/// Does it to each; what is refused, before anything of it was written, leaves the others alone.
fn each(
    members: Vec<SeenConflict>,
    mut work: impl FnMut(&SeenConflict) -> Result<Moved, StoreError>,
) -> Result<(GroupResolved, Moved), StoreError> {
    let (mut some, mut moved) = (GroupResolved::default(), Moved::default());
    for member in members {
        match work(&member) {
            Ok(more) => {
                moved.append(more);
                some.done.push(member.conflict);
            }
            Err(StoreError::Refused(refusal)) => {
                some.refused.push(GroupRefusal { conflict: member.conflict, refusal });
            }
            Err(error) => return Err(error),
        }
    }
    Ok((some, moved))
}

fn check(shape: &ConflictShape, members: &[SeenConflict], choices: &[GroupChoice]) -> Result<(), StoreError> {
    if members.len() > MOST {
        return Err(invalid(format!("{} conflicts are more than {MOST}", members.len())));
    }
    let whole = [String::new()];
    let paths = if shape.paths.is_empty() { &whole[..] } else { &shape.paths[..] };
    if let Some(path) = paths.iter().find(|path| !choices.iter().any(|choice| choice.path == **path)) {
        return Err(invalid(format!("nothing is chosen for '{path}'")));
    }
    for GroupChoice { path, choice } in choices {
        if !paths.contains(path) {
            return Err(invalid(format!("'{path}' is no field of these conflicts")));
        }
        let of_one_field = !path.is_empty() && !path.split('/').any(|key| key == "*");
        match choice {
            FieldChoice::Mine | FieldChoice::Server => {}
            FieldChoice::Base if !path.is_empty() => {}
            FieldChoice::Json(_) if of_one_field => {}
            FieldChoice::Base | FieldChoice::Json(_) => {
                return Err(invalid(format!("'{path}' can be mine or the server's here")));
            }
        }
    }
    Ok(())
}

/// What the choices mean for one conflict.
fn alike(
    place: &Place,
    conflict: &ConflictRecord,
    shape: &ConflictShape,
    choices: &[GroupChoice],
) -> Result<Resolution, StoreError> {
    let is_alike = conflict.kind == shape.conflict_type
        && place.link == shape.link
        && place.collection == shape.collection
        && view::left_to_choose(conflict, &place.rules) == shape.paths;
    if conflict.open && !is_alike {
        return Err(refuse(
            RefusalCode::Moved,
            format!("there is something else to choose about '{}' by now", conflict.title),
            "Look at it by itself.",
        ));
    }
    let of = |path: &str| choices.iter().find(|choice| choice.path == path).map(|choice| &choice.choice);
    let (Some(local), Some(server)) = (&conflict.local, &conflict.server.document) else {
        return Ok(match of("") {
            Some(FieldChoice::Server) => Resolution::ServerWins {},
            _ => Resolution::LocalWins {},
        });
    };
    let merged = merge::merge(conflict.base.as_ref(), local, server, &place.rules);
    let chosen = merged.clashes().filter_map(|field| {
        let is_ruled = conflict.ruled.iter().any(|ruled| ruled.path == field.path);
        let choice = of(&merged.pattern(&field.path)).filter(|_| !is_ruled)?;
        Some(ChoiceAt { path: field.path.clone(), choice: choice.clone() })
    });
    Ok(Resolution::Manual { choices: chosen.collect(), document: None })
}

fn invalid(message: String) -> StoreError {
    refuse(RefusalCode::Invalid, message, "Look at the group's fields and choose again.")
}
