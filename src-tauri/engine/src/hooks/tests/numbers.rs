use super::*;

/// What becomes of both sides' `n` by an expression of `local.n` (as `l`) and `server.n` (as `s`).
#[track_caller]
fn result(local: &str, expression: &str, server: &str) -> String {
    let document = |n: &str| format!(r#"{{"id":"A1","n":{n}}}"#);
    let sides = Sides::new(&document("0.5"), &document(local), &document(server));
    let body = format!("let l = local.n; let s = server.n; server.n = {expression}; server");
    match sides.decided_by(&of_body(&body)) {
        Ok(HookAnswer::Merged(document)) => document["n"].to_string(),
        Ok(_) => panic!("another answer"),
        Err(refused) => refused.to_string(),
    }
}

// proves D6
#[test]
fn what_a_script_leaves_alone_comes_out_literal_by_literal_and_in_its_order() {
    let base = r#"{"id":"A1","z":12345678901234567890,"a":1.10,"e":1e+400,"m":{"y":-0.0,"b":[1.0,{"d":1.50,"c":2}]},"t":"a"}"#;
    let server = base.replace("\"a\"}", "\"b\"}");
    let local = base.replace("\"a\"}", "\"c\"}").replace("1.10", "1.20");
    let sides = Sides::new(base, &local, &server);
    assert_eq!(sides.said_by(&of_body("server")), server);
    let merged = server.replace("1.10", "1.20").replace("\"b\"}", "\"d\"}");
    assert_eq!(sides.said_by(&of_body("let m = info.merged; m.t = \"d\"; m")), merged);
    assert_eq!(sides.said_by(&of_body("local")), local);
}

// proves D6
#[test]
fn totals_are_added_as_decimals_and_never_as_binary_fractions() {
    assert_eq!(result("0.1", "l + s", "0.2"), "0.3");
    assert_eq!(result("1.10", "l + s", "2.20"), "3.30");
    assert_eq!(result("12345678901234567890.01", "l + 1", "2"), "12345678901234567891.01");
    assert_eq!(result("1.10", "l - s", "2"), "-0.90");
    assert_eq!(result("1.10", "3 * l", "2"), "3.30");
    assert_eq!(result("1.10", "-l", "2"), "-1.10");
    assert_eq!(result("-1.10", "abs(l)", "2"), "1.10");
    assert_eq!(result("0.00", "-l", "2"), "0.00");
    assert_eq!(result("1.10", "max(l, s)", "1.090"), "1.10");
    assert_eq!(result("1.10", "min(l, s)", "1.090"), "1.090");
    assert_eq!(result("1", "number(\"0.50\") + l", "2"), "1.50");
    assert_eq!(result("1", "{ let x = l; x += s; x }", "2.5"), "3.5");
}

// proves D6
#[test]
fn a_number_that_cannot_be_calculated_with_is_compared_and_copied_and_never_cut() {
    let long = "1".repeat(300);
    assert_eq!(result(&long, "if l > s { l } else { s }", "5"), long);
    assert_eq!(result("1e+400", "max(l, s)", "9e+399"), "1e+400");
    assert!(result(&long, "l + 1", "5").contains("cannot be calculated exactly"));
    assert!(result("1e400", "l - s", "1").contains("cannot be calculated exactly"));
    assert!(result("1", "9223372036854775807 + 1", "2").contains("overflow"));
    assert!(result("1", "-(-9223372036854775807 - 1)", "2").contains("too large"));
    assert!(result("1e99999999999999999999", "max(l, s)", "5").contains("cannot be told which is larger"));
}

// proves D6
#[test]
fn a_comparison_of_different_things_is_a_fault_and_not_an_answer() {
    for comparison in
        ["local.grand_total > \"5\"", "() < local.grand_total", "max(local.grand_total, ())", "true > false"]
    {
        let refused = totals("2", "3").refused(comparison).to_string();
        assert!(refused.contains("cannot be compared"), "{comparison}: {refused}");
    }
    let equal =
        "local.grand_total == 2 && local.grand_total != \"2\" && [1, #{a: 2}] == [number(\"1.0\"), #{a: 2}]";
    assert_eq!(totals("2.0", "3").said_by(&of_body(&format!("if {equal} {{ \"local\" }}"))), "local");
}

// proves D6
#[test]
fn there_is_no_way_to_calculate_that_rounds() {
    for inexact in ["1 / 2", "7 % 2", "2 ** 3", "0.5 + 1", "1e3"] {
        assert!(
            matches!(totals("2", "3").refused(inexact), HookError::Script { at: Some(_), .. }),
            "{inexact}"
        );
    }
}
