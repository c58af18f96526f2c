//! White space of which it is sure that no reader sees it.
//!
//! Rendering makes one space of several and drops those beside a block. That holds only where the tags are nested as they
//! are written, nothing says that the white space is seen or that a block is none, and the text cannot be Markdown with some
//! HTML in it. Anywhere else all white space counts.

use std::borrow::Cow;

use super::Token;
use super::element::Kind;

/// Attributes that cannot make white space seen; a class or an id may be styled in any way.
const ATTRIBUTES: [&str; 29] = [
    "align",
    "alt",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "cite",
    "color",
    "colspan",
    "datetime",
    "dir",
    "download",
    "face",
    "height",
    "href",
    "lang",
    "loading",
    "name",
    "rel",
    "reversed",
    "rowspan",
    "scope",
    "size",
    "src",
    "start",
    "target",
    "title",
    "valign",
    "width",
];
/// How the names of such properties of a style begin.
const PROPERTIES: [&str; 16] = [
    "background",
    "border",
    "color",
    "font",
    "height",
    "letter-spacing",
    "line-height",
    "list-style",
    "margin",
    "max-",
    "min-",
    "padding",
    "text-align",
    "text-decoration",
    "vertical-align",
    "width",
];

/// What white space is in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spaces {
    /// All of it counts.
    AsWritten,
    /// As rendering has it.
    AsRendered {
        /// A line break is not always a space: some browsers show nothing for one between letters that are written without.
        breaks_count: bool,
    },
}

impl Spaces {
    pub(super) fn of(tokens: &[Token]) -> Self {
        if !is_nested_as_written(tokens) || may_be_markdown(tokens) {
            return Self::AsWritten;
        }
        let unspaced = |token: &Token| matches!(token, Token::Text(text) if text.chars().any(is_unspaced));
        Self::AsRendered { breaks_count: tokens.iter().any(unspaced) }
    }

    /// What is seen of a text that is not in `pre` or the like, between two tokens.
    pub(super) fn seen<'t>(
        self,
        text: &'t str,
        before: Option<&Token>,
        after: Option<&Token>,
    ) -> Cow<'t, str> {
        let Self::AsRendered { breaks_count } = self else { return text.into() };
        let text = if is_edge(before) { text.trim_start_matches(is_space) } else { text };
        let text = if is_edge(after) { text.trim_end_matches(is_space) } else { text };
        let mut seen = String::with_capacity(text.len());
        for part in text.split_inclusive(|c| !is_space(c)) {
            let letter = part.trim_start_matches(is_space);
            match &part[..part.len() - letter.len()] {
                "" => {}
                space if breaks_count && space.contains('\n') => seen.push('\n'),
                _ => seen.push(' '),
            }
            seen.push_str(letter);
        }
        seen.into()
    }
}

/// The white space of style sheets. A no-break space is none, and what a reference puts in beside these is seen.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n')
}

/// Whether a line ends at a token, or at the end of the text.
fn is_edge(token: Option<&Token>) -> bool {
    match token {
        None => true,
        Some(Token::Start { kind, .. } | Token::End { kind, .. }) => kind.is_block(),
        Some(Token::Text(_) | Token::Comment(_)) => false,
    }
}

/// Whether the tree of the text is exactly what its tags say, and nothing in it changes how white space is seen.
fn is_nested_as_written(tokens: &[Token]) -> bool {
    let mut open: Vec<(Kind, &str)> = Vec::new();
    for token in tokens {
        let parent = open.last().map(|(kind, _)| *kind);
        match token {
            Token::Start { kind, name, attributes, slash } => {
                let plain = attributes.iter().all(|(name, value)| is_plain(*kind, name, value));
                if *slash || !plain || !kind.may_stand_in(parent) {
                    return false;
                }
                if !kind.is_empty() {
                    open.push((*kind, name));
                }
            }
            Token::End { name, .. } => {
                if open.pop().is_none_or(|(_, opened)| opened != name) {
                    return false;
                }
            }
            Token::Text(text) => {
                if parent.is_some_and(Kind::takes_no_text) && !text.chars().all(is_space) {
                    return false;
                }
            }
            Token::Comment(_) => {}
        }
    }
    // What is still open ends with the text.
    true
}

fn is_plain(kind: Kind, name: &str, value: &str) -> bool {
    match name {
        "style" => is_plain_style(value),
        // Text flows around a table that is aligned.
        "align" => kind != Kind::Table,
        name => ATTRIBUTES.contains(&name),
    }
}

/// Looked at from semicolon to semicolon: no property begins elsewhere where there are no braces, and one that a comment or an
/// escape begins has no name that is known.
fn is_plain_style(style: &str) -> bool {
    let plain = |declaration: &str| {
        let name = declaration.split(':').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        name.is_empty() || PROPERTIES.iter().any(|known| name.starts_with(known))
    };
    !style.contains(['{', '}']) && style.split(';').all(plain)
}

/// Whether a program that reads Markdown would find any in it, where line breaks and indentation mean something.
///
/// To such a program a block of HTML begins near the margin and goes on to the next blank line, and `pre` to its end.
fn may_be_markdown(tokens: &[Token]) -> bool {
    let first = tokens.iter().find(|token| !matches!(token, Token::Text(_)));
    let begins_in_line = !is_edge(first);
    tokens.iter().enumerate().any(|(index, token)| {
        let Token::Text(text) = token else { return false };
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let between_blocks = is_edge(before) && is_edge(tokens.get(index + 1)) && text.chars().all(is_space);
        let blank_line = has_blank_line(text);
        let after_pre = matches!(before, Some(Token::End { kind: Kind::Preformatted, .. }));
        match between_blocks {
            true => begins_in_line && text.contains('\n') || (blank_line || index == 0) && is_indented(text),
            false => blank_line || (begins_in_line || after_pre) && text.contains('\n'),
        }
    })
}

fn has_blank_line(text: &str) -> bool {
    let mut breaks = 0;
    for c in text.chars() {
        breaks = if c == '\n' {
            breaks + 1
        } else if is_space(c) {
            breaks
        } else {
            0
        };
        if breaks == 2 {
            return true;
        }
    }
    false
}

/// Whether what follows is so far from the margin that Markdown takes it for code.
fn is_indented(space: &str) -> bool {
    let margin = space.rsplit('\n').next().unwrap_or_default();
    margin.len() >= 4 || margin.contains('\t')
}

/// Letters of scripts that do not part words by spaces, and signs as wide as they are.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1100}'..='\u{11FF}' | '\u{1780}'..='\u{17FF}'
        | '\u{200B}' | '\u{2300}'..='\u{2BFF}' | '\u{2E80}'..='\u{A4CF}' | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE10}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FFEF}' | '\u{16FE0}'..)
}
