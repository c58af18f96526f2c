//! What can go wrong before and beside the engine, in words that say what, where and what to do.

use crate::settings::SettingFault;
use std::path::PathBuf;
use tidemark_connectors::ConnectError;
use tidemark_engine::StoreError;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::Millis;
use tidemark_model::settings::SettingsError;
use tidemark_model::view::{Refusal, RefusalCode, StoreFault};

/// Why the host could not do something.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The store or the engine.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A link's kind, address or settings.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A link's settings file.
    #[error(transparent)]
    LinkSettings(#[from] SettingsError),
    /// A setting of the engine.
    #[error(transparent)]
    Setting(#[from] SettingFault),
    /// The server's answer, or its absence.
    #[error("{}: {}", url, failure.words)]
    Server {
        /// Where.
        url: String,
        /// What.
        failure: Failure,
    },
    /// The system has no place for this account's data.
    #[error("there is no folder for this account's data on this system")]
    NoFolder,
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// `TIDEMARK_CLOCK` is no time.
    #[error("TIDEMARK_CLOCK is '{0}', which is no time")]
    BadClock(String),
    /// A link's name that cannot be used.
    #[error("a connection cannot be called '{0}'")]
    BadName(String),
    /// A name that is taken.
    #[error("a connection named '{0}' exists")]
    NameTaken(String),
    /// There is no such link.
    #[error("there is no connection named '{0}'")]
    NoLink(String),
    /// Nothing was chosen to keep.
    #[error("no collection was chosen; on offer are {}", listed(.0))]
    NothingChosen(Vec<String>),
    /// A collection that the server does not have.
    #[error("the server has no collection '{name}'; on offer are {}", listed(offered))]
    NotOffered {
        /// The name.
        name: String,
        /// What it has.
        offered: Vec<String>,
    },
    /// The built-in server.
    #[error("the sample server could not start: {0}")]
    Sample(#[from] tidemark_sandbox::SandboxError),
}

fn listed(names: &[String]) -> String {
    /// More names than this are only counted.
    const SHOWN: usize = 20;
    match names {
        [] => "none".to_owned(),
        names if names.len() <= SHOWN => names.join(", "),
        names => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}

impl HostError {
    fn code(&self) -> RefusalCode {
        match self {
            Self::Store(_) | Self::NoFolder | Self::File { .. } => RefusalCode::Store,
            Self::Connect(_)
            | Self::LinkSettings(_)
            | Self::Setting(_)
            | Self::BadClock(_)
            | Self::BadName(_)
            | Self::NameTaken(_)
            | Self::NothingChosen(_)
            | Self::NotOffered { .. } => RefusalCode::Invalid,
            Self::NoLink(_) => RefusalCode::NotFound,
            Self::Server { failure, .. } => code_of(failure.class),
            Self::Sample(_) => RefusalCode::Server,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Store(_) => String::new(),
            Self::Connect(ConnectError::UnknownKind { .. }) => {
                format!("Choose one of: {}.", tidemark_connectors::KINDS.join(", "))
            }
            Self::Connect(ConnectError::BadUrl { .. }) => "Give the server's address.".to_owned(),
            Self::Connect(ConnectError::PlainHttp { .. }) => {
                "Use https, or set \"allow_plain_http\": true in the connection's settings.".to_owned()
            }
            Self::Connect(_) | Self::LinkSettings(_) => "Correct the connection's settings.".to_owned(),
            Self::Setting(SettingFault::Beaten { .. }) => {
                "Unset the variable, or change it there.".to_owned()
            }
            Self::Setting(SettingFault::Value(range)) => {
                format!("{}: give {} to {}{}.", range.key, range.from, range.upto, range.unit)
            }
            Self::Setting(_) => "Correct or remove this setting.".to_owned(),
            Self::Server { failure, .. } => hint_of(failure).to_owned(),
            Self::NoFolder => "Name a folder with --data or TIDEMARK_DATA.".to_owned(),
            Self::File { .. } => "Check that the file is there and may be read.".to_owned(),
            Self::BadClock(_) => "Give a time such as 2026-06-15T09:30:00Z, or leave it away.".to_owned(),
            Self::BadName(_) => "Give it 1 to 100 characters, none of them invisible.".to_owned(),
            Self::NameTaken(_) => "Choose another name, or remove the old one first.".to_owned(),
            Self::NoLink(_) => "Look at the list of connections.".to_owned(),
            Self::NothingChosen(_) | Self::NotOffered { .. } => {
                "Name the collections to keep, each with --collection.".to_owned()
            }
            Self::Sample(_) => "Check that the data folder can be written.".to_owned(),
        }
    }
}

impl HostError {
    /// What keeps the store from being used, where it is that: it is shown, and ends by itself or by a restore.
    pub fn fault(&self) -> Option<StoreFault> {
        match self {
            Self::Store(error) => error.fault(),
            _ => None,
        }
    }

    /// When the newest intact backup was made, where the store is damaged and there is one.
    pub fn intact(&self) -> Option<Millis> {
        match self {
            Self::Store(StoreError::Damaged { intact: Some(backup), .. }) => Some(backup.made_at),
            _ => None,
        }
    }
}

impl From<HostError> for Refusal {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Store(error) => error.into(),
            other => Self::new(other.code(), &other.to_string(), other.hint()),
        }
    }
}

/// What a caller branches on after a failed request.
pub(crate) fn code_of(class: ErrorClass) -> RefusalCode {
    match class {
        ErrorClass::Offline => RefusalCode::Offline,
        ErrorClass::Auth => RefusalCode::SignIn,
        ErrorClass::Untrusted
        | ErrorClass::Transient
        | ErrorClass::Throttled
        | ErrorClass::Conflict
        | ErrorClass::Permanent
        | ErrorClass::Upgrade
        | ErrorClass::Intercepted => RefusalCode::Server,
    }
}

/// What to do about a failed request.
pub(crate) fn hint_of(failure: &Failure) -> &'static str {
    match failure.class {
        ErrorClass::Offline => "Check the address and the network; what you change meanwhile is kept here.",
        ErrorClass::Untrusted => {
            "The server's certificate is not trusted. Ask its administrator, or install its authority's certificate."
        }
        ErrorClass::Transient => "The server has a problem; it is tried again by itself.",
        ErrorClass::Throttled => "The server is busy; it is tried again by itself.",
        ErrorClass::Auth => "Check the account, and give the password or token again.",
        ErrorClass::Conflict | ErrorClass::Permanent => "Look at what the server says.",
        ErrorClass::Upgrade => "Install a newer Tidemark.",
        ErrorClass::Intercepted => {
            "Something else answers at this address: check the address and the kind, or sign in to the network first."
        }
    }
}
