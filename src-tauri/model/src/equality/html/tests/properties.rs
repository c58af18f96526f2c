//! What holds of any two texts, and of one text that two servers write down.

use proptest::prelude::*;
use serde_json::Value;

use crate::equality::{canonical, same};

/// What texts of tags are made of, good and bad.
const PARTS: [&str; 44] = [
    "<p>",
    "</p>",
    "<P>",
    "<b>",
    "</b>",
    "<div class=a>",
    "<div>",
    "</div>",
    "<ul>",
    "</ul>",
    "<li>",
    "</li>",
    "<br>",
    "<br/>",
    "<pre>",
    "</pre>",
    "<td>",
    "<table>",
    "</table>",
    "<tr>",
    "<a href=x>",
    "</a>",
    "<script>",
    "</script>",
    "<!-- x -->",
    "<!--",
    "-->",
    "<svg>",
    "<",
    ">",
    "&",
    "&lt;",
    "&nbsp;",
    "\u{a0}",
    " ",
    "\n",
    "  ",
    "a",
    "é",
    "e\u{301}",
    "日",
    "\"",
    "'",
    "\u{0}",
];

fn of_parts() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PARTS[..]), 0..12).prop_map(|parts| parts.concat())
}

/// A piece of a text as one means it, before anybody writes it down.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Words(String),
    Break,
    Bold(String),
    Link(String, String),
}

/// What a text is made of: paragraphs and lists.
#[derive(Clone, Debug, PartialEq)]
enum Block {
    Paragraph(Vec<Piece>),
    List(Vec<Vec<Piece>>),
}

fn words() -> impl Strategy<Value = String> {
    "[aбש<>&\"' \u{a0}]{0,3}[aбש<>&\"'\u{a0}]".prop_map(|words| {
        // One space after another is none of its own, and at an edge it is none at all.
        let spaced: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        spaced.join(" ")
    })
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        words().prop_map(Piece::Words),
        Just(Piece::Break),
        words().prop_map(Piece::Bold),
        ("[a&<\"' ]{0,3}", words()).prop_map(|(target, words)| Piece::Link(target, words)),
    ]
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    // Words beside words would be one text.
    let pieces = || {
        prop::collection::vec(piece(), 1..4).prop_map(|mut pieces| {
            pieces.dedup_by(|a, b| matches!((a, b), (Piece::Words(_), Piece::Words(_))));
            pieces
        })
    };
    let block = prop_oneof![
        pieces().prop_map(Block::Paragraph),
        prop::collection::vec(pieces(), 1..3).prop_map(Block::List),
    ];
    prop::collection::vec(block, 1..4)
}

/// A server's hand: how it writes follows from these, one after the other.
struct Hand<'a> {
    whims: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    out: String,
}

impl Hand<'_> {
    fn one_of(&mut self, ways: &[&str]) {
        let whim = *self.whims.next().expect("endless");
        self.out.push_str(ways[usize::from(whim) % ways.len()]);
    }

    fn words(&mut self, words: &str, quote: char) {
        for c in words.chars() {
            match c {
                '<' => self.one_of(&["&lt;", "&#60;", "&LT;"]),
                '>' => self.one_of(&["&gt;", ">"]),
                '&' => self.one_of(&["&amp;", "&#x26;"]),
                c if c == quote => self.one_of(&["&#34;", "&quot;"]),
                '"' => self.one_of(&["\"", "&quot;"]),
                'б' => self.one_of(&["б", "&bcy;", "&#1073;"]),
                '\u{a0}' => self.one_of(&["\u{a0}", "&nbsp;"]),
                ' ' if quote == ' ' => self.one_of(&[" ", "\n", "  "]),
                c => self.out.push(c),
            }
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Words(words) => self.words(words, ' '),
                Piece::Break => self.one_of(&["<br>", "<br/>", "<BR />"]),
                Piece::Bold(words) => {
                    self.one_of(&["<b>", "<B>", "<b >"]);
                    self.words(words, ' ');
                    self.one_of(&["</b>", "</B>"]);
                }
                Piece::Link(target, words) => {
                    self.one_of(&["<a href=\"", "<A  HREF = \""]);
                    self.words(target, '"');
                    self.one_of(&["\">", "\" href=x>"]);
                    self.words(words, ' ');
                    self.one_of(&["</a>", "</A>"]);
                }
            }
        }
    }

    fn between(&mut self) {
        self.one_of(&["", "\n", "\n  ", " "]);
    }

    fn write(mut self, blocks: &[Block]) -> String {
        for block in blocks {
            self.between();
            match block {
                Block::Paragraph(pieces) => {
                    self.one_of(&["<p>", "<P>"]);
                    self.between();
                    self.pieces(pieces);
                    self.between();
                    self.one_of(&["</p>", "</P>"]);
                }
                Block::List(items) => {
                    self.one_of(&["<ul>", "<UL>"]);
                    for item in items {
                        self.between();
                        self.one_of(&["<li>", "<LI>"]);
                        self.pieces(item);
                        self.between();
                        self.one_of(&["</li>", "</Li>"]);
                    }
                    self.between();
                    self.one_of(&["</ul>"]);
                }
            }
        }
        self.out
    }
}

fn written(blocks: &[Block], whims: &[u8]) -> String {
    Hand { whims: whims.iter().cycle(), out: String::new() }.write(blocks)
}

/// The smallest change that a person could make to one piece of a text.
fn edited(blocks: &[Block], at: usize, what: u8) -> Vec<Block> {
    let mut blocks = blocks.to_vec();
    let mut pieces: Vec<&mut Piece> = Vec::new();
    for block in &mut blocks {
        match block {
            Block::Paragraph(of) => pieces.extend(of),
            Block::List(items) => pieces.extend(items.iter_mut().flatten()),
        }
    }
    let count = pieces.len();
    let piece = &mut *pieces[at % count];
    match (what % 6, &mut *piece) {
        (0, Piece::Words(words) | Piece::Bold(words)) => *piece = Piece::Link(String::new(), words.clone()),
        (1, Piece::Words(words)) => *piece = Piece::Bold(words.clone()),
        (1, Piece::Bold(words)) => *piece = Piece::Words(words.clone()),
        (2, Piece::Link(target, _)) => target.push(' '),
        (3, Piece::Words(words) | Piece::Bold(words) | Piece::Link(_, words)) => {
            *words = words.replace(' ', "\u{a0}").replace('a', "aa");
        }
        (4, Piece::Words(words) | Piece::Bold(words) | Piece::Link(_, words)) => {
            *words = words.replace(' ', "")
        }
        (5, Piece::Words(words) | Piece::Bold(words) | Piece::Link(_, words)) => {
            *words = words.replace('<', "&lt;");
        }
        (_, Piece::Break) => *piece = Piece::Words("a".to_owned()),
        (_, Piece::Words(words) | Piece::Bold(words) | Piece::Link(_, words)) => words.push('a'),
    }
    blocks
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_two_texts_are_the_same_exactly_where_their_keys_are(a in of_parts(), b in of_parts()) {
        for (one, other) in [(&a, &b), (&format!("<p>{a}</p>"), &format!("<p>{b}</p>"))] {
            let (one, other) = (Value::from(one.as_str()), Value::from(other.as_str()));
            prop_assert!(same(&one, &one) && same(&other, &other));
            prop_assert_eq!(same(&one, &other), same(&other, &one));
            prop_assert_eq!(same(&one, &other), canonical(&one) == canonical(&other));
        }
    }

    #[test]
    fn one_text_is_the_same_in_whatever_way_servers_write_it(
        blocks in blocks(), one in prop::collection::vec(any::<u8>(), 1..40), other in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let (one, other) = (written(&blocks, &one), written(&blocks, &other));
        prop_assert!(same(&Value::from(one.as_str()), &Value::from(other.as_str())), "{one:?} and {other:?}");
    }

    #[test]
    fn the_smallest_change_is_a_difference_in_whatever_way_servers_write_it(
        blocks in blocks(), at in any::<usize>(), what in any::<u8>(),
        one in prop::collection::vec(any::<u8>(), 1..40), other in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let changed = edited(&blocks, at, what);
        prop_assume!(changed != blocks);
        let (one, other) = (written(&blocks, &one), written(&changed, &other));
        prop_assert!(!same(&Value::from(one.as_str()), &Value::from(other.as_str())), "{one:?} and {other:?}");
    }
}
