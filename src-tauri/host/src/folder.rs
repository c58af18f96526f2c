//! Where everything is kept.

use crate::environment::Environment;
use crate::faults::HostError;
use std::path::PathBuf;

/// The data folder: the one named, else `TIDEMARK_DATA`, else the system's own place for this account.
pub(crate) fn data_folder(named: Option<PathBuf>, environment: &Environment) -> Result<PathBuf, HostError> {
    if let Some(named) = named {
        return Ok(named);
    }
    if let Some(folder) = environment.get("TIDEMARK_DATA") {
        return Ok(PathBuf::from(folder));
    }
    let folders = directories::ProjectDirs::from("", "", "tidemark").ok_or(HostError::NoFolder)?;
    Ok(folders.data_local_dir().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_beats_the_environment_and_that_beats_the_system() {
        let environment = Environment::of([("TIDEMARK_DATA", "from-environment")]);
        let named = data_folder(Some(PathBuf::from("named")), &environment).unwrap();
        assert_eq!(named, PathBuf::from("named"));
        assert_eq!(data_folder(None, &environment).unwrap(), PathBuf::from("from-environment"));
    }
}
