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

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::view::RequestView;

    #[test]
    fn what_was_sent_and_what_came_back_are_told_apart_and_disturb_no_terminal() {
        let request = RequestView {
            method: "PUT".into(),
            url: "http://h/c/a".into(),
            headers: vec!["If-Match: \"1\"".into()],
            body: Some("{\n  \"id\": 1\n}".into()),
            key: "k".into(),
            user: None,
            signed_in: false,
        };
        let attempt = AttemptDetail {
            request: Some(request),
            sent: vec!["if-match: \"1\"".into(), "idempotency-key: k".into()],
            answered: vec!["retry-after: 30".into()],
            body: Some("no\u{1b}[2J\nreally".into()),
        };
        let told = "> PUT http://h/c/a\n> if-match: \"1\"\n> idempotency-key: k\n>\n> {\n>   \"id\": 1\n> }\n\
                    < retry-after: 30\n<\n< no\\u{1b}[2J\n< really";
        assert_eq!(in_words(&attempt), told);
        let sealed = AttemptDetail { sent: Vec::new(), ..attempt };
        assert!(in_words(&sealed).contains("> If-Match: \"1\""), "what was sealed where nobody saw it leave");
        let gone = in_words(&AttemptDetail::default());
        assert_eq!(gone.lines().count(), 2, "{gone}");
    }
}
