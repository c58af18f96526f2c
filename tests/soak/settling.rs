//! A person who looks after what waits: settles conflicts, forces a sync, lets go again what needs a person.

use crate::command_line::CommandLine;
use crate::person::Refused;
use serde_json::Value;
use std::time::{Duration, Instant};
use tidemark_simulation::Dice;

/// Looks now and then until the end.
pub async fn look_after(ctl: &CommandLine, seed: u64, until: Instant) -> Refused {
    let dice = Dice::new(seed);
    let mut refused = Refused::new();
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(dice.between(4_000, 15_000).unsigned_abs())).await;
        match dice.below(3) {
            // Whether it ends well is for the weather to say.
            0 => drop(ctl.run(&["sync"]).await),
            _ => settle_all(ctl, &dice, &mut refused).await,
        }
    }
    refused
}

/// Settles every conflict there is, each side by chance, and lets go what needs a person.
pub async fn settle_all(ctl: &CommandLine, dice: &Dice, refused: &mut Refused) {
    let open = ctl.run(&["conflicts", "list"]).await;
    for conflict in &open.lines {
        let Some(id) = conflict["id"].as_i64().map(|id| id.to_string()) else { continue };
        let shown = ctl.run(&["conflicts", "show", &id]).await;
        let Some(shown) = shown.lines.first() else { continue };
        let decision = decision(shown, dice);
        let mut arguments = vec!["resolve", id.as_str()];
        arguments.extend(decision.iter().map(String::as_str));
        // Sent in an undo window's time, so that it need not wait for a server that is away.
        arguments.push("--hold");
        let told = ctl.run(&arguments).await;
        if !told.is_done() {
            *refused.entry(format!("resolve: {}", told.errors)).or_default() += 1;
        }
    }
    ctl.run(&["queue", "retry"]).await;
}

/// Field by field where both sides changed it: what merges by itself is not given up for either side.
fn decision(conflict: &Value, dice: &Dice) -> Vec<String> {
    let mine = || dice.in_hundred(50);
    if conflict["conflict_type"] != "both_updated" {
        return vec![if mine() { "--local" } else { "--server" }.to_owned()];
    }
    let fields = conflict["fields"].as_array().into_iter().flatten();
    let open = fields.filter(|field| field["undecided"] == true);
    let side = |field: &Value| {
        let path = field["path"].as_str().unwrap_or_default();
        [String::from("--field"), format!("{path}={}", if mine() { "mine" } else { "server" })]
    };
    let choices: Vec<String> = open.flat_map(side).collect();
    if choices.is_empty() { vec!["--local".to_owned()] } else { choices }
}
