//! `request`: a request that Tidemark keeps and sends without understanding it.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::RequestArguments;
use crate::out::Out;
use crate::{input, words};
use tidemark_host::Host;
use tidemark_model::request::Method;
use tidemark_model::view::NewRequest;

pub async fn perform(arguments: RequestArguments, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let RequestArguments { method, path, body, link, label, urgency } = arguments;
    let method = Method::parse(&method)
        .ok_or_else(|| Fault::Usage(format!("'{method}': one of POST, PUT, PATCH, DELETE")))?;
    let link = match link {
        Some(link) => link,
        None => only_link(host)?,
    };
    let body = body.map(|file| input::text(&file)).transpose()?;
    let request = NewRequest {
        method,
        target: path,
        body,
        label,
        metadata: None,
        priority: urgency.priority,
        depends_on: urgency.after,
    };
    let saved = host.engine().send_request(&link, request).await?;
    out.say(&saved, || {
        let change = saved.change.as_deref().unwrap_or_default();
        format!("{}: saved on this computer (change {change}).", words::plain(&saved.record))
    });
    Ok(Exit::Done)
}

fn only_link(host: &Host) -> Result<String, Fault> {
    let mut links = host.engine().status()?.links;
    match links.len() {
        1 => Ok(links.remove(0).name),
        0 => Err(Fault::Usage("there is no connection; add one by link add".to_owned())),
        _ => Err(Fault::Usage("there are several connections; say which by --link NAME".to_owned())),
    }
}
