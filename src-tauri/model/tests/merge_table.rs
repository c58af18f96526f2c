//! The table of merges: each case in `merge_cases/` is a promise about three documents.
// proves D3
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use tidemark_model::merge::{FieldClass, Merge, MergeRules, Note, merge};

/// One case; documents keep their literals and their key order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    base: Option<Value>,
    local: Value,
    remote: Value,
    #[serde(default)]
    rules: MergeRules,
    merged: Value,
    /// The class of every path that is listed.
    fields: BTreeMap<String, FieldClass>,
    /// The note of every path that has one.
    #[serde(default)]
    notes: BTreeMap<String, Note>,
    #[serde(default)]
    offers: BTreeMap<String, Value>,
    #[serde(default)]
    unchanged: Option<usize>,
}

fn cases() -> Vec<(String, Case)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/merge_cases");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let cases: Vec<Case> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{stem}: {error}"));
        all.extend(cases.into_iter().map(|case| (format!("{stem}: {}", case.name), case)));
    }
    all
}

fn merged(case: &Case) -> Merge {
    merge(case.base.as_ref(), &case.local, &case.remote, &case.rules)
}

fn only_on_both_sides_choosable(class: FieldClass) -> bool {
    matches!(class, FieldClass::Clash | FieldClass::RowsOrder | FieldClass::Additive | FieldClass::Secret)
}

/// What does not hold in a case, in words.
fn faults(case: &Case) -> Vec<String> {
    let found = merged(case);
    let mut faults = Vec::new();
    let mut check = |what: &str, expected: String, found: String| {
        if expected != found {
            faults.push(format!("{what}\n      expected {expected}\n      found    {found}"));
        }
    };
    // As text, so that literals and key order count.
    check("merged", case.merged.to_string(), found.merged.to_string());
    let classes: BTreeMap<String, FieldClass> =
        found.fields.iter().map(|f| (f.path.clone(), f.class)).collect();
    check("classes", format!("{:?}", case.fields), format!("{classes:?}"));
    let notes: BTreeMap<String, Note> =
        found.fields.iter().filter_map(|f| Some((f.path.clone(), f.note?))).collect();
    check("notes", format!("{:?}", case.notes), format!("{notes:?}"));
    let offers: BTreeMap<String, Value> =
        found.fields.iter().filter_map(|f| Some((f.path.clone(), f.offer.clone()?))).collect();
    check("offers", format!("{:?}", case.offers), format!("{offers:?}"));
    if let Some(unchanged) = case.unchanged {
        check("unchanged", unchanged.to_string(), found.unchanged.to_string());
    }
    let open: BTreeSet<&str> = found.clashes().map(|f| f.path.as_str()).collect();
    let expected: BTreeSet<&str> = case
        .fields
        .iter()
        .filter(|(_, class)| only_on_both_sides_choosable(**class))
        .map(|(path, _)| path.as_str())
        .collect();
    check("open", format!("{expected:?}"), format!("{open:?}"));
    faults
}

#[test]
fn every_case_merges_as_written() {
    let cases = cases();
    let mut broken = String::new();
    for (name, case) in &cases {
        for fault in faults(case) {
            broken.push_str(&format!("\n  {name}\n    {fault}"));
        }
    }
    assert!(broken.is_empty(), "cases that do not hold:{broken}");
}

/// Each of these has a file of its own.
const SHAPES: [&str; 14] = [
    "contact",
    "couchdb",
    "geojson",
    "invoice",
    "medical",
    "note",
    "rows",
    "scripts",
    "secrets",
    "sets",
    "settings",
    "stock",
    "types",
    "without_base",
];

/// Scripts by the letters that are theirs alone.
const SCRIPTS: [(&str, RangeInclusive<char>); 7] = [
    ("Arabic", '\u{0620}'..='\u{064A}'),
    ("Hebrew", '\u{05D0}'..='\u{05EA}'),
    ("Devanagari", '\u{0904}'..='\u{0939}'),
    ("Greek", '\u{0391}'..='\u{03C9}'),
    ("Cyrillic", '\u{0410}'..='\u{044F}'),
    ("Kana", '\u{3041}'..='\u{30FA}'),
    ("Han", '\u{4E00}'..='\u{9FFF}'),
];

#[test]
fn the_table_is_not_shrinking_and_no_case_stands_twice() {
    let cases = cases();
    assert!(cases.len() >= 308, "the table had at least 308 cases, now {}", cases.len());
    let names: BTreeSet<&String> = cases.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), cases.len(), "each case has a name of its own");
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in &cases {
        *sizes.entry(name.split(':').next().unwrap()).or_default() += 1;
    }
    for shape in SHAPES {
        let size = sizes.get(shape).copied().unwrap_or_default();
        assert!(size >= 10, "{shape} has at least ten cases, now {size}");
    }
}

#[test]
fn the_documents_of_the_table_are_in_many_scripts() {
    let texts: Vec<String> = cases().iter().map(|(_, case)| case.merged.to_string()).collect();
    for (script, letters) in SCRIPTS {
        let count = texts.iter().filter(|text| text.chars().any(|c| letters.contains(&c))).count();
        assert!(count >= 4, "{script} occurs in at least four documents, now {count}");
    }
}

#[test]
fn swapping_the_sides_of_a_case_mirrors_its_classes() {
    for (name, case) in cases() {
        let mirrored = merge(case.base.as_ref(), &case.remote, &case.local, &case.rules);
        let mut expected: Vec<String> = case
            .fields
            .iter()
            .map(|(path, class)| match class {
                FieldClass::OnlyMine => format!("{} {:?}", swap(path), FieldClass::OnlyServer),
                FieldClass::OnlyServer => format!("{} {:?}", swap(path), FieldClass::OnlyMine),
                other => format!("{} {other:?}", swap(path)),
            })
            .collect();
        let mut found: Vec<String> =
            mirrored.fields.iter().map(|f| format!("{} {:?}", f.path, f.class)).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{name}");
    }
}

/// Rows without a key are named by the side they come from.
fn swap(path: &str) -> String {
    path.replace("/mine:", "/\u{0}:").replace("/server:", "/mine:").replace("/\u{0}:", "/server:")
}
