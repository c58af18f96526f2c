//! Each link's secret: from the environment, else from the keychain, else for this run only. Never in a file or log.

use crate::environment::Environment;
use crate::hidden::Hidden;
use crate::keychain::{Keychain, KeychainFault};
use crate::sign_ins::SignIns;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_connectors::Secret;
use zeroize::Zeroizing;

/// The secrets of one process.
pub struct Vault {
    keychain: Arc<dyn Keychain>,
    environment: Environment,
    /// What was given or read in this run, by entry.
    known: Mutex<BTreeMap<String, Zeroizing<String>>>,
    /// Entries whose secret a server has replaced in this run: what the environment holds is not good any more.
    replaced: Mutex<BTreeMap<String, Kept>>,
    hidden: Hidden,
    pub(crate) sign_ins: SignIns,
}

/// Whether a secret that a server has replaced is there in later runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// In the keychain.
    Yes,
    /// For this run only, and why.
    No(String),
}

/// Whose secret it is. The entry's name does not depend on the data folder, so that a moved folder finds it again.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The link's name.
    pub link: &'a str,
    /// Its account.
    pub user: Option<&'a str>,
    /// Its endpoint.
    pub url: &'a str,
}

impl Owner<'_> {
    pub(crate) fn entry(&self) -> String {
        format!("{} ({}@{})", self.link, self.user.unwrap_or_default(), self.url)
    }
}

/// The variable that holds a link's secret: `TIDEMARK_SECRET_` and its name in upper case, `_` for all that is neither
/// letter nor digit.
pub fn secret_variable(link: &str) -> String {
    let name: String = link
        .chars()
        .flat_map(char::to_uppercase)
        .map(|letter| if letter.is_alphanumeric() { letter } else { '_' })
        .collect();
    format!("TIDEMARK_SECRET_{name}")
}

fn access_entry(entry: &str) -> String {
    format!("{entry} access")
}

impl Vault {
    /// A vault over a keychain and an environment; each secret that it gets to know is kept out of logs by `hidden`.
    pub fn new(keychain: Arc<dyn Keychain>, environment: Environment, hidden: Hidden) -> Self {
        Self {
            keychain,
            environment,
            known: Mutex::default(),
            replaced: Mutex::default(),
            hidden,
            sign_ins: SignIns::default(),
        }
    }

    /// Keeps a secret out of logs from now on; before it is used for the first time.
    pub(crate) fn hide(&self, owner: &Owner<'_>, secret: &str) {
        self.hidden.add(&owner.entry(), owner.user, secret);
    }

    /// The secret to sign in with; `kept` says whether the keychain holds one.
    pub(crate) fn secret(&self, owner: &Owner<'_>, kept: bool) -> Option<Secret> {
        let entry = owner.entry();
        if !self.replaced().contains_key(&entry)
            && let Some(secret) = self.in_environment(owner)
        {
            return Some(secret);
        }
        if let Some(secret) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&entry) {
            return Some(Secret::new(secret.as_str()));
        }
        if !kept {
            return None;
        }
        match self.keychain.read(&entry) {
            Ok(Some(secret)) => {
                self.hide(owner, &secret);
                let given = Secret::new(secret.as_str());
                self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(entry, secret);
                Some(given)
            }
            Ok(None) => None,
            Err(fault) => {
                // The server will ask for a sign-in, which says what to do.
                tracing::warn!(link = owner.link, %fault, "reading a secret");
                None
            }
        }
    }

    /// The secret that the environment holds for a link.
    pub(crate) fn in_environment(&self, owner: &Owner<'_>) -> Option<Secret> {
        let secret = Zeroizing::new(self.environment.get(&secret_variable(owner.link))?);
        self.hide(owner, &secret);
        Some(Secret::new(secret.as_str()))
    }

    /// Takes a secret: for this run in any case, and in the keychain where that works.
    pub(crate) fn keep(&self, owner: &Owner<'_>, secret: Zeroizing<String>) -> Result<(), KeychainFault> {
        self.hide(owner, &secret);
        let entry = owner.entry();
        let kept = self.keychain.keep(&entry, &secret);
        self.replaced().remove(&entry);
        self.sign_ins.forget(&entry);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(entry, secret);
        kept
    }

    /// The server gave a secret in the place of `used`: it is good from here on, and the other one is not.
    pub(crate) fn replace(&self, owner: &Owner<'_>, kept: bool, used: &Secret, fresh: &Secret) {
        let entry = owner.entry();
        self.hide(owner, fresh.expose());
        // Somebody may have signed in anew while the server was asked about the former one.
        if self.secret(owner, kept).is_some_and(|now| now.expose() != used.expose()) {
            return;
        }
        let from_environment = self.in_environment(owner).is_some();
        let now_kept = match kept && !from_environment {
            true => match self.keychain.keep(&entry, fresh.expose()) {
                Ok(()) => Kept::Yes,
                Err(fault) => Kept::No(fault.to_string()),
            },
            false if from_environment => Kept::No(format!(
                "{} holds another one, which beats the keychain",
                secret_variable(owner.link)
            )),
            false => Kept::No("no keychain holds it".to_owned()),
        };
        if let Kept::No(why) = &now_kept {
            tracing::warn!(link = owner.link, %why, "the server replaced the sign-in; the new one is used in this run only");
        }
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(entry.clone(), Zeroizing::new(fresh.expose().to_owned()));
        self.replaced().insert(entry, now_kept);
    }

    /// Why the sign-in that a server gave last is not there in later runs, where it is not.
    pub(crate) fn lost_at_the_end(&self, owner: &Owner<'_>) -> Option<String> {
        match self.replaced().get(&owner.entry()) {
            Some(Kept::No(why)) => Some(why.clone()),
            Some(Kept::Yes) | None => None,
        }
    }

    /// What another process has put into the keychain in the place of `used`.
    pub(crate) fn elsewhere(&self, owner: &Owner<'_>, kept: bool, used: &Secret) -> Option<Secret> {
        let entry = owner.entry();
        let held = if kept { self.keychain.read(&entry).ok().flatten()? } else { return None };
        if *held == used.expose() {
            return None;
        }
        self.hide(owner, &held);
        let given = Secret::new(held.as_str());
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(entry, held);
        Some(given)
    }

    /// Keeps a further secret of an entry out of logs.
    pub(crate) fn hide_entry(&self, entry: &str, secret: &str) {
        self.hidden.add(entry, None, secret);
    }

    /// Keeps an access token out of logs. They come often, and must not push out what they are got by.
    pub(crate) fn hide_access(&self, entry: &str, token: &str) {
        self.hidden.add(&access_entry(entry), None, token);
    }

    fn replaced(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a link's secret everywhere.
    pub(crate) fn forget(&self, owner: &Owner<'_>, kept: bool) -> Result<(), KeychainFault> {
        let entry = owner.entry();
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&entry);
        self.hidden.forget(&entry);
        self.hidden.forget(&access_entry(&entry));
        self.replaced().remove(&entry);
        self.sign_ins.forget(&entry);
        if kept { self.keychain.forget(&entry) } else { Ok(()) }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keychain::NoKeychain;

    const WORK: Owner<'static> = Owner { link: "Work (new)", user: Some("ann"), url: "https://x/" };

    #[test]
    fn the_variable_of_a_link_is_its_name_in_capitals() {
        assert_eq!(secret_variable("Work (new)"), "TIDEMARK_SECRET_WORK__NEW_");
        assert_eq!(secret_variable("café-1"), "TIDEMARK_SECRET_CAFÉ_1");
    }

    #[test]
    fn without_a_keychain_a_secret_lives_for_this_run() {
        let vault = Vault::new(Arc::new(NoKeychain), Environment::of([]), Hidden::default());
        assert_eq!(vault.keep(&WORK, Zeroizing::new("swordfish".into())), Err(KeychainFault::Absent));
        assert!(vault.secret(&WORK, false).is_some());
        vault.forget(&WORK, false).unwrap();
        assert!(vault.secret(&WORK, false).is_none(), "it is gone with its link");
    }

    #[test]
    fn a_vault_prints_no_secret() {
        let environment = Environment::of([("TIDEMARK_SECRET_A", "swordfish")]);
        let vault = Vault::new(Arc::new(NoKeychain), environment, Hidden::default());
        let _ = vault.keep(&WORK, Zeroizing::new("swordfish".into()));
        assert!(!format!("{vault:?} {:?}", vault.environment).contains("sword"));
    }
}
