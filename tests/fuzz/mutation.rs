//! How an input is spoilt: at its bytes, and at what stands in it.

use crate::spans::{Span, values};
use crate::words::{BYTES, HEADER_VALUES, HEADERS, KEYS, VALUES};

/// One step: what is done, and three numbers that say where and with what.
pub type Mutation = (u8, u32, u32, u32);

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON text.
    Json,
    /// An answer of HTTP: a line of status, headers, an empty line, a body.
    Http,
    /// Text without a shape of its own, such as one argument on each line.
    Lines,
    /// Bytes.
    Bytes,
}

/// No input grows beyond this; what is larger is made on purpose, beside the fuzzing.
const MOST: usize = 1 << 20;
/// Lengths around limits that programs have.
const LENGTHS: [usize; 8] = [1, 100, 501, 1025, 2_049, 8_193, 65_537, 200_000];
/// Levels around those that are taken.
const DEPTHS: [usize; 8] = [2, 60, 126, 127, 128, 129, 1_000, 20_000];

/// An input after all steps; `other` is what pieces are taken from.
pub fn apply(form: Form, input: &[u8], other: &[u8], steps: &[Mutation]) -> Vec<u8> {
    let mut text = input.to_vec();
    for step in steps {
        one(form, &mut text, other, *step);
        text.truncate(MOST);
    }
    text
}

fn one(form: Form, text: &mut Vec<u8>, other: &[u8], (what, a, b, c): Mutation) {
    let structured = match form {
        Form::Json => 18,
        Form::Http => 24,
        Form::Lines => 10,
        Form::Bytes => 7,
    };
    match (form, what % structured) {
        (_, 0) => flip(text, a, b),
        (_, 1) => put(text, a, pick(BYTES, b), false),
        (_, 2) => put(text, a, pick(BYTES, b), true),
        (_, 3) => remove(text, a, b),
        (_, 4) => repeat(text, a, b, c),
        (_, 5) => text.truncate(place(a, text.len())),
        (_, 6) => splice(text, other, a, b),
        (Form::Lines, 7) => line(text, a, pick(VALUES, b).trim_matches('"')),
        (Form::Lines, 8) => line(text, a, &"x".repeat(LENGTHS[index(b, LENGTHS.len())])),
        (Form::Lines, _) => line(text, a, pick(HEADER_VALUES, b)),
        (_, 16 | 17) => value(form, text, other, 8, (a, b, c)),
        (Form::Http, 18 | 19) => header(text, a, b),
        (Form::Http, 20) => status(text, a),
        (Form::Http, 21) => no_header(text, a),
        (Form::Http, 22) => header(text, 0, a),
        (Form::Http, 23) => header_of(text, pick(HEADERS, a), &"y".repeat(LENGTHS[index(b, 6)])),
        (_, what) => value(form, text, other, what, (a, b, c)),
    }
}

/// What is done to one value of JSON.
fn value(form: Form, text: &mut Vec<u8>, other: &[u8], what: u8, (a, b, c): (u32, u32, u32)) {
    let found = values(text, body(form, text));
    let Some(span) = found.get(index(a, found.len())).copied() else { return put(text, a, b"{}", true) };
    let Span { whole, from, to } = span;
    let inside = |of: &[u8], span: &Span| of[span.from..span.to].to_vec();
    let fresh = match what {
        7 => pick(VALUES, b).as_bytes().to_vec(),
        8 => return alike(text, &found, a, b),
        9 => found.get(index(b, found.len())).map(|span| inside(text, span)).unwrap_or_default(),
        10 => {
            let others = values(other, body(form, other));
            others.get(index(b, others.len())).map(|span| inside(other, span)).unwrap_or_default()
        }
        11 => {
            let comma = b.is_multiple_of(2) && text.get(to) == Some(&b',');
            text.drain(whole..to + usize::from(comma));
            return;
        }
        12 => return again(text, span, b),
        13 => nested(&text[from..to], b, c),
        14 => {
            let key = format!("\"{}\":", pick(KEYS, b));
            let keys: Vec<&Span> = found.iter().filter(|span| span.has_key()).collect();
            let Some(span) = keys.get(index(a, keys.len())) else { return };
            text.splice(span.whole..span.from, key.into_bytes());
            return;
        }
        _ => longer(&text[from..to], b, c),
    };
    text.splice(from..to, fresh);
}

/// A number for a number, a text for a text: readers get further with it than with anything else.
fn alike(text: &mut Vec<u8>, found: &[Span], a: u32, b: u32) {
    let kind = |first: Option<&u8>| matches!(first, Some(b'-' | b'0'..=b'9'));
    let is_scalar = |first: Option<&u8>| kind(first) || first == Some(&b'"');
    let scalars: Vec<&Span> = found.iter().filter(|span| is_scalar(text.get(span.from))).collect();
    let Some(span) = scalars.get(index(a, scalars.len())) else { return };
    let number = kind(text.get(span.from));
    let values: Vec<&str> =
        VALUES.iter().copied().filter(|value| kind(value.as_bytes().first()) == number).collect();
    text.splice(span.from..span.to, pick(&values, b).bytes());
}

/// A value or member once more, or very often.
fn again(text: &mut Vec<u8>, span: Span, b: u32) {
    let times = [1, 2, 40, 1_200][index(b, 4)];
    let mut piece = vec![b','];
    piece.extend_from_slice(&text[span.whole..span.to]);
    let room = MOST.saturating_sub(text.len()) / piece.len();
    let all: Vec<u8> = piece.iter().copied().cycle().take(piece.len() * room.min(times)).collect();
    text.splice(span.to..span.to, all);
}

fn nested(value: &[u8], b: u32, c: u32) -> Vec<u8> {
    let depth = DEPTHS[index(b, DEPTHS.len())];
    let (open, close) = if c.is_multiple_of(2) { ("[", "]") } else { ("{\"a\":", "}") };
    [open.repeat(depth).as_bytes(), value, close.repeat(depth).as_bytes()].concat()
}

/// A longer text or number; around anything else, spaces.
fn longer(value: &[u8], b: u32, c: u32) -> Vec<u8> {
    let length = LENGTHS[index(b, LENGTHS.len())];
    let filling = match (value.first(), index(c, 3)) {
        (Some(b'"'), 0) => "x".repeat(length),
        (Some(b'"'), 1) => "\u{1F468}".repeat(length / 4),
        (Some(b'"'), _) => format!("{} ", crate::words::SECRET).repeat(length / 28),
        (Some(b'-' | b'0'..=b'9'), _) => "9".repeat(length),
        _ => " ".repeat(length),
    };
    let cut = usize::from(!value.is_empty());
    [&value[..cut], filling.as_bytes(), &value[cut..]].concat()
}

fn flip(text: &mut [u8], a: u32, b: u32) {
    let at = index(a, text.len());
    if let Some(byte) = text.get_mut(at) {
        *byte ^= 1 << (b % 8);
    }
}

fn put(text: &mut Vec<u8>, a: u32, bytes: &[u8], insert: bool) {
    let at = place(a, text.len());
    let end = if insert { at } else { (at + bytes.len()).min(text.len()) };
    text.splice(at..end, bytes.iter().copied());
}

fn remove(text: &mut Vec<u8>, a: u32, b: u32) {
    let at = place(a, text.len());
    let end = (at + 1 + (b % 64) as usize).min(text.len());
    text.drain(at..end);
}

fn repeat(text: &mut Vec<u8>, a: u32, b: u32, c: u32) {
    let at = place(a, text.len());
    let end = (at + 1 + (b % 200) as usize).min(text.len());
    let piece = text[at..end].repeat([1, 2, 30][index(c, 3)]);
    text.splice(end..end, piece);
}

/// The beginning of one and the end of the other.
fn splice(text: &mut Vec<u8>, other: &[u8], a: u32, b: u32) {
    text.truncate(place(a, text.len()));
    text.extend_from_slice(&other[place(b, other.len())..]);
}

fn line(text: &mut Vec<u8>, a: u32, fresh: &str) {
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let at = index(a, lines.len());
    if let Some(line) = lines.get_mut(at) {
        *line = fresh.as_bytes();
    }
    *text = lines.join(&b'\n');
}

fn header(text: &mut Vec<u8>, a: u32, b: u32) {
    header_of(text, pick(HEADERS, a), pick(HEADER_VALUES, b));
}

/// One more header, behind the line of status: the first of a name is the one that is read.
fn header_of(text: &mut Vec<u8>, name: &str, value: &str) {
    let at = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
    text.splice(at..at, format!("{name}: {value}\r\n").into_bytes());
}

fn no_header(text: &mut Vec<u8>, a: u32) {
    let end = body(Form::Http, text);
    let ends: Vec<usize> = (0..end).filter(|at| text[*at] == b'\n').collect();
    if let Some([from, to]) = ends.windows(2).nth(index(a, ends.len())) {
        text.drain(from + 1..to + 1);
    }
}

fn status(text: &mut Vec<u8>, a: u32) {
    const KNOWN: [&str; 24] = [
        "200", "201", "202", "204", "205", "206", "301", "302", "304", "307", "400", "401", "403", "404",
        "408", "409", "410", "412", "415", "422", "429", "500", "503", "999",
    ];
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    text.splice(0..end, format!("HTTP/1.1 {} X\r", pick(&KNOWN, a)).into_bytes());
}

/// Where the JSON of an input begins.
fn body(form: Form, text: &[u8]) -> usize {
    if form != Form::Http {
        return 0;
    }
    let find = |end: &[u8]| text.windows(end.len()).position(|window| window == end).map(|at| at + end.len());
    find(b"\r\n\r\n").or_else(|| find(b"\n\n")).unwrap_or(text.len())
}

fn pick<T: Copy>(from: &[T], number: u32) -> T {
    from[index(number, from.len())]
}

fn index(number: u32, length: usize) -> usize {
    if length == 0 { 0 } else { number as usize % length }
}

/// A place before, between or behind bytes.
fn place(number: u32, length: usize) -> usize {
    number as usize % (length + 1)
}
