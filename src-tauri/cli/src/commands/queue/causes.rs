//! `queue causes`: what needs a person, by cause.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::out::Out;
use crate::words;
use serde_json::json;
use tidemark_host::Engine;
use tidemark_model::view::CauseGroup;

/// Every cause over the whole queue, the largest first.
pub fn list(engine: &Engine, out: &Out) -> Result<Exit, Fault> {
    let mut groups: Vec<CauseGroup> = Vec::new();
    let (mut others, mut after) = (0, None);
    loop {
        let stretch = engine.list_causes(after)?;
        others += stretch.others.0;
        for group in stretch.groups {
            match groups.iter_mut().find(|known| known.key == group.key) {
                Some(known) => known.count.0 += group.count.0,
                None => groups.push(group),
            }
        }
        match stretch.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    groups.sort_by_key(|group| -group.count.0);
    let heads = ["Changes", "Why", "Connection", "For example", "Cause"];
    out.list(&groups, "Nothing needs you.", &heads, cells);
    if others > 0 {
        out.note(&format!("{} more have causes of their own.", words::changes(others)));
    }
    Ok(Exit::Done)
}

/// The ids of a cause's changes, one a line.
pub fn ids(engine: &Engine, key: &str, out: &Out) -> Result<Exit, Fault> {
    for id in changes_of(engine, key)? {
        out.say(&json!({ "id": id }), || id.clone());
    }
    Ok(Exit::Done)
}

/// The ids of a cause's changes.
pub fn changes_of(engine: &Engine, key: &str) -> Result<Vec<String>, Fault> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let stretch = engine.changes_of_cause(key, after)?;
        ids.extend(stretch.ids);
        match stretch.next {
            Some(next) => after = Some(next),
            None => return Ok(ids),
        }
    }
}

fn cells(group: &CauseGroup) -> Vec<String> {
    let said = match (group.status, group.words.as_str()) {
        (Some(status), "") => status.to_string(),
        (Some(status), said) => format!("{status}: {said}"),
        (None, said) => said.to_owned(),
    };
    vec![
        group.count.0.to_string(),
        words::short(&said, 70),
        words::short(&group.link, 20),
        words::short(&group.example_title, 30),
        group.key.clone(),
    ]
}
