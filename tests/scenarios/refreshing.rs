//! A link that signs in with a refresh token: access tokens end, and nothing is lost, doubled or counted because of it.

use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Json, Router};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidemark_engine::EngineSettings;
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::MutationState;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::Stopped;
use tidemark_sandbox::{Faults, Switch, TokenSwitches};
use tidemark_tests::deadline::soon;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World};

const REFRESH: &str = "refresh-4711";

async fn open(tasks: usize, in_flight: usize) -> World {
    let engine = EngineSettings { in_flight, batch: tasks, ..EngineSettings::default() };
    Stage { refresh_token: Some(REFRESH.into()), engine, ..Stage::tasks(tasks) }.open().await
}

async fn edit(world: &World, tasks: usize) {
    for number in 1..=tasks {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
}

fn expire(world: &World) {
    world.server.set_tokens(&TokenSwitches { expire: true, ..TokenSwitches::default() });
}

fn asked(world: &World) -> u64 {
    world.server.report().unwrap().token_requests
}

/// Waits until the server holds so many requests back.
async fn held(world: &World, times: impl Fn(&Faults) -> u32) {
    let all = async {
        while times(&world.server.faults()) > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("every request is at the server", all).await;
}

fn left<T>(switch: &Option<Switch<T>>) -> u32 {
    switch.as_ref().and_then(|switch| switch.times).unwrap_or_default()
}

// proves A4, A7
#[tokio::test]
async fn twenty_in_flight_meet_an_ended_token_and_one_asks_for_the_next() {
    let world = open(20, 20).await;
    edit(&world, 20).await;
    let changes: Vec<String> = world.queue().into_iter().map(|row| row.id).collect();
    let before = asked(&world);
    world.fault(|faults| faults.delay_ms = Some(Switch::always(60_000).method("PUT").times(20)));
    let syncing = world.begin_sync();
    held(&world, |faults| left(&faults.delay_ms)).await;
    expire(&world);
    // All twenty are refused while the one request for a token is held back.
    world.fault(|faults| faults.delay_ms = Some(Switch::always(60_000).path("/v1/token").times(1)));
    held(&world, |faults| left(&faults.delay_ms)).await;
    world.server.clear_faults();
    let report = soon("the sync", syncing).await.unwrap();

    assert_eq!((report.confirmed, report.failure), (20, None));
    assert_eq!(asked(&world) - before, 1, "one request for all twenty");
    let told = world.server.report().unwrap();
    assert_eq!((told.effects.len(), told.duplicates), (20, vec![]));
    let sealed: BTreeSet<_> = world.wire.tap.passed(Point::Push).into_iter().map(|sent| sent.token).collect();
    let taken: BTreeSet<_> = told.effects.into_iter().map(|effect| effect.key).collect();
    assert_eq!((sealed.len(), &sealed), (20, &taken), "each went under the key it was sealed with");
    for change in changes {
        let attempts = world.engine().get_change(&change).unwrap().attempts;
        assert_eq!(attempts.len(), 1, "a new token is no try");
    }
    world.finish().await;
}

// proves A7
#[tokio::test]
async fn a_token_that_is_refused_again_at_once_pauses_the_account() {
    let world = open(3, 6).await;
    edit(&world, 3).await;
    world.fault(|faults| faults.unauthorized = Some(Switch::always(true).method("PUT")));
    let before = asked(&world);
    world.sync().await;
    let status = world.engine().status().unwrap();
    assert!(matches!(status.links[0].stopped, Some(Stopped::SignIn { .. })), "{:?}", status.links[0].stopped);
    assert!((1..=3).contains(&(asked(&world) - before)), "no request is repeated without end");
    assert_eq!((status.queue_length.0, status.ledger.needs_you.0), (3, 0));
    world.server.clear_faults();
    world.engine().reconnect(LINK).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    world.finish().await;
}

// proves A7, C7
#[tokio::test]
async fn a_refused_refresh_token_pauses_and_after_signing_in_the_queue_goes() {
    let world = open(5, 6).await;
    edit(&world, 5).await;
    world.server.set_tokens(&TokenSwitches { expire: true, revoke: true, ..TokenSwitches::default() });
    let report = world.sync().await;
    assert_eq!(report.failure.map(|failure| failure.class), Some(ErrorClass::Auth));
    let status = world.engine().status().unwrap();
    assert!(matches!(status.links[0].stopped, Some(Stopped::SignIn { .. })), "{:?}", status.links[0].stopped);
    assert_eq!((status.queue_length.0, status.ledger.needs_you.0), (5, 0));
    assert!(world.queue().iter().all(|row| row.mutation_state == MutationState::Queued));
    assert_eq!(world.effect_count(), 0);
    world.check_books();

    world.server.set_tokens(&TokenSwitches { restore: true, ..TokenSwitches::default() });
    world.wire.set_secret(REFRESH);
    world.engine().reconnect(LINK).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 5);
    assert_eq!(world.effect_count(), 5);
    world.finish().await;
}

// proves A7, E3
#[tokio::test]
async fn a_sign_in_server_that_is_away_is_no_refusal() {
    let world = open(5, 6).await;
    edit(&world, 5).await;
    let here = world.engine().links().unwrap().remove(0).settings;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut away = here.clone();
    away.sign_in.as_mut().unwrap().token_url = format!("http://{closed}/token");
    signs_in_by(&world, Some(away)).await;
    expire(&world);
    let report = world.sync().await;
    assert_eq!(report.failure.map(|failure| failure.class), Some(ErrorClass::Offline));
    waits_whole(&world);

    signs_in_by(&world, None).await;
    for (status, class) in [(503, ErrorClass::Transient), (429, ErrorClass::Throttled)] {
        world.fault(|faults| faults.status = Some(Switch::always(vec![status]).path("/v1/token")));
        for _ in 0..8 {
            let report = world.sync().await;
            assert!(report.failure.is_none_or(|failure| failure.class == class), "{status}");
            world.clock.advance_s(600);
        }
        waits_whole(&world);
    }
    world.fault(|faults| faults.html_200 = Some(Switch::always(true).path("/v1/token")));
    let report = world.sync().await;
    assert_eq!(report.failure.map(|failure| failure.class), Some(ErrorClass::Intercepted));
    assert_eq!((world.queue().len(), world.effect_count()), (5, 0));

    world.server.clear_faults();
    world.engine().reconnect(LINK).await.unwrap();
    world.clock.advance_s(3_600);
    assert_eq!(world.sync().await.confirmed, 5);
    world.finish().await;
}

/// A server that does one thing, with its address and how often it was asked.
async fn stranger(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let times = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&times);
    let app = Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let answer = answer();
        async move { answer }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/token", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, times)
}

// proves A7
#[tokio::test]
async fn a_sign_in_server_leads_the_token_nowhere_else_and_floods_nobody() {
    let world = open(5, 6).await;
    edit(&world, 5).await;
    expire(&world);
    let good = || Json(json!({"access_token": "a", "token_type": "bearer"})).into_response();
    let (elsewhere, asked_elsewhere) = stranger(good).await;
    let (redirects, asked) = stranger(move || Redirect::temporary(&elsewhere).into_response()).await;
    let flood =
        format!(r#"{{"access_token": "a", "token_type": "bearer", "more": "{}"}}"#, "x".repeat(1 << 20));
    let (floods, _) =
        stranger(move || Json(RawValue::from_string(flood.clone()).unwrap()).into_response()).await;
    for address in [redirects, floods] {
        let mut settings = world.engine().links().unwrap().remove(0).settings;
        settings.sign_in.as_mut().unwrap().token_url = address;
        signs_in_by(&world, Some(settings)).await;
        let report = world.sync().await;
        assert_eq!(report.failure.map(|failure| failure.class), Some(ErrorClass::Intercepted));
        assert_eq!((world.queue().len(), world.effect_count()), (5, 0));
    }
    assert!(asked.load(Ordering::Relaxed) > 0);
    assert_eq!(asked_elsewhere.load(Ordering::Relaxed), 0, "a refresh token stays with the host it is for");
    signs_in_by(&world, None).await;
    assert_eq!(world.sync().await.confirmed, 5);
    world.finish().await;
}

/// Nothing was sent, parked, counted or asked of a person.
fn waits_whole(world: &World) {
    let status = world.engine().status().unwrap();
    assert_eq!(status.links[0].stopped, None);
    assert_eq!((status.queue_length.0, status.ledger.needs_you.0), (5, 0));
    assert!(world.queue().iter().all(|row| row.mutation_state == MutationState::Queued));
    assert_eq!(world.effect_count(), 0);
    world.check_books();
}

async fn signs_in_by(world: &World, settings: Option<LinkSettings>) {
    world.wire.set_settings(settings);
    world.engine().reconnect(LINK).await.unwrap();
}

// proves A7
#[tokio::test]
async fn a_token_is_replaced_as_often_as_it_ends() {
    let world = open(3, 6).await;
    for round in 0..5 {
        let before = asked(&world);
        expire(&world);
        world.set("t001", "state", format!("round {round}")).await;
        assert_eq!(world.sync().await.confirmed, 1);
        assert_eq!(asked(&world) - before, 1, "each time with the refresh token that came last");
    }
    world.finish().await;
}
