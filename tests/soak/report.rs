//! The limits, and the tables with a verdict for each figure.

use crate::readings::{Reading, points};
use crate::verdict::{Course, Limit, course, growth_for_each};

const MIB: f64 = 1024.0 * 1024.0;

/// What each figure may do while the work goes on.
const LIMITS: [(&str, Limit); 12] = [
    // The queue lies on disk, and what the engine keeps in memory is bounded. Beside the writer's cache, which is taken off,
    // each reader's fills up (2 MiB; there are four or five), which is the slack.
    ("core_own_mib", Limit::Flat { share: 0.10, slack: 8.0 }),
    // Counts the mapped database too (up to 256 MiB), which grows as the history does.
    ("core_rss_mib", Limit::Flat { share: 0.15, slack: 32.0 }),
    // A garbage collector's heap: it goes up and down by tens of MiB.
    ("page_anon_mib", Limit::Flat { share: 0.25, slack: 48.0 }),
    // A handle that leaks for each sync or each fault would be hundreds; connections and readers come and go by a few.
    ("core_handles", Limit::Flat { share: 0.0, slack: 12.0 }),
    ("page_handles", Limit::Flat { share: 0.0, slack: 12.0 }),
    // Pools of threads that block grow with the load and shrink after ten seconds.
    ("core_threads", Limit::Flat { share: 0.0, slack: 8.0 }),
    ("page_threads", Limit::Flat { share: 0.0, slack: 8.0 }),
    // What is done in a quarter of a few minutes differs twofold by chance. A timer or a loop that stays behind after each
    // fault or each screen would be there hundreds of times at the end; what is left of such is seen more sharply at rest.
    ("core_wakeups_per_s", Limit::Flat { share: 1.0, slack: 100.0 }),
    ("page_wakeups_per_s", Limit::Flat { share: 1.0, slack: 200.0 }),
    ("core_cpu_percent", Limit::Flat { share: 1.0, slack: 5.0 }),
    ("page_cpu_percent", Limit::Flat { share: 1.0, slack: 10.0 }),
    // The log is copied back every 1,000 pages (4 MiB) and begun anew; a reader may hold that up for a while. It is a
    // whole 64 MiB where it is never copied.
    ("log_bytes", Limit::Most(24.0 * MIB)),
];

/// The database keeps each change with its attempts and lines of the activity, 90 days long, so that it grows by right;
/// what it may not do is to grow faster than what is kept.
const BYTES_PER_CHANGE: f64 = 12.0 * 1024.0;

/// What each figure may be when nothing is to do, from before the work to after it.
const AT_REST: [(&str, Limit); 13] = [
    ("core_own_mib", Limit::Flat { share: 0.10, slack: 12.0 }),
    ("core_rss_mib", Limit::Flat { share: 0.15, slack: 48.0 }),
    // Lists were filled and fields typed in meanwhile, and a collector gives back late.
    ("page_anon_mib", Limit::Flat { share: 0.5, slack: 64.0 }),
    // Connections stay open for a while to be used again, as many as requests were on their way at once.
    ("core_handles", Limit::Flat { share: 0.0, slack: 20.0 }),
    ("core_threads", Limit::Flat { share: 0.0, slack: 6.0 }),
    ("page_handles", Limit::Flat { share: 0.0, slack: 12.0 }),
    // Timers that stay behind would show: what wakes it at rest is the same as before.
    ("core_wakeups_per_s", Limit::Flat { share: 0.25, slack: 4.0 }),
    ("page_wakeups_per_s", Limit::Flat { share: 0.25, slack: 8.0 }),
    ("core_cpu_percent", Limit::Flat { share: 0.25, slack: 1.0 }),
    ("page_cpu_percent", Limit::Flat { share: 0.25, slack: 1.0 }),
    // Twice a second the engine looks what other processes did, which wakes four threads; the poll, the web view's look at
    // the system's memory and a library's idle thread come to it.
    ("core_wakeups_per_s", Limit::Most(40.0)),
    ("core_cpu_percent", Limit::Most(2.0)),
    ("page_cpu_percent", Limit::Most(3.0)),
];

/// Tells the figures of the work, and returns those beyond their limits.
pub fn of_work(readings: &[Reading]) -> Vec<String> {
    println!(
        "\n{:<20} {:>10} {:>10} {:>10} {:>12} {:>12}",
        "while at work", "first 1/4", "last 1/4", "most", "per hour", "allowed"
    );
    let mut beyond = Vec::new();
    for (name, limit) in LIMITS {
        let Some(course) = course(&points(readings, name)) else {
            beyond.push(format!("{name}: too few readings for a figure"));
            continue;
        };
        let (Course { first, last, most, per_hour }, allowed) = (&course, limit.of(course.first));
        let told = verdict(limit.holds(&course));
        println!(
            "{name:<20} {first:>10.1} {last:>10.1} {most:>10.1} {per_hour:>+12.1} {allowed:>12.1}  {told}"
        );
        if !limit.holds(&course) {
            beyond.push(format!(
                "{name}: {first:.1} became {last:.1}, at most {most:.1}; allowed {allowed:.1}"
            ));
        }
    }
    let grown = course(&points(readings, "database_bytes"));
    let counted = course(&points(readings, "saved_changes"));
    let each = grown.zip(counted).and_then(|(grown, counted)| growth_for_each(&grown, &counted));
    match each {
        Some(each) => {
            let holds = each <= BYTES_PER_CHANGE;
            println!(
                "database: {each:.0} bytes per saved change, allowed {BYTES_PER_CHANGE:.0}  {}",
                verdict(holds)
            );
            if !holds {
                beyond.push(format!("the database grows by {each:.0} bytes per saved change"));
            }
        }
        None => beyond.push("nothing was saved, so that the database's growth is no figure".to_owned()),
    }
    beyond
}

/// Tells the figures at rest, before the work and after it, and returns those beyond their limits.
pub fn at_rest(before: &Reading, after: &Reading) -> Vec<String> {
    println!("\n{:<20} {:>10} {:>10} {:>12}", "nothing to do", "before", "after", "allowed");
    let mut beyond = Vec::new();
    for (name, limit) in AT_REST {
        let of = |reading: &Reading| points(&[*reading], name)[0].1;
        let (first, last) = (of(before), of(after));
        let holds = limit.holds(&Course { first, last, most: last, per_hour: 0.0 });
        println!("{name:<20} {first:>10.1} {last:>10.1} {:>12.1}  {}", limit.of(first), verdict(holds));
        if !holds {
            beyond.push(format!("{name} at rest: {first:.1} became {last:.1}"));
        }
    }
    beyond
}

fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "BEYOND" }
}
