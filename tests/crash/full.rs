//! A disk, a file or a database that may grow no further, and a folder that cannot be written.

use crate::child::{self, Worker, say};
use crate::on_write::OnWrite;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tidemark_engine::{Engine, Keep, OnDisk, StoreError, Write, WriterMode};
use tidemark_model::view::{Refusal, StoreFault};
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// A file may have so many blocks of 1,024 bytes.
const BLOCKS: usize = 3_000;
/// SIGXFSZ.
const TOO_LARGE: i32 = 25;

async fn save(engine: &Engine, number: usize) -> Result<(), StoreError> {
    let mut document = task(number);
    document["text"] = "word ".repeat(500).into();
    engine.create_record(LINK, TASKS, &document.to_string(), None).await.map(drop)
}

/// Saves until it is refused, and says each.
async fn save_as_child() {
    let (engine, _) = World::engine_on(&child::folder().unwrap()).await;
    for number in 1_000..10_000 {
        if let Err(error) = save(&engine, number).await {
            assert!(matches!(error, StoreError::DiskFull { .. } | StoreError::Io { .. }), "{error:?}");
            assert!(engine.status().unwrap().store_fault.is_some(), "it is shown");
            // Ends without a goodbye: it may not have room for one.
            std::process::abort();
        }
        say("saved");
    }
}

// proves A1, A8
#[tokio::test]
async fn a_file_that_may_grow_no_further_loses_nothing_that_was_called_saved() {
    let name = "full::a_file_that_may_grow_no_further_loses_nothing_that_was_called_saved";
    if child::folder().is_some() {
        return save_as_child().await;
    }
    // Told by an error, or by the signal that ends it in the middle of the write.
    for (trap, ends_by) in [("trap '' XFSZ;", 6), ("", TOO_LARGE)] {
        let mut world = Stage::tasks(1).open().await;
        world.close().await;
        let mut bash = Command::new("bash");
        let script = format!(r#"{trap} ulimit -c 0; ulimit -f {BLOCKS}; exec "$@""#);
        bash.args(["-c", &script, "bash"]).arg(std::env::current_exe().unwrap());
        let (said, ended) = Worker::start_by(bash, name, world.folder(), &[]).end().await;
        assert_eq!(ended.signal(), Some(ends_by), "{said:?}");
        assert!(said.len() > 20, "it had saved much before: {}", said.len());
        world.open_engine().await;
        let status = world.engine().status().unwrap();
        assert_eq!((status.store_fault, status.put_back), (None, None));
        world.check_books();
        let queue = world.queue().len();
        assert!(
            queue == said.len() || queue == said.len() + 1,
            "{queue} are there of {} that were called saved and one that was not",
            said.len()
        );
        world.sync().await;
        assert_eq!(world.effect_count(), queue);
        world.finish().await;
    }
}

/// A write into a database that may have so many pages; 0 sets no limit.
struct WithLimit {
    inner: Box<dyn Write>,
    pages: i64,
}

impl Write for WithLimit {
    fn run(&mut self, tx: &rusqlite::Connection, alone: bool) -> bool {
        let pages = if self.pages == 0 { i64::from(i32::MAX) } else { self.pages };
        tx.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
        self.inner.run(tx, alone)
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        self.inner.answer(committed);
    }
}

// proves A1, A8
#[tokio::test]
async fn a_database_that_may_have_no_more_pages_is_full_and_ends_being_so() {
    let pages = Arc::new(AtomicI64::new(0));
    let folder = tempfile::tempdir().unwrap();
    let inner = OnDisk::open(folder.path(), WriterMode::Threaded).unwrap();
    let storage = Arc::new(OnWrite {
        inner,
        wrap: {
            let pages = Arc::clone(&pages);
            move |inner| -> Box<dyn Write> {
                Box::new(WithLimit { inner, pages: pages.load(Ordering::Relaxed) })
            }
        },
    });
    let world = Stage { keep: Keep::In(storage), ..Stage::tasks(1) }.open().await;
    pages.store(300, Ordering::Relaxed);
    let mut saved = 0;
    let error = loop {
        match save(world.engine(), 1_000 + saved).await {
            Ok(()) => saved += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert!(saved > 20, "{saved}");
    assert_eq!(world.queue().len(), saved, "what was refused is not there");
    assert_eq!(world.engine().status().unwrap().store_fault, Some(StoreFault::DiskFull));
    pages.store(0, Ordering::Relaxed);
    save(world.engine(), 1_000 + saved).await.unwrap();
    assert_eq!(world.engine().status().unwrap().store_fault, None);
    world.sync().await;
    assert_eq!(world.effect_count(), saved + 1);
    world.finish_unaudited().await;
}

// proves A1, A8
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_said_and_stays_as_it_is() {
    let name = "full::a_folder_that_cannot_be_written_is_said_and_stays_as_it_is";
    if let Some(folder) = child::folder() {
        return look_as_child(&folder).await;
    }
    let mut world = Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    world.close().await;
    let database = std::fs::read(world.folder().join("tidemark.db")).unwrap();
    let script = r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", script]).arg(world.folder());
    command.arg(std::env::current_exe().unwrap());
    let (said, ended) = Worker::start_by(command, name, world.folder(), &[]).end().await;
    assert!(ended.success(), "{said:?}");
    assert_eq!(said, ["Make the folder writable for your account, or choose another with --data."]);
    assert_eq!(
        std::fs::read(world.folder().join("tidemark.db")).unwrap(),
        database,
        "not one byte was changed"
    );
    world.open_engine().await;
    assert_eq!(world.queue().len(), 1);
    world.sync().await;
    assert_eq!(world.effect_count(), 1);
    world.finish().await;
}

/// It is refused with words that name the place.
async fn look_as_child(folder: &Path) {
    let Err(error) = World::try_engine_on(folder).await else { panic!("nothing can be saved there") };
    assert!(matches!(&error, StoreError::ReadOnly { path, .. } if path.starts_with(folder)), "{error:?}");
    say(&Refusal::from(error).hint);
}
