//! A reading every few seconds: written to a file as it is taken, and kept for the verdict.

use crate::verdict::Point;
use crate::vitals::{Look, Vitals};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tidemark_tests::audit::database_in;

/// Time between two readings.
pub const EVERY: Duration = Duration::from_secs(5);

/// Everything that is measured at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// Seconds since the start.
    pub at: f64,
    /// The application's own process: engine and shell.
    pub core: Vitals,
    /// The web view's processes together.
    pub page: Vitals,
    /// The database's size in bytes.
    pub database: f64,
    /// The size of its write-ahead log in bytes.
    pub log: f64,
    /// Changes saved so far.
    pub saved: f64,
}

/// A column of the file, and what the verdict is about.
pub type Column = (&'static str, fn(&Reading) -> f64);

const MIB: f64 = 1024.0 * 1024.0;
/// What the connection that writes keeps of the database in memory at most, in MiB: it fills as the database grows, so that
/// memory is only then compared when this is taken off.
const WRITERS_CACHE: f64 = 32.0;

/// All columns but the time.
pub const COLUMNS: [Column; 18] = [
    ("core_rss_mib", |reading| reading.core.rss),
    ("core_anon_mib", |reading| reading.core.anon),
    ("core_own_mib", |reading| reading.core.anon - (reading.database / MIB).min(WRITERS_CACHE)),
    ("core_pss_mib", |reading| reading.core.pss),
    ("core_handles", |reading| reading.core.handles),
    ("core_threads", |reading| reading.core.threads),
    ("core_wakeups_per_s", |reading| reading.core.wakeups),
    ("core_cpu_percent", |reading| reading.core.cpu),
    ("page_rss_mib", |reading| reading.page.rss),
    ("page_anon_mib", |reading| reading.page.anon),
    ("page_pss_mib", |reading| reading.page.pss),
    ("page_handles", |reading| reading.page.handles),
    ("page_threads", |reading| reading.page.threads),
    ("page_wakeups_per_s", |reading| reading.page.wakeups),
    ("page_cpu_percent", |reading| reading.page.cpu),
    ("database_bytes", |reading| reading.database),
    ("log_bytes", |reading| reading.log),
    ("saved_changes", |reading| reading.saved),
];

/// The points of a column.
pub fn points(readings: &[Reading], column: &str) -> Vec<Point> {
    let (_, of) = COLUMNS.iter().find(|(name, _)| *name == column).expect("a column of the table");
    readings.iter().map(|reading| (reading.at, of(reading))).collect()
}

/// Takes readings of one run of the application.
pub struct Reader {
    begun: Instant,
    look: Look,
    data: PathBuf,
    file: File,
}

impl Reader {
    /// Of the process with this number on this data folder, into this file.
    pub fn new(application: u32, data: &Path, file: &Path) -> std::io::Result<Reader> {
        let mut file = File::create(file)?;
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        writeln!(file, "seconds,{}", names.join(","))?;
        Ok(Reader { begun: Instant::now(), look: Look::at(application), data: data.to_owned(), file })
    }

    /// Readings until the end.
    pub async fn read_until(&mut self, until: Instant) -> Vec<Reading> {
        let mut readings = Vec::new();
        while Instant::now() < until {
            tokio::time::sleep(EVERY.min(until.saturating_duration_since(Instant::now()))).await;
            readings.push(self.read());
        }
        readings
    }

    /// One reading over a stretch of time.
    pub async fn read_over(&mut self, span: Duration) -> Reading {
        self.look.again();
        tokio::time::sleep(span).await;
        self.read()
    }

    fn read(&mut self) -> Reading {
        let [core, page] = self.look.again();
        let size = |name: &str| self.data.join(name).metadata().map_or(0.0, |file| file.len() as f64);
        let sql = "SELECT coalesce(sum(n), 0) FROM counters WHERE state = 'saved'";
        let saved = database_in(&self.data).query_row(sql, [], |row| row.get::<_, i64>(0));
        let reading = Reading {
            at: self.begun.elapsed().as_secs_f64(),
            core,
            page,
            database: size("tidemark.db"),
            log: size("tidemark.db-wal"),
            saved: saved.unwrap_or(0) as f64,
        };
        let values: Vec<String> = COLUMNS.iter().map(|(_, of)| format!("{:.2}", of(&reading))).collect();
        // The figures are kept all the same where the disk does not take them.
        let _ = writeln!(self.file, "{:.1},{}", reading.at, values.join(","));
        reading
    }
}
