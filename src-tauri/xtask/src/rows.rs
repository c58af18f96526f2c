//! `cargo xtask rows`: each row of the promised behaviour, with the tests that say they prove it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::paths;

/// Prints every row with its tests, and how many have none.
pub fn print() -> Result<(), String> {
    let proofs = proofs();
    let page = paths::root().join("../shared/design/behaviour.md");
    let Ok(text) = std::fs::read_to_string(&page) else {
        println!(
            "The page of rows (../shared/design/behaviour.md) is not here; these are the rows that tests name:"
        );
        for (row, tests) in &proofs {
            show(row, "", tests);
        }
        return Ok(());
    };
    let rows = rows_of(&text);
    let none = Vec::new();
    for (row, promise) in &rows {
        show(row, promise, proofs.get(row).unwrap_or(&none));
    }
    let proved = rows.iter().filter(|(row, _)| proofs.contains_key(row)).count();
    println!("\n{proved} of {} rows are named by a test", rows.len());
    let unknown: Vec<&String> =
        proofs.keys().filter(|row| !rows.iter().any(|(known, _)| known == *row)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(format!("tests name rows that do not exist: {unknown:?}")) }
}

fn show(row: &str, promise: &str, tests: &[String]) {
    let short: String = promise.chars().take(90).collect();
    println!("{row:<4} {short}");
    for test in tests {
        println!("       {test}");
    }
}

fn rows_of(text: &str) -> Vec<(String, String)> {
    let cells = |line: &str| -> Option<(String, String)> {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let (id, promise) = (cells.next()?, cells.next()?);
        is_row(id).then(|| (id.to_string(), promise.to_string()))
    };
    text.lines().filter_map(cells).collect()
}

fn is_row(text: &str) -> bool {
    let digits = text.strip_prefix(|letter: char| letter.is_ascii_uppercase()).unwrap_or_default();
    (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn proofs() -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for folder in ["tests", "src-tauri", "ui/src", "ui/tests"] {
        visit(&paths::root().join(folder), &mut found);
    }
    found
}

fn visit(folder: &Path, found: &mut BTreeMap<String, Vec<String>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if path.is_dir() {
            visit(&path, found);
        } else if matches!(end, "rs" | "ts" | "svelte") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let name = path.strip_prefix(paths::root()).unwrap_or(&path).display().to_string();
            for (row, test) in proofs_in(&text) {
                found.entry(row).or_default().push(format!("{name}: {test}"));
            }
        }
    }
}

/// The rows a file's comments name, each with the test that follows the comment.
fn proofs_in(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(list) = line.trim_start().strip_prefix("// proves ") else { continue };
        let test = lines.iter().skip(at + 1).take(8).find_map(|line| test_name(line));
        let test = test.unwrap_or_else(|| "the whole file".to_string());
        let rows = list.split([',', ' ', '.', ':', ';']).map(str::trim).filter(|word| is_row(word));
        found.extend(rows.map(|row| (row.to_string(), test.clone())));
    }
    found
}

fn test_name(line: &str) -> Option<String> {
    let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("async ");
    if let Some(rest) = line.strip_prefix("fn ") {
        return rest.split(['(', '<']).next().map(|name| name.replace('_', " "));
    }
    let quoted = ["it(", "test(", "describe("].iter().find_map(|call| line.strip_prefix(call))?;
    let quote = quoted.chars().next().filter(|mark| matches!(mark, '"' | '\'' | '`'))?;
    quoted.get(1..)?.split(quote).next().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::{proofs_in, rows_of};

    #[test]
    fn a_comment_names_the_rows_of_the_test_below_it() {
        let text =
            "// proves A4, E3\n#[test]\nfn nothing_is_lost() {}\n  // proves H2\n  it('shows', () => {";
        let found = proofs_in(text);
        let pair = |row: &str, test: &str| (row.to_string(), test.to_string());
        assert_eq!(
            found,
            [pair("A4", "nothing is lost"), pair("E3", "nothing is lost"), pair("H2", "shows")]
        );
    }

    #[test]
    fn only_ids_are_rows() {
        let rows = rows_of("| id | required |\n|---|---|\n| A12 | Cleaning: x |\n| API | y |");
        assert_eq!(rows, [("A12".to_string(), "Cleaning: x".to_string())]);
    }
}
