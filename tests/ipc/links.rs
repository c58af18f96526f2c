//! Links by command.

use crate::stage::{Commands, LINK, SECRET, Stage, TASKS};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidemark_model::number::Count;
use tidemark_model::view::{
    AddedLink, Connectivity, Discovery, LinkLimits, LinkStatus, LinkTest, RefusalCode, RemovedLink, Sentence,
    Stopped, TestStepKind,
};

const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open"}"#;

pub fn a_link_is_discovered_added_and_tested() -> Commands {
    let stage = Stage::bare(&[TASK]);
    assert_eq!(stage.status().sentence, Sentence::NoLinks);
    let found: Discovery = stage.ask("discover_link", json!({ "link": stage.link_with(None) }));
    let names: BTreeSet<&str> = found.collections.iter().map(|offer| offer.name.as_str()).collect();
    assert_eq!((found.kind.as_str(), names), ("rest", BTreeSet::from(["parts", TASKS])));
    assert_eq!(stage.ask::<Vec<LinkStatus>>("list_links", json!({})), [], "looking adds nothing");

    let added = stage.add_link(None);
    assert_eq!(
        (added.name.as_str(), added.collections),
        (LINK, vec![TASKS.to_owned()]),
        "only what was ticked"
    );
    stage.sync();
    let links: Vec<LinkStatus> = stage.ask("list_links", json!({}));
    assert_eq!((links.len(), links[0].name.as_str(), links[0].id), (1, LINK, added.id));
    assert_eq!((links[0].connectivity, links[0].collections[0].records), (Connectivity::Online, Count(1)));

    let test: LinkTest = stage.ask("test_link", json!({ "name": LINK }));
    assert!(test.ok && test.steps.len() == 6 && test.steps.iter().all(|step| step.ok), "{test:?}");
    assert_eq!(stage.refused("test_link", json!({"name": "none"})).code, RefusalCode::NotFound);
    stage.finish()
}

pub fn a_link_with_unsent_changes_goes_only_by_force() -> Commands {
    let stage = Stage::linked(&[TASK]);
    stage.set("t1", "state", r#""done""#);
    let asked: RemovedLink = stage.ask("remove_link", json!({"name": LINK, "force": false}));
    assert_eq!(asked, RemovedLink { unsent: Count(1), drafts: Count(0), removed: false });
    assert_eq!(stage.status().links.len(), 1, "it is still there");
    let gone: RemovedLink = stage.ask("remove_link", json!({"name": LINK, "force": true}));
    assert_eq!(gone, RemovedLink { unsent: Count(1), drafts: Count(0), removed: true });
    assert_eq!(stage.status().sentence, Sentence::NoLinks);
    assert_eq!(stage.member_there("t1", "state"), "open", "it was not sent");
    stage.finish()
}

pub fn a_new_secret_lets_a_link_go_on_and_never_comes_back_out() -> Commands {
    let stage = Stage::guarded(&[TASK]);
    let refusal = stage.refused("add_link", json!({ "link": stage.link_with(Some("wrong")) }));
    assert_eq!(refusal.code, RefusalCode::SignIn, "{refusal:?}");
    let added = stage.add_link(Some(SECRET));
    assert!(
        !added.secret_kept && added.secret_note.is_some(),
        "there is no keychain here, and it says so: {added:?}"
    );
    stage.sync();
    stage.ask::<Option<String>>("set_link_secret", json!({"name": LINK, "secret": "expired"}));
    stage.sync();
    let status = stage.status();
    assert!(matches!(status.links[0].stopped, Some(Stopped::SignIn { .. })), "{:?}", status.links[0]);
    assert_eq!(status.attention.sign_in.len(), 1);
    let note: Option<String> = stage.ask("set_link_secret", json!({"name": LINK, "secret": SECRET}));
    assert!(
        note.is_some_and(|note| note.contains("TIDEMARK_SECRET_OFFICE")),
        "it names the way for later runs"
    );
    stage.sync();
    assert_eq!(stage.status().links[0].stopped, None);
    let again = stage.refused("add_link", json!({ "link": stage.link_with(Some(SECRET)) }));
    assert!(again.message.contains(LINK), "the name is taken: {again:?}");
    stage.finish()
}

pub fn what_a_link_cannot_be_is_said_with_what_to_do() -> Commands {
    let stage = Stage::bare(&[TASK]);
    let with = |key: &str, value: Value| {
        let mut link = stage.link_with(None);
        link[key] = value;
        let refusal = stage.refused("add_link", json!({ "link": link }));
        assert_eq!(refusal.code, RefusalCode::Invalid, "{key}: {refusal:?}");
        assert!(!refusal.hint.is_empty(), "{key}: {refusal:?}");
        refusal.message
    };
    with("url", json!("not an address"));
    with("name", json!("in\u{202E}visible"));
    with("name", json!("x".repeat(1_000)));
    assert!(with("kind", json!("soap")).contains("soap"));
    assert!(with("settings", json!("{\"pul\": {}}")).contains("pul"));
    assert!(with("collections", json!(["tasks", "gone"])).contains("gone"));
    assert_eq!(stage.status().links, [], "nothing was stored");

    let elsewhere = json!({"name": LINK, "kind": "rest", "url": stage.server.origin(), "collections": []});
    let refusal = stage.refused("discover_link", json!({ "link": elsewhere }));
    assert!(!refusal.hint.is_empty(), "{refusal:?}");
    block(stage.server.go_offline());
    let refusal = stage.refused("discover_link", json!({ "link": stage.link_with(None) }));
    assert_eq!(refusal.code, RefusalCode::Offline, "{refusal:?}");
    let added: AddedLink = stage.add_link(None);
    assert_eq!(added.collections, [TASKS], "what is named may follow later");
    let test: LinkTest = stage.ask("test_link", json!({ "name": LINK }));
    assert_eq!((test.ok, test.steps.last().expect("a step").step), (false, TestStepKind::Connected));
    stage.finish()
}

fn block(done: impl Future<Output = Result<(), tidemark_sandbox::SandboxError>>) {
    tauri::async_runtime::block_on(done).expect("the sandbox does as asked");
}

// proves A14, A15
pub fn when_and_how_a_link_syncs_is_changed_and_shown() -> Commands {
    let stage = Stage::linked(&[TASK]);
    let limits = json!({
        "schedule": {"hours": {"from": "22:00", "to": "06:00"}, "unmetered_only": true},
        "compress": "off",
    });
    stage.ask::<Value>("set_link_limits", json!({"name": LINK, "limits": limits}));
    let link = stage.status().links.remove(0);
    assert_eq!(serde_json::to_value(link.limits).expect("JSON"), limits);
    let away = json!({"schedule": {}, "compress": "offered"});
    stage.ask::<Value>("set_link_limits", json!({"name": LINK, "limits": away}));
    assert_eq!(stage.status().links[0].limits, LinkLimits::default());
    let none = stage.refused("set_link_limits", json!({"name": "none", "limits": away}));
    assert_eq!(none.code, RefusalCode::NotFound);
    for bad in [
        json!({"schedule": {"hours": {"from": "25:00", "to": "06:00"}}, "compress": "off"}),
        json!({"schedule": {}, "compress": "rar"}),
        json!({"schedule": {"hour": 1}, "compress": "off"}),
    ] {
        let refusal =
            stage.call("set_link_limits", json!({"name": LINK, "limits": bad})).expect_err("no limits");
        assert!(refusal.to_string().contains("limits"), "it names the argument: {refusal}");
    }
    stage.finish()
}
