//! `queue may-be | is-there | send-again`: changes of which only a person can find out whether the server took them.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::out::Out;
use crate::words;
use serde_json::json;
use tidemark_engine::Engine;
use tidemark_model::view::MayBeIt;

/// What the server has since that holds all that was sent.
pub async fn may_be(engine: &Engine, id: &str, out: &Out) -> Result<Exit, Fault> {
    let offered = engine.may_be(id).await?;
    if out.is_json() {
        offered.iter().for_each(|it| out.say(it, String::new));
    } else {
        out.say(&(), || in_words(id, &offered));
    }
    Ok(Exit::Done)
}

fn in_words(id: &str, offered: &[MayBeIt]) -> String {
    if offered.is_empty() {
        return format!(
            "Nothing like it is on the server. To send it again: queue send-again {id}. A request that was done all \
             the same: queue is-there {id}"
        );
    }
    let cells: Vec<Vec<String>> = offered
        .iter()
        .map(|it| {
            let changed = it.changed_at.map(words::time).unwrap_or_default();
            vec![words::short(&it.record, 40), words::short(&it.title, 50), changed]
        })
        .collect();
    let table = words::table(&["Id", "Title", "Changed"], &cells);
    format!("{table}\nIf one of them is it: queue is-there {id} ID")
}

/// A person says under which id it is there.
pub async fn is_there(engine: &Engine, id: &str, record: &str, out: &Out) -> Result<Exit, Fault> {
    engine.is_there(id, record).await?;
    out.say(&json!({ "record": record }), || match record {
        "" => "It was done.".to_owned(),
        record => format!("{} is the record that was made here.", words::plain(record)),
    });
    Ok(Exit::Done)
}

/// A person says that it did not arrive.
pub async fn send_again(engine: &Engine, id: &str, out: &Out) -> Result<Exit, Fault> {
    engine.send_again(id).await?;
    out.say(&json!({ "sentAgain": id }), || "It goes again, as a new request, at the next sync.".to_owned());
    Ok(Exit::Done)
}
