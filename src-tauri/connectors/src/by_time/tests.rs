use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const BOUNDS: LookBack = LookBack { most: Millis(30_000), least: Millis(5_000) };
const SHRUNK: Option<Millis> = Some(Millis(5_000));

/// A server whose entity tag is made from the newest stamp that was committed, as Kinto's is.
#[derive(Default)]
struct Server {
    /// Stamp and the time of its commit.
    rows: Vec<(i64, i64)>,
    /// So many rows on a page.
    page: usize,
    now: i64,
    /// By how much its `Date` differs from its stamps.
    skew: i64,
}

#[derive(Debug, Default)]
struct Reader {
    cursor: Cursor,
    seen: BTreeSet<i64>,
    unchanged: usize,
    asked: usize,
}

impl Server {
    fn committed(&self) -> Vec<i64> {
        let mut stamps: Vec<i64> = self
            .rows
            .iter()
            .filter(|(_, committed)| *committed <= self.now)
            .map(|(stamp, _)| *stamp)
            .collect();
        stamps.sort_unstable();
        stamps
    }

    /// A poll to its end; time passes between its pages.
    fn poll(&mut self, reader: &mut Reader, overlap: Option<Millis>, between_pages: i64) {
        loop {
            let committed = self.committed();
            let newest = committed.last().copied().unwrap_or(0);
            let ask = reader.cursor.ask(&BOUNDS, overlap);
            let tag = format!("\"{newest}\"");
            reader.asked += 1;
            if ask.unless.as_deref() == Some(&tag) {
                reader.unchanged += 1;
                return;
            }
            let from = reader.cursor.listing.as_ref().map_or(ask.since, |listing| listing.last);
            let mut rows = committed.iter().copied().filter(|stamp| *stamp > from);
            let shown: Vec<i64> = rows.by_ref().take(self.page).collect();
            let more = rows.next().is_some();
            let last = shown.last().copied().unwrap_or(0);
            reader.seen.extend(shown);
            let place = more.then(|| "on".to_owned());
            let shown = Shown {
                last,
                place,
                now: Some(newest),
                newest: Some(newest),
                tag: Some(tag),
                at: Some(self.now + self.skew),
            };
            reader.cursor = reader.cursor.after(&ask, shown, &BOUNDS);
            assert_eq!(Cursor::parse(&reader.cursor.to_text()), Some(reader.cursor.clone()));
            if !more {
                return;
            }
            self.now += between_pages;
        }
    }
}

fn server(rows: &[(i64, i64)]) -> Server {
    Server { rows: rows.to_vec(), page: 100, now: 100_000, skew: 0 }
}

#[test]
fn nothing_is_asked_about_by_its_tag_until_no_row_of_before_can_be_late_any_more() {
    // The clock of `Date` is an hour ahead of the stamps, and an hour behind.
    for skew in [0, 3_600_000, -3_600_000] {
        let mut server = Server { skew, ..server(&[(100_000, 100_000)]) };
        let mut reader = Reader::default();
        server.poll(&mut reader, None, 0);
        server.now = 125_000;
        server.poll(&mut reader, None, 0);
        assert_eq!(
            (reader.unchanged, &reader.cursor.known),
            (0, &None),
            "a row of before may still be committed"
        );
        // One that the server stamped before the newest it showed.
        server.rows.push((99_000, 128_500));
        server.now = 129_000;
        server.poll(&mut reader, SHRUNK, 0);
        assert!(reader.seen.contains(&99_000), "the tag did not change, and it was not believed");
        server.now = 160_000;
        server.poll(&mut reader, SHRUNK, 0);
        assert!(reader.cursor.known.is_some());
        server.now = 400_000;
        server.poll(&mut reader, SHRUNK, 0);
        assert_eq!(reader.unchanged, 1);
        server.rows.push((390_000, 401_000));
        server.now = 402_000;
        server.poll(&mut reader, SHRUNK, 0);
        assert!(reader.seen.contains(&390_000));
    }
}

#[test]
fn what_a_shrunk_overlap_misses_the_next_far_look_finds() {
    let mut server = server(&[(100_000, 100_000)]);
    let mut reader = Reader::default();
    server.poll(&mut reader, None, 0);
    let mut found_after = None;
    // Committed 25 s late, and everything else at once.
    server.rows.push((101_000, 126_000));
    for poll in 1..=20 {
        server.now += 10_000;
        server.rows.push((server.now, server.now));
        server.poll(&mut reader, SHRUNK, 0);
        if reader.seen.contains(&101_000) {
            found_after.get_or_insert(poll);
        }
    }
    assert_eq!(found_after, Some(8), "not by a near look, and by the first far one");
}

#[test]
fn a_listing_of_many_pages_ends_no_later_than_it_began() {
    let mut server = Server { page: 2, ..server(&[(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]) };
    let mut reader = Reader::default();
    // New rows keep coming while the pages are read, and one comes late behind what was read.
    server.rows.extend((0..30).map(|number| (100_000 + number * 5_000, 100_000 + number * 5_000)));
    server.rows.push((104_000, 133_000));
    server.poll(&mut reader, None, 4_000);
    assert!(reader.cursor.seen <= 100_000, "{:?}", reader.cursor);
    server.now = 300_000;
    server.page = 100;
    server.poll(&mut reader, None, 0);
    assert!(reader.seen.contains(&104_000));
}

#[test]
fn a_longer_span_of_the_settings_reaches_further_back_at_once() {
    let cursor = Cursor {
        sure: 970_000,
        known: Some(Known { since: 900_000, tag: "\"1\"".into(), span: 30_000 }),
        seen: 1_000_000,
        ..Cursor::default()
    };
    assert_eq!(cursor.ask(&BOUNDS, SHRUNK).unless.as_deref(), Some("\"1\""));
    let longer = LookBack { most: Millis(600_000), ..BOUNDS };
    assert_eq!(cursor.ask(&longer, None), Ask { since: 400_000, far: true, unless: None });
    assert_eq!(cursor.ask(&longer, SHRUNK), Ask { since: 995_000, far: false, unless: None });
}

proptest! {
    /// Rows of any lateness that the settings allow, polls at any time with any overlap: nothing is lost.
    #[test]
    fn a_row_that_commits_late_is_always_found(
        rows in prop::collection::vec((0..600_000_i64, 0..=30_000_i64), 1..60),
        polls in prop::collection::vec((0..60_000_i64, 5_000..=30_000_i64, 0..8_000_i64), 1..40),
        page in 1..12_usize,
        skew in -4_000_000..4_000_000_i64,
    ) {
        // Stamps are unique, as Kinto's are.
        let mut taken = BTreeSet::new();
        let rows: Vec<(i64, i64)> = rows
            .into_iter()
            .filter(|(stamp, _)| taken.insert(*stamp))
            .map(|(stamp, late)| (100_000 + stamp, 100_000 + stamp + late))
            .collect();
        let mut server = Server { rows, page, now: 100_000, skew };
        let mut reader = Reader::default();
        let sure = |reader: &Reader, server: &Server| -> Option<i64> {
            let sure = reader.cursor.sure;
            server.rows.iter().map(|(stamp, _)| *stamp).find(|stamp| *stamp <= sure && !reader.seen.contains(stamp))
        };
        for (wait, overlap, between_pages) in polls {
            server.now += wait;
            server.poll(&mut reader, Some(Millis(overlap)), between_pages);
            prop_assert_eq!(sure(&reader, &server), None, "said to be sure of");
        }
        // Everything is committed at last; a far look comes within nine polls.
        (server.now, server.page) = (server.now + 700_000, 100);
        for _ in 0..9 {
            server.now += 30_000;
            server.poll(&mut reader, SHRUNK, 0);
        }
        let missed: Vec<_> = server.rows.iter().filter(|(stamp, _)| !reader.seen.contains(stamp)).collect();
        prop_assert!(missed.is_empty(), "{:?} of {:?}", missed, server.rows);
        prop_assert!(reader.unchanged > 0, "and by then nothing is asked for but news");
    }
}
