//! `rules list | set | remove | dry-run`.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::{PlaceArguments, RuleArguments, RulesCommand};
use crate::out::Out;
use crate::words;
use serde_json::json;
use tidemark_host::Host;
use tidemark_model::merge::Rule;
use tidemark_model::view::{RulePlace, RuleTrial};

pub async fn perform(command: RulesCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let engine = host.engine();
    match command {
        RulesCommand::List => {
            let heads = ["Connection", "Collection", "Field", "Rule", ""];
            out.list(&engine.rules()?, "No rules. People decide every conflict.", &heads, |row| {
                vec![
                    words::short(&row.place.link, 30),
                    words::short(&row.place.collection, 30),
                    words::short(row.place.path.as_deref().unwrap_or("all"), 40),
                    row.rule.as_str().to_owned(),
                    words::rule(row.rule).to_owned(),
                ]
            });
        }
        RulesCommand::Set(arguments) => {
            let (place, rule) = read(arguments);
            engine.set_rule(place.clone(), rule).await?;
            out.say(&json!({ "place": place, "rule": rule }), || {
                format!("{}: {}.", words::plain(&of(&place)), words::rule(rule))
            });
        }
        RulesCommand::Remove(arguments) => {
            let place = at(arguments);
            engine.remove_rule(place.clone()).await?;
            out.say(&json!({ "place": place }), || {
                format!("The rule for {} is taken away.", words::plain(&of(&place)))
            });
        }
        RulesCommand::DryRun(arguments) => {
            let (place, rule) = read(arguments);
            let trial = engine.try_rule(&place, rule)?;
            out.say(&trial, || in_words(&trial));
        }
    }
    Ok(Exit::Done)
}

fn read(arguments: RuleArguments) -> (RulePlace, Rule) {
    let rule = arguments.rule.rule(arguments.place.field.is_some());
    (at(arguments.place), rule)
}

fn at(arguments: PlaceArguments) -> RulePlace {
    RulePlace { link: arguments.link, collection: arguments.collection, path: arguments.field }
}

fn of(place: &RulePlace) -> String {
    match &place.path {
        None => place.collection.clone(),
        Some(path) => format!("{path} of {}", place.collection),
    }
}

pub fn in_words(trial: &RuleTrial) -> String {
    let mut text = format!(
        "In the last 30 days this would have decided {} of {} conflicts; {} differently from you.",
        trial.decided.0, trial.past.0, trial.differently.0
    );
    if trial.open.0 > 0 {
        text.push_str(&format!(
            "\nOf {} open now it would end {} as soon as it is set.",
            trial.open.0, trial.ends.0
        ));
    }
    if !trial.examples.is_empty() {
        let rows: Vec<Vec<String>> = trial
            .examples
            .iter()
            .map(|one| {
                let record = words::short(&format!("{} {}", one.record, one.title), 60);
                vec![one.conflict.0.to_string(), record, words::time(one.at)]
            })
            .collect();
        text.push_str("\nDifferently:\n");
        text.push_str(&words::table(&["No.", "Record", "You decided"], &rows));
    }
    text
}
