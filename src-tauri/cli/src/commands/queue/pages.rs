//! The queue's rows, page after page.

use crate::commands::records::PAGE;
use crate::fault::Fault;
use crate::grammar::Window;
use tidemark_host::Engine;
use tidemark_model::view::{ChangeRow, QueueFilter, QueuePage};

/// Where a page begins.
#[derive(Debug, PartialEq, Eq)]
pub enum Start {
    At(usize),
    /// After another page's `next`.
    After(String),
}

/// One page of the engine's queue.
pub fn of(engine: &Engine, filter: &QueueFilter, start: Start, limit: usize) -> Result<QueuePage, Fault> {
    Ok(match start {
        Start::At(offset) => engine.list_queue(filter, offset, limit)?,
        Start::After(place) => engine.list_queue_after(filter, &place, limit)?,
    })
}

/// Every row of a window. Each page but the first begins after the one before: none is walked past again, and what
/// leaves the queue meanwhile moves nothing out of sight.
pub fn all(
    window: &Window,
    mut page: impl FnMut(Start, usize) -> Result<QueuePage, Fault>,
) -> Result<Vec<ChangeRow>, Fault> {
    let wanted = window.limit.unwrap_or(usize::MAX);
    let mut rows: Vec<ChangeRow> = Vec::new();
    let mut start = Start::At(window.offset);
    loop {
        let limit = PAGE.min(wanted - rows.len());
        if limit == 0 {
            return Ok(rows);
        }
        let QueuePage { rows: more, next, .. } = page(start, limit)?;
        rows.extend(more);
        let Some(next) = next else { return Ok(rows) };
        start = Start::After(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::number::Count;

    // proves A13
    #[test]
    fn a_whole_list_is_asked_for_from_place_to_place() {
        let row: ChangeRow = serde_json::from_str(
            r#"{"id":"c","number":1,"state":"waiting","mutationState":"queued","link":"l","collection":"c",
                "record":"r","title":"r","operation":"update","fields":[],"savedAt":1,"size":1,"attempts":0,
                "nextAt":null,"reason":null,"position":1,"priority":5,"transaction":null,"goneAt":null}"#,
        )
        .unwrap();
        let starts = |window: Window| {
            let mut starts = Vec::new();
            let rows = all(&window, |start, limit| {
                let at = match &start {
                    Start::At(offset) => *offset,
                    Start::After(place) => place.strip_prefix("place ").unwrap().parse().unwrap(),
                };
                starts.push(start);
                let end = 1_100.min(at + limit);
                let next = (end < 1_100).then(|| format!("place {end}"));
                Ok(QueuePage { rows: vec![row.clone(); end - at], total: Count(1_100), next, sorted: false })
            });
            (rows.unwrap().len(), starts)
        };
        let after = |at: usize| Start::After(format!("place {at}"));
        assert_eq!(
            starts(Window { offset: 0, limit: None }),
            (1_100, vec![Start::At(0), after(500), after(1_000)])
        );
        assert_eq!(starts(Window { offset: 7, limit: Some(600) }), (600, vec![Start::At(7), after(507)]));
        assert_eq!(starts(Window { offset: 7, limit: Some(0) }), (0, vec![]));
    }
}
