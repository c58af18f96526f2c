//! The system's keychain.

use zeroize::Zeroizing;

/// Where secrets are kept between runs.
pub trait Keychain: Send + Sync {
    /// The secret of an entry; none where there is no entry.
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<String>>, KeychainFault>;
    /// Keeps a secret.
    fn keep(&self, entry: &str, secret: &str) -> Result<(), KeychainFault>;
    /// Removes an entry; one that is not there is no fault.
    fn forget(&self, entry: &str) -> Result<(), KeychainFault>;
}

/// Why the keychain could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeychainFault {
    /// There is none.
    #[error("this system offers no keychain to Tidemark")]
    Absent,
    /// It is locked, or says no.
    #[error("the system's keychain did not answer as needed: {0}")]
    Refused(String),
}

/// The one of the system, under the service name `tidemark`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemKeychain;

const SERVICE: &str = "tidemark";

impl Keychain for SystemKeychain {
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<String>>, KeychainFault> {
        apart(|| match keyring::Entry::new(SERVICE, entry)?.get_password() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn keep(&self, entry: &str, secret: &str) -> Result<(), KeychainFault> {
        apart(|| keyring::Entry::new(SERVICE, entry)?.set_password(secret))
    }

    fn forget(&self, entry: &str) -> Result<(), KeychainFault> {
        apart(|| match keyring::Entry::new(SERVICE, entry)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(error),
        })
    }
}

/// Speaks to the keychain on a thread of its own: it blocks, and its own runtime must not meet ours.
fn apart<T: Send>(ask: impl FnOnce() -> keyring::Result<T> + Send) -> Result<T, KeychainFault> {
    let answer = std::thread::scope(|scope| scope.spawn(ask).join());
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(keyring::Error::NoDefaultStore)) => Err(KeychainFault::Absent),
        // Some of these errors carry the bytes that were read: they are told by their kind alone.
        Ok(Err(keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..))) => {
            Err(KeychainFault::Refused("what it holds is no text".to_owned()))
        }
        Ok(Err(error)) => Err(KeychainFault::Refused(error.to_string())),
        Err(_) => Err(KeychainFault::Refused("it ended unexpectedly".to_owned())),
    }
}

/// For runs that must not touch the system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeychain;

impl Keychain for NoKeychain {
    fn read(&self, _entry: &str) -> Result<Option<Zeroizing<String>>, KeychainFault> {
        Err(KeychainFault::Absent)
    }

    fn keep(&self, _entry: &str, _secret: &str) -> Result<(), KeychainFault> {
        Err(KeychainFault::Absent)
    }

    fn forget(&self, _entry: &str) -> Result<(), KeychainFault> {
        Err(KeychainFault::Absent)
    }
}
