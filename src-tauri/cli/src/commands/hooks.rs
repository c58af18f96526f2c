//! `hooks list | show | set | remove | try`.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::{HookPlaceArguments, HooksCommand};
use crate::input;
use crate::out::Out;
use crate::words;
use serde_json::json;
use tidemark_host::Host;
use tidemark_model::view::{HookPlace, HookTrial};

pub async fn perform(command: HooksCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let engine = host.engine();
    match command {
        HooksCommand::List => {
            let heads = ["Connection", "Collection", "Lines", "Set"];
            out.list(&engine.hooks()?, "No hooks. People and rules decide every conflict.", &heads, |row| {
                vec![
                    words::short(&row.place.link, 30),
                    words::short(&row.place.collection, 30),
                    row.script.lines().count().to_string(),
                    words::time(row.set_at),
                ]
            });
        }
        HooksCommand::Try { place, file } => {
            let trial = engine.try_hook(&at(place), &input::text(&file)?).await?;
            out.say(&trial, || in_words(&trial));
        }
        HooksCommand::Set { place, file, yes: false } => {
            let trial = engine.try_hook(&at(place), &input::text(&file)?).await?;
            out.say(&json!({ "wouldSet": trial }), || {
                format!("{}\nNothing is set yet. To do it: the same with --yes", in_words(&trial))
            });
            return Ok(Exit::Person);
        }
        HooksCommand::Set { place, file, yes: true } => {
            let place = at(place);
            engine.set_hook(&place, input::text(&file)?).await?;
            out.say(&json!({ "place": place }), || {
                format!("Conflicts of {} are decided by the hook.", words::plain(&place.collection))
            });
        }
        HooksCommand::Remove { place } => {
            let place = at(place);
            engine.remove_hook(&place).await?;
            out.say(&json!({ "place": place }), || {
                format!("The hook of {} is taken away.", words::plain(&place.collection))
            });
        }
    }
    Ok(Exit::Done)
}

fn at(arguments: HookPlaceArguments) -> HookPlace {
    HookPlace { link: arguments.link, collection: arguments.collection }
}

fn in_words(trial: &HookTrial) -> String {
    let mut text = super::rules::in_words(&trial.trial);
    if trial.untried.0 > 0 {
        text.push_str(&format!("\n{} older conflicts were not tried: it took too long.", trial.untried.0));
    }
    if trial.wrong.0 > 0 {
        let rows: Vec<Vec<String>> = trial
            .faults
            .iter()
            .map(|fault| {
                let record = words::short(&format!("{} {}", fault.record, fault.title), 40);
                vec![fault.conflict.0.to_string(), record, words::plain(&fault.said)]
            })
            .collect();
        text.push_str(&format!("\nIt went wrong with {} of them:\n", trial.wrong.0));
        text.push_str(&words::table(&["No.", "Record", "What it said"], &rows));
    }
    text
}
