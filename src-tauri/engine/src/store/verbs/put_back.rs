//! Putting back what was decided or merged: one new change of the former values, like any edit (row D9).

use super::Moved;
use super::edit::{self, Edit, EditKind};
use crate::store::activity::{self, NewLine};
use crate::store::decisions::{self, Kept};
use crate::store::places::{Place, refuse};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, conflicts, outbox};
use rusqlite::Connection;
use tidemark_model::merge::{Former, MergeRules, former, moved_on};
use tidemark_model::number::Millis;
use tidemark_model::view::{DecisionBy, DecisionPutBack, Happened, NotPutBack, RefusalCode};
use tidemark_model::words;

/// Where what was decided stands.
pub(crate) struct Standing {
    /// What putting it back would do.
    pub(crate) former: Former,
    /// The paths that were changed again.
    pub(crate) moved_on: Vec<String>,
    /// Why it cannot be put back.
    pub(crate) cannot: Option<NotPutBack>,
    /// The record as it is here.
    pub(crate) record: Option<RecordRow>,
}

/// What the tables do not say of a decision's collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    /// What is known about its fields.
    pub(crate) rules: &'a MergeRules,
    /// Its connection is there.
    pub(crate) connected: bool,
    /// The server names new records itself.
    pub(crate) named_by_server: bool,
}

/// Looks at what was decided, at the record and at what is under way with it.
pub(crate) fn standing(tx: &Connection, kept: &Kept, around: &Around<'_>) -> Result<Standing, StoreError> {
    let former = match kept.by {
        DecisionBy::Itself => Former::Nothing,
        _ => former(&kept.past(), around.rules),
    };
    let record = match records::get(tx, kept.record_id)?.filter(|row| row.collection_id == kept.collection_id)
    {
        Some(record) => Some(record),
        // It went for good and came again under its id.
        None => records::by_rid(tx, kept.collection_id, &kept.rid)?,
    };
    let mut moved_on = moved_on_of(kept, &former, record.as_ref(), around.rules);
    let cannot = cannot(tx, kept, around, &former, record.as_ref(), &moved_on)?;
    if cannot == Some(NotPutBack::Already) {
        // Putting it back is what moved it.
        moved_on.clear();
    }
    Ok(Standing { former, moved_on, cannot, record })
}

/// The paths at which the record here, or the server's as it was last agreed, is not what was decided any more.
fn moved_on_of(kept: &Kept, former: &Former, record: Option<&RecordRow>, rules: &MergeRules) -> Vec<String> {
    let (Former::Fields { watched, .. }, Some(result), Some(record)) = (former, &kept.result, record) else {
        return Vec::new();
    };
    let mut paths: Vec<String> = Vec::new();
    for side in [&record.local, &record.base.document].into_iter().flatten() {
        for path in moved_on(side, result, watched, rules) {
            if !paths.iter().any(|known| known == path) {
                paths.push(path.to_owned());
            }
        }
    }
    paths
}

fn cannot(
    tx: &Connection,
    kept: &Kept,
    around: &Around<'_>,
    former: &Former,
    record: Option<&RecordRow>,
    moved_on: &[String],
) -> Result<Option<NotPutBack>, StoreError> {
    if let Some(change) = &kept.put_back
        && !decisions::came_to_nothing(tx, change)?
    {
        return Ok(Some(NotPutBack::Already));
    }
    let never = match former {
        _ if kept.by == DecisionBy::Itself => Some(NotPutBack::ByItself),
        Former::Nothing => Some(NotPutBack::Nothing),
        Former::Deletion => Some(NotPutBack::WouldDelete),
        Former::Fields { .. } | Former::Record { .. } => None,
    };
    if never.is_some() || !around.connected {
        return Ok(never.or(Some(NotPutBack::NoConnection)));
    }
    if let Some(record) = record {
        if conflicts::open_of(tx, record.id)?.is_some() {
            return Ok(Some(NotPutBack::ConflictOpen));
        }
        let lane = outbox::lane(tx, record.id)?;
        let is_held = |change: &outbox::MutationRow| {
            kept.mutation_id.as_deref() == Some(&change.id) && change.held.as_deref() == Some("undo")
        };
        if lane.iter().any(is_held) {
            return Ok(Some(NotPutBack::Held));
        }
        if !lane.is_empty() {
            let is_deleted = record.local.is_none();
            return Ok(Some(if is_deleted { NotPutBack::DeletedHere } else { NotPutBack::Unfinished }));
        }
    }
    let there = record.is_some_and(|record| record.local.is_some() && record.base.document.is_some());
    Ok(match former {
        Former::Record { .. }
            if record.is_some_and(|it| it.local.is_some() || it.base.document.is_some()) =>
        {
            Some(NotPutBack::ThereAgain)
        }
        Former::Record { .. } if around.named_by_server => Some(NotPutBack::NamedByServer),
        Former::Fields { .. } if !there => Some(NotPutBack::Gone),
        Former::Fields { .. } if !moved_on.is_empty() => Some(NotPutBack::ChangedAgain),
        _ => None,
    })
}

/// What the caller makes for it.
#[derive(Clone, Debug)]
pub(crate) struct New {
    /// The new change's id.
    pub(crate) mutation_id: String,
    /// Now.
    pub(crate) now: Millis,
}

/// Puts it back, or says why it cannot be; looking, saving and noting are one commit.
pub(crate) fn put_back(
    tx: &Connection,
    place: Option<&Place>,
    kept: &Kept,
    named_by_server: bool,
    new: New,
) -> Result<(DecisionPutBack, Moved), StoreError> {
    let rules = place.map(|place| place.rules.clone()).unwrap_or_default();
    let around = Around { rules: &rules, connected: place.is_some(), named_by_server };
    let standing = standing(tx, kept, &around)?;
    if let Some(code) = standing.cannot {
        return Err(refused(kept, code, &standing.moved_on));
    }
    let rid = standing.record.as_ref().map_or(&kept.rid, |record| &record.rid).clone();
    let kind = match standing.former {
        Former::Fields { changes, .. } => EditKind::Update { rid: rid.clone(), changes },
        Former::Record { document, .. } => EditKind::Create { document, fresh_id: rid.clone() },
        Former::Deletion => return Err(refused(kept, NotPutBack::WouldDelete, &[])),
        Former::Nothing => return Err(refused(kept, NotPutBack::Nothing, &[])),
    };
    let Some(place) = place else { return Err(refused(kept, NotPutBack::NoConnection, &[])) };
    let edit = Edit {
        kind,
        mutation_id: new.mutation_id,
        metadata: None,
        priority: None,
        member: None,
        depends_on: Vec::new(),
        now: new.now,
    };
    let (saved, moved) = edit::save(tx, place, &edit)?;
    let Some(change) = saved.change else { return Err(refused(kept, NotPutBack::Nothing, &[])) };
    decisions::set_put_back(tx, kept.id, &change)?;
    let happened = Happened::DecisionPutBack { conflict: kept.id.conflict() };
    let line = NewLine::of_record(&happened, (place.link_id, place.collection_id), &saved.record, new.now);
    activity::write(tx, &NewLine { change: Some(&change), ..line })?;
    Ok((DecisionPutBack { id: kept.id.to_string(), change, record: saved.record }, moved))
}

fn refused(kept: &Kept, code: NotPutBack, moved_on: &[String]) -> StoreError {
    let paths: Vec<&str> = moved_on.iter().map(String::as_str).collect();
    let why = words::cannot_put_back(code, &paths);
    refuse(RefusalCode::NotNow, format!("{} cannot be put back. {}", kept.id, why.sentence), why.hint)
}
