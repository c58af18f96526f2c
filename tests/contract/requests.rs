//! Opaque requests, which no connector understands.

use crate::every_kind;
use crate::ground::{Ground, failed, push};
use serde_json::{Value, json};
use tidemark_connectors::{HttpOptions, Limits};
use tidemark_model::connector::{Intent, Outcome, Remote, SealError, Sealed};
use tidemark_model::failure::{Effect, ErrorClass};
use tidemark_model::mutation::Operation;
use tidemark_model::request::{Method, Request};
use tidemark_tests::fault_proxy::{Canned, Fault, Rule};

every_kind!(
    a_request_goes_to_the_byte_and_the_start_of_the_answer_is_kept,
    a_silent_success_is_one,
    a_page_is_no_success,
    an_answer_larger_than_anything_is_a_success_all_the_same,
    a_refusal_is_about_the_request_alone,
    a_wrong_path_is_about_the_request_alone_where_the_server_is_there,
    an_address_where_nothing_of_the_server_is_is_the_connections_fault,
    a_request_stays_under_the_endpoint,
);

fn request(method: Method, target: &str, body: Option<&str>) -> Request {
    Request::new(method, target, body.map(str::to_owned), None).unwrap()
}

fn sealed(ground: &Ground, request: &Request) -> Sealed {
    Sealed {
        mutation: "m1".into(),
        key: "019a9f4e-7c1a-7000-8000-0000000000aa".into(),
        collection: String::new(),
        record: request.name(),
        operation: Operation::Request,
        wire: ground.ours.seal(&Intent::of_request("", request)).unwrap(),
    }
}

/// Where the records of the ground's collection are made, and a body that makes one.
fn making(ground: &Ground, id: &str) -> (String, String) {
    match ground.kind {
        "kinto" => (
            format!("buckets/default/collections/{}/records", ground.collection),
            format!(r#"{{"data":{{ "id":"{id}","n":1.10 }}}}"#),
        ),
        _ => (format!("c/{}", ground.collection), format!(r#"{{ "id":"{id}","n":1.10 }}"#)),
    }
}

async fn sent(ground: &Ground, method: Method, target: &str, body: Option<&str>) -> Outcome {
    push(ground.ours.as_ref(), &sealed(ground, &request(method, target, body))).await
}

// proves A1, A9
async fn a_request_goes_to_the_byte_and_the_start_of_the_answer_is_kept(ground: Ground) {
    let (target, body) = making(&ground, "a");
    let Outcome::Done { status: 201, excerpt, replayed: false } =
        sent(&ground, Method::Post, &target, Some(&body)).await
    else {
        panic!("not taken")
    };
    assert!(excerpt.unwrap().contains(r#""id":"a""#));
    assert!(matches!(ground.truth("a").await, Remote::Present { .. }));
    let seen = ground.proxy.seen().into_iter().find(|seen| seen.method == "POST").unwrap();
    assert_eq!(
        (seen.target.as_str(), seen.body.as_ref()),
        (format!("/v1/{target}").as_str(), body.as_bytes())
    );
    let key = (ground.kind == "rest").then_some("019a9f4e-7c1a-7000-8000-0000000000aa");
    assert_eq!(seen.key(), key, "where the server remembers keys");
}

// proves A1
async fn a_silent_success_is_one(ground: Ground) {
    ground.proxy.add(Rule::once(Fault::Say(Canned::new(204, "", ""))).method("PUT"));
    let outcome = sent(&ground, Method::Put, "x", None).await;
    assert_eq!(outcome, Outcome::Done { status: 204, excerpt: None, replayed: false });
}

// proves A1, A7
async fn a_page_is_no_success(ground: Ground) {
    ground.proxy.add(Rule::once(Fault::html()));
    let failure = failed(sent(&ground, Method::Post, "x", Some("{}")).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Intercepted, Effect::Unknown));
}

// proves A1
async fn an_answer_larger_than_anything_is_a_success_all_the_same(ground: Ground) {
    let (target, body) = making(&ground, "a");
    let limits = Limits { document: 16, refusal: 16, ..Limits::default() };
    let ours = ground.ours_with("v1", HttpOptions { limits, ..HttpOptions::default() });
    let sealed = sealed(&ground, &request(Method::Post, &target, Some(&body)));
    let outcome = push(ours.as_ref(), &sealed).await;
    assert_eq!(outcome, Outcome::Done { status: 201, excerpt: None, replayed: false });
    ground.proxy.add(Rule::once(Fault::Flood).path("x"));
    let flood = failed(push(ours.as_ref(), &self::sealed(&ground, &request(Method::Post, "x", None))).await);
    assert_eq!((flood.class, flood.effect), (ErrorClass::Intercepted, Effect::Unknown), "of nobody's kind");
}

// proves A1, A7
async fn a_refusal_is_about_the_request_alone(ground: Ground) {
    let (target, _) = making(&ground, "a");
    let failure = failed(sent(&ground, Method::Post, &target, Some("[1]")).await);
    assert_eq!((failure.class, failure.effect, failure.counts), (ErrorClass::Permanent, Effect::None, true));
    let stale = match ground.kind {
        "kinto" => json!({"code": 412, "errno": 114, "error": "Precondition Failed", "message": "moved"}),
        _ => {
            json!({"type": "https://tidemark.dev/problems/version-conflict", "title": "moved", "status": 412})
        }
    };
    ground.proxy.add(Rule::once(Fault::Say(Canned::json(412, stale.to_string()))));
    let failure = failed(sent(&ground, Method::Put, "x", Some("{}")).await);
    assert_eq!(
        (failure.class, failure.status),
        (ErrorClass::Permanent, Some(412)),
        "there are no sides to compare"
    );
    ground.proxy.add(Rule::once(Fault::status_after(503, 7)));
    let failure = failed(sent(&ground, Method::Put, "x", Some("{}")).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Throttled, Effect::Unknown));
}

// proves A1, A5
async fn a_wrong_path_is_about_the_request_alone_where_the_server_is_there(ground: Ground) {
    let failure = failed(sent(&ground, Method::Post, "nowhere/at/all", Some("{}")).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Permanent, Effect::None), "in its own words");
    for (status, kind, body) in [(404, "text/html", "<h1>?</h1>"), (405, "", ""), (410, "", "")] {
        ground.proxy.add(Rule::once(Fault::Say(Canned::new(status, kind, body))).path("nowhere"));
        let failure = failed(sent(&ground, Method::Delete, "nowhere", None).await);
        assert_eq!((failure.class, failure.status), (ErrorClass::Permanent, Some(status)), "{kind}");
    }
}

// proves A7
async fn an_address_where_nothing_of_the_server_is_is_the_connections_fault(ground: Ground) {
    ground.proxy.add(Rule::always(Fault::Say(Canned::new(404, "text/html", "<h1>hotel</h1>"))));
    let failure = failed(sent(&ground, Method::Post, "x", Some("{}")).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Intercepted, Effect::Unknown));
}

// proves A1
async fn a_request_stays_under_the_endpoint(ground: Ground) {
    for target in ["../x", "a/../../x", "%2e%2e/x", ".", ".."] {
        let request = request(Method::Post, target, None);
        let refused = ground.ours.seal(&Intent::of_request("", &request));
        assert!(matches!(refused, Err(SealError::Outside(_))), "{target}: {refused:?}");
    }
    let evil = sealed(&ground, &request(Method::Post, "//evil.example/x", Some("{}")));
    failed(push(ground.ours.as_ref(), &evil).await);
    let seen = ground.proxy.seen();
    assert!(
        seen.iter().any(|seen| seen.target == "/v1/evil.example/x"),
        "it stays with the server: {seen:?}"
    );
    let body: Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(body, json!({}));
}
