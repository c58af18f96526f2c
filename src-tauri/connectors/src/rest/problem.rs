//! The contract's error shape: `application/problem+json` with a known `type`.

use super::place::Place;
use super::record;
use crate::classify::Speaker;
use crate::http::Answer;
use crate::wire::{self, Members};
use tidemark_model::connector::Remote;

/// A refusal by the last part of its `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The record has another version.
    VersionConflict,
    /// The request with this key still runs.
    KeyInUse,
    /// The checkpoint is older than the tombstones.
    CheckpointExpired,
    /// The checkpoint is of another life of the server.
    EpochChanged,
    /// It never existed.
    NotFound,
    /// It was deleted.
    Gone,
    /// A refusal without a meaning of its own here.
    Other,
}

/// A refusal in the server's own words.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Which.
    pub kind: Kind,
    /// Its sentence.
    pub words: Option<String>,
    /// What the server has instead, where it tells.
    pub current: Option<Remote>,
}

/// The problem in an answer; `None` where the answer is not in the server's own shape. Without a place it is about no record.
pub fn read(answer: &Answer, place: Option<&Place>) -> Option<Problem> {
    let members = wire::members(answer.json()?)?;
    let kind =
        match wire::text(&members, "type").as_deref().and_then(|kind| kind.rsplit(['/', ':', '#']).next()) {
            Some("version-conflict") => Kind::VersionConflict,
            Some("key-in-use") => Kind::KeyInUse,
            Some("checkpoint-expired") => Kind::CheckpointExpired,
            Some("epoch-changed") => Kind::EpochChanged,
            Some("not-found") => Kind::NotFound,
            Some("gone") => Kind::Gone,
            Some(_) | None => Kind::Other,
        };
    let current = members.get("current").zip(place).and_then(|(raw, place)| record::row(raw, place));
    let current = current.map(|(_, remote)| remote);
    let current = match (kind, current) {
        (Kind::Gone, None) => Some(tombstone(answer, &members)),
        (_, current) => current,
    };
    Some(Problem { kind, words: sentence(&members), current })
}

/// Whose words an answer's body is, for the connection between class and status.
pub fn speaker(answer: &Answer, problem: Option<&Problem>) -> Speaker {
    match problem {
        Some(problem) => Speaker::Server(problem.words.clone()),
        None if answer.body.is_empty() => Speaker::Silence,
        None => Speaker::Stranger,
    }
}

fn tombstone(answer: &Answer, members: &Members<'_>) -> Remote {
    Remote::Deleted { version: wire::text(members, "version").or_else(|| answer.etag()), at: None, by: None }
}

fn sentence(members: &Members<'_>) -> Option<String> {
    ["detail", "title", "message", "error"].into_iter().find_map(|name| wire::text(members, name))
}
