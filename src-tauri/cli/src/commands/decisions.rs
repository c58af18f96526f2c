//! `decisions list | show | put-back`.

use super::records::all;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::DecisionsCommand;
use crate::out::Out;
use crate::words;
use tidemark_host::Host;
use tidemark_model::view::{DecisionBy, DecisionRow, DecisionView, Restores};

pub async fn perform(command: DecisionsCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    match command {
        DecisionsCommand::List { window } => {
            list(&all(&window, |offset, limit| Ok(host.engine().list_decisions(offset, limit)?))?, out);
        }
        DecisionsCommand::Show { id } => {
            let decision = host.engine().get_decision(&id)?;
            out.show(&decision, || in_words(&decision));
        }
        DecisionsCommand::PutBack { id } => {
            let done = host.engine().put_back(&id).await?;
            out.say(&done, || {
                format!(
                    "{} is put back. Change {} brings it to the server.",
                    done.id,
                    words::plain(&done.change)
                )
            });
        }
    }
    Ok(Exit::Done)
}

fn list(rows: &[DecisionRow], out: &Out) {
    let heads = ["No.", "Record", "By", "When", "Fields", "Put back"];
    out.list(rows, "Nothing was decided or merged in the past 30 days.", &heads, |row| {
        let state = match &row.cannot {
            None => "can be put back".to_owned(),
            Some(why) => words::short(&why.sentence, 60),
        };
        vec![
            row.id.clone(),
            words::short(&format!("{} {}", row.collection, row.title), 50),
            by(row.by).to_owned(),
            words::time(row.at),
            row.touched.0.to_string(),
            state,
        ]
    });
}

fn by(by: DecisionBy) -> &'static str {
    match by {
        DecisionBy::Merge => "merged without asking",
        DecisionBy::Rule => "a rule",
        DecisionBy::Hook => "a hook",
        DecisionBy::Person => "you",
        DecisionBy::Itself => "ended by itself",
    }
}

fn in_words(decision: &DecisionView) -> String {
    const WIDTH: usize = 34;
    let row = &decision.row;
    let whose = match (row.restores, row.makes_record) {
        (Some(Restores::Server), false) => "Putting it back restores the server's former values.",
        (Some(Restores::Mine), false) => "Putting it back restores mine, which was let go.",
        (Some(Restores::Server), true) => "Putting it back makes the server's record again.",
        (Some(Restores::Mine), true) => "Putting it back makes my record again.",
        (None, _) => "",
    };
    let state = match &row.cannot {
        None => whose.to_owned(),
        Some(why) => format!("Cannot be put back: {} {}", why.sentence, why.hint),
    };
    let rows: Vec<Vec<String>> = decision
        .fields
        .iter()
        .map(|field| {
            vec![
                words::short(&field.path, WIDTH),
                words::value(field.result.as_deref(), WIDTH),
                words::value(field.becomes.as_deref(), WIDTH),
                if field.moved_on { "changed again since" } else { "" }.to_owned(),
            ]
        })
        .collect();
    let head = format!(
        "{}: {} {} ({}, {})\n{}",
        row.id,
        words::plain(&row.collection),
        words::plain(&row.title),
        by(row.by),
        words::time(row.at),
        words::plain(&state),
    );
    if rows.is_empty() {
        return head;
    }
    format!("{head}\n{}", words::table(&["Field", "Result", "Would become", ""], &rows))
}
