//! Taking a resolution back while it is held for that (row D9).

use crate::store::activity::{self, NewLine};
use crate::store::conflicts::{self, ConflictRecord};
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::places::{Place, refuse};
use crate::store::records::{self, RecordRow, SideState};
use crate::store::verbs::border::with_all;
use crate::store::verbs::{Moved, parents, reconcile};
use crate::store::{StoreError, edges};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::change::Change;
use tidemark_model::coalesce::{Coalesced, Tail, coalesce};
use tidemark_model::failure::Failure;
use tidemark_model::merge;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Happened, RefusalCode};

/// Takes a held resolution back: the conflict is open again with its choices, and each change that was decided about is
/// itself again, at its own place and in its own transaction.
pub(crate) fn undo(
    tx: &Connection,
    place: &Place,
    conflict: &ConflictRecord,
    now: Millis,
) -> Result<Moved, StoreError> {
    let carrying = match &conflict.mutation_id {
        Some(id) => outbox::by_id(tx, id)?,
        None => None,
    };
    let held = carrying
        .filter(|m| m.state == MutationState::Queued && !m.dispatched && m.held.as_deref() == Some("undo"));
    let (Some(held), false) = (held, conflict.open) else {
        return Err(refuse(
            RefusalCode::NotNow,
            format!("the resolution of conflict {} is not held any more", conflict.id),
            "Edit the record instead; its history shows what was decided.",
        ));
    };
    let record = records::get(tx, conflict.record_id)?
        .ok_or_else(|| StoreError::Corrupt(format!("conflict {} has no record", conflict.id)))?;
    conflicts::reopen(tx, conflict.id)?;
    conflicts::leave_to_person(tx, conflict.id)?;
    let happened = Happened::ConflictReopened { conflict: Count(conflict.id) };
    let at = (place.link_id, place.collection_id);
    activity::write(tx, &NewLine::of_record(&happened, at, &record.rid, now))?;
    let mut moved = Moved::default();
    moved.record(place.collection_id, &record.rid);
    let mut undoing =
        Undoing { tx, place, conflict, record: &record, lane: Vec::new(), since: Vec::new(), now };
    let lane = outbox::lane(tx, record.id)?;
    for (index, mutation) in lane.iter().enumerate() {
        moved.changes.push(mutation.id.clone());
        let (taken, since): (Vec<_>, Vec<_>) =
            outbox::combined_into(tx, &mutation.id, &held)?.into_iter().partition(|one| one.seq < held.seq);
        let shown = with_all(record.base.document.as_ref(), &lane[..=index]);
        if !taken.is_empty() {
            undoing.put_back(mutation, taken, since, shown.as_ref())?;
        } else if mutation.id == held.id {
            return Err(StoreError::Corrupt(format!("what conflict {} was about is gone", conflict.id)));
        } else {
            undoing.keep(mutation, shown.as_ref())?;
        }
    }
    moved.changes.extend(undoing.lane.iter().map(|mutation| mutation.id.clone()));
    let conflict = undoing.join()?;
    let base = SideState { document: conflict.base.clone(), version: None, at: conflict.base_at, by: None };
    let shown = match (&conflict.local, &conflict.server.document) {
        (Some(local), Some(server)) => {
            Some(merge::merge(conflict.base.as_ref(), local, server, &place.rules).merged)
        }
        (local, _) => local.clone(),
    };
    let titled = RecordRow { title: conflict.title.clone(), ..record };
    records::set_base(tx, &titled, &base, shown.as_ref(), true, &place.rules)?;
    Ok(moved)
}

struct Undoing<'a> {
    tx: &'a Connection,
    place: &'a Place,
    conflict: &'a ConflictRecord,
    record: &'a RecordRow,
    /// What stands in the lane again, in order.
    lane: Vec<MutationRow>,
    /// What was saved during the window.
    since: Vec<MutationRow>,
    now: Millis,
}

impl Undoing<'_> {
    /// What `mutation` took in at the decision stands for itself again; what joined it since joins the last of that.
    fn put_back(
        &mut self,
        mutation: &MutationRow,
        mut taken: Vec<MutationRow>,
        since: Vec<MutationRow>,
        shown: Option<&Value>,
    ) -> Result<(), StoreError> {
        let from = self.lane.len();
        for one in &taken {
            let state = match (self.lane.is_empty(), mutation.state) {
                // The first of the lane stands in the conflict.
                (true, _) => MutationState::Conflicted,
                (false, MutationState::Parked) => MutationState::Parked,
                (false, _) => MutationState::Queued,
            };
            let gated = mutation.gated && one.transaction_id.is_some();
            let by_person = mutation.held.as_deref() == Some("person");
            outbox::put_in_line_again(self.tx, one.seq, state, gated, by_person)?;
            if let (MutationState::Parked, Some(class)) = (state, mutation.class) {
                let failure = Failure::new(class, mutation.words.clone().unwrap_or_default());
                outbox::set_failure(self.tx, one.seq, &failure, false, 0)?;
            }
            self.lane.push(one.clone());
        }
        if let Some(last) = self.lane.last_mut().filter(|_| !since.is_empty()) {
            *last = joined(last, &since, shown);
            outbox::set_changes(self.tx, last.seq, last.operation, &last.changes)?;
            outbox::set_priority(self.tx, last.seq, mutation.priority.max(last.priority))?;
            taken.pop();
            taken.push(last.clone());
        }
        self.hand_back_edges(mutation, &taken, from)?;
        // What joined it leads on to what stands for that now.
        let into = self.lane.last().map_or(mutation.id.as_str(), |last| last.id.as_str());
        outbox::end(self.tx, mutation, Ended::Combined(into), self.now)?;
        self.since.extend(since);
        Ok(())
    }

    /// What was saved during the window stays. Where it changes a record that is deleted here again, what was shown then is
    /// what it makes.
    fn keep(&mut self, mutation: &MutationRow, shown: Option<&Value>) -> Result<(), StoreError> {
        let mut kept = mutation.clone();
        let deleted = with_all(self.conflict.base.as_ref(), &self.lane).is_none();
        if let (true, Operation::Update, Some(shown)) = (deleted, mutation.operation, shown) {
            (kept.operation, kept.changes) = (Operation::Create, vec![Change::set("", shown.clone())]);
            outbox::set_changes(self.tx, kept.seq, kept.operation, &kept.changes)?;
        }
        self.since.push(mutation.clone());
        self.lane.push(kept);
        Ok(())
    }

    /// Whatever waited for `mutation` waits for what it stood for, and that for whatever `mutation` waited for; but for what
    /// only the document of the decision refers to.
    fn hand_back_edges(
        &self,
        mutation: &MutationRow,
        taken: &[MutationRow],
        from: usize,
    ) -> Result<(), StoreError> {
        let tx = self.tx;
        let (Some(first), Some(last)) = (taken.first(), taken.last()) else { return Ok(()) };
        let together = |other: &MutationRow| {
            other.transaction_id.is_some() && other.transaction_id == first.transaction_id
        };
        let made = taken.iter().find(|one| one.operation == Operation::Create).unwrap_or(last);
        for waiting in edges::waited_on_by(tx, mutation.seq)? {
            // Another record's change waits for the making of this one, a member for all that was before it.
            let member = outbox::by_seq(tx, waiting)?.is_some_and(|waiting| together(&waiting));
            edges::hand_over_one(tx, waiting, mutation.seq, if member { last.seq } else { made.seq })?;
        }
        let base = self.conflict.base.as_ref();
        let mut refer = Vec::new();
        for (index, one) in taken.iter().enumerate() {
            let after = with_all(base, &self.lane[..=from + index]);
            let parents = parents::of(tx, self.place, after.as_ref())?;
            parents::wait_for(tx, one.seq, &parents)?;
            refer.push((one.seq, parents));
        }
        let decided = match mutation.held.as_deref() {
            Some("undo") => {
                let after = with_all(self.record.base.document.as_ref(), std::slice::from_ref(mutation));
                parents::of(tx, self.place, after.as_ref())?
            }
            _ => Vec::new(),
        };
        for ahead in edges::waits_for(tx, mutation.seq)? {
            let refers = refer.iter().find(|(_, parents)| parents.contains(&ahead)).map(|(seq, _)| *seq);
            let member = outbox::by_seq(tx, ahead)?.is_some_and(|ahead| together(&ahead));
            if refers.is_none() && !member && decided.contains(&ahead) {
                continue;
            }
            edges::add(tx, refers.unwrap_or(first.seq), ahead)?;
        }
        Ok(())
    }

    /// What was saved during the window joins the conflict as any later edit does.
    fn join(&self) -> Result<ConflictRecord, StoreError> {
        let reopened = || {
            conflicts::get(self.tx, self.conflict.id)?
                .ok_or_else(|| StoreError::Corrupt("a conflict vanished".into()))
        };
        let shown = self.record.local.as_ref();
        for later in &self.since {
            let deleted = later.operation == Operation::Delete;
            let conflict = reopened()?;
            reconcile::join_conflict(
                self.tx,
                self.place,
                &conflict,
                &later.changes,
                deleted,
                shown,
                self.now,
            )?;
        }
        reopened()
    }
}

/// A change with what joined it during the window. What was a deletion and was edited since makes what was shown then.
fn joined(last: &MutationRow, since: &[MutationRow], shown: Option<&Value>) -> MutationRow {
    let mut whole = last.clone();
    if let (Operation::Delete, Some(shown)) = (last.operation, shown) {
        (whole.operation, whole.changes) = (Operation::Replace, vec![Change::set("", shown.clone())]);
        return whole;
    }
    for later in since {
        let tail = Tail {
            operation: whole.operation,
            changes: &whole.changes,
            open: true,
            depended_on: false,
            newer_refers_ahead: false,
        };
        if let Coalesced::Into { operation, changes } = coalesce(&tail, later.operation, &later.changes) {
            (whole.operation, whole.changes) = (operation, changes);
        }
    }
    whole
}
