use super::keeping::fill;
use super::page;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ActivityFilter, ActivityKind as Kind, ActivityPage};
use tidemark_tests::world::{LINK, Stage, World};

/// A world with 100,000 lines.
async fn busy() -> World {
    let mut world = Stage::tasks(1).open().await;
    world.close().await;
    fill(&world, 100_000);
    world.open_engine().await;
    world
}

fn ask(world: &World, filter: &ActivityFilter, after: Option<Count>, limit: usize) -> ActivityPage {
    world.engine().activity(filter, after, limit).unwrap()
}

/// Every page of a filter, joined; no page looks at more than a stretch of lines.
fn all(world: &World, filter: &ActivityFilter, limit: usize) -> (Vec<i64>, usize) {
    let (mut ids, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = ask(world, filter, after, limit);
        assert!(page.looked.0 <= 2_000 && page.lines.len() <= limit, "{} looked at", page.looked.0);
        ids.extend(page.lines.iter().map(|line| line.id.0));
        pages += 1;
        match page.next {
            Some(next) => after = Some(next),
            None => return (ids, pages),
        }
    }
}

// proves A12, A13
#[tokio::test]
async fn a_page_looks_at_no_more_lines_than_it_shows_however_many_there_are() {
    let world = busy().await;
    let first = ask(&world, &ActivityFilter::default(), None, 50);
    assert_eq!((first.lines.len(), first.looked), (50, Count(50)));
    let of_link = ActivityFilter { link: Some(LINK.into()), ..ActivityFilter::default() };
    assert_eq!(ask(&world, &of_link, first.next, 50).looked, Count(50));
    // The kinds that stand far behind are found by the index.
    let received = ActivityFilter { kind: Some(Kind::Received), ..ActivityFilter::default() };
    let page = ask(&world, &received, None, 50);
    assert_eq!((page.lines.len(), page.looked, page.next), (1, Count(1), None));
    let of_record = ActivityFilter { record: Some("r000007".into()), ..ActivityFilter::default() };
    let page = ask(&world, &of_record, None, 50);
    assert_eq!((page.lines.len(), page.looked, page.next), (1, Count(1), None));
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_double_while_lines_come_in() {
    let world = busy().await;
    let half = ask(&world, &ActivityFilter::default(), None, 500);
    let before: Vec<i64> = half.lines.iter().map(|line| line.id.0).collect();
    world.set("t001", "rank", 9).await;
    world.sync().await;
    let next = ask(&world, &ActivityFilter::default(), half.next, 500);
    assert_eq!(next.lines[0].id.0, before[499] - 1, "what comes in meanwhile moves nothing");
    let (ids, pages) = all(&world, &ActivityFilter::default(), 500);
    assert_eq!(ids.len(), 100_000 + page_of_all(&world));
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "the newest first");
    assert_eq!(pages, ids.len().div_ceil(500));
    world.finish().await;
}

/// The lines that a world has of its own: it was opened, and had a run.
fn page_of_all(world: &World) -> usize {
    let own = [Kind::Received, Kind::Settings, Kind::Upkeep, Kind::Checks];
    let sent = ActivityFilter { record: Some("t001".into()), ..ActivityFilter::default() };
    own.into_iter().map(|kind| page(world, Some(kind)).lines.len()).sum::<usize>()
        + ask(world, &sent, None, 500).lines.iter().filter(|line| line.kind == Kind::Sent).count()
}

// proves A12
#[tokio::test]
async fn a_search_goes_through_stretches_and_finds_what_stands_far_behind() {
    let world = busy().await;
    let of = |text: &str| ActivityFilter { search: Some(text.into()), ..ActivityFilter::default() };
    let first = ask(&world, &of("r000007"), None, 50);
    assert_eq!((first.lines.len(), first.looked), (0, Count(2_000)), "nothing so far, and there is more");
    assert!(first.next.is_some());
    assert_eq!(all(&world, &of("r000007"), 50).0.len(), 1, "by its record");
    assert_eq!(all(&world, &of("8000-000000000008"), 50).0.len(), 1, "by its change");
    assert!(all(&world, &of("nowhere"), 50).0.is_empty());
    assert!(all(&world, &of("confirmed"), 50).0.is_empty(), "what happened is no id");
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn lines_are_narrowed_down_by_time_link_and_what_came_in() {
    let world = Stage::tasks(2).open().await;
    world.clock.advance_s(3_600);
    let since = tidemark_model::clock::Clock::now(&world.clock);
    world.colleague_sets("t001", "state", "done");
    world.set("t002", "state", "done").await;
    world.sync().await;
    let of = |filter: &ActivityFilter| ask(&world, filter, None, 50).lines;
    let younger = ActivityFilter { since: Some(since), ..ActivityFilter::default() };
    let kinds: Vec<Kind> = of(&younger).iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [Kind::Received, Kind::Sent]);
    let hidden = ActivityFilter { hide_received: true, ..younger.clone() };
    assert_eq!(of(&hidden).iter().map(|line| line.kind).collect::<Vec<_>>(), [Kind::Sent]);
    let later = ActivityFilter { since: Some(Millis(since.0 + 1)), ..ActivityFilter::default() };
    assert_eq!(of(&later), []);
    let elsewhere = ActivityFilter { link: Some("elsewhere".into()), ..ActivityFilter::default() };
    assert_eq!(of(&elsewhere), []);
    let found = ActivityFilter { search: Some("t001".into()), ..younger };
    assert_eq!(of(&found).len(), 1, "also where a line names several");
    world.finish().await;
}
