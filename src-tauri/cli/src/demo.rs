//! The main job from end to end, on a server of its own and in a folder that goes away: edit offline, start again,
//! sync, meet a conflict, settle it, count everything.

mod conflict;
mod edits;
mod proof;
mod stage;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::out::Out;
use serde_json::json;
use stage::{Stage, Told};

/// Performs it; the exit code is 1 if any step did not come out as it must.
pub async fn perform(out: &Out) -> Result<Exit, Fault> {
    let mut stage = Stage::set(*out).await?;
    let played = play(&mut stage).await;
    if let Err(fault) = &played {
        stage.tell("failed", Told::wrong(json!({"error": fault.to_string()}), fault.to_string()));
    }
    // The books are closed in any case: it is the last line.
    let ledger = proof::ledger(&stage)?;
    stage.tell("ledger", ledger);
    Ok(stage.end().await)
}

/// The steps, one per line.
async fn play(stage: &mut Stage) -> Result<(), Fault> {
    stage.tell(
        "server",
        Told::right(
            json!({"url": stage.url()}),
            format!("A server with sample records runs at {}.", stage.url()),
        ),
    );
    let told = stage.link().await?;
    stage.tell("link", told);
    let told = stage.pull().await?;
    stage.tell("pull", told);
    let told = stage.go_offline().await?;
    stage.tell("offline", told);
    let told = edits::create(stage).await?;
    stage.tell("create", told);
    let told = edits::change(stage).await?;
    stage.tell("change", told);
    let told = edits::delete(stage).await?;
    stage.tell("delete", told);
    let told = edits::queue(stage)?;
    stage.tell("queue", told);
    let told = stage.reopen().await?;
    stage.tell("reopen", told);
    let told = conflict::colleague(stage)?;
    stage.tell("colleague", told);
    let told = stage.go_online().await?;
    stage.tell("online", told);
    let told = conflict::sync(stage).await?;
    stage.tell("sync", told);
    let told = conflict::show(stage)?;
    stage.tell("conflict", told);
    let told = conflict::resolve(stage).await?;
    stage.tell("resolve", told);
    let told = proof::confirmed(stage)?;
    stage.tell("confirmed", told);
    let told = proof::once(stage)?;
    stage.tell("once", told);
    Ok(())
}
