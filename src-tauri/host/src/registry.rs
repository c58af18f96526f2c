//! From a stored link to something that speaks to its server.

use crate::connections::owner_of;
use crate::faults::HostError;
use crate::sign_ins::Draft;
use crate::vault::{Owner, Vault};
use std::sync::Arc;
use tidemark_connectors::{HttpOptions, Secret, connect_in, session};
use tidemark_engine::{Connect, LinkRow};
use tidemark_model::connector::Connector;
use tidemark_model::settings::{Compress, LinkSettings};
use tidemark_model::view::Refusal;

/// The kinds of server with the secrets to sign in.
#[derive(Debug)]
pub struct Registry {
    vault: Arc<Vault>,
}

impl Registry {
    /// A registry whose secrets come from `vault`.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }
}

impl Connect for Registry {
    fn connect(&self, link: &LinkRow) -> Result<Arc<dyn Connector>, Refusal> {
        let mut settings = link.settings.clone();
        if link.plain_bodies {
            settings.write.compress = Compress::Off;
        }
        of_link(&self.vault, link, settings).map_err(Refusal::from)
    }
}

/// The connector of a link; nothing is sent yet.
pub(crate) fn of_link(
    vault: &Arc<Vault>,
    link: &LinkRow,
    settings: LinkSettings,
) -> Result<Arc<dyn Connector>, HostError> {
    let (owner, user) = (owner_of(link), link.user.clone());
    let options = HttpOptions::default();
    Ok(Arc::from(match vault.sign_ins.of_link(vault, &owner, link.secret_kept, &settings)? {
        Some(session) => connect_in(&link.kind, &link.url, settings, user, session, options)?,
        None => {
            let secret = vault.secret(&owner, link.secret_kept);
            tidemark_connectors::connect(&link.kind, &link.url, settings, user, secret)?
        }
    }))
}

/// A connector of what is no link yet, with what was typed for it where the server may replace that.
type Tried = (Arc<dyn Connector>, Option<Arc<Draft>>);

/// A connector for what may become a link, with a secret that was given; nothing is sent yet. What the sign-in server puts
/// in the secret's place stands in the draft.
pub(crate) fn of_draft(
    vault: &Arc<Vault>,
    kind: &str,
    owner: &Owner<'_>,
    settings: LinkSettings,
    secret: Option<Secret>,
) -> Result<Tried, HostError> {
    let (url, user, options) = (owner.url, owner.user.map(str::to_owned), HttpOptions::default());
    let draft = match (&settings.sign_in, &secret) {
        (Some(_), Some(given)) => vault.sign_ins.draft(vault, owner, given),
        _ => {
            let made = tidemark_connectors::connect(kind, url, settings, user, secret)?;
            return Ok((Arc::from(made), None));
        }
    };
    let tokens = Arc::clone(&draft);
    let made = match session(&settings, move || tokens, options.clone())? {
        Some(session) => connect_in(kind, url, settings, user, session, options)?,
        None => tidemark_connectors::connect(kind, url, settings, user, secret)?,
    };
    Ok((Arc::from(made), Some(draft)))
}
