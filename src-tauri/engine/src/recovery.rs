//! Looking after the store: is it the newest, is it whole, can it be written, is there a copy of it?

use crate::backups;
use crate::engine::Engine;
use crate::generation;
use crate::lease::{self, Use};
use crate::platform::Platform;
use crate::restoring;
use crate::store::activity::{self, Size};
use crate::store::check::{quick_check, uncounted_activity};
use crate::store::places::refuse;
use crate::store::{Keep, Store, StoreError, Tx, meta, standing};
use crate::telemetry::{self, Repair};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tidemark_model::number::Millis;
use tidemark_model::view::{Backup, RefusalCode, Storage, StoreFault};
use tokio::sync::watch;

/// Time between two looks, in milliseconds.
const ROUND: i64 = 10_000;
/// The same while the store cannot be written.
const PROBE: i64 = 1_000;
/// A backup is made when the newest is so old, in milliseconds.
const DAILY: i64 = 24 * 60 * 60 * 1000;
/// The first backup is made so long after the database, in milliseconds: by then there is something in it.
const FIRST: i64 = 15 * 60 * 1000;
/// With less room than this a full disk still counts as full, in bytes.
const ROOM: u64 = 1 << 20;

/// Opens the store of a folder; a damaged one is left as it is, and the newest intact backup is named.
pub(crate) fn open_store(folder: &Path, platform: &Platform, keep: Keep) -> Result<(Store, Use), StoreError> {
    crate::store::faults::make_private_folder(folder)?;
    restoring::finish(folder, platform.clock.now())?;
    let used = lease::join(folder)?;
    let store = Store::open(folder, keep).map_err(|error| with_backup(folder, error))?;
    Ok((store, used))
}

/// Names the newest intact backup in the error of a damaged database.
pub(crate) fn with_backup(folder: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Damaged { path, why, intact: None } => {
            StoreError::Damaged { path, why, intact: backups::newest_intact(folder) }
        }
        other => other,
    }
}

/// Whether nobody has to do anything to the store itself.
pub(crate) fn ends_by_itself(error: &StoreError) -> bool {
    match error.fault() {
        Some(StoreFault::DiskFull | StoreFault::ReadOnly | StoreFault::Io) => true,
        Some(StoreFault::Damaged) | None => false,
    }
}

/// Whether the disk of a folder is full, or as good as full.
pub(crate) fn is_full(folder: &Path) -> bool {
    fs4::available_space(folder).is_ok_and(|free| free < ROOM)
}

/// Checks, probes and copies until the engine closes.
pub(crate) async fn look_after(engine: Engine, mut closing: watch::Receiver<bool>) {
    let shared = Arc::clone(engine.shared());
    loop {
        engine.look_after_store().await;
        let round = if shared.fault().is_some() { PROBE } else { ROUND };
        let next = shared.now().plus(round);
        tokio::select! {
            biased;
            _ = closing.changed() => return,
            () = shared.trouble.notified() => {}
            () = shared.platform.clock.sleep_until(next) => {}
        }
    }
}

impl Engine {
    /// What a running engine does from time to time, done once by a program that does not stay: ends a full disk's state,
    /// checks the store after an end without a goodbye, and makes the daily backup. What fails is logged and, where the
    /// store is damaged, shown.
    pub async fn look_after_store(&self) {
        self.end_fault().await;
        if self.shared().store.path().is_none() {
            return;
        }
        if self.is_sender() && !self.shared().store.is_damaged() {
            self.check_where_due().await;
        }
        if self.is_sender() && !self.shared().store.is_damaged() {
            self.back_up_where_due().await;
        }
    }

    /// The local store's size and place, with its backups.
    pub fn storage(&self) -> Result<Storage, StoreError> {
        backups::storage(&self.shared().folder)
    }

    /// Makes a backup now, while work goes on, and checks it.
    ///
    /// Errors: there is too little room; the database is damaged, which is shown from now on; the disk.
    pub async fn back_up_now(&self) -> Result<Backup, StoreError> {
        let shared = self.shared();
        if shared.store.path().is_none() {
            return Err(refuse(
                RefusalCode::NotNow,
                "the store is kept in memory",
                "There is no file to copy.",
            ));
        }
        let (folder, now, ends) = (shared.folder.clone(), shared.now(), Arc::clone(&shared.ends));
        let made = shared.aside(move || backups::make(&folder, now, &|| !ends.load(Ordering::Relaxed))).await;
        telemetry::repair_ended(Repair::Backup, &made, Millis(shared.now().0 - now.0));
        if let Err(StoreError::Damaged { why, .. }) = &made {
            self.found_damaged(why).await;
        }
        made?.ok_or_else(|| {
            refuse(RefusalCode::NotNow, "the program ends, and the backup was given up", "Make it next time.")
        })
    }

    /// A person has seen that an older copy of the store was put back.
    pub async fn seen_put_back(&self) -> Result<(), StoreError> {
        self.shared().write(standing::seen_put_back).await?;
        self.shared().bulletin.status_is_stale();
        Ok(())
    }

    /// Takes the database as its sender: whether it is the newest is judged by the note beside it. Returns the epoch.
    pub(crate) async fn take_store(&self) -> Result<i64, StoreError> {
        let shared = self.shared();
        let note = generation::read(&shared.folder)?;
        let (fresh, now) = (shared.uuid(), shared.now());
        let taken = shared.write(move |tx| standing::take(tx, note.as_ref(), &fresh, now)).await?;
        if let Some(put_back) = taken.put_back {
            let in_doubt = put_back.in_doubt.0;
            tracing::warn!(
                in_doubt,
                "an older copy of the store was put back; what is unsent is asked for first"
            );
        }
        shared.note(taken.generation).await?;
        shared.write(standing::noted).await?;
        Ok(taken.epoch)
    }

    /// The session ends in good order; where that cannot be written the next one checks.
    pub(crate) async fn say_goodbye(&self) {
        let rested = match self.shared().write(standing::rest).await {
            Ok(generation) => self.shared().note(generation).await,
            Err(error) => Err(error),
        };
        if let Err(error) = rested {
            tracing::warn!(%error, "noting that the session ended in good order");
        }
    }

    /// When the newest intact backup was made, where the store is damaged.
    pub(crate) fn intact(&self) -> Option<Millis> {
        self.shared().intact.get()?.as_ref().map(|backup| backup.made_at)
    }

    /// After an end without a goodbye the store is checked beside work; sending stops where it is not whole.
    async fn check_where_due(&self) {
        let shared = self.shared();
        match shared.store.read(standing::is_check_due) {
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => tracing::warn!(%error, "looking how the last session ended"),
        }
        let Some(path) = shared.store.path().map(Path::to_owned) else { return };
        let started = shared.now();
        let checked = shared.aside(move || quick_check(&path).and_then(|()| uncounted_activity(&path))).await;
        telemetry::repair_ended(Repair::QuickCheck, &checked, Millis(shared.now().0 - started.0));
        match checked {
            Ok(uncounted) => {
                if uncounted != Size::default() {
                    tracing::warn!(?uncounted, "the activity was counted wrongly; the counter is put right");
                }
                let now = shared.now();
                let verb = move |tx: &Tx| {
                    activity::correct_size(tx, uncounted)?;
                    standing::checked(tx, now)
                };
                if let Err(error) = shared.write(verb).await {
                    tracing::warn!(%error, "noting that the store is whole");
                }
            }
            Err(StoreError::Damaged { why, .. }) => self.found_damaged(&why).await,
            Err(error) => tracing::warn!(%error, "checking the store"),
        }
    }

    async fn found_damaged(&self, why: &str) {
        tracing::error!(why, "the store failed its check; sending is stopped");
        self.shared().store.mark_damaged();
        self.shared().bulletin.status_is_stale();
        self.look_for_intact().await;
    }

    async fn look_for_intact(&self) {
        let folder = self.shared().folder.clone();
        let found =
            self.shared().aside(move || Ok(backups::newest_intact(&folder))).await.unwrap_or_default();
        // Looked for once: nothing makes an intact copy of a damaged store.
        self.shared().intact.get_or_init(|| found);
        self.shared().bulletin.status_is_stale();
    }

    async fn back_up_where_due(&self) {
        if !self.is_backup_due() {
            return;
        }
        match self.back_up_now().await {
            Ok(backup) => tracing::info!(name = backup.name, "a backup was made"),
            Err(error) => tracing::warn!(%error, "no backup was made"),
        }
    }

    fn is_backup_due(&self) -> bool {
        let shared = self.shared();
        let created = shared.store.read(|tx| meta::number(tx, "created_at")).unwrap_or_default();
        let newest = backups::list(&shared.folder).ok().and_then(|backups| Some(backups.first()?.made_at));
        shared.now() >= newest.map_or(Millis(created).plus(FIRST), |at| at.plus(DAILY))
    }

    /// A full disk or a folder that cannot be written is looked at again, so that its state ends without a restart.
    async fn end_fault(&self) {
        let shared = self.shared();
        match shared.fault() {
            None => {}
            Some(StoreFault::Damaged) if shared.intact.get().is_none() => self.look_for_intact().await,
            Some(StoreFault::Damaged) => {}
            Some(StoreFault::DiskFull) if is_full(&shared.folder) => {}
            Some(StoreFault::DiskFull | StoreFault::ReadOnly | StoreFault::Io) => {
                let now = shared.now();
                // Its failure is noted by the writing itself.
                let _ = shared.write(move |tx| meta::set(tx, "probed_at", &now.0.to_string())).await;
            }
        }
    }
}
