//! A collection far longer than the window: its end and its middle are a key press away.

use std::time::Instant;

use fantoccini::key::Key;
use tidemark_sandbox::SandboxOptions;

use crate::desk::{Desk, Theme};
use crate::page::Page;
use crate::server::record;
use crate::stage::Stage;

const ROWS: usize = 100_000;
/// The number of the record whose row has the focus.
const FOCUSED: &str = "const row = Number(document.activeElement.getAttribute('aria-rowindex')) - 1;";

// proves C3, H1
#[tokio::test]
async fn a_hundred_thousand_records_are_walked_by_keys_with_few_nodes() {
    let desk = Desk::new(Theme::Light, &[]);
    let mut options = SandboxOptions::with_collections(&["meters"]);
    let text = |number| format!(r#"{{"id":"M-{number:06}","title":"Meter {number}","reading":{number}.50}}"#);
    options.records = (1..=ROWS).map(|number| record("meters", &text(number))).collect();
    let begun = Instant::now();
    let (stage, server) = Stage::open(&desk, "Grid", options).await;
    stage.close().await;
    println!("{ROWS} records were served and received in {:.1} s", begun.elapsed().as_secs_f64());

    let window = desk.open().await;
    window.screen("Records").await;
    window.see("100k records").await;
    let length = window.find("[role=grid]").await.attr("aria-rowcount").await.unwrap();
    assert_eq!(length.as_deref(), Some("100001"), "the heading is a row too");
    is_shown(&window, 1).await;

    press(&window, Key::End).await;
    is_focused(&window, ROWS).await;
    press(&window, Key::PageUp).await;
    window.hold(&format!("{FOCUSED} return row < {ROWS} || row;"), "the focus goes up").await;
    let row = window.script(&format!("{FOCUSED} return row;")).await.as_u64().expect("rows have numbers");
    let page = ROWS - usize::try_from(row).expect("it is in the list");
    assert!((5..=40).contains(&page), "a page is what the window shows, not {page} rows");
    press(&window, Key::Home).await;
    is_focused(&window, 1).await;
    for pages in 1..=10 {
        press(&window, Key::PageDown).await;
        is_focused(&window, 1 + pages * page).await;
    }

    let drag = "const grid = document.querySelector('[role=grid]'); grid.scrollTop = grid.scrollHeight / 2;";
    window.script(drag).await;
    is_shown(&window, ROWS / 2).await;
    press(&window, Key::PageDown).await;
    is_focused(&window, 1 + 11 * page).await;
    window.close().await;
    server.stop().await;
}

/// Presses a key in the row that has the focus or would get it.
async fn press(window: &Page, key: Key) {
    window.keys("[role=row][tabindex='0']", key).await;
}

/// The record of a number is in its row, and the list has not grown for it.
async fn is_shown(window: &Page, number: usize) {
    let row = format!("[role=grid] [aria-rowindex='{}']", number + 1);
    window.see_in(&row, &format!("M-{number:06}")).await;
    let few =
        "const nodes = document.querySelectorAll('[role=grid] *').length; return nodes <= 400 || nodes;";
    window.hold(few, "the list has no more than 400 nodes").await;
}

async fn is_focused(window: &Page, number: usize) {
    is_shown(window, number).await;
    let focus = format!("{FOCUSED} return row === {number} || row;");
    window.hold(&focus, &format!("row {number} has the focus")).await;
}
