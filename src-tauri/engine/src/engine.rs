//! The engine's handle: everything that a window, a command line or a test may ask of it.

use crate::asking;
use crate::cycle::{Cause, CycleReport, sync_once};
use crate::lease::{self, Lease};
use crate::link::{Link, Wish};
use crate::live_file::{self, Told};
use crate::platform::{EngineSettings, Platform};
use crate::recovery;
use crate::shared::Shared;
use crate::store::places::{self, Place, refuse};
use crate::store::views::{LiveLink, ProcessFacts, status};
use crate::store::{Keep, StoreError, links, meta, signals};
use crate::worker;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_model::number::Count;
use tidemark_model::view::{Event, RefusalCode, StatusSnapshot};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

/// A handle on one data folder's engine; clones share it.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
    closing: Arc<watch::Sender<bool>>,
    /// Links are brought in step by one at a time: two would give a link two workers.
    reloading: Arc<Mutex<()>>,
}

impl Engine {
    /// Opens the data folder, takes the right to send if no other process has it, and connects its links.
    ///
    /// Nothing runs by itself until [`Engine::start`].
    pub async fn open(
        folder: &Path,
        platform: Platform,
        settings: EngineSettings,
        keep: impl Into<Keep>,
    ) -> Result<Self, StoreError> {
        let keep = keep.into();
        let (open, used) = recovery::open_store(folder, &platform, keep.clone())?;
        let engine = Self {
            shared: Arc::new(Shared::new(folder.to_owned(), (open, used), platform, settings, &keep)),
            tasks: Arc::new(Mutex::new(Vec::new())),
            closing: Arc::new(watch::channel(false).0),
            reloading: Arc::default(),
        };
        engine.shared.begin_link_news();
        match engine.begin_sending().await {
            Ok(()) => {}
            // A full disk or a folder that cannot be written ends by itself; what is here can be read meanwhile.
            Err(error) if recovery::ends_by_itself(&error) => {
                tracing::warn!(%error, "the store cannot be written")
            }
            Err(error) => return Err(recovery::with_backup(folder, error)),
        }
        engine.reload_links().map_err(|error| recovery::with_backup(folder, error))?;
        engine.settings_are_current()?;
        Ok(engine)
    }

    async fn begin_sending(&self) -> Result<(), StoreError> {
        let now = self.shared.now();
        self.shared.write(move |tx| meta::set_if_absent(tx, "created_at", &now.0.to_string())).await?;
        self.become_sender().await?;
        if self.is_sender() {
            self.no_transaction_waits_to_be_seen().await?;
        }
        Ok(())
    }

    /// Starts what runs by itself: a worker per link, events, and the watch over other processes.
    pub fn start(&self) {
        let (closing, tell) = (self.closing.subscribe(), self.closing.subscribe());
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        for link in self.shared.links() {
            tasks.push(tokio::spawn(worker::work(Arc::clone(&self.shared), link)));
        }
        tasks.push(tokio::spawn(worker::watch_network(self.clone(), self.closing.subscribe())));
        tasks.push(tokio::spawn(worker::tell(self.clone(), tell)));
        tasks.push(tokio::spawn(worker::watch_others(self.clone(), closing)));
        tasks.push(tokio::spawn(asking::watch(self.clone(), self.closing.subscribe())));
        tasks.push(tokio::spawn(recovery::look_after(self.clone(), self.closing.subscribe())));
    }

    /// Ends in good order: no new cycle, the running one may finish in time, then the database is closed (row E4).
    pub async fn shutdown(&self) {
        // Nobody is left to hear it when nothing was started.
        let _ = self.closing.send(true);
        self.shared.ends.store(true, Ordering::Relaxed);
        for link in self.shared.links() {
            // What is sealed and not sent need not wait for the answers to what is.
            link.wake(Wish { end: true, regroup: true, ..Wish::default() });
        }
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let deadline = self.shared.now().plus(self.shared.settings().shutdown.0);
        for mut task in tasks {
            tokio::select! {
                biased;
                // A task that panicked has said so; there is nothing to wait for.
                _ = &mut task => {}
                () = self.shared.platform.clock.sleep_until(deadline) => task.abort(),
            }
        }
        if self.is_sender() {
            live_file::remove(&self.shared.folder);
            self.say_goodbye().await;
        }
        self.shared.set_lease(None);
        self.shared.close();
    }

    /// Whether this process sends.
    pub fn is_sender(&self) -> bool {
        self.shared.lease().is_some()
    }

    /// Events from now on; what a slow listener misses does no harm.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.shared.bulletin.subscribe()
    }

    /// The one status that every surface shows (`engine.md` 12). A process that does not send says what the sender
    /// last told of the servers, with what the database says now.
    pub fn status(&self) -> Result<StatusSnapshot, StoreError> {
        let told = match self.is_sender() {
            true => self.told(),
            false => live_file::read(&self.shared.folder).unwrap_or_else(|| self.told()),
        };
        let process = ProcessFacts { now: self.shared.now(), ..told.process };
        self.shared.store.read(|tx| status::snapshot(tx, &told.live, &process))
    }

    /// What only this process knows of a link.
    fn live(&self, link: &Link) -> LiveLink {
        LiveLink { waits: self.shared.schedule_wait(link), ..link.live() }
    }

    /// What only this process knows, under the next number.
    fn told(&self) -> Told {
        Told {
            live: self.shared.links().iter().map(|link| self.live(link)).collect(),
            process: ProcessFacts {
                seq: self.shared.next_seq(),
                now: self.shared.now(),
                stats: *self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner),
                store_fault: self.shared.fault(),
                intact: self.intact(),
                network: self.shared.network(),
            },
        }
    }

    /// Wakes the workers at once; what has stopped is tried again. Without workers, [`Engine::sync`] does the work.
    pub async fn force_sync(&self, link: Option<&str>, collection: Option<&str>) -> Result<(), StoreError> {
        self.check_place(link, collection)?;
        if !self.is_sender() {
            return self.ask_sender(link).await.map(drop);
        }
        for wanted in self.links_named(link) {
            wanted.wake(Wish { now: true, ..Wish::default() });
        }
        Ok(())
    }

    /// Syncs now and returns when nothing more can be sent or received by itself.
    ///
    /// Errors: there is no such link or collection; the store failed. A server that is away is no error: the report
    /// says so.
    pub async fn sync(
        &self,
        link: Option<&str>,
        collection: Option<&str>,
    ) -> Result<CycleReport, StoreError> {
        self.check_place(link, collection)?;
        let mut total = CycleReport::default();
        for wanted in self.links_named(link) {
            let report =
                sync_once(&self.shared, &wanted, Cause::Person, collection.map(str::to_owned)).await?;
            total.confirmed += report.confirmed;
            total.received += report.received;
            total.conflicts += report.conflicts;
            total.parked += report.parked;
            total.failure = total.failure.or(report.failure);
        }
        Ok(total)
    }

    /// Asks the process that sends for a sync; the number tells with [`Engine::is_asked`] whether it is done.
    pub async fn ask_sender(&self, link: Option<&str>) -> Result<i64, StoreError> {
        let (link, now) = (link.map(str::to_owned), self.shared.now());
        self.shared.write(move |tx| signals::ask(tx, link.as_deref(), now)).await
    }

    /// Whether a wish to the sender still waits.
    pub fn is_asked(&self, wish: i64) -> Result<bool, StoreError> {
        self.shared.store.read(|tx| signals::waits(tx, wish))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Takes the right to send if it is free; what the last sender had sealed is uncertain then.
    pub(crate) async fn become_sender(&self) -> Result<(), StoreError> {
        if self.is_sender() {
            return Ok(());
        }
        if let Some(file) = lease::try_lock(&self.shared.folder)? {
            live_file::remove(&self.shared.folder);
            let epoch = self.take_store().await?;
            self.shared.set_lease(Some(Lease::new(file, epoch)));
            // What the last sender knew of the servers is not known here.
            self.shared.bulletin.links_moved(self.shared.links().iter().map(|link| link.id));
            for link in self.shared.links() {
                link.wake(Wish { edited: true, ..Wish::default() });
            }
        }
        Ok(())
    }

    /// Brings links and places in step with the database; a link that cannot be connected is left out and told.
    pub(crate) fn reload_links(&self) -> Result<(), StoreError> {
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let (rows, places) = self.shared.store.read(|tx| Ok((links::all(tx)?, places::all(tx)?)))?;
        self.shared.set_places(places);
        let known = self.shared.links();
        let mut links = Vec::new();
        for row in &rows {
            if let Some(link) = known.iter().find(|link| link.id == row.id) {
                if link.set_schedule(row.settings.schedule) {
                    link.wake(Wish { retime: true, ..Wish::default() });
                }
                links.push(Arc::clone(link));
                continue;
            }
            match self.shared.platform.connect.connect(row) {
                Ok(connector) => {
                    let gate = self.shared.gate(&connector.host());
                    links.push(self.begin(Arc::new(Link::new(row, connector, gate))));
                }
                Err(refusal) => tracing::warn!(link = row.name, %refusal, "a link cannot be connected"),
            }
        }
        for gone in known.iter().filter(|link| !rows.iter().any(|row| row.id == link.id)) {
            gone.wake(Wish { end: true, ..Wish::default() });
        }
        self.shared.set_links(links);
        self.shared.begin_link_news();
        Ok(())
    }

    /// Connects a link anew, after its secret or settings changed, and tries it at once.
    pub async fn reconnect(&self, name: &str) -> Result<(), StoreError> {
        let row = self.shared.store.read(|tx| links::by_name(tx, name))?.ok_or_else(|| no_link(name))?;
        let old = self.shared.links().into_iter().find(|link| link.id == row.id);
        if let Some(old) = &old {
            old.wake(Wish { end: true, ..Wish::default() });
            // Its answers come in and what it had sealed is given back before another takes its place.
            let _ended = old.cycle.lock().await;
            let others = self.shared.links().into_iter().filter(|link| link.id != row.id).collect();
            self.shared.set_links(others);
        }
        let id = row.id;
        self.shared.write(move |tx| links::set_stopped(tx, id, None)).await?;
        self.reload_links()?;
        self.shared.bulletin.links_moved([id]);
        for link in self.links_named(Some(name)) {
            link.wake(Wish { now: true, ..Wish::default() });
        }
        Ok(())
    }

    /// Gives a new link its worker, where workers run.
    fn begin(&self, link: Arc<Link>) -> Arc<Link> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if !tasks.is_empty() {
            tasks.push(tokio::spawn(worker::work(Arc::clone(&self.shared), Arc::clone(&link))));
        }
        link
    }

    pub(crate) fn links_named(&self, name: Option<&str>) -> Vec<Arc<Link>> {
        self.shared.links().into_iter().filter(|link| name.is_none_or(|name| link.name == name)).collect()
    }

    /// Tells every listener what is stale.
    pub(crate) fn tell_now(&self) {
        let mut stale = self.shared.bulletin.take();
        if stale.is_empty() {
            return;
        }
        let told = match self.is_sender() {
            true => Some(self.told()),
            false => live_file::read(&self.shared.folder),
        };
        let told = told.unwrap_or_else(|| self.told());
        if self.is_sender() {
            live_file::leave(&self.shared.folder, &told);
        }
        self.tell_of_links(&std::mem::take(&mut stale.of_links), &told.live);
        if !self.shared.bulletin.is_heard() {
            return;
        }
        match self.shared.store.read(|tx| status::snapshot(tx, &told.live, &told.process)) {
            Ok(snapshot) => {
                let queue_length: Count = snapshot.queue_length;
                self.shared.bulletin.tell(Event::SyncStateChanged(Box::new(snapshot)));
                for event in stale.into_events(queue_length) {
                    self.shared.bulletin.tell(event);
                }
            }
            Err(error) => tracing::warn!(%error, "reading the status for an event"),
        }
    }

    /// The place of a collection.
    pub(crate) fn place(&self, link: &str, collection: &str) -> Result<Place, StoreError> {
        let places = self.shared.places();
        places.iter().find(|place| place.link == link && place.collection == collection).cloned().ok_or_else(
            || match places.iter().any(|place| place.link == link) {
                true => refuse(
                    RefusalCode::NotFound,
                    format!("the connection '{link}' keeps no collection '{collection}'"),
                    "Look at the connection's collections.",
                ),
                false => no_link(link),
            },
        )
    }

    /// Refuses a place that is not there.
    pub(crate) fn check_place(&self, link: Option<&str>, collection: Option<&str>) -> Result<(), StoreError> {
        match (link, collection) {
            (Some(link), Some(collection)) => self.place(link, collection).map(drop),
            (Some(link), None) => {
                let known = self.shared.store.read(|tx| links::by_name(tx, link))?;
                known.map(drop).ok_or_else(|| no_link(link))
            }
            (None, Some(_)) => Err(refuse(
                RefusalCode::Invalid,
                "a collection was named without its connection",
                "Name the connection too.",
            )),
            (None, None) => Ok(()),
        }
    }
}

pub(crate) fn no_link(name: &str) -> StoreError {
    refuse(
        RefusalCode::NotFound,
        format!("there is no connection named '{name}'"),
        "Look at the list of connections.",
    )
}
