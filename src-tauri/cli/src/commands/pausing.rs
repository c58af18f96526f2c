//! `pause` and `resume`.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::PauseArguments;
use crate::out::Out;
use serde_json::json;
use tidemark_host::Host;

pub async fn perform(
    arguments: &PauseArguments,
    paused: bool,
    host: &Host,
    out: &Out,
) -> Result<Exit, Fault> {
    let (link, collection) = (arguments.link.as_deref(), arguments.collection.as_deref());
    match paused {
        true => host.engine().pause(link, collection).await?,
        false => host.engine().resume(link, collection).await?,
    }
    out.say(&json!({"paused": paused, "link": link, "collection": collection}), || match paused {
        true => "Paused. Changes are still saved.".to_owned(),
        false => "Resumed.".to_owned(),
    });
    Ok(Exit::Done)
}
