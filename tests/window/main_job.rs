//! The main job, as a person does it in the window: without a server, against a colleague, to the end.

use crate::desk::{Desk, Theme};
use crate::page::Page;
use crate::records::{field, open_record, save_here};
use crate::sample::{SWITCHES, Sample};

const COLLECTION: &str = "work_orders";
const RECORD: &str = "WO-00412";

// proves C2, D3, D7, H1, H3, H7
#[tokio::test]
async fn what_is_edited_offline_meets_a_colleague_is_settled_and_arrives() {
    let desk = Desk::new(Theme::Light, &[SWITCHES]);
    let window = desk.open().await;
    start_with_sample_data(&window).await;
    go_offline(&window).await;
    edit_the_order(&window).await;
    find_it_in_the_queue(&window).await;

    window.screen("Connections").await;
    window.press("Let a colleague edit").await;
    window.see("A colleague changed a record").await;
    come_back_unwatched(&desk, &window).await;

    let notice = desk.notice("changed in two places").await;
    assert!(notice.0.starts_with("1 record"), "one notification for one conflict, not {notice:?}");
    meet_the_conflict(&window).await;
    settle_it(&window).await;
    see_it_confirmed(&window).await;

    let sample = Sample::of(&desk);
    let text = sample.record(COLLECTION, RECORD).await;
    for (part, why) in [
        (r#""priority":"low""#, "mine was chosen"),
        (r#""remarks":"The key is at the neighbour's.""#, "nobody else touched the remarks"),
        (r#""technician":"Mateusz W.""#, "only the colleague changed the technician"),
    ] {
        assert!(text.contains(part), "{why}, so the server has {part}: {text}");
    }
    let report = sample.report().await;
    let ours = report["effects"].as_array().expect("effects are a list").iter();
    let ours = ours.filter(|effect| effect["id"] == RECORD && effect["by"] != "Anna K.").count();
    assert_eq!(ours, 1, "the change took effect once: {report}");
    window.close().await;
}

async fn start_with_sample_data(window: &Page) {
    window.see("Work on your records without a connection.").await;
    window.press("Try with sample data").await;
    window.see("Up to date, as of 14:0").await;
}

async fn go_offline(window: &Page) {
    window.screen("Connections").await;
    window.press("Go offline").await;
    window.see("Unreachable since 14:0").await;
}

/// The server comes back while the person looks at another window: only then there is a notification.
async fn come_back_unwatched(desk: &Desk, window: &Page) {
    desk.look_away();
    // A real click would bring the window to the front again.
    let switch =
        "[...document.querySelectorAll('label')].find((label) => label.textContent.trim() === 'Go offline')";
    window.script(&format!("{switch}.querySelector('input').click()")).await;
    window.lose("Unreachable since").await;
}

async fn edit_the_order(window: &Page) {
    open_record(window, "Work orders", RECORD).await;
    window.choose(&field("priority"), "low").await;
    window.fill(&field("remarks"), "The key is at the neighbour's.").await;
    save_here(window).await;
    window.see_in("[role=grid]", "Saved here").await;
}

async fn find_it_in_the_queue(window: &Page) {
    window.screen("Queue").await;
    window.see_in("[role=grid]", "Update: priority, remarks").await;
    window.see("1 waiting").await;
    window.click("[role=row][aria-rowindex='2']").await;
    window.see_in(".inspector", "Saved by you at 14:0").await;
    window.see_in(".inspector", "The key is at the neighbour's.").await;
}

async fn meet_the_conflict(window: &Page) {
    window.see_in("nav", "Conflicts 1").await;
    window.screen("Conflicts").await;
    window.see_in("[role=grid]", "Noise from the fan").await;
    window.see_in("[role=grid]", "Anna K.").await;
    window.press("Resolve next").await;
}

async fn settle_it(window: &Page) {
    window.see("This record changed in two places.").await;
    for heading in ["Started as", "Mine", "Server", "Result"] {
        window.see_in(".resolver", heading).await;
    }
    window.see("Choose for 1 more field.").await;
    let priority = "[data-path='/priority']";
    for (side, value) in [("base", "normal"), ("mine", "low"), ("server", "urgent")] {
        window.see_in(&format!("{priority} [data-side={side}]"), value).await;
    }
    window.click(&format!("{priority} [data-side=mine]")).await;
    window.see_in(&format!("{priority} .result"), "low").await;
    window.press("Apply").await;
    window.see("merged. Sends in").await;
}

async fn see_it_confirmed(window: &Page) {
    window.screen("Overview").await;
    window.see("Up to date, as of 14:0").await;
    window.see_in("[data-testid=ledger]", "2 saved = 1 confirmed + 1 combined").await;
    window.press_in("//*[contains(@class,'tiles')]", "Sent today").await;
    window.see_in("[role=grid]", "Confirmed").await;
}
