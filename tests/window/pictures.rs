//! A picture of each screen in both themes, on a day on which something happened.
//!
//! They are kept with `TIDEMARK_KEEP_SCREENSHOTS=1`; whoever changes a screen looks at them.

use fantoccini::key::Key;
use serde_json::json;
use tidemark_sandbox::{ColleagueEdit, RunningSandbox, SandboxOptions, Script};

use crate::desk::{Desk, Theme};
use crate::page::{self, Page};
use crate::stage::Stage;

const ORDERS: &str = "work_orders";

// proves H1
#[tokio::test]
async fn every_screen_is_drawn_in_the_light_theme() {
    every_screen(Theme::Light, "light").await;
}

// proves H1
#[tokio::test]
async fn every_screen_is_drawn_in_the_dark_theme() {
    every_screen(Theme::Dark, "dark").await;
}

async fn every_screen(theme: Theme, suffix: &str) {
    let desk = Desk::new(theme, &[]);
    let window = desk.open().await;
    window.see("Work on your records without a connection.").await;
    picture(&window, "first-run", suffix).await;
    window.close().await;

    let server = a_day(&desk).await;
    let window = desk.open().await;
    window.see("Offline. 3 changes are saved on this computer and go out by themselves.").await;
    window.see("1 field to choose").await;
    picture(&window, "overview", suffix).await;

    window.screen("Records").await;
    window.choose("select", "Work orders").await;
    window.see("100 records").await;
    window.keys("[role=row][tabindex='0']", Key::End).await;
    window.click("[role=gridcell][title='WO-00398']").await;
    window.see_in(".inspector", "Last changed on the server").await;
    picture(&window, "records", suffix).await;

    window.screen("Queue").await;
    window.see_in("[role=grid]", "Update: status, remarks").await;
    window.click("[role=gridcell][title*='Leak under']").await;
    window.see_in(".inspector", "In words").await;
    picture(&window, "queue", suffix).await;
    window.press("Hold").await;
    window.see_in("[role=menu]", "that wait").await;
    picture(&window, "queue-hold", suffix).await;
    window.keys("[role=menuitem]", Key::Escape).await;

    window.screen("Conflicts").await;
    window.see_in("[role=grid]", "Anna K.").await;
    picture(&window, "conflicts", suffix).await;
    window.press("Decided").await;
    window.see_in("[role=grid]", "Merged by itself").await;
    picture(&window, "decided", suffix).await;
    window.screen("Conflicts").await;

    window.press("Resolve next").await;
    window.see("This record changed in two places.").await;
    window.click("[data-path='/priority'] [data-side=mine]").await;
    picture(&window, "resolver", suffix).await;

    window.screen("Connections").await;
    window.see("Unreachable since").await;
    picture(&window, "connections", suffix).await;

    window.screen("Settings").await;
    window.see("Theme").await;
    picture(&window, "settings", suffix).await;
    window.close().await;
    server.stop().await;
}

/// A morning's work: most of it arrived, one order changed in two places, three changes wait for the server.
async fn a_day(desk: &Desk) -> RunningSandbox {
    let (stage, server) = Stage::open(desk, "Field service", SandboxOptions::sample()).await;
    for (time, order, fields) in [
        ("08:20", "WO-00391", json!({"status": "in_progress"})),
        ("09:05", "WO-00391", json!({"status": "done", "hours": 0.75, "signed": true})),
        ("09:40", "WO-00394", json!({"status": "in_progress"})),
        ("10:30", "WO-00394", json!({"status": "waiting_for_parts", "remarks": "Fan motor 120 W ordered."})),
    ] {
        stage.at(time);
        stage.set(ORDERS, order, &fields).await;
        stage.sync().await;
    }
    stage.at("11:02");
    stage.set(ORDERS, "WO-00401", &json!({"remarks": "Ring the bell at the ramp."})).await;
    server.colleague(ColleagueEdit::set(ORDERS, "WO-00401", "technician", "Jonas Ø.")).unwrap();
    stage.sync().await;

    stage.at("11:48");
    let mine = json!({"priority": "low", "remarks": "The key is at the neighbour's.", "hours": 2.5});
    stage.set(ORDERS, "WO-00412", &mine).await;
    stage.at("11:55");
    server.script(Script::FirstConflict).unwrap();
    stage.at("12:10");
    stage.sync().await;

    server.go_offline().await.unwrap();
    stage.at("12:41");
    let found =
        json!({"status": "in_progress", "remarks": "Breaker and cable are fine; it is the compressor."});
    stage.set(ORDERS, "WO-00398", &found).await;
    stage.sync().await;
    stage.at("13:12");
    stage.create("customers", &json!({"name": "Bakery at the harbour", "active": true})).await;
    stage.at("13:40");
    stage.delete(ORDERS, "WO-00409").await;
    stage.close().await;
    server
}

async fn picture(window: &Page, name: &str, suffix: &str) {
    // Where the pointer happens to rest is no part of the picture, nor is the focus.
    window.script("document.activeElement?.blur()").await;
    let path = window.picture(&format!("{name}-{suffix}")).await;
    assert!(page::colours(&path) > 8, "{name} is drawn");
    let bytes = std::fs::metadata(&path).unwrap().len();
    assert!(bytes < 150_000, "{name} has {bytes} bytes: too many for a repository");
}
