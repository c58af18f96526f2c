//! How long a person waits for the window: told, not judged, because it depends on the machine and the build.

use tidemark_sandbox::SandboxOptions;

use crate::desk::{Desk, Theme};
use crate::stage::Stage;

#[tokio::test]
async fn a_cold_start_leads_to_a_usable_overview() {
    let desk = Desk::new(Theme::Light, &[]);
    let (stage, server) = Stage::open(&desk, "Field service", SandboxOptions::sample()).await;
    stage.close().await;
    let window = desk.open().await;
    window.find("[data-testid=ledger]").await;
    let age = window.running().age();
    let script =
        "return performance.getEntriesByType('paint').map((one) => [one.name, Math.round(one.startTime)])";
    let paints = window.script(script).await;
    println!("cold start to a usable Overview: {} ms with the driver's own time; {paints}", age.as_millis());
    window.close().await;
    server.stop().await;
}

#[tokio::test]
async fn without_a_graphics_card_the_web_view_draws_by_its_own_means() {
    let cards = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let has_card = cards.into_iter().any(|card| card.file_name().to_string_lossy().starts_with("renderD"));
    let desk = Desk::new(Theme::Light, &[]);
    let window = desk.open().await;
    window.find("h1").await;
    let environment = std::fs::read(format!("/proc/{}/environ", window.running().id())).unwrap();
    let own_way = b"WEBKIT_SKIA_ENABLE_CPU_RENDERING=1";
    let chosen = environment.split(|byte| *byte == 0).any(|variable| variable == own_way);
    assert_eq!(chosen, !has_card);
    window.close().await;
}
