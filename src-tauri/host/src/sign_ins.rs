//! The sign-ins of this process: one session for each link, so that window, test and sync share its access token, and where
//! its refresh token is kept (`engine.md` 7).

use crate::faults::HostError;
use crate::vault::{Owner, Vault};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_connectors::{HttpOptions, RefreshTokens, Secret, Session};
use tidemark_model::settings::LinkSettings;

/// So many sign-ins that no link has yet are remembered.
const DRAFTS: usize = 4;

/// The sessions of one process.
#[derive(Default)]
pub(crate) struct SignIns {
    /// By the vault's entry, with the settings they were made by.
    sessions: Mutex<BTreeMap<String, (LinkSettings, Arc<Session>)>>,
    /// Of links that are looked at and not added yet: their server may have replaced what was typed.
    drafts: Mutex<Vec<Arc<Draft>>>,
}

impl SignIns {
    /// The session of a link; none where its settings name no sign-in.
    pub(crate) fn of_link(
        &self,
        vault: &Arc<Vault>,
        owner: &Owner<'_>,
        kept: bool,
        settings: &LinkSettings,
    ) -> Result<Option<Arc<Session>>, HostError> {
        let about = about(settings);
        let mut sessions = self.sessions();
        if let Some((made_by, session)) = sessions.get(&owner.entry())
            && *made_by == about
        {
            return Ok(Some(Arc::clone(session)));
        }
        let tokens = || Arc::new(KeptToken::new(vault, owner, kept)) as Arc<dyn RefreshTokens>;
        let session = tidemark_connectors::session(settings, tokens, HttpOptions::default())?;
        if let Some(session) = &session {
            sessions.insert(owner.entry(), (about, Arc::clone(session)));
        }
        Ok(session)
    }

    /// What an entry's session stands on has changed.
    pub(crate) fn forget(&self, entry: &str) {
        self.sessions().remove(entry);
    }

    /// What became of a refresh token that was typed for a link that is not added yet.
    pub(crate) fn draft(&self, vault: &Arc<Vault>, owner: &Owner<'_>, given: &Secret) -> Arc<Draft> {
        let mut drafts = self.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(draft) = drafts.iter().find(|draft| draft.given.expose() == given.expose()) {
            return Arc::clone(draft);
        }
        let draft = Arc::new(Draft {
            given: given.clone(),
            now: Mutex::new(given.clone()),
            entry: owner.entry(),
            vault: Arc::clone(vault),
        });
        drafts.push(Arc::clone(&draft));
        let too_many = drafts.len().saturating_sub(DRAFTS);
        drafts.drain(..too_many);
        draft
    }

    /// The draft has become a link's own.
    pub(crate) fn end_draft(&self, draft: &Arc<Draft>) {
        let mut drafts = self.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.retain(|known| !Arc::ptr_eq(known, draft));
    }

    fn sessions(&self) -> MutexGuard<'_, BTreeMap<String, (LinkSettings, Arc<Session>)>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What of a link's settings its session depends on.
fn about(settings: &LinkSettings) -> LinkSettings {
    LinkSettings {
        sign_in: settings.sign_in.clone(),
        allow_plain_http: settings.allow_plain_http,
        ..LinkSettings::default()
    }
}

/// A typed refresh token, and what the server has put in its place since.
pub(crate) struct Draft {
    given: Secret,
    now: Mutex<Secret>,
    entry: String,
    vault: Arc<Vault>,
}

impl Draft {
    /// The token that is good now.
    pub(crate) fn now(&self) -> Secret {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RefreshTokens for Draft {
    fn current(&self) -> Option<Secret> {
        Some(self.now())
    }

    fn replaced(&self, _used: &Secret, fresh: &Secret) {
        self.vault.hide_entry(&self.entry, fresh.expose());
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
    }

    fn elsewhere(&self, _used: &Secret) -> Option<Secret> {
        None
    }

    fn obtained(&self, access: &Secret) {
        self.vault.hide_access(&self.entry, access.expose());
    }
}

/// The refresh token of a link, in the vault.
struct KeptToken {
    vault: Arc<Vault>,
    link: String,
    user: Option<String>,
    url: String,
    kept: bool,
}

impl KeptToken {
    fn new(vault: &Arc<Vault>, owner: &Owner<'_>, kept: bool) -> Self {
        Self {
            vault: Arc::clone(vault),
            link: owner.link.to_owned(),
            user: owner.user.map(str::to_owned),
            url: owner.url.to_owned(),
            kept,
        }
    }

    fn owner(&self) -> Owner<'_> {
        Owner { link: &self.link, user: self.user.as_deref(), url: &self.url }
    }
}

impl RefreshTokens for KeptToken {
    fn current(&self) -> Option<Secret> {
        self.vault.secret(&self.owner(), self.kept)
    }

    fn replaced(&self, used: &Secret, fresh: &Secret) {
        self.vault.replace(&self.owner(), self.kept, used, fresh);
    }

    fn elsewhere(&self, used: &Secret) -> Option<Secret> {
        self.vault.elsewhere(&self.owner(), self.kept, used)
    }

    fn obtained(&self, access: &Secret) {
        self.vault.hide_access(&self.owner().entry(), access.expose());
    }
}
