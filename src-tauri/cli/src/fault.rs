//! What can go wrong on the command line.

use crate::exit::Exit;
use std::path::PathBuf;
use tidemark_engine::{MOST_CHANGES, StoreError};
use tidemark_host::HostError;
use tidemark_model::document::{DocumentError, MAX_BYTES};
use tidemark_model::view::Refusal;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Tidemark refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It was not asked in a way that is understood.
    #[error("{0}")]
    Usage(String),
    /// A file.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// More than is read at once.
    #[error("{}: it has {}; at most {MAX_BYTES} bytes are taken at once", path.display(), size(*bytes))]
    TooLong {
        /// Which.
        path: PathBuf,
        /// Its size, where it has one that can be told without reading all of it.
        bytes: Option<u64>,
    },
    /// A file's content.
    #[error("{}: {error}", path.display())]
    Document {
        /// Which.
        path: PathBuf,
        /// What is wrong with it, and where.
        error: DocumentError,
    },
    /// A file that is no settings, rules or the like.
    #[error("{}: {why}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong with it, and where.
        why: String,
    },
    /// The system.
    #[error("the system refuses: {0}")]
    System(#[from] std::io::Error),
    /// The built-in server.
    #[error(transparent)]
    Sandbox(#[from] tidemark_sandbox::SandboxError),
    /// A step of the demonstration or a measurement did not come out as it must.
    #[error("{0}")]
    Unexpected(String),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<HostError> for Fault {
    fn from(error: HostError) -> Self {
        Self::Refused(error.into())
    }
}

impl Fault {
    /// How the run ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Refused(refusal) => Exit::of_refusal(refusal.code),
            Self::Usage(_) => Exit::Usage,
            Self::File { .. }
            | Self::TooLong { .. }
            | Self::Document { .. }
            | Self::Content { .. }
            | Self::System(_)
            | Self::Sandbox(_)
            | Self::Unexpected(_) => Exit::Error,
        }
    }

    /// The word for programs.
    pub fn code(&self) -> String {
        let word = match self {
            Self::Refused(refusal) => {
                return serde_json::to_value(refusal.code)
                    .ok()
                    .and_then(|word| word.as_str().map(str::to_owned))
                    .unwrap_or_default();
            }
            Self::Usage(_) => "usage",
            Self::File { .. } => "file",
            Self::TooLong { .. } | Self::Document { .. } | Self::Content { .. } => "invalid",
            Self::System(_) => "system",
            Self::Sandbox(_) => "sandbox",
            Self::Unexpected(_) => "unexpected",
        };
        word.to_owned()
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.hint.clone(),
            Self::Usage(_) => "Ask with --help.".to_owned(),
            Self::File { .. } => "Check that the file is there and may be read.".to_owned(),
            Self::TooLong { .. } => format!(
                "Nothing was saved. Give less at once: a document has at most 16 MiB, a transaction at most {MOST_CHANGES} \
                 changes; more of them go as several files."
            ),
            Self::Document { .. } => "Give one JSON value of at most 16 MiB and 128 levels.".to_owned(),
            Self::Content { .. } => "Correct the file.".to_owned(),
            Self::System(_) | Self::Unexpected(_) => String::new(),
            Self::Sandbox(_) => "Choose another port or folder.".to_owned(),
        }
    }
}

fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "more bytes than that".to_owned(), |bytes| format!("{bytes} bytes"))
}
