//! What the application said on standard error, looked through for what it should never say.

use std::collections::BTreeMap;

/// Lines that tell of a panic or an error, each once with how often.
pub fn complaints(log: &str) -> Vec<String> {
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for line in log.lines().filter(|line| is_complaint(line)) {
        *told.entry(line.to_owned()).or_default() += 1;
    }
    told.into_iter().map(|(line, times)| format!("the log says ({times}): {line}")).collect()
}

fn is_complaint(line: &str) -> bool {
    line.contains("panicked at") || line.contains(" ERROR ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_and_an_error_are_complaints_and_a_warning_is_none() {
        let log = "2026-06-15T09:30:00.000Z  WARN the server is away\n\
            2026-06-15T09:30:00.000Z ERROR the store is gone\n\
            thread 'main' panicked at src/main.rs:1:1:\n";
        let told = super::complaints(log);
        assert_eq!(told.len(), 2, "{told:?}");
    }
}
