mod properties;

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{MAX_BYTES, key, looks_like_html};
use crate::equality::{canonical, only_spaces_differ, same};

#[track_caller]
fn check(a: &str, b: &str, equal: bool) {
    let (one, other) = (Value::from(a), Value::from(b));
    assert_eq!(same(&one, &other), equal, "{a:?} and {b:?}");
    assert_eq!(same(&other, &one), equal, "{b:?} and {a:?}");
    assert_eq!(canonical(&one) == canonical(&other), equal, "the keys of {a:?} and {b:?}");
}

/// Each is one text, written down in two ways.
const SAME: &[(&str, &str)] = &[
    // Names, quotes, order.
    ("<P>Call <B>Anna</B></P>", "<p>Call <b>Anna</b></p>"),
    ("<a href='/x' title=\"Order\">x</a>", "<A TITLE=Order HREF=/x>x</A>"),
    ("<p>a<br>b</p>", "<p>a<br/>b</p>"),
    ("<p>a<br />b</p>", "<p>a<BR>b</p>"),
    ("<img alt=\"\" src=\"a.png\">", "<img src=a.png alt />"),
    ("<td rowspan=2 colspan=3>7</td>", "<td colspan=\"3\" rowspan=\"2\">7</td>"),
    ("<p class=\"b a\" id=x>1</p>", "<p id=\"x\" class='b a'>1</p>"),
    ("<a href=\"/one\" href=\"/two\">x</a>", "<a href=\"/one\">x</a>"),
    // Characters.
    ("<p>Müller &amp; Söhne</p>", "<p>M&uuml;ller & S&#246;hne</p>"),
    ("<p>a&nbsp;b</p>", "<p>a\u{a0}b</p>"),
    ("<p>a&#xA0;b</p>", "<p>a&#160;b</p>"),
    ("<p>5 &lt; 6</p>", "<p>5 < 6</p>"),
    ("<p>&quot;so&quot; &gt; &#39;so&#39;</p>", "<p>\"so\" > 'so'</p>"),
    ("<p>&#x1F69A; &hellip;</p>", "<p>🚚 …</p>"),
    ("<a href=\"?a=1&amp;b=2\">x</a>", "<a href=\"?a=1&b=2\">x</a>"),
    ("<a title='say \"hi\"'>x</a>", "<a title=\"say &quot;hi&quot;\">x</a>"),
    ("<p>Jose\u{301}</p>", "<p>José</p>"),
    ("<p>&#1055;&#1088;&#1080;&#1074;&#1077;&#1090;</p>", "<p>Привет</p>"),
    ("<p dir=rtl>שלום&rlm;</p>", "<p dir=\"rtl\">שלום\u{200f}</p>"),
    ("<p>配達は&#x6708;曜日</p>", "<p>配達は月曜日</p>"),
    ("<ruby>漢字<rt>かんじ</rt></ruby>", "<RUBY>漢字<RT>&#x304B;んじ</RT></RUBY>"),
    // White space that nobody sees.
    ("<p>a</p><p>b</p>", "<p>a</p>\n<p>b</p>\n"),
    (
        "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>",
        "<ul>\n  <li>a</li>\n  <li>b\n    <ul>\r\n      <li>c</li>\n    </ul>\n  </li>\n</ul>",
    ),
    (
        "<div><p>Deliver to the back door</p></div>",
        "\n<div>\n\t<p>\n\tDeliver to\n\tthe back  door </p></div>",
    ),
    (
        "<table><tr><td>1</td><th>2</th></tr></table>",
        "<table>\n <tr>\n  <td> 1 </td> <th>2</th>\n </tr>\n</table>",
    ),
    ("<dl><dt>a</dt><dd>b</dd></dl>", "<dl> <dt>a</dt>\n <dd>b</dd> </dl>"),
    ("<p style=\"text-align:center\">a</p><p>b</p>", "<p style=\"text-align:center\"> a </p>\n<p>b</p>"),
    ("<p>a <b>b</b> c</p>", "<p>a\n<b>b</b>  c</p>"),
    ("<pre>a\n  b</pre><p>c</p>", "<pre>a\r\n  b</pre>\n<p>c</p>"),
    ("<p>a</p><!-- x --><hr><p>b</p>", "<p>a</p><!-- x --><hr />\n<p>b</p>"),
    ("<p>मंगलवार को</p><p>β</p>", "<p>\n  मंगलवार\n  को\n</p>\n\n<p>β</p>"),
    ("<script>if (a < b) c();</script>", "<SCRIPT>if (a < b) c();</SCRIPT>"),
];

/// Between the two a reader, or who follows a link, could tell.
const DIFFERENT: &[(&str, &str)] = &[
    // Links, attributes, tags.
    ("<a href=\"/one\">x</a>", "<a href=\"/two\">x</a>"),
    ("<a href=\"/one\" href=\"/two\">x</a>", "<a href=\"/two\" href=\"/one\">x</a>"),
    ("<a href=\"/Jose\u{301}\">x</a>", "<a href=\"/José\">x</a>"),
    ("<a href=\"/a b\">x</a>", "<a href=\"/a  b\">x</a>"),
    ("<a href=\"/a\">x</a>", "<a href=\"/A\">x</a>"),
    ("<a href=\"?a&copy=1\">x</a>", "<a href=\"?a&copy;=1\">x</a>"),
    ("<p class=\"a b\">x</p>", "<p class=\"b a\">x</p>"),
    ("<p style=\"color: red\">x</p>", "<p style=\"color:red\">x</p>"),
    ("<p><b>a</b></p>", "<p><strong>a</strong></p>"),
    ("<p>a</p>", "a"),
    ("<p>a</p>", "<div>a</div>"),
    ("<p>a</p><p>b</p>", "<p>a<br>b</p>"),
    ("<p>a<br>b</p>", "<p>a<br></br>b</p>"),
    ("<p>a<p>b</p>", "<p>a</p><p>b</p>"),
    ("<p/>a</p>", "<p>a</p>"),
    ("<b><i>a</i></b>", "<i><b>a</b></i>"),
    ("<td title=a=b>x</td>", "<td title=a b>x</td>"),
    ("<img alt=x>", "<img altx>"),
    // Text that could pass for tags, tags that could pass for text.
    ("<p>b</p>", "<p><b></p>"),
    ("<p>a</p><!--b-->", "<p>a</p><b></b>"),
    ("<p>&lt;b&gt;a&lt;/b&gt;</p>", "<p><b>a</b></p>"),
    ("<p>&amp;lt;</p>", "<p>&lt;</p>"),
    ("<p>a</p>", "<p>&lt;/p&gt;a</p>"),
    ("<p title=\"a' alt='b\">x</p>", "<p title='a' alt='b'>x</p>"),
    ("<p>a&nbsp</p>", "<p>a&amp;nbsp</p>"),
    ("<p>&#x410;</p>", "<p>A</p>"),
    ("<p>ﬁn</p>", "<p>fin</p>"),
    ("<textarea><b>a</b></textarea>", "<textarea><B>a</B></textarea>"),
    // White space that is seen.
    ("<p>a&nbsp;b</p>", "<p>a b</p>"),
    ("<p>a&nbsp;&nbsp;b</p>", "<p>a&nbsp;b</p>"),
    ("<p>a&nbsp;</p>", "<p>a</p>"),
    ("<p><b>a </b>b</p>", "<p><b>a</b> b</p>"),
    ("<p><b>a</b> <i>b</i></p>", "<p><b>a</b><i>b</i></p>"),
    ("<p>a <b>b</b></p>", "<p>a<b>b</b></p>"),
    ("<p>ab</p>", "<p>a b</p>"),
    ("<p>a <br>b</p>", "<p>a<br>b</p>"),
    ("<pre>a\n  b</pre>", "<pre>a\n b</pre>"),
    ("<pre>a <b> b</b></pre>", "<pre>a <b>b</b></pre>"),
    ("<pre>a</pre>", "<pre>a </pre>"),
    ("<p><code>a  b</code></p>", "<p><code>a b</code></p>"),
    ("<textarea>a  b</textarea>", "<textarea>a b</textarea>"),
    ("<p>日本\n語</p>", "<p>日本 語</p>"),
    ("<p>日本\n語</p>", "<p>日本語</p>"),
    ("<p>a\u{c}b</p>", "<p>a b</p>"),
    ("<p>a&#13;b</p>", "<p>a b</p>"),
    // White space that a style or a class may let be seen, and blocks that may be none.
    ("<div class=\"ql-editor\"><p>a  b</p></div>", "<div class=\"ql-editor\"><p>a b</p></div>"),
    ("<p style=\"white-space:pre-wrap\">a  b</p>", "<p style=\"white-space:pre-wrap\">a b</p>"),
    ("<p style='WHITE-SPACE : pre'>a  b</p>", "<p style='WHITE-SPACE : pre'>a b</p>"),
    ("<p style='white\\-space:pre'>a  b</p>", "<p style='white\\-space:pre'>a b</p>"),
    (
        "<p style='color:red/*;*/;display:inline'>a</p> b<hr>",
        "<p style='color:red/*;*/;display:inline'>a</p>b<hr>",
    ),
    (
        "<p>a <span style=\"float:left\">b</span></p> <p id=x>c</p>",
        "<p>a <span style=\"float:left\">b</span></p><p id=x>c</p>",
    ),
    ("a<div hidden>x</div> b", "a<div hidden>x</div>b"),
    ("<b>a</b><div hidden>x</div> b<hr>", "<b>a</b><div hidden>x</div>b<hr>"),
    ("<b>a</b><table align=left></table> b<hr>", "<b>a</b><table align=left></table>b<hr>"),
    (
        "<style>p { white-space: pre }</style><p>a  b</p>x<hr>",
        "<style>p { white-space: pre }</style><p>a b</p>x<hr>",
    ),
    (
        "<p style='color:hover{}display:inline'>a</p> b<hr>",
        "<p style='color:hover{}display:inline'>a</p>b<hr>",
    ),
    // Tags that a browser leaves out or moves.
    ("<div>a</h2> b<hr>", "<div>a</h2>b<hr>"),
    ("<p>a</p>b</div> c<hr>", "<p>a</p>b</div>c<hr>"),
    ("<b>a</div> b</b>", "<b>a</div>b</b>"),
    ("<b>a<td> b</td></b>", "<b>a<td>b</td></b>"),
    ("<h1>a<h2>b</h2>c </h1> d<hr>", "<h1>a<h2>b</h2>c </h1>d<hr>"),
    ("<ul><li>a<li>b</li>c </li> d</ul>", "<ul><li>a<li>b</li>c</li> d</ul>"),
    ("<p>x<table> a <tr><td>1</td></tr></table></p>", "<p>x<table>a<tr><td>1</td></tr></table></p>"),
    ("<div>x<table> a <tr><td>1</td></tr></table></div>", "<div>x<table>a<tr><td>1</td></tr></table></div>"),
    // Comments and scripts.
    ("<p>a</p><!-- x -->", "<p>a</p><!-- y -->"),
    ("<p>a</p><!-- x -->", "<p>a</p>"),
    ("<p>a</p><!-- x -->", "<p>a</p><!--x-->"),
    ("<script>a  = 1</script>", "<script>a = 1</script>"),
    ("<script>a = '&lt;'</script>", "<script>a = '<'</script>"),
    ("<script>a = 'e\u{301}'</script>", "<script>a = 'é'</script>"),
    ("<script>a = '<B>'</script>", "<script>a = '<b>'</script>"),
    // Broken off within a tag.
    ("<p>a</p><p title=\"b>", "<p>a</p><p title=\"c>"),
    ("<p>a</p class=b>", "<p>a</p>"),
];

#[test]
fn html_that_says_the_same_is_the_same() {
    for (a, b) in SAME {
        assert!(key(a.trim_end()).is_some() && key(b.trim_end()).is_some(), "{a:?} and {b:?} are HTML");
        check(a, b, true);
    }
}

#[test]
fn html_of_which_a_reader_could_see_the_difference_is_different() {
    for (a, b) in DIFFERENT {
        check(a, b, false);
    }
}

/// What is compared as a text: a space or the case of a letter is a difference there.
const NO_HTML: &[(&str, &str)] = &[
    ("a < b", "a  < b"),
    ("<3 you>", "<3  you>"),
    ("<T>foo</T>", "<t>foo</t>"),
    ("<Item><Name>a</Name></Item>", "<item><name>a</name></item>"),
    ("<p><Item>a</Item></p>", "<p><item>a</item></p>"),
    ("<svg><title>&lt;b&gt;</title></svg>", "<svg><title><b></title></svg>"),
    ("<p><select><title>&lt;b&gt;</title></select></p>", "<p><select><title><b></title></select></p>"),
    ("<p><svg><textarea>&lt;b&gt;</textarea></svg></p>", "<p><svg><textarea><b></textarea></svg></p>"),
    ("<noscript>&lt;</noscript>", "<noscript><</noscript>"),
    ("<anna@example.com>", "<Anna@example.com>"),
    ("<b", "<B"),
    ("<p>", "<P>"),
    ("# Title\n\n<b>x</b>", "# Title\n\n<B>x</B>"),
    ("{\"a\": \"<p>x</p>\"}", "{\"a\": \"<P>x</P>\"}"),
    ("<p>a</p> and so on", "<P>a</P> and so on"),
    ("<p>{{ a  }} {% if a &lt; b %}</p>", "<p>{{ a  }} {% if a < b %}</p>"),
    ("<p><?php a  ?></p>", "<P><?php a  ?></P>"),
    ("<!DOCTYPE html><p>a</p>", "<!DOCTYPE html><P>a</P>"),
    ("<p>\u{0}</p>", "<P>\u{0}</P>"),
];

#[test]
fn what_is_no_html_is_compared_as_a_text() {
    for (a, b) in NO_HTML {
        assert!(key(a).is_none() && key(b).is_none(), "{a:?} and {b:?} are texts");
        check(a, b, false);
    }
}

/// HTML to us, and perhaps Markdown to another program: there each space may mean something.
const MARKDOWN: &[(&str, &str)] = &[
    (
        "<details><summary>x</summary>\n\n- a\n- b\n\n</details>",
        "<details><summary>x</summary>\n\n- a - b\n\n</details>",
    ),
    (
        "<p align=\"center\">\n<b>x</b></p>\n\n# Title\nText\n<hr>",
        "<p align=\"center\">\n<b>x</b></p>\n\n# Title Text\n<hr>",
    ),
    ("<div>\n\n**a**\n\n</div>", "<div>**a**</div>"),
    ("<b>a</b>  \nb <i>c</i>", "<b>a</b>\nb <i>c</i>"),
    ("<b>a</b>\n- b\n<i>c</i>", "<b>a</b> - b <i>c</i>"),
    ("<pre>a</pre>\n# Title\n<p>b</p>", "<pre>a</pre># Title\n<p>b</p>"),
    ("<p>a</p>\n\n    <p>b</p>", "<p>a</p>\n\n<p>b</p>"),
    ("    <p>b</p>", "<p>b</p>"),
];

#[test]
fn white_space_counts_where_it_may_be_markdowns() {
    for (a, b) in MARKDOWN {
        check(a, b, false);
    }
}

#[test]
fn no_other_text_has_the_key_of_html() {
    for (html, _) in SAME {
        let own = key(html.trim_end()).expect("HTML");
        check(html, &own, false);
        check(html, &format!("\u{0}{own}"), false);
        for cut in 1..4 {
            check(html, &own[cut..], false);
        }
    }
    check("<p>a</p>", "2026-11-19T09:12:00Z", false);
}

#[test]
fn that_only_spaces_differ_is_said_of_html_as_of_any_text() {
    assert!(only_spaces_differ("<p>a</p><p>b</p>", "<p>a</p>\n<p>b</p>"));
    assert!(!only_spaces_differ("<p>a</p>", "<P>a</P>"));
}

#[test]
fn a_text_beyond_the_bound_is_compared_as_a_text() {
    let long = |tag: &str, size: usize| format!("<{tag}>{}</{tag}>", "x".repeat(size - 7));
    check(&long("p", MAX_BYTES), &long("P", MAX_BYTES), true);
    check(&long("p", MAX_BYTES + 1), &long("P", MAX_BYTES + 1), false);
    assert!(!looks_like_html(&long("p", MAX_BYTES + 1)));
}

/// What took the square of its length would take minutes.
#[test]
fn the_worst_texts_take_no_longer_than_their_length_explains() {
    const LENGTH: usize = MAX_BYTES - 64;
    let filled = |begin: &str, part: &str, end: &str| {
        let times = (LENGTH - begin.len() - end.len()) / part.len();
        format!("{begin}{}{end}", part.repeat(times))
    };
    let mut names = String::from("<p");
    for number in 0.. {
        if names.len() > LENGTH {
            break;
        }
        names.push_str(&format!(" {number:x}"));
    }
    names.push_str("></p>");
    let mut nested = "<div>".repeat(22_000);
    nested.push_str(&"</div>".repeat(22_000));
    let worst = [
        ("as many names of attributes", names),
        ("one name of an attribute again and again", filled("<p", " a=b", "></p>")),
        ("deep nesting", nested),
        ("tags that are never closed", filled("<p>", "<b>", "</p>")),
        ("tags that were never opened", filled("<p>", "</b>", "</p>")),
        ("beginnings of tags", filled("<p>", "<", "</p>")),
        ("beginnings of comments", filled("<p>", "<!--", "</p>--></p>")),
        ("references that are none", filled("<p>", "&#x", "</p>")),
        ("references", filled("<p>", "&lt;", "</p>")),
        ("white space", filled("<p>", " \n", "</p>")),
        ("words", filled("<p>", "a\n", "</p>")),
        ("marks on one letter", filled("<p>a", "\u{301}\u{316}", "</p>")),
        ("an endless script", filled("<script>", "</scrip", "</script>")),
        ("a style of many properties", filled("<p style=\"", "color:;", "\">a</p>")),
        ("comments", filled("<p>", "<!---->", "</p>")),
    ];
    for (what, text) in worst {
        assert!(looks_like_html(&text), "{what}");
        let started = Instant::now();
        let _ = canonical(&Value::from(text));
        let spent = started.elapsed();
        assert!(spent < Duration::from_secs(8), "{what}: {spent:?}");
    }
}
