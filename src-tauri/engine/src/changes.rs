//! The queue through the engine's handle.

use crate::engine::Engine;
use crate::link::{Link, Wish};
use crate::store::places::{Place, refuse};
use crate::store::verbs::pause::{self, Whole};
use crate::store::verbs::queue::Again;
use crate::store::verbs::{Moved, discard, queue as verb, retention};
use crate::store::views::queue;
use crate::store::{StoreError, Tx, collections, links, meta, wakeups};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidemark_model::backoff::longest_delay;
use tidemark_model::number::{Count, Millis};
use tidemark_model::schedule::ScheduleWait;
use tidemark_model::view::{
    AttemptDetail, BulkResult, CauseChanges, Causes, ChangeDetail, ChangeRow, ChangeState, ChangesByRecord,
    QueueFilter, QueuePage, QueueStats, RefusalCode, WaitReason,
};

/// The most ids that one answer about a cause holds.
const CAUSE_IDS: usize = 1_000;
/// How long another process that sends is given to take back what it did not send yet, in milliseconds.
const CALLED: i64 = 2_000;
/// Time between looks at whether it has, in milliseconds.
const LOOK: i64 = 50;

impl Engine {
    /// A page of the queue at an offset; what is before it is walked past.
    pub fn list_queue(
        &self,
        filter: &QueueFilter,
        offset: usize,
        limit: usize,
    ) -> Result<QueuePage, StoreError> {
        self.queue_page(filter, queue::Start::At(offset), limit)
    }

    /// A page of the queue after the place in another page's `next`; refused where no page of this filter gave it.
    pub fn list_queue_after(
        &self,
        filter: &QueueFilter,
        after: &str,
        limit: usize,
    ) -> Result<QueuePage, StoreError> {
        self.queue_page(filter, queue::Start::After(after), limit)
    }

    fn queue_page(
        &self,
        filter: &QueueFilter,
        start: queue::Start<'_>,
        limit: usize,
    ) -> Result<QueuePage, StoreError> {
        let mut page = self.shared().store.read(|tx| queue::list(tx, filter, start, limit))?;
        let waits = self.schedule_waits();
        page.rows.iter_mut().for_each(|row| waits_for_schedule(row, &waits));
        Ok(page)
    }

    /// What the links wait for by their schedules, by name.
    fn schedule_waits(&self) -> BTreeMap<String, ScheduleWait> {
        let waits = |link: &Arc<Link>| Some((link.name.clone(), self.shared().schedule_wait(link)?));
        self.shared().links().iter().filter_map(waits).collect()
    }

    /// One change, whole.
    pub fn get_change(&self, id: &str) -> Result<ChangeDetail, StoreError> {
        let detail = self.shared().store.read(|tx| queue::detail(tx, id))?;
        let mut detail = detail.ok_or_else(|| {
            refuse(
                RefusalCode::NotFound,
                format!("there is no change '{id}'"),
                "It may have been removed after its 7 days.",
            )
        })?;
        waits_for_schedule(&mut detail.row, &self.schedule_waits());
        for attempt in &mut detail.attempts {
            let earlier = u32::try_from((attempt.number.0 - 1).max(0)).unwrap_or(u32::MAX);
            let own = longest_delay(&self.shared().settings().backoff, earlier);
            let wait = attempt.retry_at.zip(attempt.ended_at).map(|(retry, ended)| retry.0 - ended.0);
            attempt.server_asked = wait.is_some_and(|wait| wait > own.0);
        }
        Ok(detail)
    }

    /// What of one try of a change is kept word for word; `number` is the try's, from 1.
    pub fn get_attempt(&self, id: &str, number: Count) -> Result<AttemptDetail, StoreError> {
        self.shared().store.read(|tx| queue::attempt(tx, id, number.0))?.ok_or_else(|| {
            refuse(
                RefusalCode::NotFound,
                format!("there is no try {} of a change '{id}'", number.0),
                "List its tries again; the change may have been removed after its 7 days.",
            )
        })
    }

    /// What needs a person, by cause: one stretch of the queue, from its beginning or after the last one's `next`. It
    /// costs the same however long the queue is.
    pub fn list_causes(&self, after: Option<Count>) -> Result<Causes, StoreError> {
        self.shared().store.read(|tx| queue::causes(tx, after.unwrap_or_default()))
    }

    /// The ids of a cause's changes, at most 1,000 at a time; the next ones come after this answer's `next`.
    pub fn changes_of_cause(&self, key: &str, after: Option<Count>) -> Result<CauseChanges, StoreError> {
        self.shared().store.read(|tx| queue::changes_of(tx, key, after.unwrap_or_default(), CAUSE_IDS))
    }

    /// Unfinished changes by the record that they change: one stretch, from the beginning or after the last one's `next`.
    /// It costs the same however long the queue is.
    pub fn list_by_record(&self, after: Option<Count>) -> Result<ChangesByRecord, StoreError> {
        self.shared().store.read(|tx| queue::by_record(tx, after.unwrap_or_default()))
    }

    /// Row A13: statistics in constant time.
    pub fn queue_stats(&self) -> Result<QueueStats, StoreError> {
        self.shared().store.read(queue::stats)
    }

    /// Unfinished changes that nothing would ever wake, each in words: always none (`engine.md` 1).
    pub fn without_wake_up(&self) -> Result<Vec<String>, StoreError> {
        self.shared().store.read(wakeups::missing)
    }

    /// Sends the named changes again now.
    pub async fn retry(&self, ids: Vec<String>) -> Result<BulkResult, StoreError> {
        let (now, shared) = (self.shared().now(), Arc::clone(self.shared()));
        self.bulk(move |tx| verb::retry(tx, &ids, &again(&|| shared.uuid(), now))).await
    }

    /// Sends every parked change again.
    pub async fn reprocess_failed(&self) -> Result<BulkResult, StoreError> {
        let (now, shared) = (self.shared().now(), Arc::clone(self.shared()));
        self.bulk(move |tx| verb::reprocess_failed(tx, &again(&|| shared.uuid(), now))).await
    }

    /// Holds the named changes, or lets them go. One that is on its way goes on, and is held if it comes back.
    pub async fn hold(&self, ids: Vec<String>, held: bool) -> Result<BulkResult, StoreError> {
        if held {
            self.call_back(&ids).await?;
        }
        self.bulk(move |tx| verb::hold(tx, &ids, held)).await
    }

    /// Where one of the named changes is sealed, all of them are held, and what the sender has not sent yet waits again;
    /// what is on its way stays so. Returns what was not held before.
    async fn call_back(&self, ids: &[String]) -> Result<Vec<String>, StoreError> {
        let links = self.shared().store.read(|tx| verb::links_of_sealed(tx, ids))?;
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let named = ids.to_vec();
        let held = self.shared().write(move |tx| verb::call_back(tx, &named)).await?;
        if self.is_sender() {
            for link in self.shared().links().into_iter().filter(|link| links.contains(&link.id)) {
                link.regrouped().await;
            }
            return Ok(held);
        }
        // The sender looks before each request; what is still sealed after a moment is on its way.
        let deadline = self.shared().now().plus(CALLED);
        while !self.shared().store.read(|tx| verb::links_of_sealed(tx, ids))?.is_empty() {
            let now = self.shared().now();
            if now >= deadline {
                break;
            }
            self.shared().platform.clock.sleep_until(now.plus(LOOK)).await;
        }
        Ok(held)
    }

    /// Makes the named changes more or less urgent (row A10): 9 goes first, 0 last. The order of one record's changes
    /// stays, and what was sent already goes on as it is.
    pub async fn set_priority(&self, ids: Vec<String>, priority: u8) -> Result<BulkResult, StoreError> {
        self.bulk(move |tx| verb::set_priority(tx, &ids, priority)).await
    }

    /// Moves the named changes to the trash for 30 days. Changes of other records that refer to what is never made now
    /// need a person.
    pub async fn discard(&self, ids: Vec<String>) -> Result<BulkResult, StoreError> {
        let now = self.shared().now();
        let held = self.call_back(&ids).await?;
        self.bulk(move |tx| {
            let discarded = discard::discard(tx, &ids, now)?;
            // What could not be discarded is not held because of it.
            verb::hold(tx, &held, false)?;
            Ok(discarded)
        })
        .await
    }

    /// Moves everything that waits to the trash; `expected` is the number that the person was shown and confirmed.
    pub async fn clear_queue(&self, expected: Count) -> Result<BulkResult, StoreError> {
        let now = self.shared().now();
        self.bulk(move |tx| discard::clear(tx, expected.0, now)).await
    }

    /// Removes ended rows of the queue that are older than their span (row A12) and nothing else; returns how many.
    pub async fn clear_old_requests(&self) -> Result<Count, StoreError> {
        let (now, keep_days) = (self.shared().now(), self.shared().settings().keep_days);
        let mut removed = 0;
        loop {
            // In pieces, so that an edit meanwhile does not wait for all of them.
            let piece =
                self.shared().write(move |tx| retention::clear_old_requests(tx, now, keep_days)).await?;
            removed += piece.0;
            if piece < Count::of(retention::AT_ONCE) {
                break;
            }
        }
        if removed > 0 {
            self.shared().bulletin.changes_moved([]);
        }
        Ok(Count(removed))
    }

    /// Removes what has outlived its span (`engine.md` 13): ended rows of the queue, excerpts of answers, decisions and
    /// merges, daily figures, lines of the activity. It runs by itself at start and once a day.
    pub async fn tidy_up(&self) -> Result<(), StoreError> {
        let settings = self.shared().settings();
        let (now, keep_days, activity) = (self.shared().now(), settings.keep_days, settings.activity);
        self.clear_old_requests().await?;
        while self.shared().write(move |tx| retention::clear_activity(tx, now, &activity)).await? {}
        self.shared().write(move |tx| retention::clear_histories(tx, now, keep_days)).await
    }

    /// Pauses the engine, one link, or one collection (row A14); it stays so over a restart.
    pub async fn pause(&self, link: Option<&str>, collection: Option<&str>) -> Result<(), StoreError> {
        self.set_paused(link, collection, true).await
    }

    /// Ends a pause.
    pub async fn resume(&self, link: Option<&str>, collection: Option<&str>) -> Result<(), StoreError> {
        self.set_paused(link, collection, false).await
    }

    async fn set_paused(
        &self,
        link: Option<&str>,
        collection: Option<&str>,
        paused: bool,
    ) -> Result<(), StoreError> {
        self.check_place(link, collection)?;
        let now = self.shared().now();
        let whole = match (link, collection) {
            (Some(link), Some(collection)) => {
                let place = self.place(link, collection)?;
                Whole::Collection(place.link_id, place.collection_id)
            }
            (Some(name), None) => {
                let row = self.shared().store.read(|tx| links::by_name(tx, name))?;
                Whole::Link(row.ok_or_else(|| crate::engine::no_link(name))?.id)
            }
            (None, _) => Whole::Everything,
        };
        self.shared().write(move |tx| pause::set_paused(tx, whole, paused, now)).await?;
        self.shared().bulletin.changes_moved([]);
        self.shared().bulletin.links_moved(self.shared().links().iter().map(|link| link.id));
        self.wake_all();
        Ok(())
    }

    /// What is paused is not asked for anything, by a person neither.
    pub(crate) fn refuse_while_paused(&self, place: &Place) -> Result<(), StoreError> {
        let (engine, link, collection) = self.shared().store.read(|tx| {
            Ok((
                meta::get(tx, "paused_since")?.is_some(),
                links::get(tx, place.link_id)?.is_some_and(|row| row.paused),
                collections::get(tx, place.collection_id)?.is_some_and(|row| row.paused),
            ))
        })?;
        let what = match (engine, link, collection) {
            (false, false, false) => return Ok(()),
            (true, ..) => "syncing".to_owned(),
            (_, true, _) => format!("the connection '{}'", place.link),
            (_, _, true) => format!("'{}' of the connection '{}'", place.collection, place.link),
        };
        let message = format!("{what} is paused, and the server was not asked");
        Err(refuse(RefusalCode::NotNow, message, "Resume it, then try again."))
    }

    async fn bulk(
        &self,
        verb: impl FnOnce(&Tx) -> Result<(BulkResult, Moved), StoreError> + Send + 'static,
    ) -> Result<BulkResult, StoreError> {
        let (result, moved) = self.shared().write(verb).await?;
        self.shared().announce(moved, None);
        self.wake_all();
        Ok(result)
    }

    pub(crate) fn wake_all(&self) {
        for link in self.shared().links() {
            link.wake(Wish { edited: true, regroup: true, ..Wish::default() });
        }
    }
}

/// A person sends changes again.
fn again(fresh_id: &dyn Fn() -> String, now: Millis) -> Again<'_> {
    Again { fresh_id, by_person: true, now }
}

/// A change that nothing else holds up waits for its link's hours or network; what waits until a later time goes no
/// sooner because of them.
fn waits_for_schedule(row: &mut ChangeRow, waits: &BTreeMap<String, ScheduleWait>) {
    if row.state != ChangeState::Waiting || row.reason.is_some() {
        return;
    }
    row.reason = waits.get(&row.link).map(|wait| match *wait {
        ScheduleWait::Hours { until } => WaitReason::Hours { until },
        ScheduleWait::Unmetered => WaitReason::Unmetered,
    });
}
