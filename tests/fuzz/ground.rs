//! One parser, its kept inputs, and many that are made of them.
//!
//! Every kept input runs as it is, in every variant. Then inputs are made from them by steps that a seed decides, so that the
//! same cases run each time. What fails is made smaller, written as a file, and told with all that is needed to see it again;
//! the file, put beside the kept inputs, is from then on one of them.

use crate::mutation::{Form, Mutation, apply};
use cpu_time::ThreadTime;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

/// What one input may cost beside what its length explains.
const FREE_BYTES: u64 = 4 << 20;
const FREE_PIECES: u64 = 50_000;
const FREE_TIME: Duration = Duration::from_millis(1_500);
/// And for each of its bytes. A byte can be a value of its own in a list, and the largest kept form of a value has some
/// hundred bytes; each byte may be looked at by several readers, in a build that is not optimised.
const BYTES_PER_BYTE: u64 = 320;
const PIECES_PER_BYTE: u64 = 40;
const TIME_PER_BYTE: Duration = Duration::from_micros(8);
/// Nothing stands still for so long: then the input is told and the program ended, as nothing else ends it.
const STUCK: Duration = Duration::from_secs(120);

/// One parser of outside input.
pub struct Target {
    /// Its name, as it is told.
    pub name: &'static str,
    /// The folder of kept inputs.
    pub corpus: &'static str,
    /// What its inputs are.
    pub form: Form,
    /// In how many ways it reads each input.
    pub variants: u32,
    /// How many cases run in a short run.
    pub cases: u32,
}

/// What it did with one input.
pub struct Case<'a> {
    /// The input.
    pub bytes: &'a [u8],
    /// In which way it is read, from 0.
    pub variant: u32,
    weight: Cell<u64>,
}

impl Case<'_> {
    /// The input was handed over so often, so that so much more may be spent on it.
    pub fn weighs(&self, times: usize) {
        self.weight.set(self.weight.get().max(times as u64));
    }

    /// The same input, read in another way.
    pub fn as_variant(&self, variant: u32) -> Case<'_> {
        Case { bytes: self.bytes, variant, weight: Cell::new(self.weight.get()) }
    }

    /// The input as text, with replacement characters where it is none.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes)
    }
}

impl Target {
    /// Reads every kept input in every way, then so many made ones.
    pub fn run(&self, read: impl Fn(&Case<'_>)) {
        self.run_on(&[], read);
    }

    /// The same with inputs beside the kept ones, which only a program can make.
    pub fn run_on(&self, fresh: &[Vec<u8>], read: impl Fn(&Case<'_>)) {
        watch_panics();
        let mut kept = self.kept();
        kept.extend(fresh.iter().map(|bytes| (PathBuf::from("made by the test"), bytes.clone())));
        let watched = Watched::begin(self.name);
        let (begun, clock) = (ThreadTime::now(), Instant::now());
        self.replay(&kept, &watched, &read);
        let cases = cases(self.cases);
        let seed = seed();
        let config = Config {
            cases,
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            max_shrink_iters: 2_000,
            max_shrink_time: 20_000,
            ..Config::default()
        };
        let step = (any::<u8>(), any::<u32>(), any::<u32>(), any::<u32>());
        let strategy = (any::<u32>(), any::<u32>(), 0..self.variants, prop::collection::vec(step, 1..7));
        let made = |(first, second, _, steps): &(u32, u32, u32, Vec<Mutation>)| {
            let of = |number: &u32| &kept[*number as usize % kept.len()].1;
            apply(self.form, of(first), of(second), steps)
        };
        let ran = TestRunner::new(config).run(&strategy, |plan| {
            let bytes = made(&plan);
            self.judge(&bytes, plan.2, &watched, &read).map_err(TestCaseError::fail)
        });
        match ran {
            Ok(()) => {
                let all = u64::from(cases) + kept.len() as u64 * u64::from(self.variants);
                let (spent, took) = (begun.elapsed().as_secs_f64(), clock.elapsed().as_secs_f64());
                let pace = all as f64 / took;
                println!(
                    "{}: {all} cases in {took:.1} s ({spent:.1} s of computing), {pace:.0} each second",
                    self.name
                );
            }
            Err(TestError::Fail(why, plan)) => {
                let bytes = made(&plan);
                let left = self.leave(&bytes);
                panic!(
                    "{}, variant {}: {}\nthe input, made smaller, is in {}\nas kept in {}: {:?}\nseed {seed} (TIDEMARK_SEED), {cases} cases",
                    self.name,
                    plan.2,
                    why.message(),
                    left.display(),
                    self.folder().display(),
                    String::from_utf8_lossy(&bytes[..bytes.len().min(400)]),
                );
            }
            Err(TestError::Abort(why)) => panic!("{}: {}", self.name, why.message()),
        }
    }

    fn replay(&self, kept: &[(PathBuf, Vec<u8>)], watched: &Watched, read: &impl Fn(&Case<'_>)) {
        for (path, bytes) in kept {
            for variant in 0..self.variants {
                if let Err(why) = self.judge(bytes, variant, watched, read) {
                    panic!("{}, variant {variant}: {why}\nthe kept input {}", self.name, path.display());
                }
            }
        }
    }

    /// Reads one input and says what was wrong with how it was read.
    fn judge(
        &self,
        bytes: &[u8],
        variant: u32,
        watched: &Watched,
        read: &impl Fn(&Case<'_>),
    ) -> Result<(), String> {
        watched.next(bytes, variant);
        let case = Case { bytes, variant, weight: Cell::new(1) };
        let begun = ThreadTime::now();
        READING.set(true);
        let cost = allocation_counter::measure(|| {
            // What it panicked with is noted on the way.
            let _ = catch_unwind(AssertUnwindSafe(|| read(&case)));
        });
        READING.set(false);
        let spent = begun.elapsed();
        if let Some(said) = panicked() {
            return Err(said);
        }
        let length = bytes.len() as u64 * case.weight.get();
        let bounds = [
            ("bytes at once", cost.bytes_max, FREE_BYTES + BYTES_PER_BYTE * length),
            ("allocations", cost.count_total, FREE_PIECES + PIECES_PER_BYTE * length),
            (
                "microseconds of computing",
                u64::try_from(spent.as_micros()).unwrap_or(u64::MAX),
                u64::try_from(
                    (FREE_TIME + TIME_PER_BYTE * u32::try_from(length).unwrap_or(u32::MAX)).as_micros(),
                )
                .unwrap_or(u64::MAX),
            ),
        ];
        match bounds.into_iter().find(|(_, took, most)| took > most) {
            None => Ok(()),
            Some((of, took, most)) => {
                Err(format!("{took} {of} for {length} bytes of input; at most {most} are explained by that"))
            }
        }
    }

    fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(self.corpus)
    }

    /// The kept inputs by name.
    fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder()).expect("the kept inputs are there");
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{} keeps no input", self.folder().display());
        let read = |path: PathBuf| {
            let bytes = std::fs::read(&path).expect("a kept input can be read");
            (path, bytes)
        };
        paths.into_iter().map(read).collect()
    }

    /// Writes what failed where it can be taken from.
    fn leave(&self, bytes: &[u8]) -> PathBuf {
        let hash = tidemark_model::document::sha256_hex(bytes);
        let path = found().join(format!("{}-{}", self.name.replace(' ', "-"), &hash[..12]));
        std::fs::write(&path, bytes).expect("the temporary folder can be written");
        path
    }
}

fn found() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

/// The same cases in every run, so that a red one is the change's own doing; `TIDEMARK_SEED=N` looks at others.
fn seed() -> u64 {
    std::env::var("TIDEMARK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7)
}

/// `TIDEMARK_FUZZ_TIMES=N` runs so many times as many.
fn cases(few: u32) -> u32 {
    let times = std::env::var("TIDEMARK_FUZZ_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    few.saturating_mul(times)
}

/// The input under way, in a file that outlives the program: a stack that runs over leaves nothing else.
struct Watched {
    path: PathBuf,
    file: RefCell<File>,
    number: Arc<AtomicU64>,
}

impl Watched {
    fn begin(name: &'static str) -> Self {
        let path = found().join(format!("{}.running", name.replace(' ', "-")));
        let file = RefCell::new(File::create(&path).expect("the temporary folder can be written"));
        let number = Arc::new(AtomicU64::new(0));
        let (seen, at) = (Arc::downgrade(&number), path.clone());
        std::thread::spawn(move || {
            let (mut last, mut since) = (0, Instant::now());
            while let Some(number) = seen.upgrade().map(|number| number.load(Ordering::Relaxed)) {
                if number != last {
                    (last, since) = (number, Instant::now());
                } else if since.elapsed() > STUCK {
                    eprintln!("{name} does not come to an end with the input in {}", at.display());
                    std::process::abort();
                }
                std::thread::park_timeout(Duration::from_secs(1));
            }
        });
        Self { path, file, number }
    }

    fn next(&self, bytes: &[u8], variant: u32) {
        self.number.fetch_add(1, Ordering::Relaxed);
        let named = [format!("variant {variant}\n").as_bytes(), bytes].concat();
        let mut file = self.file.borrow_mut();
        // Written over, never emptied: some file systems wait for the disk then.
        let written = file
            .rewind()
            .and_then(|()| file.write_all(&named))
            .and_then(|()| file.set_len(named.len() as u64));
        written.expect("the temporary folder can be written");
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

thread_local! {
    /// This thread runs a test.
    static OURS: Cell<bool> = const { Cell::new(false) };
    /// What it ends with was planted and is told by nobody else.
    static PLANTED: Cell<bool> = const { Cell::new(false) };
    /// It is reading an input.
    static READING: Cell<bool> = const { Cell::new(false) };
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What panicked on a thread that a reader started.
static ELSEWHERE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A panic is told once, with the input that led to it, not at each step on the way to a smaller one; and none on a task
/// or thread of its own goes unseen.
pub fn watch_panics() {
    static ONCE: Once = Once::new();
    OURS.set(true);
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if READING.get() {
                LAST_PANIC.set(Some(panic.to_string()));
                return;
            }
            if !OURS.get() {
                ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
            }
            if !PLANTED.get() {
                loud(panic);
            }
        }));
    });
}

/// What panicked since the last look, also where somebody caught it.
fn panicked() -> Option<String> {
    let here = LAST_PANIC.take();
    here.or_else(|| ELSEWHERE.lock().unwrap_or_else(PoisonError::into_inner).pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target =
        Target { name: "itself", corpus: "documents", form: Form::Json, variants: 1, cases: 200 };

    fn told(read: impl Fn(&Case<'_>)) -> String {
        PLANTED.set(true);
        let panic = catch_unwind(AssertUnwindSafe(|| TARGET.run(read))).expect_err("it has to be found");
        *panic.downcast::<String>().expect("it is told in words")
    }

    #[test]
    fn a_parser_that_panics_is_found_and_its_input_left_as_a_file() {
        let told = told(|case| assert!(!case.text().contains("NaN"), "planted"));
        assert!(told.contains("planted") && told.contains("ground.rs"), "{told}");
        let (_, path) = told.split_once("is in ").expect("it says where the input is");
        let path = path.lines().next().expect("on the same line");
        assert!(std::fs::read_to_string(path).expect("it is there").contains("NaN"));
        assert!(told.contains("seed 7"), "{told}");
    }

    #[test]
    fn a_parser_that_holds_too_much_is_found() {
        let told = told(|case| drop(Vec::<u8>::with_capacity(case.bytes.len() * 400 + (5 << 20))));
        assert!(told.contains("bytes at once"), "{told}");
    }

    #[test]
    fn a_parser_that_copies_what_it_read_at_each_step_is_found() {
        let read = |case: &Case<'_>| {
            for end in 0..case.bytes.len() {
                for _ in 0..2_000 {
                    std::hint::black_box(case.bytes[..end].to_vec());
                }
            }
        };
        let told = told(read);
        assert!(told.contains("allocations") || told.contains("computing"), "{told}");
    }

    #[test]
    fn the_same_seed_makes_the_same_cases() {
        let seen = || {
            let all = RefCell::new(Vec::new());
            TARGET.run(|case| all.borrow_mut().push(tidemark_model::document::sha256_hex(case.bytes)));
            all.into_inner()
        };
        let first = seen();
        assert!(first.len() > 200);
        assert_eq!(first, seen());
    }
}
