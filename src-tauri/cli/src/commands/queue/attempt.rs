//! `queue show ID --attempt NUMBER`.

use crate::words;
use tidemark_model::view::AttemptDetail;

/// What was sent and what came back, as on the wire: the lines of the one begin with '>', of the other with '<'.
pub fn in_words(attempt: &AttemptDetail) -> String {
    let AttemptDetail { request, sent, answered, body } = attempt;
    let mut lines = Vec::new();
    match request {
        Some(request) => lines.push(format!("> {} {}", request.method, words::plain(&request.url))),
        None => lines.push("> (the request of this try is no longer kept)".to_owned()),
    }
    // What was seen to leave says more than what was sealed.
    let sealed = request.as_ref().map(|request| &request.headers);
    let headers = if sent.is_empty() { sealed.unwrap_or(sent) } else { sent };
    lines.extend(headers.iter().map(|line| format!("> {}", words::plain(line))));
    if let Some(text) = request.as_ref().and_then(|request| request.body.as_ref()) {
        lines.push(">".to_owned());
        lines.extend(text.lines().map(|line| format!("> {}", words::plain(line))));
    }
    if answered.is_empty() {
        lines.push("< (no answer, or one that is no longer kept)".to_owned());
    }
    lines.extend(answered.iter().map(|line| format!("< {}", words::plain(line))));
    if let Some(body) = body {
        lines.push("<".to_owned());
        lines.extend(body.lines().map(|line| format!("< {}", words::plain(line))));
    }
    lines.join("\n")
}
