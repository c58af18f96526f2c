//! Requests of other programs: kept on disk first, sent as they are, once.

use crate::uncertain::behind_a_proxy as behind;
use serde_json::{Value, json};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::request::Method;
use tidemark_model::view::{
    ChangeRow, ChangeState, ExportFormat, NewRequest, QueueFilter, Refusal, RefusalCode, Saved, WaitReason,
};
use tidemark_sandbox::{CollectionSpec, Switch};
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule, Seen};
use tidemark_tests::store_files::Copied;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World, task};

const KEYS: &str = "{}";
const NO_KEYS: &str = r#"{"write":{"keys":{"honoured":false}}}"#;
/// What it is sent with, to the byte.
const BODY: &str = r#"{ "id": "r1",  "amount": 1.10, "big": 12345678901234567890 }"#;

async fn behind_a_proxy(settings: &str) -> (World, FaultProxy) {
    behind(Stage::default().settings(settings)).await
}

fn new(method: Method, target: &str, body: Option<&str>) -> NewRequest {
    NewRequest {
        method,
        target: target.into(),
        body: body.map(str::to_owned),
        label: None,
        metadata: None,
        priority: None,
        depends_on: vec![],
    }
}

async fn send(world: &World, new: NewRequest) -> Saved {
    world.engine().send_request(LINK, new).await.unwrap()
}

async fn refusal(world: &World, new: NewRequest) -> Refusal {
    Refusal::from(world.engine().send_request(LINK, new).await.unwrap_err())
}

/// A request that makes a record, so that the server shows how often it was done.
async fn posted(world: &World) -> String {
    send(world, new(Method::Post, "/c/tasks", Some(BODY))).await.change.unwrap()
}

fn with_method(proxy: &FaultProxy, method: &str) -> Vec<Seen> {
    proxy.seen().into_iter().filter(|seen| seen.method == method).collect()
}

async fn try_for(world: &World, times: usize) {
    for _ in 0..times {
        world.clock.advance_s(60);
        world.sync().await;
    }
}

fn only(world: &World) -> ChangeRow {
    let mut rows = world.queue();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

fn gateway() -> Canned {
    Canned::new(504, "text/html", "<h1>504</h1>")
}

// proves A1, A4, A9
#[tokio::test]
async fn it_is_on_disk_before_the_caller_is_told_and_goes_to_the_byte() {
    let (mut world, proxy) = behind_a_proxy(KEYS).await;
    let wanted = NewRequest {
        label: Some("Book it".into()),
        metadata: Some(r#"{"screen":3}"#.into()),
        priority: Some(7),
        ..new(Method::Post, "/c/tasks?x=1", Some(BODY))
    };
    let saved = send(&world, wanted).await;
    assert_eq!((saved.record.as_str(), saved.combined_into), ("POST /c/tasks?x=1", None));
    world.drop_engine();
    world.open_engine().await;
    let row = only(&world);
    assert_eq!(Some(&row.id), saved.change.as_ref());
    assert_eq!((row.operation, row.state, row.priority), (Operation::Request, ChangeState::Waiting, 7));
    assert_eq!((row.title.as_str(), row.record.as_str()), ("Book it", "POST /c/tasks?x=1"));
    assert_eq!((row.collection.as_str(), row.fields.len()), ("", 0));
    let waits = world.engine().get_change(&row.id).unwrap();
    assert_eq!((waits.metadata.as_deref(), waits.changes.len()), (Some(r#"{"screen":3}"#), 0));
    let shown = waits.request.unwrap();
    assert_eq!((shown.key.as_str(), shown.body.as_deref()), ("", Some(BODY)), "shown before it is sealed");
    world.check_books();

    assert_eq!(world.sync().await.confirmed, 1);
    let sent = with_method(&proxy, "POST").remove(0);
    assert_eq!((sent.target.as_str(), sent.body.as_ref()), ("/v1/c/tasks?x=1", BODY.as_bytes()));
    let done = world.engine().get_change(&row.id).unwrap();
    assert_eq!(done.row.mutation_state, MutationState::Confirmed);
    assert_eq!(
        sent.key(),
        Some(done.attempts[0].key.as_str()),
        "the key of the attempt is the one on the wire"
    );
    assert_eq!(done.attempts[0].status, Some(201));
    let excerpt: Value = serde_json::from_str(done.attempts[0].excerpt.as_deref().unwrap()).unwrap();
    assert_eq!(excerpt["id"], "r1", "what the server said is kept");
    assert_eq!((world.effects("r1").len(), world.queue()), (1, vec![]));
    world.finish().await;
}

// proves A1, A4
#[tokio::test]
async fn a_lost_answer_is_asked_for_with_the_same_bytes_and_key_and_it_is_done_once() {
    let (mut world, proxy) = behind_a_proxy(KEYS).await;
    proxy.add(Rule::once(Fault::DropAfter).method("POST"));
    posted(&world).await;
    assert_eq!(world.sync().await.confirmed, 0);
    assert_eq!(only(&world).mutation_state, MutationState::Uncertain);
    world.restart().await;
    try_for(&world, 2).await;
    let sent = with_method(&proxy, "POST");
    assert_eq!(sent.len(), 2);
    assert!(sent[0].key().is_some() && sent[0].key() == sent[1].key() && sent[0].body == sent[1].body);
    assert_eq!((world.effects("r1").len(), world.queue()), (1, vec![]), "once, and told so");
    world.finish().await;
}

// proves A1, A4, B6
#[tokio::test]
async fn a_crash_between_sending_and_answer_repeats_nothing_that_is_not_safe() {
    for settings in [KEYS, NO_KEYS] {
        let mut world = Stage::default().settings(settings).open().await;
        world.wire.tap.hold(Point::PushAnswer);
        posted(&world).await;
        let syncing = world.begin_sync();
        world.wire.tap.reached(Point::PushAnswer, 1).await;
        world.crash(syncing).await;
        try_for(&world, 2).await;
        assert_eq!(world.effects("r1").len(), 1, "{settings}");
        let left = world.queue();
        assert_eq!(left.len(), usize::from(settings == NO_KEYS), "{left:?}");
        world.finish().await;
    }
}

// proves A1, A4, A8
#[tokio::test]
async fn without_keys_a_post_is_never_repeated_by_itself_and_a_person_says_what_became_of_it() {
    let (world, proxy) = behind_a_proxy(NO_KEYS).await;
    proxy.add(Rule::once(Fault::DropAfter).method("POST"));
    let first = posted(&world).await;
    world.sync().await;
    try_for(&world, 5).await;
    world.engine().reprocess_failed().await.unwrap();
    try_for(&world, 2).await;
    assert_eq!(with_method(&proxy, "POST").len(), 1, "also not with everything else that failed");
    let row = only(&world);
    assert_eq!((row.id.as_str(), row.mutation_state), (first.as_str(), MutationState::Parked));
    assert!(matches!(row.reason, Some(WaitReason::MayHaveBeenSent)), "{:?}", row.reason);
    assert_eq!(world.engine().may_be(&first).await.unwrap(), [], "there is no record to offer");
    let wrong = world.engine().is_there(&first, "r1").await.unwrap_err();
    assert!(wrong.to_string().contains("is a request"), "{wrong}");
    world.engine().is_there(&first, "").await.unwrap();
    assert_eq!((world.queue(), world.effects("r1").len()), (vec![], 1));

    proxy.add(Rule::once(Fault::DropBefore).method("PATCH"));
    let second = send(&world, new(Method::Patch, "c/tasks/r1", Some("{}"))).await.change.unwrap();
    world.sync().await;
    try_for(&world, 2).await;
    assert_eq!(with_method(&proxy, "PATCH").len(), 1);
    world.engine().send_again(&second).await.unwrap();
    world.sync().await;
    let sent = with_method(&proxy, "PATCH");
    assert_eq!(sent.len(), 2, "a person says so");
    world.engine().discard(vec![second]).await.unwrap();
    world.finish().await;
}

// proves A1, A4
#[tokio::test]
async fn without_keys_a_put_is_repeated_for_a_quarter_of_an_hour_and_then_a_person_is_asked() {
    let (world, proxy) = behind_a_proxy(NO_KEYS).await;
    proxy.add(Rule::once(Fault::DropBefore).method("PUT"));
    let made = |state: &str| {
        let body = json!({"id": "t9", "state": state}).to_string();
        new(Method::Put, "c/tasks/t9", Some(&body))
    };
    send(&world, made("x")).await;
    world.sync().await;
    try_for(&world, 1).await;
    let sent = with_method(&proxy, "PUT");
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].body, sent[1].body);
    assert_eq!(world.there("t9").unwrap()["state"], "x");
    assert_eq!(world.queue(), []);

    proxy.forget();
    proxy.add(Rule::once(Fault::DropAfter).method("PUT"));
    send(&world, made("y")).await;
    world.sync().await;
    world.clock.advance_s(16 * 60);
    try_for(&world, 2).await;
    assert_eq!(with_method(&proxy, "PUT").len(), 1, "others may have changed it since");
    assert!(matches!(only(&world).reason, Some(WaitReason::MayHaveBeenSent)), "{:?}", only(&world));
    world.engine().discard(vec![only(&world).id]).await.unwrap();
    world.finish().await;
}

// proves A1, A4
#[tokio::test]
async fn a_deletion_that_finds_nothing_is_done_where_it_may_have_been_its_own_and_refused_where_not() {
    let (world, proxy) = behind(Stage::tasks(2).settings(NO_KEYS)).await;
    let delete = |id: &str| new(Method::Delete, &format!("c/tasks/{id}"), None);
    let gone = Canned::new(
        410,
        "application/problem+json",
        r#"{"type":"https://tidemark.dev/problems/gone","title":"gone","status":410}"#,
    );
    proxy.add(Rule::once(Fault::DropAfter).method("DELETE"));
    proxy.add(Rule::once(Fault::Say(gone.clone())).method("DELETE"));
    let lost = send(&world, delete("t001")).await.change.unwrap();
    world.sync().await;
    try_for(&world, 1).await;
    let detail = world.engine().get_change(&lost).unwrap();
    assert_eq!(detail.row.mutation_state, MutationState::Confirmed, "{:?}", detail.attempts);
    assert_eq!(detail.attempts.len(), 2);

    proxy.add(Rule::once(Fault::status_after(429, 1)).method("DELETE"));
    proxy.add(Rule::once(Fault::Say(gone)).method("DELETE"));
    let never = send(&world, delete("t002")).await.change.unwrap();
    world.sync().await;
    try_for(&world, 2).await;
    let detail = world.engine().get_change(&never).unwrap();
    assert_eq!(detail.row.mutation_state, MutationState::Parked, "{:?}", detail.attempts);
    world.engine().discard(vec![never]).await.unwrap();
    world.finish().await;
}

// proves A1, A7, A8
#[tokio::test]
async fn a_refused_one_is_parked_with_the_servers_words_and_a_person_sends_it_again() {
    let (world, proxy) = behind_a_proxy(KEYS).await;
    let words = r#"{"type":"https://tidemark.dev/problems/invalid","title":"No credit left","status":422}"#;
    proxy.add(Rule::once(Fault::Say(Canned::new(422, "application/problem+json", words))).method("POST"));
    let id = posted(&world).await;
    world.create(&task(1)).await;
    let report = world.sync().await;
    assert_eq!((report.parked, report.confirmed), (1, 1), "nothing else waits for it");
    let row = only(&world);
    assert!(
        matches!(&row.reason, Some(WaitReason::Refused { status: Some(422), words, .. }) if words.contains("No credit")),
        "{row:?}"
    );
    let attempts = world.engine().get_change(&id).unwrap().attempts;
    assert!(attempts[0].excerpt.as_deref().unwrap().contains("No credit left"));
    world.engine().retry(vec![id.clone()]).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    let sent = with_method(&proxy, "POST");
    assert!(
        sent[0].key() != sent[1].key() && sent[0].body == sent[1].body,
        "definitely not applied: a new key"
    );
    assert_eq!(world.effects("r1").len(), 1);
    world.finish().await;
}

// proves A1, A7, A5
#[tokio::test]
async fn a_wrong_path_is_this_requests_own_fault_and_stops_nothing_else() {
    for (status, kind, body) in
        [(404, "text/html", "<h1>nothing here</h1>"), (405, "text/plain", ""), (404, "", "")]
    {
        let (world, proxy) = behind_a_proxy(KEYS).await;
        proxy.add(Rule::always(Fault::Say(Canned::new(status, kind, body))).path("/nowhere"));
        send(&world, new(Method::Post, "nowhere", Some("{}"))).await;
        world.create(&task(1)).await;
        let report = world.sync().await;
        assert_eq!((report.parked, report.confirmed), (1, 1), "{status} {kind}");
        assert_eq!(world.engine().status().unwrap().links[0].stopped, None);
        world.finish().await;
    }
}

// proves A1, A7
#[tokio::test]
async fn a_login_page_is_no_success_and_nothing_is_counted() {
    let (world, proxy) = behind_a_proxy(KEYS).await;
    proxy.add(Rule::once(Fault::html()).method("POST"));
    posted(&world).await;
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (0, 0));
    let row = only(&world);
    assert_eq!(row.mutation_state, MutationState::Uncertain, "it may have been done behind that page");
    assert_eq!(world.effects("r1").len(), 0);
    try_for(&world, 2).await;
    assert_eq!((world.effects("r1").len(), world.queue()), (1, vec![]));
    world.finish().await;
}

// proves A1, A6, A7
#[tokio::test]
async fn outages_cost_it_nothing_and_a_fault_of_its_own_gives_up_in_the_end() {
    let (world, proxy) = behind_a_proxy(KEYS).await;
    proxy.go_offline().await.unwrap();
    posted(&world).await;
    try_for(&world, 12).await;
    assert_eq!(only(&world).mutation_state, MutationState::Queued, "unsealed: it certainly never left");
    proxy.go_online().await.unwrap();
    try_for(&world, 1).await;
    assert_eq!((world.effects("r1").len(), world.queue()), (1, vec![]));

    proxy.forget();
    proxy.add(Rule::always(Fault::Say(gateway())).method("POST"));
    posted(&world).await;
    try_for(&world, 12).await;
    let row = only(&world);
    assert!(
        matches!(row.reason, Some(WaitReason::MayHaveBeenSent)),
        "three equal answers may be one stored one: {row:?}"
    );
    world.engine().discard(vec![row.id]).await.unwrap();
    proxy.clear();
    world.finish().await;
}

// proves A1, A3
#[tokio::test]
async fn equal_requests_stay_two_and_each_is_a_lane_of_its_own() {
    let (world, proxy) = behind_a_proxy(KEYS).await;
    world.wire.tap.hold(Point::PushAnswer);
    send(&world, new(Method::Post, "c/tasks", Some(r#"{"id":"a"}"#))).await;
    send(&world, new(Method::Post, "c/tasks", Some(r#"{"id":"b"}"#))).await;
    send(&world, new(Method::Put, "c/tasks/c", Some(r#"{"id":"c"}"#))).await;
    assert_eq!(world.queue().len(), 3);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::PushAnswer, 3).await;
    world.check_books();
    world.wire.tap.release();
    syncing.await.unwrap();
    assert_eq!(proxy.seen().iter().filter(|seen| seen.key().is_some()).count(), 3);
    world.finish().await;
}

// proves A1, A8
#[tokio::test]
async fn it_goes_to_the_trash_comes_back_as_a_new_one_and_is_exported_whole() {
    let (world, proxy) = behind_a_proxy(KEYS).await;
    let id = send(
        &world,
        NewRequest { label: Some("Book it".into()), ..new(Method::Post, "c/tasks", Some(BODY)) },
    )
    .await
    .change
    .unwrap();
    let curl = world.engine().export_changes(std::slice::from_ref(&id), ExportFormat::Curl).unwrap();
    assert!(
        curl.contains("--request 'POST'") && curl.contains("/v1/c/tasks'") && curl.contains(BODY),
        "{curl}"
    );
    assert!(curl.contains("Content-Type: application/json") && !curl.contains("Idempotency-Key"), "{curl}");
    let exported = world.engine().export_changes(std::slice::from_ref(&id), ExportFormat::Json).unwrap();
    assert!(exported.contains("12345678901234567890"), "{exported}");
    world.engine().discard(vec![id.clone()]).await.unwrap();
    assert_eq!(
        (world.sync().await.confirmed, proxy.seen().iter().any(|seen| seen.method == "POST")),
        (0, false)
    );
    let trash = QueueFilter { state: Some(ChangeState::InTrash), ..QueueFilter::default() };
    assert_eq!(world.engine().list_queue(&trash, 0, 10).unwrap().rows[0].title, "Book it");
    let back = world.engine().restore(vec![id.clone()]).await.unwrap();
    assert_eq!((back.done.0, back.refused.0), (1, 0), "{back:?}");
    let row = only(&world);
    assert!(row.id != id && row.title == "Book it");
    assert_eq!(world.engine().get_change(&id).unwrap().combined_into, Some(row.id));
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(with_method(&proxy, "POST")[0].body.as_ref(), BODY.as_bytes());
    world.finish().await;
}

// proves A1, A4
#[tokio::test]
async fn in_an_old_copy_of_the_store_a_waiting_one_waits_for_a_person() {
    let mut world = Stage::default().open().await;
    posted(&world).await;
    world.close().await;
    let copy = Copied::of(world.folder());
    world.open_engine().await;
    assert_eq!(world.sync().await.confirmed, 1);
    world.close().await;
    copy.put_back(world.folder());
    world.open_engine().await;
    try_for(&world, 2).await;
    assert_eq!(world.effects("r1").len(), 1, "nobody can read back whether it was sent since");
    let row = only(&world);
    assert_eq!(row.mutation_state, MutationState::Parked);
    world.engine().discard(vec![row.id]).await.unwrap();
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_words_and_nothing_of_it_is_kept() {
    let world = Stage::default().open().await;
    for (target, says) in [
        ("../_faults", "leads out"),
        ("%2e%2e/_faults", "leads out"),
        ("a/../../_faults", "leads out"),
        ("", "no path"),
        ("a b", "no path"),
        ("a#b", "no path"),
        ("\\\\evil.example\\x", "no path"),
    ] {
        let said = refusal(&world, new(Method::Post, target, None)).await;
        assert!(said.message.contains(says) && said.code == RefusalCode::Invalid, "{target:?}: {said:?}");
    }
    let large = format!("\"{}\"", "a".repeat(16 * 1024 * 1024));
    for (wrong, says) in [
        (new(Method::Post, "x", Some("{")), "no JSON"),
        (new(Method::Post, "x", Some(&large)), "at most"),
        (
            NewRequest { metadata: Some("m".repeat(16 * 1024 + 1)), ..new(Method::Post, "x", None) },
            "metadata",
        ),
        (NewRequest { label: Some("l".repeat(201)), ..new(Method::Post, "x", None) }, "label"),
        (NewRequest { priority: Some(10), ..new(Method::Post, "x", None) }, "priority"),
    ] {
        let said = refusal(&world, wrong).await;
        assert!(said.message.contains(says), "{said:?}");
    }
    let nowhere = world.engine().send_request("nowhere", new(Method::Post, "x", None)).await.unwrap_err();
    assert_eq!(Refusal::from(nowhere).code, RefusalCode::NotFound);
    assert_eq!(world.queue(), []);
    world.finish().await;
}

// proves A1, A8
#[tokio::test]
async fn one_of_a_removed_connection_stays_in_the_trash_with_words() {
    let world = Stage::default().open().await;
    world.add_link_named("other", Default::default()).await;
    let saved = world.engine().send_request("other", new(Method::Post, "x", Some("{}"))).await.unwrap();
    let id = saved.change.unwrap();
    world.engine().remove_link("other", true).await.unwrap();
    assert_eq!(world.engine().get_change(&id).unwrap().row.state, ChangeState::InTrash);
    let refused = world.engine().restore(vec![id]).await.unwrap();
    assert_eq!((refused.refused.0, refused.reasons[0].why.as_str()), (1, "its connection was removed"));
    world.finish().await;
}

// proves A1, C8
#[tokio::test]
async fn one_that_names_a_new_record_waits_for_it_and_goes_under_the_servers_id() {
    let mut stage = Stage::default()
        .collection(CollectionSpec::named("notes"))
        .settings(r#"{"write":{"client_ids":false}}"#);
    stage.server.names_records = true;
    let (world, proxy) = behind(stage).await;
    let made = world.engine().create_record(LINK, "tasks", r#"{"title":"x"}"#, None).await.unwrap();
    assert!(made.record.starts_with("tidemark-new-"));
    let body = json!({ "of": made.record, "text": format!("about {}", made.record) }).to_string();
    let target = format!("c/notes?of={}", made.record);
    let id = send(&world, new(Method::Post, &target, Some(&body))).await.change.unwrap();
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).path("/c/tasks")));
    world.sync().await;
    assert_eq!(world.queue().len(), 2, "its record is refused, and it waits");
    world.check_books();
    world.server.clear_faults();
    world.engine().reprocess_failed().await.unwrap();
    world.engine().hold(vec![id.clone()], true).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    let named = world.engine().get_record(LINK, "tasks", &made.record).unwrap().row.id;
    assert_eq!(
        only(&world).record,
        format!("POST /c/notes?of={named}"),
        "it is told with the acknowledgement"
    );
    world.engine().hold(vec![id], false).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    let sent = with_method(&proxy, "POST").into_iter().find(|seen| seen.target.contains("notes")).unwrap();
    assert_eq!(sent.target, format!("/v1/c/notes?of={named}"));
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body, json!({ "of": named, "text": format!("about {named}") }));
    world.finish().await;
}
