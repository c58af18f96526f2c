//! `removals list | show | allow` and `unreadable list | show | retry | forget`.

use super::records::all;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::{RemovalsCommand, UnreadableCommand, Window};
use crate::out::Out;
use crate::words;
use serde::Serialize;
use serde_json::json;
use tidemark_host::Host;
use tidemark_model::number::Count;
use tidemark_model::view::{Removals, UnreadableDetail, UnreadableRow};

/// A collection that asks.
#[derive(Serialize)]
struct Asking {
    link: String,
    collection: String,
    #[serde(flatten)]
    asks: Removals,
}

pub async fn removals(command: RemovalsCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    match command {
        RemovalsCommand::List => list_asking(&asking(host)?, out),
        RemovalsCommand::Show { link, collection, window } => {
            let rows = all(&window, |offset, limit| {
                Ok(host.engine().list_removals(&link, &collection, offset, limit)?)
            })?;
            out.list(&rows, "Nothing is asked about this collection.", &["Record", "Title"], |row| {
                vec![words::short(&row.record, 40), words::short(&row.title, 60)]
            });
        }
        RemovalsCommand::Allow { link, collection, yes: None } => {
            let asks = asking(host)?.into_iter().find(|ask| ask.link == link && ask.collection == collection);
            let number = asks.as_ref().map_or(0, |ask| ask.asks.would_remove.0);
            let or_more = if asks.is_some_and(|ask| ask.asks.at_least) { " or more" } else { "" };
            out.say(&json!({ "wouldRemove": number }), || match number {
                0 => "Nothing is asked about this collection.".to_owned(),
                _ => format!(
                    "{}{or_more} would be removed here. To do it: removals allow {link} {collection} --yes {number}",
                    records(number)
                ),
            });
            return Ok(if number == 0 { Exit::Done } else { Exit::Person });
        }
        RemovalsCommand::Allow { link, collection, yes: Some(yes) } => {
            host.engine().allow_removals(&link, &collection, Count(yes)).await?;
            out.say(&json!({ "allowed": yes }), || {
                format!("{} may be removed here with the next sync.", records(yes))
            });
        }
    }
    Ok(Exit::Done)
}

fn records(number: i64) -> String {
    if number == 1 { "1 record".to_owned() } else { format!("{number} records") }
}

fn asking(host: &Host) -> Result<Vec<Asking>, Fault> {
    let mut asking = Vec::new();
    for link in host.engine().status()?.links {
        for collection in link.collections {
            if let Some(asks) = collection.asks {
                asking.push(Asking { link: link.name.clone(), collection: collection.name, asks });
            }
        }
    }
    Ok(asking)
}

fn list_asking(rows: &[Asking], out: &Out) {
    let heads = ["Connection", "Collection", "Would be removed", "Asked"];
    out.list(rows, "No collection asks before it removes records.", &heads, |row| {
        let or_more = if row.asks.at_least { " or more" } else { "" };
        vec![
            words::short(&row.link, 30),
            words::short(&row.collection, 30),
            format!("{}{or_more} of {}", row.asks.would_remove.0, row.asks.of.0),
            words::time(row.asks.since),
        ]
    });
}

fn list_unreadable(rows: &[UnreadableRow], out: &Out) {
    let heads = ["No.", "Collection", "Record", "Why", "Came", "Bytes"];
    out.list(rows, "Everything that came could be read.", &heads, |row| {
        vec![
            row.id.0.to_string(),
            words::short(&format!("{} {}", row.link, row.collection), 40),
            words::short(row.record.as_deref().unwrap_or("no id"), 40),
            words::short(&row.reason, 60),
            words::time(row.at),
            row.bytes.0.to_string(),
        ]
    });
}

fn in_words(detail: &UnreadableDetail) -> String {
    let row = &detail.row;
    let (link, collection) = (words::plain(&row.link), words::plain(&row.collection));
    let record = row.record.as_deref().map_or_else(|| "a row without an id".to_owned(), words::plain);
    let text = match &detail.text {
        Some(text) if (text.len() as i64) < row.bytes.0 => {
            format!("The first {} of {} bytes:\n{}", text.len(), row.bytes.0, words::plain(text))
        }
        Some(text) => words::plain(text),
        None => "Its text is not kept any more; newer ones took the room.".to_owned(),
    };
    format!("{link} {collection}, {record}: {}\n{text}", words::plain(&row.reason))
}

pub async fn unreadable(command: UnreadableCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let engine = host.engine();
    match command {
        UnreadableCommand::List { link, collection, window } => {
            let of = (link.as_deref(), collection.as_deref());
            let page = |offset, limit| Ok(engine.list_unreadable(of.0, of.1, offset, limit)?);
            list_unreadable(&all(&window, page)?, out);
        }
        UnreadableCommand::Show { id } => {
            let detail = engine.get_unreadable(Count(id))?;
            out.say(&detail, || in_words(&detail));
        }
        UnreadableCommand::Retry { ids } => {
            let mut ids: Vec<Count> = ids.into_iter().map(Count).collect();
            if ids.is_empty() {
                let all_of_them = Window { offset: 0, limit: None };
                let rows =
                    all(
                        &all_of_them,
                        |offset, limit| Ok(engine.list_unreadable(None, None, offset, limit)?),
                    )?;
                ids = rows.into_iter().map(|row| row.id).collect();
            }
            let came = engine.read_again(&ids).await?;
            out.say(&came, || {
                format!(
                    "{} could be read, {} still can't, {} have no id to ask for.",
                    came.read.0, came.still.0, came.nameless.0
                )
            });
        }
        UnreadableCommand::Forget { ids } => {
            let ids: Vec<Count> = ids.into_iter().map(Count).collect();
            let gone = engine.forget_unreadable(&ids).await?;
            let had_gone = ids.len() as i64 - gone.0;
            out.say(&json!({ "forgotten": gone, "hadGone": had_gone }), || {
                format!("{} forgotten, {had_gone} had already gone.", gone.0)
            });
        }
    }
    Ok(Exit::Done)
}
