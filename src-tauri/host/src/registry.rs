//! From a stored link to something that speaks to its server.

use crate::faults::HostError;
use crate::vault::{Owner, Vault};
use std::sync::Arc;
use tidemark_connectors::Secret;
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
        let owner = Owner { link: &link.name, user: link.user.as_deref(), url: &link.url };
        let secret = self.vault.secret(&owner, link.secret_kept);
        let mut settings = link.settings.clone();
        if link.plain_bodies {
            settings.write.compress = Compress::Off;
        }
        connector(&link.kind, &link.url, settings, link.user.clone(), secret).map_err(Refusal::from)
    }
}

/// A connector; nothing is sent yet.
pub(crate) fn connector(
    kind: &str,
    url: &str,
    settings: LinkSettings,
    user: Option<String>,
    secret: Option<Secret>,
) -> Result<Arc<dyn Connector>, HostError> {
    Ok(Arc::from(tidemark_connectors::connect(kind, url, settings, user, secret)?))
}
