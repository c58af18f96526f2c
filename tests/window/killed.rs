//! The power goes off while somebody works without a server.

use std::time::{Duration, Instant};

use tidemark_sandbox::SandboxOptions;

use crate::desk::{Desk, Theme};
use crate::page::Page;
use crate::records::{choose_record, field, open_record, save_here};
use crate::server::{connect, serve};

/// Typed, and not saved.
const TYPED: &str = "+351 21 555 0188";

// proves A1, A4, C2, H1
#[tokio::test]
async fn work_without_a_server_outlives_a_killed_process_and_is_sent_once() {
    let server = serve(SandboxOptions::sample()).await;
    let desk = Desk::new(Theme::Light, &[]);
    let window = desk.open().await;
    connect(&window, &server).await;
    window.see("Up to date").await;
    server.go_offline().await.unwrap();
    window.press("Check now").await;
    window.see("Offline. Everything you changed has been sent.").await;

    change(&window).await;
    create(&window).await;
    delete(&window).await;
    window.see("Offline · 3 saved on this computer").await;
    choose_record(&window, "Customers", "CU-0002").await;
    window.fill(&field("contact/phone"), TYPED).await;
    window.see_in(".inspector", "A draft is kept on this computer.").await;
    window.kill().await;

    let window = desk.open().await;
    window.see("Offline. 3 changes are saved on this computer and go out by themselves.").await;
    window.screen("Queue").await;
    for change in ["Update: contact/phone", "New", "Delete"] {
        window.see_in("[role=grid]", change).await;
    }
    window.screen("Records").await;
    window.choose("select", "Customers").await;
    window.fill("input[type=search]", "Bakery at the harbour").await;
    window.see_in("[role=grid][aria-rowcount='2']", "Saved here").await;
    choose_record(&window, "Customers", "CU-0002").await;
    window.see_in(".inspector", "A draft is kept on this computer.").await;
    let field = format!("return document.querySelector({:?}).value", field("contact/phone"));
    assert_eq!(window.script(&field).await, TYPED, "what was typed and not saved is there too");

    server.go_online().await.unwrap();
    window.screen("Overview").await;
    window.see("Up to date").await;
    window.see_in("[data-testid=ledger]", "3 saved = 3 confirmed").await;
    let report = server.report().unwrap();
    let mut ops: Vec<&str> = report.effects.iter().map(|effect| effect.op.as_str()).collect();
    ops.sort_unstable();
    assert_eq!(ops.len(), 3, "each change takes effect once: {ops:?}");
    assert!(report.duplicates.is_empty(), "{:?}", report.duplicates);
    window.close().await;
}

async fn change(window: &Page) {
    open_record(window, "Customers", "CU-0001").await;
    window.fill(&field("contact/phone"), "+351 21 555 0177").await;
    save_here(window).await;
}

async fn create(window: &Page) {
    window.press("New").await;
    window.see_in(".inspector", "New record in Customers").await;
    window.fill(&field("name"), "Bakery at the harbour").await;
    save_here(window).await;
}

async fn delete(window: &Page) {
    open_record(window, "Customers", "CU-0040").await;
    window.press_in("//aside", "More").await;
    window.press("Delete").await;
    window.press_in("//dialog", "Delete").await;
    window.see("Deleted on this computer.").await;
}

#[tokio::test]
async fn a_page_whose_process_ends_comes_back_with_what_was_typed() {
    let server = serve(SandboxOptions::sample()).await;
    let desk = Desk::new(Theme::Light, &[]);
    let window = desk.open().await;
    connect(&window, &server).await;
    window.see("Up to date").await;
    choose_record(&window, "Customers", "CU-0002").await;
    window.fill(&field("contact/phone"), TYPED).await;
    window.see_in(".inspector", "A draft is kept on this computer.").await;
    let save = window.place_of("//button[normalize-space() = 'Save']").await;
    let running = window.running();
    running.kill_page();
    // The driver takes its leave of a page that ended; a hand with a mouse does not.
    let begun = Instant::now();
    while server.report().unwrap().effects.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing can be saved in the window");
        desk.click(save);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let saved = server.report().unwrap().effects;
    assert_eq!(saved.iter().map(|effect| effect.id.as_str()).collect::<Vec<_>>(), ["CU-0002"]);
    let there = server.with_world(|world| tidemark_tests::audit::listed(world, &["customers".to_owned()]));
    assert!(there.values().any(|customer| customer["contact"]["phone"] == TYPED), "what was typed came back");
    running.kill();
    running.ended().await;
}
