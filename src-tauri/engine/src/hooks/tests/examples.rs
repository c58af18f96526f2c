use super::*;

fn example(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hooks");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

// proves D6
#[test]
fn the_higher_grand_total_is_kept_by_all_its_digits() {
    let script = example("higher_grand_total.rhai");
    for (local, server, kept) in [
        ("100.10", "99.90", "local"),
        ("99.90", "100.10", "server"),
        ("9", "10", "server"),
        ("12345678901234567891", "12345678901234567890", "local"),
        ("0.30000000000000000001", "0.3", "local"),
        ("1.10", "1.1", "server"),
        ("1e400", "2e399", "local"),
        ("\"100\"", "99", "undecided"),
        ("null", "99", "undecided"),
    ] {
        assert_eq!(totals(local, server).said_by(&script), kept, "{local} here, {server} there");
    }
}

// proves D6
#[test]
fn a_total_on_one_side_only_is_left_to_a_person() {
    let script = example("higher_grand_total.rhai");
    let [one, other] = [r#"{"id":"A1","grand_total":5}"#, r#"{"id":"A1"}"#];
    assert_eq!(Sides::new("", one, other).said_by(&script), "undecided");
    assert_eq!(Sides::new(one, one, "").said_by(&script), "undecided");
    assert_eq!(Sides::new(one, "", one).said_by(&script), "undecided");
}

// proves D6
#[test]
fn quantities_add_up_and_the_rest_is_as_the_one_side_that_changed_it_has_it() {
    let base =
        r#"{"id":"A1","quantity":10.50,"price":1.10,"note":"old","place":"A","serial":12345678901234567890}"#;
    let local =
        r#"{"id":"A1","quantity":8.25,"price":1.10,"note":"mine","place":"A","serial":12345678901234567890}"#;
    let server =
        r#"{"place":"B","id":"A1","quantity":15,"price":1.10,"note":"old","serial":12345678901234567890}"#;
    let sum = r#"{"place":"B","id":"A1","quantity":12.75,"price":1.10,"note":"mine","serial":12345678901234567890}"#;
    assert_eq!(Sides::new(base, local, server).said_by(&example("quantities_add_up.rhai")), sum);
}

// proves D6
#[test]
fn quantities_are_left_to_a_person_where_anything_else_is_to_be_chosen_or_a_start_is_missing() {
    let script = example("quantities_add_up.rhai");
    let document =
        |quantity: &str, note: &str| format!(r#"{{"id":"A1","quantity":{quantity},"note":"{note}"}}"#);
    let (base, mine, theirs) = (document("10", "old"), document("8", "mine"), document("15", "theirs"));
    for (base, local, server) in [
        (base.as_str(), mine.as_str(), theirs.as_str()),
        ("", &document("8", "old"), &document("15", "old")),
        (&base, &document("\"8\"", "old"), &document("15", "old")),
        (&base, &mine, ""),
    ] {
        assert_eq!(Sides::new(base, local, server).said_by(&script), "undecided", "{base} {local} {server}");
    }
}
