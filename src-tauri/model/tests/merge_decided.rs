//! What strategies and policies decide without a person, and what they leave alone.
// proves D4, D5
#![allow(clippy::unwrap_used)]

mod documents;

use std::collections::BTreeMap;

use documents::triple;
use proptest::prelude::*;
use serde_json::{Value, json};
use tidemark_model::equality;
use tidemark_model::merge::{
    Choice, ConflictStrategy, FieldClass, FieldGroup, FieldPolicy, Later, MergeRules, Rule, Ruling, Times,
    decide, decide_whole, merge, resolve,
};
use tidemark_model::number::Millis;
use tidemark_model::view::ConflictType;

/// Noon, in milliseconds; times of a test are told from it.
const NOON: i64 = 1_763_640_000_000;

static NO_FIELDS: BTreeMap<String, Millis> = BTreeMap::new();

/// Mine and the server's, so many seconds from noon; now is an hour after noon.
fn times(local: Option<i64>, server: Option<i64>) -> Times<'static> {
    let at = |seconds: i64| Millis(NOON + seconds * 1000);
    Times {
        local: local.map(at),
        server: server.map(at),
        local_fields: &NO_FIELDS,
        resolution: Millis(1000),
        now: at(3600),
    }
}

fn rules(policies: &[(&str, FieldPolicy)]) -> MergeRules {
    let policies = policies.iter().map(|(path, policy)| ((*path).to_owned(), *policy)).collect();
    MergeRules { policies, ..MergeRules::default() }
}

/// The document after the rules, or the paths that a person still has to choose.
fn settled(
    sides: (&Value, &Value, &Value),
    rules: &MergeRules,
    strategy: ConflictStrategy,
    times: &Times<'_>,
) -> Result<Value, Vec<String>> {
    let (base, local, remote) = sides;
    let Ruling { decided, left } = decide(Some(base), local, remote, rules, strategy, times);
    let merged = merge(Some(base), local, remote, rules);
    let asked: Vec<String> =
        merged.clashes().map(|f| f.path.clone()).filter(|path| !decided.contains_key(path)).collect();
    assert_eq!(asked.len(), left, "what is left is what nothing decided");
    if !asked.is_empty() {
        return Err(asked);
    }
    let choices = decided.into_iter().map(|(path, (choice, _))| (path, choice)).collect();
    Ok(resolve(Some(base), local, remote, rules, &choices).unwrap())
}

#[test]
fn each_strategy_decides_what_both_changed_and_leaves_the_rest_merged() {
    let base = json!({"status": "open", "mine": 1, "theirs": 1});
    let local = json!({"status": "done", "mine": 2, "theirs": 1});
    let remote = json!({"status": "lost", "mine": 1, "theirs": 2});
    let merged = |status: &str| Ok(json!({"status": status, "mine": 2, "theirs": 2}));
    let asked = || Err(vec!["/status".to_owned()]);
    use ConflictStrategy::*;
    let table = [
        ("a person by default", Merge, times(Some(9), Some(0)), asked()),
        ("a person by hand", Manual, times(Some(9), Some(0)), asked()),
        ("the server", ServerWins, times(Some(9), Some(0)), merged("lost")),
        ("this computer", ClientWins, times(Some(0), Some(9)), merged("done")),
        ("mine is later", LastWriteWins, times(Some(9), Some(0)), merged("done")),
        ("the server's is later", LastWriteWins, times(Some(0), Some(9)), merged("lost")),
        ("a tie is the server's", LastWriteWins, times(Some(9), Some(9)), merged("lost")),
        ("what cannot be told apart is a tie", LastWriteWins, times(Some(10), Some(9)), merged("lost")),
        ("two seconds can be told apart", LastWriteWins, times(Some(11), Some(9)), merged("done")),
        ("mine has no time", LastWriteWins, times(None, Some(0)), merged("lost")),
        ("the server's has no time", LastWriteWins, times(Some(9), None), merged("lost")),
        ("no field times: the record's", FieldLww, times(Some(9), Some(0)), merged("done")),
        ("a minute ahead is believed", LastWriteWins, times(Some(3660), Some(0)), merged("done")),
        ("mine is of a wrong clock", LastWriteWins, times(Some(3662), Some(0)), asked()),
        ("the server's is of a wrong clock", LastWriteWins, times(Some(0), Some(3662)), asked()),
    ];
    for (name, strategy, times, expected) in table {
        let found = settled((&base, &local, &remote), &MergeRules::default(), strategy, &times);
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_later_field_wins_each_for_itself() {
    let base = json!({"a": 0, "b": 0, "deep": {"x": 0}});
    let local = json!({"a": 1, "b": 1, "deep": {"x": 1}});
    let remote = json!({"a": 2, "b": 2, "deep": {"x": 2}});
    let at = |seconds: i64| Millis(NOON + seconds * 1000);
    let fields = BTreeMap::from([("/a".to_owned(), at(20)), ("/deep".to_owned(), at(30))]);
    let times = Times { local_fields: &fields, ..times(Some(0), Some(10)) };
    let found = settled((&base, &local, &remote), &MergeRules::default(), ConflictStrategy::FieldLww, &times);
    let expected = json!({"a": 1, "b": 2, "deep": {"x": 1}});
    assert_eq!(found, Ok(expected), "/b has the record's time, which is before the server's");

    let (base, local, remote) = (json!({"to": {"x": 0}}), json!({"to": {"x": 1}}), json!({"to": "nobody"}));
    let inner = BTreeMap::from([("/to/x".to_owned(), at(20))]);
    let times = Times { local_fields: &inner, ..times };
    let found = settled((&base, &local, &remote), &MergeRules::default(), ConflictStrategy::FieldLww, &times);
    assert_eq!(found, Ok(local.clone()), "what was changed in a field is a change of it");
}

#[test]
fn each_policy_decides_its_field() {
    use FieldPolicy::*;
    let text = |lines: &[&str]| Value::from(lines.join("\n"));
    let (later, earlier) = (times(Some(90), Some(0)), times(Some(0), Some(90)));
    let table = [
        ("newer, mine", Newer, later, json!("a"), json!("b"), json!("c"), Some(json!("b"))),
        ("newer, the server's", Newer, earlier, json!("a"), json!("b"), json!("c"), Some(json!("c"))),
        ("server", Server, later, json!("a"), json!("b"), json!("c"), Some(json!("c"))),
        ("local", Local, earlier, json!("a"), json!("b"), json!("c"), Some(json!("b"))),
        ("manual", Manual, later, json!("a"), json!("b"), json!("c"), None),
        ("max", Max, earlier, json!(1), json!(30), json!(4), Some(json!(30))),
        ("min", Min, earlier, json!(1), json!(30), json!(4), Some(json!(4))),
        ("max of a number and a text", Max, later, json!(1), json!("30"), json!(4), None),
        (
            "max of dates",
            Max,
            later,
            json!("2026-01-01"),
            json!("2026-02-01"),
            json!("2026-03-01"),
            Some(json!("2026-03-01")),
        ),
        ("max where mine is gone", Max, later, json!(1), Value::Null, json!(4), None),
        ("sum", Sum, later, json!(10), json!(13), json!(8), Some(json!(11))),
        ("sum of texts", Sum, later, json!("10"), json!("13"), json!("8"), None),
        (
            "union",
            Union,
            later,
            json!(["a", "b"]),
            json!(["b", "c"]),
            json!(["a", "b", "d"]),
            Some(json!(["b", "d", "c"])),
        ),
        ("union of a text", Union, later, json!("a"), json!("b"), json!("c"), None),
        (
            "text",
            Text,
            later,
            text(&["a", "b", "c"]),
            text(&["A", "b", "c"]),
            text(&["a", "b", "C"]),
            Some(text(&["A", "b", "C"])),
        ),
        ("text at one line", Text, later, text(&["a", "b"]), text(&["A", "b"]), text(&["X", "b"]), None),
    ];
    for (name, policy, times, base, local, remote, expected) in table {
        let of = |value: &Value| json!({"f": value});
        let found = settled(
            (&of(&base), &of(&local), &of(&remote)),
            &rules(&[("/f", policy)]),
            ConflictStrategy::Merge,
            &times,
        );
        assert_eq!(found.ok(), expected.as_ref().map(of), "{name}");
    }
}

#[test]
fn a_policy_stands_before_the_strategy_and_before_what_could_be_combined() {
    let base = json!({"tags": ["a"], "note": "1\n2\n3", "n": 0, "other": 0});
    let local = json!({"tags": ["a", "b"], "note": "one\n2\n3", "n": 1, "other": 1});
    let remote = json!({"tags": ["a", "c"], "note": "1\n2\nthree", "n": 2, "other": 2});
    let sets = MergeRules { sets: ["/tags".to_owned()].into(), ..MergeRules::default() };
    let sides = (&base, &local, &remote);
    let times = times(Some(9), Some(0));
    let combined = json!({"tags": ["a", "c", "b"], "note": "one\n2\nthree", "n": 2, "other": 2});
    assert_eq!(settled(sides, &sets, ConflictStrategy::ServerWins, &times), Ok(combined));
    let manual =
        rules(&[("/n", FieldPolicy::Manual), ("/note", FieldPolicy::Manual), ("/tags", FieldPolicy::Local)]);
    let ruled = MergeRules { sets: sets.sets, ..manual };
    let asked = settled(sides, &ruled, ConflictStrategy::ServerWins, &times).unwrap_err();
    assert_eq!(asked, ["/note", "/n"], "what is a person's stays one");
    let why = decide(Some(&base), &local, &remote, &ruled, ConflictStrategy::ServerWins, &times).decided;
    assert_eq!(why["/tags"], (Choice::Mine, Rule::Policy(FieldPolicy::Local)));
    assert_eq!(why["/other"], (Choice::Server, Rule::Strategy(ConflictStrategy::ServerWins)));
}

#[test]
fn a_policy_holds_for_what_is_in_its_field_and_for_every_row() {
    let base = json!({"stock": [{"id": 1, "count": 10, "bin": "A"}, {"id": 2, "count": 5, "bin": "B"}], "to": {"city": "Bari", "zip": "1"}});
    let local = json!({"stock": [{"id": 1, "count": 12, "bin": "A"}, {"id": 2, "count": 4, "bin": "C"}], "to": {"city": "Roma", "zip": "1"}});
    let remote = json!({"stock": [{"id": 1, "count": 9, "bin": "A"}, {"id": 2, "count": 3, "bin": "D"}], "to": {"city": "Pisa", "zip": "2"}});
    let rules = rules(&[
        ("/stock/*/count", FieldPolicy::Sum),
        ("/stock", FieldPolicy::Server),
        ("/to", FieldPolicy::Local),
    ]);
    let found = settled((&base, &local, &remote), &rules, ConflictStrategy::Merge, &times(None, None));
    let expected = json!({"stock": [{"id": 1, "count": 11, "bin": "A"}, {"id": 2, "count": 2, "bin": "D"}], "to": {"city": "Roma", "zip": "2"}});
    assert_eq!(found, Ok(expected));
}

#[test]
fn fields_of_a_group_come_from_one_side_or_are_asked_for() {
    let base = json!({"currency": "EUR", "rate": 1});
    let local = json!({"currency": "USD", "rate": 1.1});
    let remote = json!({"currency": "CHF", "rate": 0.9});
    let group = FieldGroup { name: "Currency".into(), paths: vec!["/currency".into(), "/rate".into()] };
    let with =
        |policies: &[(&str, FieldPolicy)]| MergeRules { groups: vec![group.clone()], ..rules(policies) };
    let sides = (&base, &local, &remote);
    let times = times(Some(9), Some(0));
    let torn = with(&[("/currency", FieldPolicy::Server), ("/rate", FieldPolicy::Max)]);
    assert_eq!(
        settled(sides, &torn, ConflictStrategy::LastWriteWins, &times).unwrap_err(),
        ["/currency", "/rate"],
        "the server's currency with my rate is nobody's price"
    );
    assert_eq!(settled(sides, &with(&[]), ConflictStrategy::LastWriteWins, &times), Ok(local.clone()));
    let half = with(&[("/currency", FieldPolicy::Local)]);
    assert_eq!(
        settled(sides, &half, ConflictStrategy::Merge, &times).unwrap_err(),
        ["/currency", "/rate"],
        "one of them waits for a person, so both do"
    );
}

#[test]
fn secrets_are_decided_by_side_and_never_by_value() {
    let base = json!({"pin": 1});
    let (local, remote) = (json!({"pin": 30}), json!({"pin": 4}));
    let secret = |policy| MergeRules { secret: ["/pin".to_owned()].into(), ..rules(&[("/pin", policy)]) };
    let find = |policy| {
        settled((&base, &local, &remote), &secret(policy), ConflictStrategy::Merge, &times(Some(9), Some(0)))
    };
    for policy in [FieldPolicy::Max, FieldPolicy::Min, FieldPolicy::Sum] {
        assert!(find(policy).is_err(), "{policy:?}");
    }
    assert_eq!(find(FieldPolicy::Newer), Ok(local.clone()));
    assert_eq!(find(FieldPolicy::Server), Ok(remote.clone()));
}

#[test]
fn a_record_that_one_side_deleted_goes_by_its_strategy() {
    use ConflictStrategy::*;
    let later = times(Some(9), Some(0));
    let earlier = times(Some(0), Some(9));
    for kind in [ConflictType::UpdatedHereDeletedThere, ConflictType::DeletedHereUpdatedThere] {
        for (strategy, times, expected) in [
            (Merge, later, Later::Unknown),
            (Manual, later, Later::Unknown),
            (ServerWins, later, Later::Server),
            (ClientWins, earlier, Later::Mine),
            (LastWriteWins, later, Later::Mine),
            (LastWriteWins, earlier, Later::Server),
            (FieldLww, later, Later::Mine),
        ] {
            assert_eq!(decide_whole(kind, strategy, &times), expected, "{kind:?} {strategy:?}");
        }
    }
    assert_eq!(decide_whole(ConflictType::BothUpdated, ClientWins, &later), Later::Unknown);
}

#[test]
fn a_record_made_twice_is_decided_field_by_field() {
    let (local, remote) = (json!({"id": "x", "n": 1, "only": true}), json!({"id": "x", "n": 2}));
    let times = times(None, None);
    let decide = |strategy| {
        let decided = decide(None, &local, &remote, &MergeRules::default(), strategy, &times).decided;
        let choices = decided.into_iter().map(|(path, (choice, _))| (path, choice)).collect();
        resolve(None, &local, &remote, &MergeRules::default(), &choices).ok()
    };
    assert_eq!(decide(ConflictStrategy::ClientWins), Some(local.clone()));
    assert_eq!(decide(ConflictStrategy::ServerWins), Some(remote.clone()));
    assert_eq!(decide(ConflictStrategy::Merge), None);
}

#[test]
fn words_are_read_back() {
    for strategy in ConflictStrategy::ALL {
        assert_eq!(ConflictStrategy::parse(strategy.as_str()), Some(strategy));
        assert_eq!(json!(strategy), json!(strategy.as_str()));
    }
    for policy in FieldPolicy::ALL {
        assert_eq!(FieldPolicy::parse(policy.as_str()), Some(policy));
        assert_eq!(json!(policy), json!(policy.as_str()));
    }
    assert_eq!(ConflictStrategy::parse("newest"), None);
}

fn any_rules() -> impl Strategy<Value = MergeRules> {
    let policy = prop::sample::select(&FieldPolicy::ALL[..]);
    let path = "(/[a-e*]{1}){1,2}";
    (
        prop::collection::btree_map(path, policy, 0..4),
        prop::collection::btree_set(path, 0..2),
        prop::collection::btree_set(path, 0..2),
        prop::collection::vec(path, 0..3),
    )
        .prop_map(|(policies, sets, secret, paths)| MergeRules {
            policies,
            sets,
            secret,
            groups: vec![FieldGroup { name: "G".into(), paths }],
            ..MergeRules::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_what_both_changed_is_decided_and_each_choice_is_what_its_rule_says(
        (base, local, remote) in triple(), rules in any_rules(),
        strategy in prop::sample::select(&ConflictStrategy::ALL[..]),
        mine in prop::option::of(-5i64..5), theirs in prop::option::of(-5i64..5),
    ) {
        let times = times(mine, theirs);
        let merged = merge(Some(&base), &local, &remote, &rules);
        let decided = decide(Some(&base), &local, &remote, &rules, strategy, &times).decided;
        for (path, (choice, rule)) in &decided {
            let field = merged.fields.iter().find(|field| &field.path == path).unwrap();
            prop_assert!(!field.decided, "{path} was decided already");
            let later = match times.later() {
                Later::Mine => Choice::Mine,
                Later::Server => Choice::Server,
                Later::Unknown => unreachable!("no clock is wrong here"),
            };
            match rule {
                Rule::Strategy(ConflictStrategy::ServerWins) | Rule::Policy(FieldPolicy::Server) => prop_assert_eq!(choice, &Choice::Server),
                Rule::Strategy(ConflictStrategy::ClientWins) | Rule::Policy(FieldPolicy::Local) => prop_assert_eq!(choice, &Choice::Mine),
                Rule::Strategy(ConflictStrategy::LastWriteWins | ConflictStrategy::FieldLww) | Rule::Policy(FieldPolicy::Newer) => prop_assert_eq!(choice, &later),
                Rule::Policy(policy @ (FieldPolicy::Max | FieldPolicy::Min)) => {
                    let (chosen, other) = match choice {
                        Choice::Mine => (&field.local, &field.remote),
                        _ => (&field.remote, &field.local),
                    };
                    let order = equality::order(chosen.as_ref().unwrap(), other.as_ref().unwrap()).unwrap();
                    let kept = if *policy == FieldPolicy::Max { order.is_ge() } else { order.is_le() };
                    prop_assert!(kept);
                }
                Rule::Policy(FieldPolicy::Sum) => prop_assert!(matches!(choice, Choice::Value(Value::Number(_)))),
                other => prop_assert!(false, "{other:?} decides nothing"),
            }
        }
    }

    #[test]
    fn a_strategy_that_names_a_side_leaves_nothing_to_choose_outside_of_groups_and_policies(
        (base, local, remote) in triple(), mine in any::<bool>(),
    ) {
        let strategy = if mine { ConflictStrategy::ClientWins } else { ConflictStrategy::ServerWins };
        let found = settled((&base, &local, &remote), &MergeRules::default(), strategy, &times(None, None));
        prop_assert!(found.is_ok());
        let found = found.unwrap();
        for field in merge(Some(&base), &local, &remote, &MergeRules::default()).fields {
            if field.class == FieldClass::Clash && !field.path.contains(':') {
                let side = if mine { &field.local } else { &field.remote };
                prop_assert_eq!(found.pointer(&field.path), side.as_ref(), "{}", field.path);
            }
        }
    }

    #[test]
    fn what_rules_decided_merges_quietly_afterwards((base, local, remote) in triple(), rules in any_rules()) {
        if let Ok(accepted) = settled((&base, &local, &remote), &rules, ConflictStrategy::LastWriteWins, &times(Some(9), Some(0))) {
            for (base, remote) in [(&remote, &remote), (&remote, &accepted), (&base, &accepted)] {
                let again = merge(Some(base), &accepted, remote, &rules);
                prop_assert!(again.is_clean(), "{:?}", again.fields);
                prop_assert_eq!(&again.merged, &accepted);
            }
        }
    }

    #[test]
    fn a_group_is_taken_from_one_side_or_left_whole(
        values in prop::array::uniform3((0..3u8, 0..3u8)),
        policies in prop::array::uniform3(prop::option::of(prop::sample::select(&FieldPolicy::ALL[..]))),
        strategy in prop::sample::select(&ConflictStrategy::ALL[..]),
    ) {
        let of = |side: fn(&(u8, u8)) -> u8| {
            Value::Object("abc".chars().zip(&values).map(|(key, value)| (key.to_string(), json!(side(value)))).collect())
        };
        let (base, local, remote) = (json!({"a": 0, "b": 0, "c": 0}), of(|pair| pair.0), of(|pair| pair.1));
        let paths = ["/a", "/b", "/c"];
        let policies: Vec<(&str, FieldPolicy)> =
            paths.iter().zip(policies).filter_map(|(path, policy)| Some((*path, policy?))).collect();
        let group = FieldGroup { name: "G".into(), paths: paths.map(str::to_owned).to_vec() };
        let rules = MergeRules { groups: vec![group], ..rules(&policies) };
        if let Ok(found) = settled((&base, &local, &remote), &rules, strategy, &times(Some(9), Some(0))) {
            prop_assert!(found == local || found == remote, "{found}");
        }
    }
}
