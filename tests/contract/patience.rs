//! How long a server is waited for where nobody says otherwise (`engine.md` 7), by a clock that jumps.

use futures_util::stream::{self, StreamExt as _};
use reqwest::{Body, Request, Response};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tidemark_connectors::{Carrier, HttpOptions, KINDS, connect_with};
use tidemark_model::clock::BoxFuture;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::settings::LinkSettings;
use tokio::time::Instant;

/// Says nothing at all.
struct Silent;

impl Carrier for Silent {
    fn carry(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(std::future::pending())
    }
}

/// Begins its answer, and goes on with it at this pace.
struct Dripping(Option<Duration>);

impl Carrier for Dripping {
    fn carry(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let pace = self.0;
        let drips = stream::unfold((), move |()| async move {
            match pace {
                Some(pace) => tokio::time::sleep(pace).await,
                None => std::future::pending().await,
            }
            Some((Ok::<_, io::Error>(" "), ()))
        });
        let begun = stream::iter([Ok("{")]).chain(drips);
        let answer = axum::http::Response::builder().header("content-type", "application/json");
        let answer = answer.body(Body::wrap_stream(begun)).expect("an answer");
        Box::pin(async move { Ok(answer.into()) })
    }
}

/// How long it takes each kind of connector until it gives up.
async fn given_up_after(carrier: impl Carrier + 'static) -> Vec<u64> {
    let carrier: Arc<dyn Carrier> = Arc::new(carrier);
    let mut spans = Vec::new();
    for kind in KINDS {
        let options = HttpOptions { carrier: Some(Arc::clone(&carrier)), ..HttpOptions::default() };
        let url = "http://127.0.0.1:9/v1";
        let ours = connect_with(kind, url, LinkSettings::default(), None, None, options).unwrap();
        let begun = Instant::now();
        assert_eq!(ours.check().await.unwrap_err().class, ErrorClass::Transient);
        spans.push(begun.elapsed().as_secs());
    }
    spans
}

// proves A7
#[tokio::test(start_paused = true)]
async fn headers_are_waited_for_half_a_minute_and_ten_seconds_before_that_for_a_connection() {
    assert_eq!(given_up_after(Silent).await, vec![40; KINDS.len()]);
}

// proves A7
#[tokio::test(start_paused = true)]
async fn the_next_piece_of_an_answer_is_waited_for_half_a_minute() {
    assert_eq!(given_up_after(Dripping(None)).await, vec![30; KINDS.len()]);
}

// proves A7
#[tokio::test(start_paused = true)]
async fn an_answer_that_drips_is_given_up_after_ten_minutes() {
    assert_eq!(given_up_after(Dripping(Some(Duration::from_secs(29)))).await, vec![600; KINDS.len()]);
}
