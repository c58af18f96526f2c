//! The process's environment as an input, so that a test can give another.

use std::collections::BTreeMap;
use std::sync::Arc;

type Look = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Variables by name.
#[derive(Clone)]
pub struct Environment(Arc<Look>);

impl Environment {
    /// That of this process; what is no Unicode or empty counts as absent.
    pub fn of_process() -> Self {
        Self(Arc::new(|name| std::env::var(name).ok().filter(|value| !value.is_empty())))
    }

    /// Just these variables.
    pub fn of(variables: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        let variables: BTreeMap<&str, &str> = variables.into_iter().collect();
        Self(Arc::new(move |name| variables.get(name).map(|value| (*value).to_owned())))
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Some values are secrets.
        f.write_str("Environment")
    }
}
