//! A connector whose answers to a push bring what others did: it asks the server for both, one after the other.

use std::sync::Arc;
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::{
    Capabilities, Connector, Contact, Discovered, Intent, Page, PullFailure, PullRequest, PushAnswer, Remote,
    SealError, Sealed, WireForm,
};
use tidemark_model::failure::Failure;

/// What a test does to a page before it is given back.
pub type Alter = Arc<dyn Fn(&mut Page) + Send + Sync>;

/// In front of a connector that cannot do it.
pub struct WithPages {
    /// That one.
    pub inner: Box<dyn Connector>,
    /// What happens to its pages.
    pub alter: Alter,
}

impl Connector for WithPages {
    fn capabilities(&self) -> Capabilities {
        Capabilities { pages_with_push: true, ..self.inner.capabilities() }
    }

    fn host(&self) -> String {
        self.inner.host()
    }

    fn check(&self) -> BoxFuture<'_, Result<Contact, Failure>> {
        self.inner.check()
    }

    fn discover(&self) -> BoxFuture<'_, Result<Vec<Discovered>, Failure>> {
        self.inner.discover()
    }

    fn seal(&self, intent: &Intent<'_>) -> Result<WireForm, SealError> {
        self.inner.seal(intent)
    }

    fn push<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        self.inner.push(items)
    }

    fn push_asking<'a>(&'a self, items: &'a [Sealed], wish: &'a PullRequest) -> BoxFuture<'a, PushAnswer> {
        Box::pin(async move {
            let mut answer = self.inner.push(items).await;
            answer.page = self.inner.pull(wish).await.ok();
            if let Some(page) = &mut answer.page {
                (self.alter)(page);
            }
            answer
        })
    }

    fn push_atomic<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        self.inner.push_atomic(items)
    }

    fn pull<'a>(&'a self, request: &'a PullRequest) -> BoxFuture<'a, Result<Page, PullFailure>> {
        self.inner.pull(request)
    }

    fn fetch<'a>(&'a self, collection: &'a str, record: &'a str) -> BoxFuture<'a, Result<Remote, Failure>> {
        self.inner.fetch(collection, record)
    }
}
