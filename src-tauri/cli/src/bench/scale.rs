//! What a person does while very many changes wait: saving one more, the counts, and pages of the list. Each size is
//! measured in the same store, which grows from one to the next.

use super::report::{Line, Pair, Scale, resident_memory};
use super::stub::{COLLECTION, OTHER, Stub, document, id_of};
use super::{Plan, ground};
use crate::fault::Fault;
use std::time::{Duration, Instant};
use tidemark_host::Host;
use tidemark_model::view::QueueFilter;

/// Size of each document.
const BYTES: usize = 400;
/// Edits saved by one caller at each size, at most.
const EDITS: usize = 500;
/// How often each answer is asked for.
const ASKED: usize = 21;
/// Rows of a page, as the window asks for them.
const PAGE: usize = 200;
/// Documents made at a time, so that they are not what memory is measured of.
const STRETCH: usize = 10_000;

pub async fn measure(plan: &Plan) -> Result<Vec<Line>, Fault> {
    let stub = Stub::start(0, Vec::new()).await?;
    let (folder, host) = ground::linked_to(stub.url(), &[COLLECTION, OTHER]).await?;
    let mut lines = Vec::new();
    let mut waiting = 0;
    for size in sizes(plan.n) {
        while waiting < size {
            let upto = size.min(waiting + STRETCH);
            let documents = (waiting..upto).map(|number| document(&id_of(number), BYTES)).collect();
            ground::create_all(&host, COLLECTION, documents).await?;
            waiting = upto;
        }
        let edits = EDITS.min(size);
        let started = Instant::now();
        let mut each = Vec::with_capacity(edits);
        for number in 0..edits {
            // Of the other collection few changes wait, behind all of this one.
            let collection = if number % 20 == 0 { OTHER } else { COLLECTION };
            let document = document(&id_of(waiting + number), BYTES);
            let before = Instant::now();
            host.engine().create_record(ground::LINK, collection, &document, None).await?;
            each.push(before.elapsed());
        }
        let ours = started.elapsed();
        waiting += edits;
        let figures = figures(&host, waiting)?;
        let figures = Scale { database_bytes: ground::bytes(folder.path())?, ..figures };
        lines.push(
            Line::of("scale", size, &[Pair { ours, floor: None, each }])
                .with_operations(edits)
                .at_scale(figures),
        );
    }
    host.engine().shutdown().await;
    Ok(lines)
}

/// 1,000, 10,000 and so on up to n, and n.
fn sizes(n: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = std::iter::successors(Some(1_000), |size: &usize| size.checked_mul(10))
        .take_while(|size| *size < n)
        .collect();
    sizes.push(n);
    sizes
}

fn figures(host: &Host, waiting: usize) -> Result<Scale, Fault> {
    let engine = host.engine();
    let page = |filter: QueueFilter, offset: usize| {
        move || {
            let page = engine.list_queue(&filter, offset, PAGE)?;
            if page.rows.is_empty() {
                return Err(Fault::Unexpected("the page is empty".to_owned()));
            }
            Ok(())
        }
    };
    let all = QueueFilter::default;
    let few = QueueFilter { collection: Some(OTHER.to_owned()), ..all() };
    let search = QueueFilter { search: Some("item-0000007".to_owned()), ..all() };
    let before = engine.list_queue(&all(), (waiting / 2).saturating_sub(1), 1)?;
    let middle = before.next.ok_or_else(|| Fault::Unexpected("the middle is the end".to_owned()))?;
    Ok(Scale {
        statistics_us: median_of(|| Ok(engine.queue_stats().map(drop)?))?,
        status_us: median_of(|| Ok(engine.status().map(drop)?))?,
        first_page_us: median_of(page(all(), 0))?,
        middle_page_us: median_of(page(all(), waiting / 2))?,
        next_page_us: median_of(|| {
            let page = engine.list_queue_after(&all(), &middle, PAGE)?;
            page.rows.first().map(|_| ()).ok_or_else(|| Fault::Unexpected("the page is empty".to_owned()))
        })?,
        filtered_page_us: median_of(page(few, 0))?,
        search_page_us: median_of(page(search, 0))?,
        rss_bytes: resident_memory(),
        database_bytes: 0,
    })
}

/// The median time of an answer, in microseconds.
pub fn median_of(mut ask: impl FnMut() -> Result<(), Fault>) -> Result<u64, Fault> {
    let mut times = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let before = Instant::now();
        ask()?;
        times.push(before.elapsed());
    }
    times.sort();
    Ok(u64::try_from(times.get(ASKED / 2).copied().unwrap_or(Duration::ZERO).as_micros()).unwrap_or(u64::MAX))
}
