//! Records written to do harm, or only written carelessly, are text on every screen: nothing runs, nothing overflows.

use serde_json::{Value, json};
use tidemark_model::view::QueueFilter;
use tidemark_sandbox::{ColleagueEdit, CollectionSpec, RunningSandbox, SandboxOptions};

use crate::desk::{Desk, Theme};
use crate::page::Page;
use crate::server::record;
use crate::stage::Stage;

const SCRIPT: &str = r#"<script>window.ran=1</script><img src=x onerror="window.ran=1">"#;
const LINK: &str = "<b onclick=window.ran=1>Link</b>";
const NOTES: &str = "notes";

/// Ids and titles, each bad in its own way.
fn corpus() -> Vec<(&'static str, String)> {
    vec![
        ("<i>x", SCRIPT.to_owned()),
        ("bidi-\u{202e}gnp", "invoice\u{202e}fdp.exe\u{2066} \u{0007}\u{200b}\u{feff}end".to_owned()),
        ("a b/c?d#e%2f", "W".repeat(400)),
        ("nothing", String::new()),
        ("rtl", "مطعم النخيل الذهبي \u{200f}(فرع) – סניף תל אביב 12".to_owned()),
        ("stacked", format!("Z{}", "\u{0301}\u{0334}\u{0489}".repeat(60))),
        ("lines", "one\ntwo\r\n\tthree\u{2028}four".to_owned()),
        ("big", "big".to_owned()),
        ("deep", "deep".to_owned()),
    ]
}

fn document(id: &str, title: &str) -> Value {
    let mut fields = json!({
        "id": id, "title": title, "body": SCRIPT, "empty": "", "nothing": null, "list": [SCRIPT, "", []],
        "__proto__": {"polluted": SCRIPT}, "constructor": "x", "toString": "y", "a/b~c": "pointer",
        "<script>window.ran=1</script>": "key", "": "the empty key",
    });
    fields["\u{202e}yek"] = json!("a key that reads backwards");
    fields["k".repeat(300)] = json!("v".repeat(300));
    if id == "big" {
        fields["big"] = json!("0123456789abcdef".repeat(65_536));
    }
    if id == "deep" {
        fields["deep"] = (0..126).fold(json!(SCRIPT), |inside, _| json!([inside]));
    }
    fields
}

// proves H1
#[tokio::test]
async fn hostile_records_are_text_on_every_screen() {
    let desk = Desk::new(Theme::Light, &[]);
    let (server, changes, conflicts) = a_bad_day(&desk).await;
    let window = desk.open().await;
    window.see("saved on this computer").await;
    for screen in ["overview", "connections", "settings", "conflicts", "queue", "records"] {
        go(&window, &[screen]).await;
        is_harmless(&window, screen).await;
    }
    window.see(SCRIPT).await;
    window.see("⟦U+202E⟧").await;

    for (id, _) in corpus() {
        go(&window, &["records", LINK, NOTES, id]).await;
        window.see_in(".inspector", "Form").await;
        for (place, tab) in ["Form", "Changes", "JSON"].into_iter().enumerate() {
            window.click(&format!(".inspector [role=tab]:nth-of-type({})", place + 1)).await;
            is_harmless(&window, &format!("{tab} of {id}")).await;
        }
    }
    for id in changes {
        go(&window, &["queue", &id]).await;
        window.see_in(".inspector", "In words").await;
        is_harmless(&window, &format!("the change {id}")).await;
    }
    for id in conflicts {
        go(&window, &["conflicts", &id.to_string()]).await;
        window.see("To choose").await;
        window.press("Preview").await;
        window.see("The whole record as it will look").await;
        window.click("label:has(> [type=checkbox])").await;
        is_harmless(&window, &format!("the conflict {id}")).await;
    }
    window.close().await;
    server.stop().await;
}

/// Goes to a place by its address, as a notification or another program would.
async fn go(window: &Page, parts: &[&str]) {
    let parts: Value = parts.into();
    let script = format!("location.hash = '#/' + {parts}.map(encodeURIComponent).join('/')");
    window.script(&script).await;
}

async fn is_harmless(window: &Page, place: &str) {
    let runs = "return window.ran === undefined && ({}).polluted === undefined";
    window.hold(runs, &format!("{place}: nothing runs")).await;
    let elements = "const made = [...document.querySelectorAll(
            'body :is(script, img, iframe, object, embed, base, [onclick], [onerror])')];
        return made.length === 0 || made.map((one) => one.outerHTML.slice(0, 200));";
    window.hold(elements, &format!("{place}: what came from a server becomes no element")).await;
    let overflow = "const scrolls = (pane) => pane === document.documentElement
            || ['auto', 'scroll'].includes(getComputedStyle(pane).overflowX);
        const wide = [...document.querySelectorAll('html, main *')]
            .filter((pane) => scrolls(pane) && pane.scrollWidth > pane.clientWidth);
        return wide.length === 0
            || wide.map((pane) => `${pane.tagName}.${pane.className}#${pane.id} ${pane.scrollWidth}/${pane.clientWidth}`);";
    window.hold(overflow, &format!("{place}: nothing scrolls sideways")).await;
}

/// Each record of the corpus is on the server; each was changed here, and every second one there too.
async fn a_bad_day(desk: &Desk) -> (RunningSandbox, Vec<String>, Vec<i64>) {
    let spec = CollectionSpec {
        label: Some(format!("{SCRIPT}{}", "L".repeat(300))),
        ..CollectionSpec::named(NOTES)
    };
    let records =
        corpus().iter().map(|(id, title)| record(NOTES, &document(id, title).to_string())).collect();
    let options = SandboxOptions { collections: vec![spec], records, ..SandboxOptions::default() };
    let (stage, server) = Stage::open(desk, LINK, options).await;

    stage.at("11:00");
    for (place, (id, title)) in corpus().into_iter().enumerate() {
        stage.set(NOTES, id, &json!({"body": format!("{title}{SCRIPT}mine")})).await;
        if place % 2 == 0 {
            let theirs = format!("{title}{SCRIPT}theirs");
            let by = Some(format!("{SCRIPT}\u{202e}{}", "A".repeat(300)));
            let edit = ColleagueEdit { by, ..ColleagueEdit::set(NOTES, id, "body", theirs) };
            server.colleague(edit).unwrap();
        }
    }
    stage.sync().await;
    server.go_offline().await.unwrap();
    stage.at("12:00");
    for (id, title) in corpus() {
        stage.set(NOTES, id, &json!({"list": [format!("{SCRIPT}{title}")]})).await;
    }
    let queue = stage.engine().list_queue(&QueueFilter::default(), 0, 100).unwrap().rows;
    let conflicts = stage.engine().list_conflicts(0, 100).unwrap().rows;
    assert_eq!((queue.len(), conflicts.len()), (14, 5), "the stage is set");
    let ids = queue.into_iter().map(|row| row.id).collect();
    let conflicts = conflicts.into_iter().map(|row| row.id.0).collect();
    stage.close().await;
    (server, ids, conflicts)
}
