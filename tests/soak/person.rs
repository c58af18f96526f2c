//! The person at the command line: single edits at a person's pace, bursts, transactions, deletions.

use crate::command_line::{CommandLine, Told};
use crate::ledger::{Ledger, MADE, ORDERS};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tidemark_simulation::Dice;

/// The connection's name.
pub const LINK: &str = "soak";

/// Orders of the sample data that the command line edits; those from here on are the window's.
pub const OURS: std::ops::Range<usize> = 313..393;
/// The window's own orders.
pub const THE_WINDOWS: std::ops::Range<usize> = 393..413;

/// An order's id in the sample data.
pub fn order(number: usize) -> String {
    format!("WO-{number:05}")
}

/// What was refused, by what was said, and how often.
pub type Refused = BTreeMap<String, usize>;

/// Works until the end.
pub struct Person<'a> {
    ctl: &'a CommandLine,
    dice: Dice,
    ledger: Ledger,
    refused: Refused,
    /// Records made here that still live.
    made: Vec<String>,
    number: usize,
}

#[derive(Clone, Copy)]
enum Does {
    Edit,
    Choose,
    Make,
    MakeMany,
    Delete,
    DeleteWhatIsShared,
    Together,
}

impl<'a> Person<'a> {
    pub fn new(ctl: &'a CommandLine, seed: u64) -> Person<'a> {
        let (ledger, refused) = (Ledger::default(), Refused::new());
        Person { ctl, dice: Dice::new(seed), ledger, refused, made: Vec::new(), number: 0 }
    }

    /// Edits, with a pause after each that a person makes, or none in a burst.
    pub async fn work(mut self, until: Instant) -> (Ledger, Refused) {
        let mut burst = 0;
        while Instant::now() < until {
            let does = self.dice.weighted(&[
                (50, Does::Edit),
                (14, Does::Choose),
                (10, Does::Make),
                (3, Does::MakeMany),
                (9, Does::Delete),
                (4, Does::DeleteWhatIsShared),
                (10, Does::Together),
            ]);
            match does {
                Does::Edit => self.edit().await,
                Does::Choose => self.choose().await,
                Does::Make => self.make().await,
                Does::MakeMany => self.make_many().await,
                Does::Delete => self.delete().await,
                Does::DeleteWhatIsShared => self.delete_what_is_shared().await,
                Does::Together => self.together().await,
            }
            if burst == 0 && self.dice.in_hundred(8) {
                burst = self.dice.below(20) + 5;
            }
            if burst > 0 {
                burst -= 1;
            } else {
                tokio::time::sleep(Duration::from_millis(self.dice.between(200, 2_000).unsigned_abs())).await;
            }
        }
        (self.ledger, self.refused)
    }

    fn text(&mut self) -> String {
        self.number += 1;
        format!("Written down {} times so far", self.number)
    }

    /// Whether it was done; else what was said is counted.
    fn heard(&mut self, what: &str, told: &Told) -> bool {
        if !told.is_done() {
            *self.refused.entry(format!("{what}: {}", told.errors)).or_default() += 1;
        }
        told.is_done()
    }

    /// Our own field, of an order of the sample data or one that was made here.
    async fn edit(&mut self) {
        let id = match self.made.is_empty() || self.dice.in_hundred(70) {
            true => order(OURS.start + self.dice.below(OURS.len())),
            false => self.dice.pick(&self.made),
        };
        let text = self.text();
        let set = format!("/remarks={}", Value::from(text.as_str()));
        let told = self.ctl.run(&["records", "update", LINK, ORDERS, &id, &set]).await;
        if self.heard("update", &told) {
            self.ledger.wrote(&id, "remarks", &text);
        }
    }

    /// The field that the colleague changes too, on few orders.
    async fn choose(&mut self) {
        let id = order(OURS.start + self.dice.below(12));
        let set = format!("/priority={}", Value::from(self.dice.pick(&PRIORITIES)));
        let told = self.ctl.run(&["records", "update", LINK, ORDERS, &id, &set]).await;
        self.heard("update", &told);
    }

    fn document(&mut self) -> (Value, String) {
        let text = self.text();
        let title = format!("{MADE} {}", self.number);
        let (customer, due) = ("CU-0001", "2026-06-20");
        let order =
            json!({"title": title, "customer": customer, "status": "new", "due": due, "remarks": text});
        (order, text)
    }

    async fn make(&mut self) {
        let (document, text) = self.document();
        let told = self.ctl.run_with(&["records", "create", LINK, ORDERS, "-"], &document.to_string()).await;
        if self.heard("create", &told) {
            let id = told.lines.first().and_then(|line| line["record"].as_str());
            self.was_made(id.expect("what is saved has a name").to_owned(), &text);
        }
    }

    async fn make_many(&mut self) {
        let mut many = Vec::new();
        for _ in 0..self.dice.between(20, 60) {
            let (mut document, text) = self.document();
            // The command tells how many were saved and not under which names, so that these are chosen here.
            let id = format!("WO-8{:05}", self.number);
            document["id"] = Value::from(id.as_str());
            many.push((id, document, text));
        }
        let lines: Vec<String> = many.iter().map(|(_, document, _)| document.to_string()).collect();
        let arguments = ["records", "create", LINK, ORDERS, "-", "--lines"];
        let told = self.ctl.run_with(&arguments, &lines.join("\n")).await;
        if self.heard("create --lines", &told) {
            many.into_iter().for_each(|(id, _, text)| self.was_made(id, &text));
        }
    }

    fn was_made(&mut self, id: String, text: &str) {
        self.ledger.made(&id, "remarks", text);
        self.made.push(id);
    }

    async fn delete(&mut self) {
        // Some stay, to be edited again.
        if self.made.len() < 10 {
            return;
        }
        let place = self.dice.below(self.made.len());
        let id = self.made[place].clone();
        if self.delete_one(ORDERS, &id).await {
            self.ledger.deleted(&id);
            self.made.swap_remove(place);
        }
    }

    /// A machine that the colleague edits and deletes too: what comes of it is for whoever settles the conflict.
    async fn delete_what_is_shared(&mut self) {
        let id = machine(&self.dice);
        match self.dice.in_hundred(30) {
            true => drop(self.delete_one("equipment", &id).await),
            false => {
                let set = format!("/location={}", Value::from(self.text()));
                let told = self.ctl.run(&["records", "update", LINK, "equipment", &id, &set]).await;
                self.heard("update of what is shared", &told);
            }
        }
    }

    async fn delete_one(&mut self, collection: &str, id: &str) -> bool {
        let told = self.ctl.run(&["records", "delete", LINK, collection, id]).await;
        self.heard(&format!("delete in {collection}"), &told)
    }

    /// Several of our own at once.
    async fn together(&mut self) {
        let mut ids = self.made.clone();
        let mut chosen = Vec::new();
        while chosen.len() < 4 && !ids.is_empty() {
            chosen.push(ids.swap_remove(self.dice.below(ids.len())));
        }
        if chosen.len() < 2 {
            return;
        }
        let texts: Vec<String> = chosen.iter().map(|_| self.text()).collect();
        let change = |(id, text): (&String, &String)| json!({"operation": "update", "collection": ORDERS, "record": id, "set": {"/remarks": text}});
        let changes: Vec<Value> = chosen.iter().zip(&texts).map(change).collect();
        let strategy = self.dice.pick(&["ordered", "parallel", "atomic", "saga"]);
        let file = json!({"link": LINK, "strategy": strategy, "label": "Soak", "changes": changes});
        let told = self.ctl.run_with(&["tx", "apply", "-"], &file.to_string()).await;
        if self.heard("tx apply", &told) {
            for (id, text) in chosen.iter().zip(&texts) {
                self.ledger.wrote(id, "remarks", text);
            }
        }
    }
}

/// What both sides choose from.
pub const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];

/// One of the machines that both sides edit and delete.
pub fn machine(dice: &Dice) -> String {
    format!("EQ-{:04}", dice.below(60) + 1)
}
