//! How a scenario's engine is connected: the real connectors behind a [`Tap`], with what a person may change.

use crate::tap::Tap;
use crate::with_pages::{Alter, WithPages};
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_connectors::{ConnectError, HttpOptions, Secret, Unkept, connect, connect_in, session};
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
    /// What became of the secret where it is a refresh token.
    tokens: Option<Arc<Unkept>>,
    url: Option<String>,
    settings: Option<LinkSettings>,
    pages: Option<Alter>,
}

impl Wire {
    /// Signs in with this secret from the next connecting on.
    pub fn set_secret(&self, secret: &str) {
        let mut changed = self.changed();
        (changed.secret, changed.tokens) = (Some(secret.to_owned()), None);
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

    /// A connector as the engine gets it, without the tap.
    pub fn connector(
        &self,
        kind: &str,
        url: &str,
        settings: LinkSettings,
        user: Option<String>,
    ) -> Result<Box<dyn Connector>, ConnectError> {
        let mut changed = self.changed();
        let secret = changed.secret.clone().map(Secret::new);
        let given = secret.clone();
        let tokens = changed.tokens.get_or_insert_with(|| Arc::new(Unkept::new(given)));
        let tokens = Arc::clone(tokens);
        match session(&settings, move || tokens, HttpOptions::default())? {
            Some(session) => connect_in(kind, url, settings, user, session, HttpOptions::default()),
            None => connect(kind, url, settings, user, secret),
        }
    }

    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connect for Wire {
    fn connect(&self, link: &LinkRow) -> Result<Arc<dyn Connector>, Refusal> {
        let (url, settings) = {
            let changed = self.changed();
            (changed.url.clone(), changed.settings.clone())
        };
        let url = url.as_deref().unwrap_or(&link.url);
        let mut settings = settings.unwrap_or_else(|| link.settings.clone());
        if link.plain_bodies {
            settings.write.compress = Compress::Off;
        }
        let pages = self.changed().pages.clone();
        self.connector(&link.kind, url, settings, link.user.clone())
            .map(|connector| match &pages {
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
