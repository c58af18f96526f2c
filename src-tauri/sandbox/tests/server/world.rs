//! Without sockets, as a simulation uses it.

use crate::support::{noon, options, start};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tidemark_sandbox::world::call::{Batch, Call, Caller, List, Precondition, Write};
use tidemark_sandbox::world::{Admission, WorldOptions};
use tidemark_sandbox::{CollectionSpec, World};

fn world() -> World {
    let options =
        WorldOptions { collections: vec![CollectionSpec::named("notes")], ..WorldOptions::default() };
    World::open(options, noon()).unwrap()
}

fn write(world: &mut World, write: Write) -> tidemark_sandbox::world::answer::Answer {
    world.handle(Call::Write(write), &Caller::default(), noon())
}

fn listed(world: &mut World, after: Option<String>) -> Value {
    let list = List { collection: "notes".into(), after, ..List::default() };
    world.handle(Call::List(list), &Caller::default(), noon()).json()
}

#[test]
fn time_is_an_input() {
    let mut world = world();
    let later = noon() + TimeDelta::days(400);
    world.handle(Call::Write(Write::put("notes", "a", "{}")), &Caller::default(), later);
    assert_eq!(listed(&mut world, None)["items"][0]["modified_at"], "2027-07-20T12:00:00.000Z");
}

#[test]
fn the_same_steps_make_the_same_world() {
    let run = || {
        let mut world = world();
        for n in 0..20 {
            write(&mut world, Write::put("notes", &format!("r{}", n % 7), format!("{{\"n\":{n}}}")));
        }
        listed(&mut world, None)
    };
    assert_eq!(run(), run(), "versions, places and tokens have no chance in them");
}

#[test]
fn a_ticket_may_commit_after_others() {
    let mut world = world();
    let call = Call::Write(Write::put("notes", "late", "{}").keyed("k"));
    let Admission::Run(mut ticket) = world.admit(call, &Caller::default(), noon()) else {
        panic!("it may run")
    };
    world.reserve(&mut ticket);
    write(&mut world, Write::put("notes", "soon", "{}"));
    let token = listed(&mut world, None)["next"].as_str().unwrap().to_owned();
    assert_eq!(world.commit(ticket, noon()).status, 201);
    assert_eq!(listed(&mut world, Some(token))["items"], json!([]), "it landed behind the token");
    assert_eq!(listed(&mut world, None)["items"][0]["id"], "late");
    assert_eq!(world.running_keys(), 0);
}

fn batch(atomic: bool) -> Batch {
    Batch {
        atomic,
        items: vec![
            Write::put("notes", "a", r#"{"n":1}"#).when(Precondition::absent()).keyed("k-a"),
            Write::put("notes", "taken", r#"{"n":2}"#).when(Precondition::absent()).keyed("k-b"),
            Write::put("notes", "c", r#"{"n":3}"#).keyed("k-c"),
        ],
        key: None,
    }
}

fn statuses(answer: &Value) -> Vec<u64> {
    answer["items"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap()).collect()
}

// proves F5
#[test]
fn a_batch_answers_per_item_and_goes_on() {
    let mut world = world();
    write(&mut world, Write::put("notes", "taken", "{}"));
    let answer = world.handle(Call::Batch(batch(false)), &Caller::default(), noon());
    assert_eq!((answer.status, statuses(&answer.json())), (200, vec![201, 412, 201]));
    let items = answer.json()["items"].clone();
    assert_eq!(items[0]["doc"], json!({"id": "a", "n": 1}));
    assert_eq!(items[1]["problem"]["current"]["doc"], json!({"id": "taken"}));
    let again = world.handle(Call::Batch(batch(false)), &Caller::default(), noon()).json();
    assert_eq!(statuses(&again), [201, 412, 201]);
    assert_eq!(again["items"][2]["replayed"], true, "each item has its own key");
    assert_eq!(again["items"][2]["version"], items[2]["version"]);
    assert_eq!(world.report().unwrap().effects.len(), 3);
}

#[test]
fn an_atomic_batch_is_done_whole_or_not_at_all() {
    let mut world = world();
    let taken = write(&mut world, Write::put("notes", "taken", "{}"));
    let before = listed(&mut world, None);
    let answer = world.handle(Call::Batch(batch(true)), &Caller::default(), noon()).json();
    assert_eq!(statuses(&answer), [424, 412, 424]);
    assert_eq!(answer["items"][0]["problem"]["refused_item"], 1);
    assert_eq!(listed(&mut world, None), before, "nothing is there");
    assert_eq!(world.report().unwrap().effects.len(), 1);

    let tombstone = write(
        &mut world,
        Write::delete("notes", "taken").when(Precondition::on(taken.version.as_deref().unwrap())),
    );
    assert_eq!(tombstone.status, 200);
    let answer = world.handle(Call::Batch(batch(true)), &Caller::default(), noon()).json();
    assert_eq!(statuses(&answer), [201, 201, 201], "the keys were not used up by the refusal");
}

#[test]
fn a_batch_has_a_key_of_its_own_too() {
    let mut world = world();
    let call = || Call::Batch(Batch { key: Some("whole".into()), ..batch(true) });
    let first = world.handle(call(), &Caller::default(), noon());
    let again = world.handle(call(), &Caller::default(), noon());
    assert_eq!((first.replayed, again.replayed, &first.body), (false, true, &again.body));
    let Call::Batch(mut other) = call() else { unreachable!() };
    other.items.pop();
    assert_eq!(world.handle(Call::Batch(other), &Caller::default(), noon()).status, 422);
}

#[tokio::test]
async fn a_batch_over_the_limit_or_of_another_shape_is_refused() {
    let desk = start(options()).await;
    let item = r#"{"method":"PUT","collection":"notes","id":"a","body":{}}"#;
    let many = format!("{{\"items\":[{}]}}", vec![item; 101].join(","));
    assert_eq!(desk.send("POST", "/batch", &[], &many).await.problem(), (400, "invalid".into()));
    for wrong in
        ["{}", "[]", r#"{"items":[{"method":"GET","collection":"notes"}]}"#, r#"{"items":[{"verb":"PUT"}]}"#]
    {
        assert_eq!(
            desk.send("POST", "/batch", &[], wrong).await.problem(),
            (400, "invalid".into()),
            "{wrong}"
        );
    }
    let good = format!("{{\"items\":[{item}]}}");
    let done = desk.send("POST", "/batch?atomic=1", &[("Idempotency-Key", "b")], &good).await;
    assert_eq!((done.status, statuses(&done.json())), (200, vec![201]));
    assert_eq!(desk.sandbox.report().unwrap().effects.len(), 1);
}
