//! What the parts of one engine share.

use crate::events::Bulletin;
use crate::gate::Gate;
use crate::generation::{self, Generation};
use crate::lease::{Lease, Use};
use crate::link::{Link, Wish};
use crate::link_news::LinkNews;
use crate::platform::{EngineSettings, Platform};
use crate::recovery;
use crate::store::places::Place;
use crate::store::verbs::resolve::masked;
use crate::store::verbs::{Moved, judge, transactions};
use crate::store::{Keep, Store, StoreError, Tx, conflicts};
use crate::telemetry;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use tidemark_model::number::{Count, Millis};
use tidemark_model::schedule::{Network, Schedule, ScheduleWait};
use tidemark_model::view::{
    Backup, ConflictCreated, ConflictResolved, Event, Resolution, StoreFault, SyncStats,
};
use tokio::sync::Notify;

pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) store: Store,
    /// Held while the database is open.
    used: Mutex<Option<Use>>,
    /// The newest intact backup, looked for once the store is damaged.
    pub(crate) intact: OnceLock<Option<Backup>>,
    pub(crate) platform: Platform,
    settings: RwLock<EngineSettings>,
    pub(crate) bulletin: Bulletin,
    pub(crate) link_news: LinkNews,
    links: RwLock<Vec<Arc<Link>>>,
    places: RwLock<Arc<Vec<Place>>>,
    gates: Mutex<BTreeMap<String, Arc<Gate>>>,
    lease: Mutex<Option<Arc<Lease>>>,
    pub(crate) stats: Mutex<SyncStats>,
    fault: Mutex<Option<StoreFault>>,
    /// The program ends: what goes on for long stops by itself.
    pub(crate) ends: Arc<AtomicBool>,
    /// A fault of the store came or went.
    pub(crate) trouble: Notify,
    /// A commit left a conflict to a hook.
    pub(crate) hooks_wanted: Notify,
    /// Held while a hook is asked about a conflict: one asks at a time.
    pub(crate) asking: tokio::sync::Mutex<()>,
    /// What takes its time runs on a thread of its own.
    threaded: bool,
    /// The revision of the settings that are in force.
    pub(crate) settings_revision: AtomicI64,
    seq: AtomicI64,
}

impl Shared {
    pub(crate) fn new(
        folder: PathBuf,
        (store, used): (Store, Use),
        platform: Platform,
        settings: EngineSettings,
        keep: &Keep,
    ) -> Self {
        Self {
            folder,
            store,
            used: Mutex::new(Some(used)),
            intact: OnceLock::new(),
            platform,
            settings: RwLock::new(settings),
            bulletin: Bulletin::new(),
            link_news: LinkNews::default(),
            links: RwLock::new(Vec::new()),
            places: RwLock::new(Arc::new(Vec::new())),
            gates: Mutex::default(),
            lease: Mutex::new(None),
            stats: Mutex::new(SyncStats::default()),
            fault: Mutex::new(None),
            ends: Arc::default(),
            trouble: Notify::new(),
            hooks_wanted: Notify::new(),
            asking: tokio::sync::Mutex::default(),
            threaded: keep.is_threaded(),
            settings_revision: AtomicI64::new(0),
            seq: AtomicI64::new(0),
        }
    }

    pub(crate) fn now(&self) -> Millis {
        self.platform.clock.now()
    }

    /// The settings in force at this moment.
    pub(crate) fn settings(&self) -> EngineSettings {
        *self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_settings(&self, settings: EngineSettings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// What the links of a host share.
    pub(crate) fn gate(&self, host: &str) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(host.to_owned()).or_default())
    }

    /// What the system says of the network.
    pub(crate) fn network(&self) -> Network {
        self.platform.surroundings.state().network
    }

    /// What a link waits for by its schedule at this moment.
    pub(crate) fn schedule_wait(&self, link: &Link) -> Option<ScheduleWait> {
        let schedule = link.schedule();
        if schedule == Schedule::default() {
            return None;
        }
        schedule.waits(self.now(), self.platform.zone.as_ref(), self.network())
    }

    pub(crate) fn uuid(&self) -> String {
        self.platform.rng.uuid_v7(self.now()).to_string()
    }

    pub(crate) fn next_seq(&self) -> Count {
        Count(self.seq.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Runs a verb; a fault of the disk is shown for as long as it lasts.
    pub(crate) async fn write<T, F>(&self, verb: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx) -> Result<T, StoreError> + Send + 'static,
    {
        let (now, rng, hooks) =
            (self.now(), Arc::clone(&self.platform.rng), Arc::clone(&self.platform.hooks));
        let work = move |tx: &Tx| {
            let value = verb(tx)?;
            // Whatever moved a member, its transaction is looked at in the same commit; and what rules can decide is decided.
            let fresh_id = || rng.uuid_v7(now).to_string();
            let mut moved = transactions::settle_stale(tx, now, &fresh_id)?;
            while conflicts::is_due(tx)? {
                moved.append(judge::judge_due(tx, now, &|name| hooks.of(name).is_some(), &fresh_id)?);
                moved.append(transactions::settle_stale(tx, now, &fresh_id)?);
            }
            Ok((value, moved))
        };
        let result = self.store.write(work).await.map(|(value, moved)| {
            if moved.asks {
                self.hooks_wanted.notify_one();
            }
            if moved != Moved::default() {
                self.announce(moved, None);
            }
            value
        });
        let fault = match &result {
            Ok(_) => None,
            Err(error) => match error.fault() {
                Some(fault) => Some(fault),
                // It was about this call only: nothing is known about the disk.
                None => return result,
            },
        };
        self.set_fault(fault);
        result
    }

    /// What keeps the store from being written, as far as is known.
    pub(crate) fn fault(&self) -> Option<StoreFault> {
        match self.store.is_damaged() {
            true => Some(StoreFault::Damaged),
            false => *self.fault.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    pub(crate) fn set_fault(&self, fault: Option<StoreFault>) {
        let mut known = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        // A small write may still fit where no edit does.
        let is_full = || recovery::is_full(&self.folder);
        if fault.is_none() && *known == Some(StoreFault::DiskFull) && is_full() {
            return;
        }
        if *known != fault {
            *known = fault;
            self.bulletin.status_is_stale();
            self.trouble.notify_one();
        }
    }

    /// Does what takes its time on the disk away from the others; in a simulation on the caller's own thread.
    pub(crate) async fn aside<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, StoreError> + Send + 'static,
    {
        match self.threaded {
            false => work(),
            true => tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Closed)),
        }
    }

    /// Notes a generation beside the database; on disk when this returns.
    pub(crate) async fn note(&self, generation: Generation) -> Result<(), StoreError> {
        let folder = self.folder.clone();
        let noted = self.aside(move || generation::write(&folder, &generation)).await;
        if let Err(error) = &noted {
            self.set_fault(error.fault());
        }
        noted
    }

    /// Closes the store; from now on another may take its place.
    pub(crate) fn close(&self) {
        self.store.close();
        self.used.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        self.links.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on it is told what links do that were not known yet.
    pub(crate) fn begin_link_news(&self) {
        if let Err(error) = self.store.read(|tx| self.link_news.begin(tx)) {
            tracing::warn!(%error, "reading from where on is told of the links");
        }
    }

    pub(crate) fn set_links(&self, links: Vec<Arc<Link>>) {
        *self.links.write().unwrap_or_else(PoisonError::into_inner) = links;
    }

    /// The host of a link takes changes again: what its other links hold back need not wait longer.
    pub(crate) fn wake_others_of_host(&self, link: &Link) {
        for other in self.links().iter().filter(|other| other.host == link.host && other.id != link.id) {
            other.wake(Wish { edited: true, ..Wish::default() });
        }
    }

    pub(crate) fn places(&self) -> Arc<Vec<Place>> {
        Arc::clone(&self.places.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_places(&self, places: Vec<Place>) {
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(places);
    }

    pub(crate) fn lease(&self) -> Option<Arc<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_lease(&self, lease: Option<Lease>) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = lease.map(Arc::new);
    }

    /// Turns what a verb moved into events, after its commit.
    pub(crate) fn announce(&self, moved: Moved, resolution: Option<&Resolution>) {
        let places = self.places();
        let place = |id: i64| places.iter().find(|place| place.collection_id == id);
        if !moved.changes.is_empty() {
            self.bulletin.changes_moved(moved.changes);
        }
        for (collection_id, rid) in moved.records {
            if let Some(place) = place(collection_id) {
                self.bulletin.records_moved(&place.link, &place.collection, [rid]);
            }
        }
        for change in moved.transactions {
            self.bulletin.status_is_stale();
            self.bulletin.tell(Event::TransactionChanged(change));
        }
        if moved.conflicts.is_empty() && moved.settled.is_empty() {
            return;
        }
        self.bulletin.status_is_stale();
        let read = self.store.read(|tx| {
            let open = conflicts::count_open(tx, None)?;
            let settled =
                moved.settled.iter().map(|id| conflicts::get(tx, *id)).collect::<Result<Vec<_>, _>>()?;
            // What a rule has decided by now, or a hook is about to look at, is nothing to tell anybody about.
            let mut met = Vec::with_capacity(moved.conflicts.len());
            for conflict in moved.conflicts {
                if conflicts::is_for_a_person(tx, conflict.id.0)? {
                    met.push(conflict);
                }
            }
            Ok((Count(open), settled, met))
        });
        let (open, settled, met) = match read {
            Ok(read) => read,
            Err(error) => {
                // An event that is lost does no harm: the views ask again.
                tracing::warn!(%error, "reading what a conflict's event says");
                return;
            }
        };
        for met in met {
            let Some(place) = place(met.collection_id) else { continue };
            telemetry::conflict(place, &met);
            self.bulletin.tell(Event::ConflictCreated(ConflictCreated {
                conflict: met.id,
                link: place.link.clone(),
                collection: place.collection.clone(),
                record: met.rid,
                title: met.title,
                refreshed: met.refreshed,
                open,
            }));
        }
        for conflict in settled.into_iter().flatten() {
            let Some(place) = place(conflict.collection_id) else { continue };
            self.bulletin.tell(Event::ConflictResolved(ConflictResolved {
                conflict: Count(conflict.id),
                link: place.link.clone(),
                collection: place.collection.clone(),
                record: conflict.rid,
                resolution: resolution.map(|resolution| masked::told(place, resolution)),
                open,
            }));
        }
    }
}
