//! What can go wrong with the store, in words that say what, where and what to do.

use std::path::{Path, PathBuf};
use tidemark_model::view::{Backup, Refusal, RefusalCode, StoreFault};

/// Why the store could not do something.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full: {path} cannot grow")]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// The folder or the file cannot be written.
    #[error("{path} cannot be written: {why}")]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// Another program holds the database for longer than we wait.
    #[error("{path} is in use by another program")]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// The file is no database, or its check failed.
    #[error("{path} is damaged: {why}")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        why: String,
        /// The newest intact backup, where one was looked for and found.
        intact: Option<Backup>,
    },
    /// The database was made by a newer Tidemark.
    #[error("{path} was made by a newer Tidemark (schema {found}; this one knows up to {known})")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The disk reports an error.
    #[error("{path} cannot be read or written: {why}")]
    Io {
        /// The database.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A stored value is not what the schema promises.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// What was asked for is refused; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// The error of an operation on the database at `path`.
    pub(crate) fn at(path: &Path, error: rusqlite::Error) -> Self {
        Self::from(error).named(path)
    }

    /// The same error with the database's path, where it was not known yet.
    pub(crate) fn named(self, at: &Path) -> Self {
        let at = at.to_owned();
        match self {
            Self::DiskFull { path } if path.as_os_str().is_empty() => Self::DiskFull { path: at },
            Self::ReadOnly { path, why } if path.as_os_str().is_empty() => Self::ReadOnly { path: at, why },
            Self::Locked { path } if path.as_os_str().is_empty() => Self::Locked { path: at },
            Self::Damaged { path, why, intact } if path.as_os_str().is_empty() => {
                Self::Damaged { path: at, why, intact }
            }
            Self::Newer { path, found, known } if path.as_os_str().is_empty() => {
                Self::Newer { path: at, found, known }
            }
            Self::Io { path, why } if path.as_os_str().is_empty() => Self::Io { path: at, why },
            other => other,
        }
    }

    /// The error of a file's operation.
    pub(crate) fn of_file(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let (path, why) = (path.to_owned(), error.to_string());
        match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Self::DiskFull { path },
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Self::ReadOnly { path, why },
            _ => Self::Io { path, why },
        }
    }

    /// What of it the status shows for as long as it lasts; none where it is about one call only.
    pub fn fault(&self) -> Option<StoreFault> {
        match self {
            Self::DiskFull { .. } => Some(StoreFault::DiskFull),
            Self::ReadOnly { .. } => Some(StoreFault::ReadOnly),
            Self::Damaged { .. } => Some(StoreFault::Damaged),
            Self::Io { .. } => Some(StoreFault::Io),
            Self::Locked { .. } | Self::Newer { .. } | Self::Corrupt(_) | Self::Refused(_) | Self::Closed => {
                None
            }
        }
    }

    fn hint(&self) -> String {
        if let Self::Damaged { intact: Some(backup), .. } = self {
            return format!(
                "A backup from {} is intact: restore '{}'. The damaged file is kept beside it.",
                time_of(backup),
                backup.name
            );
        }
        let hint = match self {
            Self::DiskFull { .. } => "Make room on this disk; saving works again by itself.",
            Self::ReadOnly { .. } => {
                "Make the folder writable for your account, or choose another with --data."
            }
            Self::Locked { .. } => "Close the other program that uses this folder, then try again.",
            Self::Damaged { .. } => {
                "Keep the file and report this. No intact backup of it is known on this computer."
            }
            Self::Newer { .. } => "Install the newer Tidemark again; nothing was changed.",
            Self::Io { .. } => "Check the disk; nothing that was confirmed as saved is lost by this message.",
            Self::Corrupt(_) => "Report this; nothing was changed.",
            Self::Refused(_) => "",
            Self::Closed => "Start Tidemark again.",
        };
        hint.to_owned()
    }
}

/// A backup's time in the zone of this computer, for a sentence.
fn time_of(backup: &Backup) -> String {
    chrono::DateTime::from_timestamp_millis(backup.made_at.0)
        .map_or_else(String::new, |at| at.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string())
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal,
            other => Self::new(RefusalCode::Store, &other.to_string(), other.hint()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let path = PathBuf::new();
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Self::DiskFull { path },
            Some(Code::ReadOnly | Code::CannotOpen | Code::PermissionDenied) => Self::ReadOnly { path, why },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Locked { path },
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged { path, why, intact: None },
            Some(Code::SystemIoFailure) => Self::Io { path, why },
            _ => Self::Corrupt(why),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// Makes the data folder, readable by this account only.
pub(crate) fn make_private_folder(folder: &Path) -> Result<(), StoreError> {
    let failed =
        |error: std::io::Error| StoreError::ReadOnly { path: folder.to_owned(), why: error.to_string() };
    if !folder.is_dir() {
        std::fs::create_dir_all(folder).map_err(failed)?;
        restrict(folder, 0o700).map_err(failed)?;
    }
    Ok(())
}

/// Takes a folder away from other accounts.
pub(crate) fn restrict_folder(folder: &Path) -> Result<(), StoreError> {
    restrict(folder, 0o700).map_err(|error| StoreError::of_file(folder, &error))
}

/// Takes a file away from other accounts; SQLite gives its side files the same permissions.
pub(crate) fn make_private_file(file: &Path) -> Result<(), StoreError> {
    // A database on a medium that can't be written keeps its permissions: it is opened for reading below.
    restrict(file, 0o600)
        .map_err(|error| StoreError::ReadOnly { path: file.to_owned(), why: error.to_string() })
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> std::io::Result<()> {
    // The per-user data folder is private by its place on other systems.
    Ok(())
}
