//! What came from servers and waits for a person, by command.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::{Value, json};
use tidemark_model::number::Count;
use tidemark_model::view::{
    ListPage, ReadAgain, RecordRow, RefusalCode, Removal, Removals, UnreadableDetail, UnreadableRow,
};
use tidemark_sandbox::ColleagueEdit;

pub fn a_pull_that_would_remove_much_waits_for_a_yes() -> Commands {
    let tasks: Vec<String> = (0..200).map(|n| json!({"id": format!("t{n}")}).to_string()).collect();
    let stage = Stage::linked(&tasks.iter().map(String::as_str).collect::<Vec<_>>());
    for n in 0..60 {
        stage.server.colleague(ColleagueEdit::delete(TASKS, &format!("t{n}"))).expect("it is there");
    }
    stage.sync();
    let asks = |stage: &Stage| stage.status().links[0].collections[0].asks;
    let Some(Removals { would_remove: Count(60), of: Count(200), at_least: false, .. }) = asks(&stage) else {
        panic!("{:?}", asks(&stage));
    };
    let first = json!({"link": LINK, "collection": TASKS, "offset": 0, "limit": 2});
    let shown: ListPage<Removal> = stage.ask("list_removals", first);
    assert_eq!((shown.rows[1].record.as_str(), shown.total), ("t1", Count(60)));
    let answer = |number: i64| json!({"link": LINK, "collection": TASKS, "number": number});
    assert_eq!(stage.refused("allow_removals", answer(59)).code, RefusalCode::Moved);
    stage.ask::<()>("allow_removals", answer(60));
    stage.sync();
    let list = json!({"link": LINK, "collection": TASKS, "filter": {}, "offset": 0, "limit": 1});
    assert_eq!(stage.ask::<ListPage<RecordRow>>("list_records", list).total, Count(140));
    assert_eq!(asks(&stage), None);
    assert_eq!(stage.refused("allow_removals", answer(60)).code, RefusalCode::NotNow);
    stage.finish()
}

pub fn a_row_that_cannot_be_read_is_shown_asked_for_again_and_forgotten() -> Commands {
    let stage = Stage::linked(&[]);
    let deep = (0..150).fold(json!("bottom"), |inner, _| json!([inner]));
    for id in ["a", "b"] {
        let create = json!({"id": id, "deep": deep}).as_object().cloned();
        let edit = ColleagueEdit { collection: TASKS.into(), create, ..ColleagueEdit::default() };
        stage.server.colleague(edit).expect("the server takes it");
    }
    stage.sync();
    assert_eq!(stage.status().attention.unreadable, Count(2));
    let listed = |of: Value| {
        let mut window = json!({"offset": 0, "limit": 10});
        window.as_object_mut().expect("an object").extend(of.as_object().expect("an object").clone());
        stage.ask::<ListPage<UnreadableRow>>("list_unreadable", window).rows
    };
    let rows = listed(json!({"link": LINK, "collection": TASKS}));
    let names: Vec<Option<&str>> = rows.iter().map(|row| row.record.as_deref()).collect();
    assert_eq!(names, [Some("b"), Some("a")], "newest first");
    assert_eq!(listed(json!({"link": "elsewhere", "collection": null})), []);
    let detail: UnreadableDetail = stage.ask("get_unreadable", json!({"id": rows[1].id}));
    assert!(detail.text.is_some_and(|text| text.contains("bottom")));

    stage.server.colleague(ColleagueEdit::delete(TASKS, "a")).expect("it is there");
    let ids: Vec<Count> = rows.iter().map(|row| row.id).collect();
    let pause = json!({"link": LINK, "collection": TASKS});
    stage.ask::<()>("pause", pause.clone());
    let paused = stage.refused("read_again", json!({ "ids": ids }));
    assert_eq!(paused.code, RefusalCode::NotNow);
    assert!(paused.message.ends_with("is paused, and the server was not asked"), "{}", paused.message);
    stage.ask::<()>("resume", pause);
    let came: ReadAgain = stage.ask("read_again", json!({ "ids": ids }));
    assert_eq!((came.read, came.still, came.nameless), (Count(1), Count(1), Count(0)));
    assert_eq!(
        stage.ask::<Count>("forget_unreadable", json!({ "ids": ids })),
        Count(1),
        "the other had gone"
    );
    assert_eq!(listed(json!({"link": null, "collection": null})), []);
    assert_eq!(stage.refused("get_unreadable", json!({"id": 77})).code, RefusalCode::NotFound);
    stage.finish()
}
