//! A request as a command for a POSIX shell, whatever stands in it.

use super::secrets;
use crate::document;
use crate::merge::LEFT_OUT;
use crate::view::RequestView;

/// Stand for placeholders until everything else is quoted. No other text holds a NUL by then.
const TOKEN: &str = "\0T";
const SECRET: &str = "\0S";

/// A command that sends a request again, without secrets: `$APP_TOKEN` stands for the account's, `$APP_SECRET` for
/// each value under a name that means one, for each that was masked, and for a body that was left out. The body goes by
/// standard input, never on the command line; a line break follows it, because a here-document ends with one.
pub fn curl(request: &RequestView) -> String {
    // Without --globoff braces and brackets of an address would be patterns.
    let mut words = vec![
        "curl --globoff".to_owned(),
        format!("--request {}", quoted(&token_of(&request.method))),
        format!("--url {}", quoted(&secrets::url(&clean(&request.url), SECRET))),
    ];
    words.extend(request.headers.iter().filter_map(|line| header(line)));
    if !request.key.is_empty() {
        words.push(format!("--header {}", quoted(&format!("Idempotency-Key: {}", one_line(&request.key)))));
    }
    match (&request.user, request.signed_in) {
        (Some(user), _) => words.push(format!("--user {}", quoted(&format!("{}:{TOKEN}", one_line(user))))),
        (None, true) => words.push(format!("--header {}", quoted(&format!("Authorization: Bearer {TOKEN}")))),
        (None, false) => {}
    }
    let document = request.body.as_deref().filter(|body| !body.is_empty()).map(here_document);
    words.extend(document.is_some().then(|| "--data-binary @-".to_owned()));
    let command = words.join(" \\\n  ");
    format!("# secrets removed\n{command}{}\n", document.unwrap_or_default())
}

/// A header's word; a line that is none could be read as something else and stays out.
fn header(line: &str) -> Option<String> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim();
    if name.is_empty() || !name.chars().all(is_token) {
        return None;
    }
    let value = if secrets::is_secret(name) { TOKEN.to_owned() } else { one_line(value.trim()) };
    Some(format!("--header {}", quoted(&format!("{name}: {value}"))))
}

/// A body by standard input. Where it holds secrets the shell fills in `$APP_SECRET`, and nothing else.
fn here_document(body: &str) -> String {
    if body == LEFT_OUT {
        return " <<TIDEMARK\n$APP_SECRET\nTIDEMARK".to_owned();
    }
    let body = clean(body);
    if let Ok(value) = document::parse_value(body.as_bytes()) {
        let mark = absent("TIDEMARKSECRET", |mark| document::to_text(&value).contains(mark));
        if let (value, true) = secrets::replaced(value, &mark) {
            let text = without_meaning(&document::to_text(&value)).replace(&mark, "$APP_SECRET");
            // The text is one line of JSON, so that no line of it can be the end.
            return format!(" <<TIDEMARK\n{text}\nTIDEMARK");
        }
    }
    let end = end_word(&body);
    format!(" <<'{end}'\n{body}\n{end}")
}

/// The word that ends a here-document: no line of it is the word, and none is like one that a shell was seen to spoil.
fn end_word(body: &str) -> String {
    let is_there = |word: &str| body.lines().any(|line| line == word);
    let own = absent("TIDEMARK", is_there);
    let others = ('A'..='Z').map(|letter| absent(&format!("{letter}_TIDEMARK"), is_there));
    let is_safe = |word: &String| !body.lines().any(|line| is_spoiled(line, word));
    std::iter::once(own.clone()).chain(others).find(is_safe).unwrap_or(own)
}

/// Some shells (dash 0.5.12) lose a byte where a line begins as the end word does and goes on beyond ASCII.
fn is_spoiled(line: &str, end: &str) -> bool {
    let same = line.bytes().zip(end.bytes()).take_while(|(one, other)| one == other).count();
    same > 0 && line.as_bytes().get(same).is_some_and(|byte| !byte.is_ascii())
}

/// The word, longer until it is not there.
fn absent(word: &str, is_there: impl Fn(&str) -> bool) -> String {
    let mut word = word.to_owned();
    while is_there(&word) {
        word.push('_');
    }
    word
}

/// A text for a here-document in which nothing means anything to the shell.
fn without_meaning(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '$' | '`') {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe
}

/// One word of the shell: everything in single quotes, but for the placeholders.
fn quoted(text: &str) -> String {
    let safe = format!("'{}'", text.replace('\'', r"'\''"));
    safe.replace(TOKEN, "'\"$APP_TOKEN\"'").replace(SECRET, "'\"$APP_SECRET\"'")
}

/// Without NULs, which no word and no document of a shell can hold.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// Without anything that would end a header's line.
fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// A method, which is letters only.
fn token_of(method: &str) -> String {
    method.chars().filter(|letter| is_token(*letter)).collect()
}

fn is_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> RequestView {
        RequestView {
            method: "PATCH".into(),
            url: "https://erp.example.com/api/items/it's".into(),
            headers: vec!["If-Match: \"1\"".into(), "Cookie: ••••".into(), "@/etc/passwd: x".into()],
            body: Some(r#"{"a":1.10}"#.into()),
            key: "k-1".into(),
            user: Some("anna".into()),
            signed_in: true,
        }
    }

    #[test]
    fn a_command_says_first_that_it_holds_no_secrets() {
        assert_eq!(
            curl(&request()),
            "# secrets removed\n\
             curl --globoff \\\n  --request 'PATCH' \\\n  --url 'https://erp.example.com/api/items/it'\\''s' \\\n  \
             --header 'If-Match: \"1\"' \\\n  --header 'Cookie: '\"$APP_TOKEN\"'' \\\n  \
             --header 'Idempotency-Key: k-1' \\\n  --user 'anna:'\"$APP_TOKEN\"'' \\\n  \
             --data-binary @- <<'TIDEMARK'\n{\"a\":1.10}\nTIDEMARK\n"
        );
    }

    #[test]
    fn a_body_with_a_secret_field_names_it_and_a_body_that_holds_the_end_has_another() {
        let with = |body: &str| curl(&RequestView { body: Some(body.into()), ..request() });
        let secret = with(r#"{"password":"hunter2","cost":"$5 `x` \\"}"#);
        assert!(
            secret
                .contains("<<TIDEMARK\n{\"password\":\"$APP_SECRET\",\"cost\":\"\\$5 \\`x\\` \\\\\\\\\"}\n"),
            "{secret}"
        );
        assert!(!secret.contains("hunter2"));
        for masked in [r#"{"pin":"••••"}"#, r#"{"data":"{\"pin\":\"••••\"}"}"#, LEFT_OUT] {
            let text = with(masked);
            assert!(text.contains("$APP_SECRET") && text.contains("<<TIDEMARK\n"), "{text}");
            assert!(!text.contains('•') && !text.contains("Not shown"), "{text}");
        }
        assert!(with("a\nTIDEMARK\nb").ends_with("<<'TIDEMARK_'\na\nTIDEMARK\nb\nTIDEMARK_\n"));
    }
}
