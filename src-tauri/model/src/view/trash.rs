//! What discarding would do, and what became of putting back.

use crate::mutation::Operation;
use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// What discarding some changes would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DiscardPreview {
    /// How many of them can be discarded.
    pub there: Count,
    /// How many have gone meanwhile, are on the wire, or stand in an open conflict.
    pub already_gone: Count,
    /// Later changes of the same records that were not named, at most 20.
    pub later: Vec<Consequence>,
    /// How many there are.
    pub later_count: Count,
    /// Changes of other records that wait for one of these, directly or through others, or are rolled back with a
    /// transaction, at most 20.
    pub dependants: Vec<Consequence>,
    /// How many there are.
    pub dependant_count: Count,
    /// The ids of both, as far as they can be discarded, to be discarded together with what was named.
    pub together: Vec<String>,
    /// How long they would stay in the trash.
    pub until: Millis,
    /// More than 20, or others are concerned: a person is asked first.
    pub asks: bool,
}

/// A change that was not named and is concerned all the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Consequence {
    /// Its id.
    pub id: String,
    /// Its number.
    pub number: Count,
    /// Its collection.
    pub collection: String,
    /// Its record's title.
    pub title: String,
    /// What it does.
    pub operation: Operation,
    /// What becomes of it when only the named ones are discarded.
    pub fate: Fate,
}

/// What becomes of a change when another is discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It goes too: its record is never made.
    GoesToo,
    /// It stays, and goes out on top of the server's version.
    GoesOutAlone,
    /// It stays, and will need a person: it acts inside what the discarded one makes.
    WillNotFit,
    /// It stays and needs a person: it refers to what is never made.
    NeedsYou,
    /// It is rolled back with its transaction, or taken back where the server has it; it can be restored.
    RollsBack,
}

/// What became of putting changes back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RestoreResult {
    /// How many wait again, each as a new change.
    pub done: Count,
    /// How many are not in the trash (any more).
    pub already_gone: Count,
    /// How many cannot be put back; they stay in the trash.
    pub refused: Count,
    /// Why, at most 20.
    pub reasons: Vec<NotRestored>,
}

/// A change that cannot be put back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct NotRestored {
    /// Its id.
    pub id: String,
    /// Its number.
    pub number: Count,
    /// Why, in words.
    pub why: String,
}
