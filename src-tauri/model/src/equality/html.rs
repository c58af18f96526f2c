//! A text that is HTML by its own form, compared by what it says and not by how a server wrote it down.
//!
//! Two texts are the same where their tokens are: the case of names, the order and quoting of attributes, how a character is
//! written and a slash that says nothing are no difference. White space is none only where [`space`] is sure that nobody
//! sees it. The tree that a browser makes follows from the tokens alone, so what is equal here looks equal too.

mod element;
mod space;

#[cfg(test)]
mod tests;

use html5gum::{DefaultEmitter, Error, StartTag, Tokenizer};

use self::element::Kind;
use super::nfc;

/// Texts beyond this many bytes are compared as texts: a merge makes six keys of a field, in 0.1 s of this length.
const MAX_BYTES: usize = 256 * 1024;
/// What begins a part of a template: there `&lt;` and `<` are not the same, nor is white space always nothing.
const TEMPLATES: [&str; 4] = ["{{", "{%", "<%", "<?"];

/// One token of a text; names are in lower case and characters decoded.
enum Token {
    Start {
        kind: Kind,
        name: String,
        /// Sorted by name, each once.
        attributes: Vec<(String, String)>,
        /// A slash at the end of an element that is not empty by itself; to a browser it is nothing, to others it is the end.
        slash: bool,
    },
    End {
        kind: Kind,
        name: String,
    },
    Text(String),
    Comment(String),
}

/// The key of a text that is HTML; `None` of any other, which is compared as the text that it is.
///
/// It begins with a mark of its own, and a mark that no text can hold begins each of its parts, so no text can pass for a tag
/// and no two lists of tokens have one key.
pub(super) fn key(text: &str) -> Option<String> {
    if !looks_like_html(text) {
        return None;
    }
    let tokens = tokens(text)?;
    let closes = |token: &Token| match token {
        Token::End { .. } => true,
        Token::Start { kind, .. } => kind.is_empty(),
        Token::Text(_) | Token::Comment(_) => false,
    };
    tokens.iter().any(closes).then(|| written(&tokens, text.len()))
}

/// The cheap look that plain texts do not get past: it begins with the tag of an HTML element and ends with `>`.
fn looks_like_html(text: &str) -> bool {
    text.ends_with('>')
        && text.len() <= MAX_BYTES
        && begins_with_tag(text)
        && !text.contains('\u{0}')
        && !TEMPLATES.iter().any(|mark| text.contains(mark))
}

fn begins_with_tag(text: &str) -> bool {
    let Some(tag) = text.trim_ascii_start().strip_prefix('<') else { return false };
    let end = tag.bytes().take(element::LONGEST_NAME + 1).take_while(u8::is_ascii_alphanumeric).count();
    let ended = matches!(tag.as_bytes().get(end), Some(b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r'));
    ended && Kind::of(tag[..end].to_ascii_lowercase().as_bytes()).is_some()
}

/// `None` where an element is not known, as its contents may be read by rules of their own, or where the text is broken in
/// a way that leaves something of it out.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut emitter = DefaultEmitter::default();
    // What stands in a script, a style or a text box is no tags; no element that would change that is known here.
    emitter.naively_switch_states(true);
    let mut tokens = Vec::new();
    for Ok(token) in Tokenizer::new_with_emitter(text, emitter) {
        match token {
            html5gum::Token::StartTag(tag) => tokens.push(start(tag)?),
            html5gum::Token::EndTag(tag) => {
                tokens.push(Token::End { kind: Kind::of(&tag.name)?, name: utf8(tag.name.0)? });
            }
            html5gum::Token::String(text) => match tokens.last_mut() {
                Some(Token::Text(before)) => before.push_str(&utf8(text.value.0)?),
                _ => tokens.push(Token::Text(utf8(text.value.0)?)),
            },
            html5gum::Token::Comment(comment) => tokens.push(Token::Comment(utf8(comment.value.0)?)),
            html5gum::Token::Doctype(_) => return None,
            html5gum::Token::Error(error) if leaves_out(error.value) => return None,
            html5gum::Token::Error(_) => {}
        }
    }
    Some(tokens)
}

fn start(tag: StartTag<()>) -> Option<Token> {
    let kind = Kind::of(&tag.name)?;
    let mut attributes = Vec::with_capacity(tag.attributes.len());
    for (name, value) in tag.attributes {
        attributes.push((utf8(name.0)?, utf8(value.value.0)?));
    }
    Some(Token::Start {
        kind,
        name: utf8(tag.name.0)?,
        attributes,
        slash: tag.self_closing && !kind.is_empty(),
    })
}

fn leaves_out(error: Error) -> bool {
    matches!(
        error,
        Error::EofBeforeTagName
            | Error::EofInTag
            | Error::EofInComment
            | Error::EofInScriptHtmlCommentLikeText
            | Error::EndTagWithAttributes
            | Error::EndTagWithTrailingSolidus
            | Error::MissingEndTagName
    )
}

fn utf8(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

fn written(tokens: &[Token], length: usize) -> String {
    let spaces = space::Spaces::of(tokens);
    let mut key = String::with_capacity(length + length / 4);
    key.push_str("\u{0}h");
    // Of use only where white space may go, and there nothing is closed that was not opened.
    let mut verbatim = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        match token {
            Token::Start { kind, name, attributes, slash } => {
                verbatim += usize::from(kind.is_verbatim());
                write(&mut key, "\u{0}<", name);
                for (name, value) in attributes {
                    write(&mut key, "\u{0}.", name);
                    write(&mut key, "\u{0}=", value);
                }
                if *slash {
                    key.push_str("\u{0}/");
                }
            }
            Token::End { kind, name } => {
                verbatim = verbatim.saturating_sub(usize::from(kind.is_verbatim()));
                write(&mut key, "\u{0}>", name);
            }
            Token::Comment(comment) => write(&mut key, "\u{0}!", comment),
            Token::Text(text) if matches!(before, Some(Token::Start { kind: Kind::Raw, .. })) => {
                write(&mut key, "\u{0}-", text);
            }
            Token::Text(text) => {
                let after = tokens.get(index + 1);
                let text = if verbatim > 0 { text.into() } else { spaces.seen(text, before, after) };
                if !text.is_empty() {
                    write(&mut key, "\u{0}-", &nfc(&text));
                }
            }
        }
    }
    key
}

fn write(key: &mut String, mark: &str, text: &str) {
    key.push_str(mark);
    key.push_str(text);
}
