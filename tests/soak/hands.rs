//! The person at the window: walks through the screens, edits records of the window's own, looks away,
//! hides the window.

use crate::command_line::CommandLine;
use crate::ledger::{Ledger, ORDERS};
use crate::person::{LINK, THE_WINDOWS, order};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tidemark_simulation::Dice;
use tidemark_tests::window::desk::Desk;
use tidemark_tests::window::page::Page;
use tidemark_tests::window::records::{choose_record, field};

const SCREENS: [&str; 6] = ["Overview", "Records", "Queue", "Conflicts", "Connections", "Settings"];

/// Presses the form's button, which is named otherwise while the server is away, and waits until it is saved.
const SAVE: &str = "const button = [...document.querySelectorAll('.inspector button')]
    .find((one) => ['Save', 'Save here'].includes(one.textContent.trim()) && !one.disabled);
    button?.click(); return button !== undefined";

/// Now and then the window is left alone for longer than it takes until the page is loaded anew (`fresh-page.ts`), once
/// for so much work.
const BREAK_AFTER: Duration = Duration::from_secs(9 * 60);
const BREAK: Duration = Duration::from_secs(5 * 60 + 20);

/// A suspended application takes its time.
const SAVED_WITHIN: Duration = Duration::from_secs(20);

/// Works until the end; a picture of each screen is taken in the middle of it.
pub async fn work(
    window: &Page,
    desk: &Desk,
    ctl: &CommandLine,
    seed: u64,
    until: Instant,
) -> (Ledger, Vec<PathBuf>) {
    let dice = Dice::new(seed);
    let mut ledger = Ledger::default();
    let mut pictures = Vec::new();
    let half = Instant::now() + until.saturating_duration_since(Instant::now()) / 2;
    let mut number = 0;
    let mut rested = Instant::now();
    while Instant::now() < until {
        if pictures.is_empty() && Instant::now() > half {
            pictures = pictured(window).await;
        }
        if rested.elapsed() > BREAK_AFTER && until.saturating_duration_since(Instant::now()) > BREAK {
            take_a_break(window, desk).await;
            rested = Instant::now();
        }
        match dice.below(10) {
            0..3 => {
                number += 1;
                let id = order(THE_WINDOWS.start + dice.below(THE_WINDOWS.len()));
                let text = format!("Typed in the window, {number}");
                edit(window, ctl, &id, &text).await;
                ledger.wrote(&id, "remarks", &text);
            }
            3 => desk.look_away(),
            4 => {
                let hidden = desk.hide_window();
                pause(&dice).await;
                desk.show_window(&hidden);
            }
            _ => window.screen(dice.pick(&SCREENS)).await,
        }
        pause(&dice).await;
    }
    window.screen("Overview").await;
    (ledger, pictures)
}

/// Leaves the window hidden, and waits until the page that comes back shows itself.
async fn take_a_break(window: &Page, desk: &Desk) {
    const LOADED: &str = "return performance.timeOrigin";
    window.screen("Overview").await;
    let before = window.script(LOADED).await;
    let hidden = desk.hide_window();
    tokio::time::sleep(BREAK).await;
    desk.show_window(&hidden);
    window.find("[data-testid=ledger]").await;
    let is_fresh = window.script(LOADED).await != before;
    println!("a break: the page {}", if is_fresh { "was loaded anew" } else { "stayed" });
}

/// As long as a person looks.
async fn pause(dice: &Dice) {
    tokio::time::sleep(Duration::from_millis(dice.between(1_000, 6_000).unsigned_abs())).await;
}

async fn edit(window: &Page, ctl: &CommandLine, id: &str, text: &str) {
    // From another screen: on this one the list of the last time would still be there to be chosen from.
    window.screen("Overview").await;
    window.find("[data-testid=ledger]").await;
    choose_record(window, "Work orders", id).await;
    window.fill(&field("remarks"), text).await;
    window.hold(SAVE, "the form can be saved").await;
    // What is on disk is what the other process reads; the window's own words may be those of the last edit.
    let begun = Instant::now();
    loop {
        let shown = ctl.run(&["records", "get", LINK, ORDERS, id]).await;
        if shown.lines.first().is_some_and(|record| record["document"]["remarks"] == text) {
            return;
        }
        assert!(begun.elapsed() < SAVED_WITHIN, "what was typed in the window is not saved: {shown:?}");
    }
}

/// Every screen once, so that what a screen keeps from its first showing on is not taken for growth.
pub async fn walk(window: &Page) {
    for screen in SCREENS {
        window.screen(screen).await;
        window.see_in("h1", screen).await;
    }
    window.screen("Overview").await;
}

async fn pictured(window: &Page) -> Vec<PathBuf> {
    let mut pictures = Vec::new();
    for screen in SCREENS {
        window.screen(screen).await;
        pictures.push(window.picture(&format!("soak-{}", screen.to_lowercase())).await);
    }
    pictures
}
