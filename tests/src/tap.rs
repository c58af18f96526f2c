//! A connector in front of another: it notes what passes, and a test can hold what passes at any point.

use crate::deadline::soon;
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::{
    Capabilities, Connector, Contact, Discovered, Intent, Page, PullFailure, PullRequest, PushAnswer, Remote,
    Row, SealError, Sealed, WireForm,
};
use tidemark_model::failure::Failure;
use tokio::sync::watch;

/// Where something passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Asking whether the server is there.
    Check,
    /// A change, sealed and not sent yet.
    Push,
    /// The answer to a change, not yet seen by the engine.
    PushAnswer,
    /// A wish for a page.
    Pull,
    /// A page, not yet seen by the engine.
    PullAnswer,
    /// A wish for one record.
    Fetch,
    /// One record, not yet seen by the engine.
    FetchAnswer,
}

/// Something that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Where.
    pub point: Point,
    /// Of which collection; empty for a check.
    pub collection: String,
    /// Of which record; empty for pages.
    pub record: String,
    /// A change's key, or the checkpoint's token that a page is asked after.
    pub token: Option<String>,
}

/// What every connector behind it notes; clones share it.
#[derive(Clone)]
pub struct Tap {
    passed: watch::Sender<Vec<Passed>>,
    /// From which arrival on nothing goes past a point.
    held: watch::Sender<BTreeMap<Point, usize>>,
    /// Calls that have not returned.
    under_way: watch::Sender<usize>,
    /// The record whose rows come without anything that could be read.
    spoilt: watch::Sender<Option<String>>,
}

impl Default for Tap {
    fn default() -> Self {
        Self {
            passed: watch::Sender::new(Vec::new()),
            held: watch::Sender::new(BTreeMap::new()),
            under_way: watch::Sender::new(0),
            spoilt: watch::Sender::new(None),
        }
    }
}

impl Tap {
    /// The connector, noted here.
    pub fn before(&self, inner: Box<dyn Connector>) -> Arc<dyn Connector> {
        Arc::new(Tapped { inner, tap: self.clone() })
    }

    /// Lets nothing go past a point from now on.
    pub fn hold(&self, point: Point) {
        self.hold_from(point, 0);
    }

    /// Lets nothing go past a point from its n-th arrival on, counted from 1 since the last [`Tap::forget`].
    pub fn hold_from(&self, point: Point, arrival: usize) {
        self.held.send_modify(|held| {
            held.insert(point, arrival);
        });
    }

    /// Lets everything go on.
    pub fn release(&self) {
        self.held.send_replace(BTreeMap::new());
    }

    /// From now on the rows of this record, and of no other, come as something that cannot be read, not even their id.
    pub fn spoil(&self, record: Option<&str>) {
        self.spoilt.send_replace(record.map(str::to_owned));
    }

    fn spoilt(&self, row: Row) -> Row {
        match row {
            Row::Record { id, .. } if self.spoilt.borrow().as_ref() == Some(&id) => Row::Unreadable {
                id: None,
                raw: format!("?{id}"),
                bytes: id.len() + 1,
                reason: "it was spoilt".to_owned(),
            },
            row => row,
        }
    }

    /// Waits until so many have come to a point since the last [`Tap::forget`].
    pub async fn reached(&self, point: Point, times: usize) {
        let there =
            |passed: &Vec<Passed>| passed.iter().filter(|passed| passed.point == point).count() >= times;
        let mut passed = self.passed.subscribe();
        let came = passed.wait_for(there);
        soon(&format!("{times} at {point:?}"), came).await.expect("this tap holds the sender");
    }

    /// Waits until no call is under way.
    pub async fn idle(&self) {
        self.under_way.subscribe().wait_for(|calls| *calls == 0).await.expect("this tap holds the sender");
    }

    fn call(&self) -> UnderWay {
        self.under_way.send_modify(|calls| *calls += 1);
        UnderWay(self.under_way.clone())
    }

    /// What came to a point since the last [`Tap::forget`].
    pub fn passed(&self, point: Point) -> Vec<Passed> {
        self.passed.borrow().iter().filter(|passed| passed.point == point).cloned().collect()
    }

    /// How much came to a point since the last [`Tap::forget`].
    pub fn count(&self, point: Point) -> usize {
        self.passed(point).len()
    }

    /// Starts the notes over.
    pub fn forget(&self) {
        self.passed.send_replace(Vec::new());
    }

    async fn note(&self, point: Point, collection: &str, record: &str, token: Option<&str>) {
        let passed = Passed {
            point,
            collection: collection.to_owned(),
            record: record.to_owned(),
            token: token.map(str::to_owned),
        };
        let mut arrival = 0;
        self.passed.send_modify(|all| {
            all.push(passed);
            arrival = all.iter().filter(|passed| passed.point == point).count();
        });
        let goes_on = |held: &BTreeMap<Point, usize>| held.get(&point).is_none_or(|from| arrival < *from);
        self.held.subscribe().wait_for(goes_on).await.expect("this tap holds the sender");
    }
}

/// A call that has not returned; one that is dropped has ended too.
struct UnderWay(watch::Sender<usize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|calls| *calls -= 1);
    }
}

struct Tapped {
    inner: Box<dyn Connector>,
    tap: Tap,
}

impl Connector for Tapped {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn host(&self) -> String {
        self.inner.host()
    }

    fn check(&self) -> BoxFuture<'_, Result<Contact, Failure>> {
        Box::pin(async move {
            let _under_way = self.tap.call();
            self.tap.note(Point::Check, "", "", None).await;
            self.inner.check().await
        })
    }

    fn discover(&self) -> BoxFuture<'_, Result<Vec<Discovered>, Failure>> {
        self.inner.discover()
    }

    fn seal(&self, intent: &Intent<'_>) -> Result<WireForm, SealError> {
        self.inner.seal(intent)
    }

    fn push<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        Box::pin(async move {
            let _under_way = self.tap.call();
            for item in items {
                self.tap.note(Point::Push, &item.collection, &item.record, Some(&item.key)).await;
            }
            let answer = self.inner.push(items).await;
            for item in items {
                self.tap.note(Point::PushAnswer, &item.collection, &item.record, Some(&item.key)).await;
            }
            answer
        })
    }

    fn push_asking<'a>(&'a self, items: &'a [Sealed], wish: &'a PullRequest) -> BoxFuture<'a, PushAnswer> {
        Box::pin(async move {
            let _under_way = self.tap.call();
            for item in items {
                self.tap.note(Point::Push, &item.collection, &item.record, Some(&item.key)).await;
            }
            let answer = self.inner.push_asking(items, wish).await;
            for item in items {
                self.tap.note(Point::PushAnswer, &item.collection, &item.record, Some(&item.key)).await;
            }
            answer
        })
    }

    fn push_atomic<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        Box::pin(async move {
            let _under_way = self.tap.call();
            for item in items {
                self.tap.note(Point::Push, &item.collection, &item.record, Some(&item.key)).await;
            }
            let answer = self.inner.push_atomic(items).await;
            for item in items {
                self.tap.note(Point::PushAnswer, &item.collection, &item.record, Some(&item.key)).await;
            }
            answer
        })
    }

    fn pull<'a>(&'a self, request: &'a PullRequest) -> BoxFuture<'a, Result<Page, PullFailure>> {
        Box::pin(async move {
            let _under_way = self.tap.call();
            let after = request.after.as_ref().map(|after| after.token.as_str());
            self.tap.note(Point::Pull, &request.collection, "", after).await;
            let mut page = self.inner.pull(request).await;
            if let Ok(page) = &mut page {
                page.rows = mem::take(&mut page.rows).into_iter().map(|row| self.tap.spoilt(row)).collect();
            }
            self.tap.note(Point::PullAnswer, &request.collection, "", after).await;
            page
        })
    }

    fn newest<'a>(
        &'a self,
        collection: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Option<Page>, PullFailure>> {
        Box::pin(async move {
            let _under_way = self.tap.call();
            self.inner.newest(collection, limit).await
        })
    }

    fn fetch<'a>(&'a self, collection: &'a str, record: &'a str) -> BoxFuture<'a, Result<Remote, Failure>> {
        Box::pin(async move {
            let _under_way = self.tap.call();
            self.tap.note(Point::Fetch, collection, record, None).await;
            let remote = self.inner.fetch(collection, record).await;
            self.tap.note(Point::FetchAnswer, collection, record, None).await;
            remote
        })
    }
}
