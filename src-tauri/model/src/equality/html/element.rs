//! The elements that are known, by what may stand in them.

/// No name that is known has more letters.
pub(super) const LONGEST_NAME: usize = 10;

/// What an element is to the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A block of blocks.
    Group,
    /// A block of nothing but text.
    Paragraph,
    /// A block in which all white space is seen.
    Preformatted,
    List,
    Item,
    Terms,
    Term,
    Definition,
    Table,
    Caption,
    Columns,
    Column,
    Rows,
    Row,
    Cell,
    Rule,
    /// Part of a line.
    Inline,
    /// Part of a line in which white space is often seen.
    Code,
    /// Part of a line, with nothing in it.
    Mark,
    /// Its contents are neither tags nor characters that are written otherwise.
    Raw,
    /// Anything may be about its white space.
    Other,
}

impl Kind {
    /// `None` where the element is not known. Those that change how what is in them is read are not (`svg`, `math`, `template`,
    /// `select`, `noscript` and the like), nor are names that XML of other kinds likes to have (`data`, `object`, `menu`).
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"address" | b"article" | b"aside" | b"blockquote" | b"center" | b"details" | b"div"
            | b"figcaption" | b"figure" | b"footer" | b"header" | b"hgroup" | b"main" | b"nav"
            | b"section" => Self::Group,
            b"p" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"summary" => Self::Paragraph,
            b"pre" => Self::Preformatted,
            b"ul" | b"ol" => Self::List,
            b"li" => Self::Item,
            b"dl" => Self::Terms,
            b"dt" => Self::Term,
            b"dd" => Self::Definition,
            b"table" => Self::Table,
            b"caption" => Self::Caption,
            b"colgroup" => Self::Columns,
            b"col" => Self::Column,
            b"thead" | b"tbody" | b"tfoot" => Self::Rows,
            b"tr" => Self::Row,
            b"td" | b"th" => Self::Cell,
            b"hr" => Self::Rule,
            b"a" | b"abbr" | b"acronym" | b"b" | b"bdi" | b"bdo" | b"big" | b"cite" | b"del" | b"dfn"
            | b"em" | b"font" | b"i" | b"ins" | b"label" | b"mark" | b"q" | b"rp" | b"rt" | b"ruby"
            | b"s" | b"small" | b"span" | b"strike" | b"strong" | b"sub" | b"sup" | b"time" | b"u"
            | b"var" => Self::Inline,
            b"code" | b"kbd" | b"samp" | b"tt" => Self::Code,
            b"br" | b"img" | b"wbr" => Self::Mark,
            b"script" | b"style" => Self::Raw,
            b"audio" | b"body" | b"button" | b"dialog" | b"fieldset" | b"form" | b"head" | b"html"
            | b"iframe" | b"input" | b"legend" | b"link" | b"meta" | b"nobr" | b"picture" | b"source"
            | b"textarea" | b"title" | b"video" => Self::Other,
            _ => return None,
        })
    }

    /// Whether it begins and ends a line of its own.
    pub(super) fn is_block(self) -> bool {
        !matches!(self, Self::Inline | Self::Code | Self::Mark | Self::Raw | Self::Other)
    }

    /// Whether nothing can be in it, so that it has no end tag.
    pub(super) fn is_empty(self) -> bool {
        matches!(self, Self::Mark | Self::Rule | Self::Column)
    }

    /// Whether all white space in it counts.
    pub(super) fn is_verbatim(self) -> bool {
        matches!(self, Self::Preformatted | Self::Code)
    }

    /// Whether text that stands directly in it is put elsewhere.
    pub(super) fn takes_no_text(self) -> bool {
        matches!(self, Self::Table | Self::Columns | Self::Rows | Self::Row)
    }

    /// Whether it can stand in another, or at the top, without a tag being left out, moved or added when it is read.
    pub(super) fn may_stand_in(self, parent: Option<Self>) -> bool {
        use Kind::*;
        match (parent, self) {
            (_, Raw | Other) => false,
            (Some(Table), Caption | Columns | Rows | Row) => true,
            (Some(Columns), Column) | (Some(Rows), Row) | (Some(Row), Cell) => true,
            (Some(Table | Columns | Rows | Row), _) => false,
            (_, Caption | Columns | Column | Rows | Row | Cell) => false,
            (Some(List), Item) | (Some(Terms), Term | Definition) => true,
            (_, Item | Term | Definition) => false,
            (Some(Paragraph | Preformatted | Term | Caption | Inline | Code), child) => {
                matches!(child, Inline | Code | Mark)
            }
            _ => true,
        }
    }
}
