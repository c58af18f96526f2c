//! How a scenario's engine is connected: the real connectors behind a [`Tap`], with what a person may change.

use crate::tap::Tap;
use crate::with_pages::{Alter, WithPages};
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_connectors::Secret;
use tidemark_engine::{Connect, LinkRow};
use tidemark_model::connector::Connector;
use tidemark_model::settings::{Compress, LinkSettings};
use tidemark_model::view::{Refusal, RefusalCode};

/// Makes the connectors of a scenario.
#[derive(Default)]
pub struct Wire {
    /// What passes between engine and connectors.
    pub tap: Tap,
    changed: Mutex<Changed>,
}

#[derive(Default)]
struct Changed {
    secret: Option<String>,
    url: Option<String>,
    settings: Option<LinkSettings>,
    pages: Option<Alter>,
}

impl Wire {
    /// Signs in with this secret from the next connecting on.
    pub fn set_secret(&self, secret: &str) {
        self.changed().secret = Some(secret.to_owned());
    }

    /// Goes to another address than the link's from the next connecting on; none goes back to the link's.
    pub fn set_url(&self, url: Option<String>) {
        self.changed().url = url;
    }

    /// Uses other settings than the link's from the next connecting on; none goes back to the link's.
    pub fn set_settings(&self, settings: Option<LinkSettings>) {
        self.changed().settings = settings;
    }

    /// Lets each push bring a page, altered first, from the next connecting on; none lets no push do so.
    pub fn bring_pages(&self, alter: Option<Alter>) {
        self.changed().pages = alter;
    }

    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connect for Wire {
    fn connect(&self, link: &LinkRow) -> Result<Arc<dyn Connector>, Refusal> {
        let changed = self.changed();
        let url = changed.url.as_deref().unwrap_or(&link.url);
        let mut settings = changed.settings.clone().unwrap_or_else(|| link.settings.clone());
        if link.plain_bodies {
            settings.write.compress = Compress::Off;
        }
        let secret = changed.secret.clone().map(Secret::new);
        tidemark_connectors::connect(&link.kind, url, settings, link.user.clone(), secret)
            .map(|connector| match &changed.pages {
                Some(alter) => Box::new(WithPages { inner: connector, alter: Arc::clone(alter) }),
                None => connector,
            })
            .map(|connector| self.tap.before(connector))
            .map_err(|error| Refusal {
                code: RefusalCode::Invalid,
                message: error.to_string(),
                hint: "Look at the connection's address and settings.".into(),
            })
    }
}
