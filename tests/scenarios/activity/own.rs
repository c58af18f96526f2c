use super::{count, lines, page, told};
use crate::transactions::{apply, refuse, set};
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::Operation;
use tidemark_model::number::{Count, Millis};
use tidemark_model::request::Method;
use tidemark_model::transaction::Strategy::Ordered;
use tidemark_model::view::{ActivityKind as Kind, Actor, Decided, Happened, NewRequest, Resolution};
use tidemark_sandbox::Switch;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, task};

const UPDATE: Operation = Operation::Update;

// proves A12, A9
#[tokio::test]
async fn a_confirmed_change_is_a_line_of_its_run_under_its_key() {
    let world = Stage::tasks(2).open().await;
    let before = count(&world);
    let ids = [
        world.set("t001", "state", "done").await.change.unwrap(),
        world.create(&task(9)).await.change.unwrap(),
    ];
    assert_eq!(count(&world), before, "saving itself writes no line");
    world.clock.advance_s(60);
    world.sync().await;
    let sent = lines(&world, Kind::Sent);
    let mut changes: Vec<_> = sent.iter().map(|line| line.change.clone().unwrap()).collect();
    changes.sort();
    assert_eq!(changes, ids);
    let line = sent.iter().find(|line| line.change.as_ref() == Some(&ids[0])).unwrap();
    let place = (line.link.as_deref(), line.collection.as_deref(), line.record.as_deref());
    assert_eq!(place, (Some(LINK), Some(TASKS), Some("t001")));
    assert_eq!((line.actor, &line.happened), (Actor::You, &Happened::Confirmed { operation: UPDATE }));
    let attempts = world.engine().get_change(&ids[0]).unwrap().attempts;
    assert_eq!((line.request.as_ref(), line.at), (Some(&attempts[0].key), attempts[0].ended_at.unwrap()));
    assert_eq!(line.sentence, "tasks 't001': changed on office.");
    assert_eq!(sent[0].run, sent[1].run);
    let runs = page(&world, Some(Kind::Sent)).runs;
    assert_eq!((runs.len(), runs[0].sent, runs[0].refused), (1, Count(2), Count(0)));

    world.set("t001", "state", "open").await;
    world.sync().await;
    assert_ne!(lines(&world, Kind::Sent)[2].run, sent[0].run, "another cycle is another run");
    world.finish().await;
}

// proves A12, A1
#[tokio::test]
async fn a_request_is_told_by_its_name() {
    let world = Stage::tasks(1).open().await;
    let new = NewRequest {
        method: Method::Delete,
        target: "c/tasks/t001".into(),
        body: None,
        label: None,
        metadata: None,
        priority: None,
        depends_on: vec![],
    };
    world.engine().send_request(LINK, new).await.unwrap();
    world.sync().await;
    let line = lines(&world, Kind::Sent).remove(0);
    assert_eq!(line.happened, Happened::Confirmed { operation: Operation::Request });
    assert_eq!((line.collection, line.record.is_some()), (None, true));
    world.finish().await;
}

// proves A12, A8
#[tokio::test]
async fn a_refused_change_is_told_and_so_is_all_that_a_person_does_about_it() {
    let world = Stage::tasks(2).open().await;
    refuse(&world, "t001");
    let id = world.set("t001", "state", "done").await.change.unwrap();
    world.sync().await;
    let line = lines(&world, Kind::NeedsYou).remove(0);
    let needs_you = Happened::NeedsYou {
        operation: UPDATE,
        class: ErrorClass::Permanent,
        status: Some(422),
        may_be_in: false,
    };
    assert_eq!((&line.happened, line.actor), (&needs_you, Actor::Server));
    assert_eq!(line.sentence, "tasks 't001': the change needs you. office didn't accept it (422).");
    assert_eq!(page(&world, Some(Kind::NeedsYou)).runs[0].refused, Count(1));

    world.engine().retry(vec![id.clone()]).await.unwrap();
    world.engine().retry(vec![id.clone()]).await.unwrap();
    world.sync().await;
    assert_eq!(told(&world, Kind::NeedsYou), [needs_you.clone(), needs_you], "it was refused again");
    world.engine().discard(vec![id.clone()]).await.unwrap();
    let restored = world.engine().restore(vec![id.clone()]).await.unwrap();
    assert_eq!(restored.done, Count(1));
    let queue = lines(&world, Kind::Queue);
    let Happened::PutBack { into, .. } = &queue[2].happened else { panic!("{queue:?}") };
    assert_eq!(world.queue()[0].id, *into);
    let what: Vec<_> = queue.iter().map(|line| (line.happened.clone(), line.actor, line.run)).collect();
    let expected = [
        (Happened::SentAgain { operation: UPDATE }, Actor::You, None),
        (Happened::Discarded { operation: UPDATE }, Actor::You, None),
        (Happened::PutBack { operation: UPDATE, into: into.clone() }, Actor::You, None),
    ];
    assert_eq!(what, expected, "one that waits already is not sent again");
    world.server.clear_faults();
    world.finish().await;
}

// proves A12, B2
#[tokio::test]
async fn what_a_transaction_takes_back_is_told_and_so_is_its_restoring() {
    let world = Stage::tasks(3).open().await;
    refuse(&world, "t002");
    let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)];
    let row = apply(&world, Ordered, changes).await;
    world.sync().await;
    let rolled_back: Vec<_> = lines(&world, Kind::NeedsYou)
        .into_iter()
        .filter(|line| matches!(&line.happened, Happened::RolledBack { transaction, .. } if *transaction == row.id))
        .map(|line| line.record.unwrap())
        .collect();
    assert_eq!(rolled_back, ["t002", "t003"], "the first was accepted");
    world.server.clear_faults();
    world.engine().restore_transaction(&row.id).await.unwrap();
    let restored = Happened::TransactionRestored { transaction: row.id.clone() };
    assert_eq!(told(&world, Kind::Queue), [restored]);
    world.finish().await;
}

// proves A12, D7, D9
#[tokio::test]
async fn a_conflict_is_told_when_it_is_met_decided_and_opened_again() {
    let world = Stage::tasks(1).open().await;
    let id = world.set("t001", "state", "mine").await.change.unwrap();
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let met = lines(&world, Kind::Conflict).remove(0);
    let Happened::ConflictMet { conflict, again: false, .. } = met.happened else { panic!("{met:?}") };
    assert_eq!((met.actor, met.by.as_deref()), (Actor::Person, Some(tidemark_tests::audit::COLLEAGUE)));
    assert_eq!((met.record.as_deref(), met.change), (Some("t001"), Some(id)));
    assert_eq!(page(&world, Some(Kind::Conflict)).runs[0].conflicts, Count(1));

    let engine = world.engine();
    let resolve = |resolution, hold| engine.resolve_conflict(conflict, resolution, None, hold);
    resolve(Resolution::LocalWins {}, Millis(10_000)).await.unwrap();
    engine.undo_resolution(conflict).await.unwrap();
    resolve(Resolution::ServerWins {}, NO_HOLD).await.unwrap();
    let what = told(&world, Kind::Conflict);
    let expected = [
        Happened::ConflictSettled { conflict, decided: Decided::Mine },
        Happened::ConflictReopened { conflict },
        Happened::ConflictSettled { conflict, decided: Decided::Server },
    ];
    assert_eq!(what[1..], expected);
    world.finish().await;
}

// proves A12, D1
#[tokio::test]
async fn a_merge_and_a_conflict_that_ends_by_itself_are_told() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "state", "mine").await;
    world.set("t002", "state", "mine").await;
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "rank", 9);
    world.colleague_sets("t002", "state", "theirs");
    world.sync().await;
    let merged = lines(&world, Kind::Merged).remove(0);
    assert_eq!((merged.happened, merged.actor), (Happened::Merged {}, Actor::Rule));
    assert_eq!(merged.record.as_deref(), Some("t001"));
    world.colleague_sets("t002", "state", "mine");
    world.sync().await;
    let ended = lines(&world, Kind::Conflict).pop().unwrap();
    let Happened::ConflictSettled { decided: Decided::ByItself, .. } = ended.happened else {
        panic!("{ended:?}")
    };
    assert_eq!(told(&world, Kind::Merged).len(), 2, "the server came to the same as my change");
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn what_made_no_difference_any_more_is_told() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    world.sync().await;
    world.set("t001", "state", "other").await;
    // The server has it by then, from the change whose answer got lost.
    world.set("t001", "state", "done").await;
    world.server.clear_faults();
    world.clock.advance_s(5);
    world.sync().await;
    let expected = [Happened::Confirmed { operation: UPDATE }, Happened::NotNeeded { operation: UPDATE }];
    assert_eq!(told(&world, Kind::Sent), expected);
    assert_eq!(page(&world, Some(Kind::Sent)).runs[0].sent, Count(1));
    world.finish().await;
}

// proves A12, A4
#[tokio::test]
async fn a_change_that_a_look_at_the_server_confirms_is_told_once() {
    let world = Stage::tasks(1).settings(r#"{"write":{"keys":{"honoured":false}}}"#).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    world.sync().await;
    assert_eq!(told(&world, Kind::Sent), [], "nobody can know yet");
    world.server.clear_faults();
    world.clock.advance_s(5);
    world.sync().await;
    assert_eq!(told(&world, Kind::Sent), [Happened::Confirmed { operation: UPDATE }]);
    world.finish().await;
}
