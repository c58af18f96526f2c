use super::*;

use rhai::Dynamic;
use tidemark_model::hook::HookLimit;

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
    for endless in
        ["loop {}", "while true {}", "let i = 0; loop { i += 1; }", "try { loop {} } catch { \"local\" }"]
    {
        assert_eq!(limit(endless), HookLimit::Operations(200_000), "{endless}");
    }
}

// proves D6
#[test]
fn a_script_that_takes_long_is_stopped_by_the_clock_and_says_where() {
    let source = of_body("\nloop { let i = 1; }");
    let hook = ScriptHook::compile(&source, clock(1)).unwrap();
    let refused = ask(&hook, &totals("2", "3").input()).map(|_| ()).unwrap_err();
    let HookError::OverLimit { limit, at: Some(at) } = refused else { panic!("{refused}") };
    assert_eq!((limit, at.line), (HookLimit::Time(500), 3));
}

// proves D6
#[test]
fn functions_that_call_each_other_without_end_are_stopped() {
    let source = "fn resolve(base, local, server, info) { again(1) } fn again(n) { again(n + 1) }";
    let refused = totals("2", "3").decided_by(source).map(|_| ()).unwrap_err();
    assert!(matches!(refused, HookError::OverLimit { limit: HookLimit::Calls(16), .. }), "{refused}");
}

// proves D6
#[test]
fn values_that_grow_are_stopped_before_they_fill_the_memory() {
    let size = HookLimit::Size { text: 512 * 1024, entries: 10_000 };
    for growing in [
        "let s = \"ab\"; loop { s += s; }",
        "let s = \"ab\"; loop { s = `${s}${s}`; }",
        "let a = [1]; loop { a += a; }",
        "let a = [1]; loop { a.push(1); }",
        "let a = [\"x\"]; loop { a = [a, a]; }",
        "let m = #{a: 1}; loop { m = #{a: m, b: m}; }",
        "let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; }",
        "let m = #{}; let k = \"0123456789abcdef\"; while k.len() < 100000 { k += k; } let i = 0; loop { m[k + `${i}`] = 1; i += 1; }",
    ] {
        assert_eq!(limit(growing), size, "{growing}");
    }
}

// proves D6
#[test]
fn a_value_nested_as_deep_as_its_entries_allow_is_copied_compared_and_dropped_without_harm() {
    let answered = "let n = 0; while n < 200 { server = #{id: \"A1\", a: server}; n += 1; } server";
    assert_eq!(limit(answered), HookLimit::Levels(128));
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
