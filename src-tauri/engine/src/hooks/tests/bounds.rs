use super::*;

use rhai::Dynamic;
use tidemark_model::hook::{ConflictHook as _, HookLimit};

use super::super::{limits, words};

#[track_caller]
fn limit(body: &str) -> HookLimit {
    match totals("2", "3").refused(body) {
        HookError::OverLimit { limit, .. } => limit,
        other => panic!("{body}: {other}"),
    }
}

// proves D6
#[test]
fn a_script_that_never_ends_is_stopped_by_its_steps() {
    for endless in [
        "let i = 0; while i < 40000 { i += 1; } \"local\"",
        "try { let i = 0; while i < 40000 { i += 1; } } catch { } \"local\"",
        "loop {}",
        "while true {}",
        "let i = 0; loop { i += 1; }",
    ] {
        assert_eq!(limit(endless), HookLimit::Operations(200_000), "{endless}");
    }
}

// proves D6
#[test]
fn a_script_that_takes_long_is_stopped_by_the_clock() {
    let hook = ScriptHook::compile(&of_body("loop { let i = 1; }"), clock(1)).unwrap();
    let refused = ask(&hook, &totals("2", "3").input()).map(|_| ()).unwrap_err();
    assert_eq!(refused, HookError::OverLimit { limit: HookLimit::Time(500), at: None });
}

// proves D6
#[test]
fn what_stays_within_the_limits_is_decided() {
    for body in [
        "let i = 0; while i < 15000 { i += 1; } \"local\"".to_owned(),
        "down(13) } fn down(n) { if n > 0 { down(n - 1) } else { \"local\" }".to_owned(),
        format!("{}\"local\"{}", "(".repeat(12), ")".repeat(12)),
        format!("{} \"local\"", (0..55).map(|n| format!("let v{n} = 1;")).collect::<String>()),
        format!(
            "\"local\" }} {} fn last() {{",
            (0..60).map(|n| format!("fn f{n}() {{}} ")).collect::<String>()
        ),
        "let s = \"0123456789abcdef\"; while s.len() < 500000 { s += s; } \"local\"".to_owned(),
        "let a = [1]; while a.len() < 5000 { a += a; } \"local\"".to_owned(),
        "let m = #{}; let i = 0; while i < 5000 { m[`k${i}`] = i; i += 1; } \"local\"".to_owned(),
    ] {
        assert_eq!(totals("2", "3").said_by(&of_body(&body)), "local");
    }
    let large = format!(r#"{{"id":"A1","n":2,"t":"{}","l":[{}0]}}"#, "x".repeat(240_000), "0,".repeat(4_900));
    let sides = Sides::new(&large.replace("2,", "1,"), &large, &large.replace("2,", "3,"));
    assert_eq!(sides.said_by(&of_body("if info.to_choose == [\"/n\"] { \"local\" }")), "local");
    let hook = ScriptHook::compile(&of_body("let i = 0; while i < 500 { i += 1; }"), clock(1)).unwrap();
    assert!(ask(&hook, &totals("2", "3").input()).is_ok());
}

// proves D6
#[test]
fn functions_that_call_each_other_without_end_are_stopped() {
    let source = "fn resolve(base, local, server, info) { again(1) } fn again(n) { again(n + 1) }";
    let refused = totals("2", "3").decided_by(source).map(|_| ()).unwrap_err();
    assert!(matches!(refused, HookError::OverLimit { limit: HookLimit::Calls(16), .. }), "{refused}");
    let down = "down(16) } fn down(n) { if n > 0 { down(n - 1) } else { \"local\" }";
    assert_eq!(limit(down), HookLimit::Calls(16));
}

// proves D6
#[test]
fn values_that_grow_are_stopped_before_they_fill_the_memory() {
    let size = HookLimit::Size { text: 512 * 1024, entries: 10_000 };
    for growing in [
        "let s = \"ab\"; while s.len() < 600000 { s += s; }",
        "let s = \"ab\"; while s.len() < 600000 { s = `${s}${s}`; }",
        "let a = [1]; while a.len() < 12000 { a += a; }",
        "let a = [1]; let i = 0; while i < 12000 { a.push(1); i += 1; }",
        "let a = [\"x\"]; let i = 0; while i < 15 { a = [a, a]; i += 1; }",
        "let m = #{a: 1}; let i = 0; while i < 15 { m = #{a: m, b: m}; i += 1; }",
        "let m = #{}; let i = 0; while i < 12000 { m[`k${i}`] = i; i += 1; }",
        "let k = \"0123456789abcdef\"; while k.len() < 100000 { k += k; }
         let m = #{}; let i = 0; while i < 50 { m[k + `${i}`] = i; i += 1; }",
    ] {
        assert_eq!(limit(growing), size, "{growing}");
    }
    let at_once = format!("let m = #{{a: 1}}; {}", "m = #{a: m, b: m};".repeat(14));
    assert_eq!(limit(&at_once), size);
}

// proves D6
#[test]
fn a_value_nested_as_deep_as_its_entries_allow_is_copied_compared_and_dropped_without_harm() {
    let answered = "let n = 0; while n < 200 { server = #{id: \"A1\", a: server}; n += 1; } server";
    let hook = ScriptHook::compile(&of_body(answered), clock(0)).unwrap();
    let refused = hook.decide(&totals("2", "3").input()).map(|_| ()).unwrap_err();
    assert_eq!(refused, HookError::OverLimit { limit: HookLimit::Levels(128), at: None });
    // Deeper than any script gets: as many lists in each other as a value may have entries, in as many objects.
    let done = limits::on_deep_stack(|| {
        let mut value = Dynamic::UNIT;
        for _ in 0..limits::ENTRIES {
            value = Dynamic::from_array(vec![value]);
        }
        for _ in 0..limits::ENTRIES {
            value = Dynamic::from_map([("a".into(), value)].into());
        }
        let copy = value.clone();
        assert!(words::same(&value, &copy).is_ok_and(|same| same));
        Ok(copy.to_string().len())
    });
    assert!(done.is_ok_and(|length| length > 4 * limits::ENTRIES));
}

// proves D6
#[test]
fn a_script_is_refused_for_its_length_its_nesting_and_its_number_of_names() {
    assert_eq!(limit(&" ".repeat(64 * 1024)), HookLimit::Source(64 * 1024));
    for opening in ["(", "[", "{", "#{a:", "!", "- ", "if true {", "1+(", "`${"] {
        assert_eq!(limit(&opening.repeat(500)), HookLimit::Expressions(32), "{opening}");
    }
    assert_eq!(limit(&format!("1{}", "+1".repeat(500))), HookLimit::Expressions(32));
    let variables: String = (0..100).map(|n| format!("let v{n} = 1;")).collect();
    assert_eq!(limit(&variables), HookLimit::Variables(64));
    let functions: String = (0..100).map(|n| format!("fn f{n}() {{}} ")).collect();
    let refused = totals("2", "3").decided_by(&functions).map(|_| ()).unwrap_err();
    assert!(matches!(refused, HookError::OverLimit { limit: HookLimit::Functions(64), .. }), "{refused}");
}

// proves D6
#[test]
fn a_record_too_large_for_hooks_is_left_to_a_person_unread() {
    let record = HookLimit::Size { text: 256 * 1024, entries: 5_000 };
    let base = r#"{"id":"A1","n":1}"#;
    for large in [
        format!(r#"{{"id":"A1","n":2,"t":"{}"}}"#, "x".repeat(256 * 1024)),
        format!(r#"{{"id":"A1","n":2,"t":[{}0]}}"#, "0,".repeat(5_000)),
    ] {
        let refused = Sides::new(base, &large, r#"{"id":"A1","n":3}"#).refused("\"local\"");
        assert_eq!(refused, HookError::OverLimit { limit: record, at: None });
    }
}

// proves D6
#[test]
fn an_answer_larger_than_its_bound_is_not_taken() {
    let large = "let k = \"0123456789abcdef\"; while k.len() < 200000 { k += k; }
                 server[k] = 1; server[k + \"1\"] = 1; server[k + \"2\"] = 1; server";
    assert_eq!(limit(large), HookLimit::Answer(512 * 1024));
}
