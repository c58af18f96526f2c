use super::*;

use proptest::prelude::*;

/// What the language is made of, and what a script has in its scope.
const TOKENS: &[&str] = &[
    "fn resolve(base, local, server, info) {",
    "fn f(a) {",
    "}",
    "{",
    "(",
    ")",
    "[",
    "]",
    "#{",
    ":",
    ",",
    ";",
    ".",
    "?.",
    "+",
    "-",
    "*",
    "==",
    "!=",
    "<",
    ">=",
    "=",
    "+=",
    "&&",
    "||",
    "!",
    "??",
    "..",
    "..=",
    "|",
    "::",
    "=>",
    "`",
    "${",
    "\"",
    "'",
    "\\",
    "//",
    "/*",
    "*/",
    "\n",
    " ",
    "if",
    "else",
    "while",
    "loop",
    "for",
    "in",
    "do",
    "until",
    "break",
    "continue",
    "return",
    "throw",
    "try",
    "catch",
    "let",
    "const",
    "true",
    "()",
    "0",
    "1",
    "9223372036854775807",
    "-9223372036854775808",
    "0x7fffffffffffffff",
    "\"local\"",
    "\"server\"",
    "base",
    "local",
    "server",
    "info",
    "x",
    "y",
    "f(x)",
    "local.rows",
    "local.grand_total",
    "server.n",
    "[0]",
    "[-1]",
    "[1..3]",
    "[\"k\"]",
    "max",
    "min",
    "abs",
    "info.newer",
    "number(\"1.5\")",
    "len()",
    "push(x)",
    "keys()",
    "get(\"id\")",
    "remove(\"id\")",
    "contains(x)",
    "is_number",
    "type_of",
    "to_string()",
    "é",
    "\u{0}",
    "\u{202e}",
    "let x = ",
    "x = [x, x];",
    "x += x;",
    "for y in x {",
    "loop {",
    "server.x = ",
];

/// A script either cannot be read, or decides, or says why not; what it did cannot break the interpreter.
fn ends(source: &str) -> Result<(), TestCaseError> {
    let document =
        |n: &str| format!(r#"{{"id":"A1","grand_total":{n},"n":1e400,"rows":[{{"q":1.10}},{{"q":2}}]}}"#);
    let sides = Sides::new(&document("1"), &document("2"), &document("3"));
    let answer = ScriptHook::compile(source, clock(1)).and_then(|hook| ask(&hook, &sides.input()));
    if let Err(HookError::Script { message, .. }) = answer {
        prop_assert!(!message.contains("gave up"), "{source}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    // proves D6
    #[test]
    fn any_row_of_tokens_ends_in_an_answer_or_an_error(
        tokens in proptest::collection::vec(proptest::sample::select(TOKENS), 0..40)
    ) {
        ends(&tokens.concat())?;
        ends(&of_body(&tokens.join(" ")))?;
    }

    // proves D6
    #[test]
    fn any_statements_that_can_be_read_end_in_an_answer_or_an_error(
        statements in proptest::collection::vec(statement(), 1..8)
    ) {
        ends(&of_body(&format!("let x = local; let y = 1; {}", statements.concat())))?;
    }

    // proves D6
    #[test]
    fn any_text_at_all_is_read_or_refused(text in "\\PC{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        ends(&text)?;
        ends(&of_body(&String::from_utf8_lossy(&bytes)))?;
    }
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "x",
        "y",
        "1",
        "-1",
        "9223372036854775807",
        "()",
        "true",
        "\"é\"",
        "'a'",
        "[]",
        "#{}",
        "local",
        "local.grand_total",
        "server.rows",
        "local.n",
        "info",
        "number(\"0.5\")",
        "info.newer",
        "0..3",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (
                two.clone(),
                proptest::sample::select(vec![
                    "+", "-", "*", "==", "!=", "<", ">=", "&&", "||", "??", "in", "..", "|", "&", "^"
                ])
            )
                .prop_map(|((a, b), sign)| format!("({a} {sign} {b})")),
            two.clone().prop_map(|(a, b)| format!("[{a}, {b}]")),
            two.clone().prop_map(|(a, b)| format!("#{{a: {a}, b: {b}}}")),
            two.clone().prop_map(|(a, b)| format!("max({a}, {b})")),
            two.clone().prop_map(|(a, b)| format!("{a}[{b}]")),
            two.prop_map(|(a, b)| format!("{a}.get({b})")),
            inner.clone().prop_map(|a| format!("{a}.len()")),
            inner.clone().prop_map(|a| format!("abs(-{a})")),
            inner.clone().prop_map(|a| format!("`${{{a}}}`")),
            inner.prop_map(|a| format!("{a}.keys()")),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    (expression(), 0..9).prop_map(|(a, shape)| match shape {
        0 => format!("x = {a};"),
        1 => format!("x += {a};"),
        2 => format!("x.a = {a};"),
        3 => format!("x[0] = {a};"),
        4 => format!("for z in {a} {{ y = z; }}"),
        5 => format!("while {a} {{ x = [x]; }}"),
        6 => format!("if {a} {{ throw x; }}"),
        7 => format!("try {{ {a} }} catch (e) {{ x = e; }}"),
        _ => format!("return {a};"),
    })
}
