use super::*;

use tidemark_model::hook::ScriptPlace;

// proves D6
#[test]
fn each_of_the_four_answers_is_taken_for_what_it_says() {
    let sides = totals("2", "3");
    assert_eq!(sides.said_by(&of_body("\"local\"")), "local");
    assert_eq!(sides.said_by(&of_body("\"server\"")), "server");
    assert_eq!(sides.said_by(&of_body("()")), "undecided");
    assert_eq!(sides.said_by(&of_body("")), "undecided");
    let merged = r#"{"id":"A1","grand_total":7,"remarks":"x","extra":null}"#;
    assert_eq!(sides.said_by(&of_body("server.grand_total = 7; server.extra = (); server")), merged);
}

// proves D6
#[test]
fn any_other_answer_is_refused_by_what_it_is_and_told_what_would_be_taken() {
    for (body, found) in [
        ("5", "i64"),
        ("\"mine\"", "another text"),
        ("[local]", "array"),
        ("true", "bool"),
        ("local.grand_total", "number"),
        ("0..3", "Range"),
        ("server.x = 0..3; server", "at '/x'"),
        ("server.id = \"A2\"; server", "another value for '/id'"),
    ] {
        let refused = totals("2", "3").refused(body);
        assert!(matches!(refused, HookError::WrongAnswer { .. }), "{body}: {refused}");
        assert!(refused.to_string().contains(found), "{body}: {refused}");
    }
}

// proves D6
#[test]
fn a_fault_names_its_line() {
    let line = |body: &str| match totals("2", "3").refused(body) {
        HookError::Script { at: Some(ScriptPlace { line, .. }), message } => (line, message),
        other => panic!("{body}: {other}"),
    };
    assert_eq!(line("\n\nthrow \"no total\";"), (4, "no total".into()));
    assert_eq!(line("local.grand_totl"), (2, "Property not found: grand_totl".into()));
    assert_eq!(line("\nlet x = ;").0, 3);
    assert_eq!(line("no_such(1)").0, 2);
    let inner = ScriptHook::compile(
        "fn resolve(base, local, server, info) { inner() }\nfn inner() {\n throw 5; }",
        clock(0),
    );
    let refused = ask(&inner.unwrap(), &totals("2", "3").input());
    assert!(matches!(refused, Err(HookError::Script { at: Some(ScriptPlace { line: 3, .. }), .. })));
}

// proves D6
#[test]
fn what_a_script_throws_is_told_shortened() {
    let HookError::Script { message, .. } =
        totals("2", "3").refused("let s = \"é\"; while s.len() < 1000 { s += s; } throw s;")
    else {
        panic!("not a fault of the script");
    };
    assert_eq!(message.chars().count(), 201);
}

// proves D6
#[test]
fn a_script_without_the_function_is_refused_when_it_is_read() {
    for source in ["", "fn resolve(a, b) { }", "let x = 1;", "fn decide(base, local, server, info) {}"] {
        let refused = ScriptHook::compile(source, clock(0)).err().map(|refused| refused.to_string());
        assert!(
            refused.is_some_and(|said| said.contains("fn resolve(base, local, server, info)")),
            "{source}"
        );
    }
}

// proves D6
#[test]
fn a_script_reaches_nothing_outside_itself() {
    for reach in [
        "eval(\"1\")",
        "import \"x\" as x;",
        "print(\"x\")",
        "debug(\"x\")",
        "sleep(1)",
        "timestamp()",
        "open(\"x\")",
        "exit(\"local\")",
        "Fn(\"x\")",
        "|x| x",
        "global::x",
        "this",
        "parse_json(\"1\")",
    ] {
        assert!(matches!(totals("2", "3").refused(reach), HookError::Script { .. }), "{reach}");
    }
}

// proves D6
#[test]
fn a_script_sees_no_secret_and_the_secret_stays_as_the_one_side_changed_it() {
    let document = |total: i32, pin: &str| {
        format!(r#"{{"pin":"{pin}","id":"A1","login":{{"user":"u","password":"{pin}"}},"total":{total}}}"#)
    };
    let mut sides = Sides::new(&document(1, "s3cret"), &document(2, "s3cret"), &document(3, "changed"));
    sides.rules.secret = ["/pin", "/login/password"].map(String::from).into();
    for look in ["base", "local", "server", "info", "info.merged"] {
        let HookError::Script { message, .. } = sides.refused(&format!("throw `${{{look}}}`")) else {
            panic!("no fault")
        };
        assert!(!message.contains("s3cret") && !message.contains("changed"), "{message}");
        assert!(message.contains("user"), "the rest is seen: {message}");
    }
    assert_eq!(sides.said_by(&of_body("local.total = 9; local")), document(9, "changed"));
    let sets = sides.refused("local.pin = \"mine\"; local").to_string();
    assert!(sets.contains("the secret '/pin'"), "{sets}");
}

// proves D6
#[test]
fn a_secret_that_both_sides_changed_is_not_put_to_a_script() {
    let mut sides =
        Sides::new(r#"{"id":"A1","pin":"1"}"#, r#"{"id":"A1","pin":"2"}"#, r#"{"id":"A1","pin":"3"}"#);
    sides.rules.secret = ["/pin".to_owned()].into();
    assert_eq!(sides.refused("\"server\""), HookError::SecretOnBothSides { path: "/pin".into() });
}

// proves D6
#[test]
fn the_newer_side_can_be_answered_and_where_nobody_can_say_a_person_chooses() {
    let mut sides = totals("2", "3");
    for (later, said) in [(Later::Mine, "local"), (Later::Server, "server"), (Later::Unknown, "undecided")] {
        sides.later = later;
        assert_eq!(sides.said_by(&of_body("info.newer")), said);
    }
    (sides.local_at, sides.server_at) = (None, None);
    assert_eq!(
        sides.said_by(&of_body("if info.local_at == () && info.server_at == () { \"local\" }")),
        "local"
    );
}

// proves D6
#[test]
fn a_script_is_told_what_the_conflict_is_about() {
    let told = "info.resource_type == \"invoice\" && info.resource_id == \"A1\" && info.conflict_type == \"both_updated\" \
                && info.local_at == 2000 && info.server_at == 1000 && info.server_by == \"Anna\" \
                && info.to_choose == [\"/grand_total\"] && info.merged.grand_total == 2";
    assert_eq!(totals("2", "3").said_by(&of_body(&format!("if {told} {{ \"local\" }}"))), "local");
    let gone = "if server == () && info.merged == () && info.to_choose.len() == 0 { \"local\" }";
    assert_eq!(Sides::new("{}", "{}", "").said_by(&of_body(gone)), "local");
}
