//! What was typed by whom, and what must have become of it.
//!
//! Every text that is typed anywhere is unlike any other and begins with its author's name, so that each leaf of each
//! document on the server can be traced to the keystroke that made it.

use super::client::Client;
use super::steps::{COLLECTIONS, FIELDS, Kind, RECORDS, Rec};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_model::merge::{ConflictStrategy, FieldPolicy};
use tidemark_model::mutation::MutationState;
use tidemark_sandbox::world::report::Effect;

/// One text that was saved.
struct Typed {
    change: String,
    record: Rec,
    path: String,
    text: String,
    /// Its place among everything that this person did.
    at: usize,
}

/// What one person did and saw.
#[derive(Default)]
pub struct Person {
    typed: Vec<Typed>,
    /// Where something was typed that was not called saved and may be all the same: the power went behind its commit.
    perhaps: Vec<(Rec, String, usize)>,
    /// Texts that were on the screen when they did something about the record.
    seen: BTreeSet<String>,
    made: BTreeSet<Rec>,
    deleted: BTreeMap<Rec, usize>,
    resolved: BTreeSet<Rec>,
    /// Records that a saga of theirs touched.
    sagas: BTreeSet<Rec>,
    put_back: bool,
    discarded: bool,
    /// The text of an order, with the note of theirs that it names and that had no name yet.
    refers: BTreeMap<String, Rec>,
    /// When their files were copied last.
    copied: Option<usize>,
    /// From when to when what they did went away with an old copy.
    gone: Vec<(usize, usize)>,
    done: usize,
}

impl Person {
    /// Everything on the screen of a record was seen.
    pub fn sees(&mut self, document: Option<&Value>) {
        self.seen.extend(document.into_iter().flat_map(leaves).map(|(_, text)| text));
    }

    /// A text was saved.
    pub fn types(&mut self, change: &str, record: Rec, path: &str, text: &str) {
        self.done += 1;
        let (change, path, text) = (change.to_owned(), path.to_owned(), text.to_owned());
        self.typed.push(Typed { change, record, path, text, at: self.done });
    }

    /// A text was not called saved, and nobody can tell.
    pub fn perhaps_types(&mut self, record: Rec, path: &str) {
        self.done += 1;
        self.perhaps.push((record, path.to_owned(), self.done));
    }

    /// A record was made.
    pub fn makes(&mut self, record: Rec) {
        self.made.insert(record);
    }

    /// A record was deleted.
    pub fn deletes(&mut self, record: Rec) {
        self.done += 1;
        self.deleted.insert(record, self.done);
    }

    /// What was ever deleted.
    pub fn deleted(&self) -> Vec<Rec> {
        self.deleted.keys().copied().collect()
    }

    /// A conflict was decided.
    pub fn resolves(&mut self, record: Rec) {
        self.resolved.insert(record);
    }

    /// A saga touches a record.
    pub fn begins_saga(&mut self, record: Rec) {
        self.sagas.insert(record);
    }

    /// Something was taken from the trash.
    pub fn restores(&mut self) {
        self.put_back = true;
    }

    /// Something was put in the trash.
    pub fn discards(&mut self) {
        self.discarded = true;
    }

    /// An order with this text names a note that has no name yet.
    pub fn refers(&mut self, order: &str, note: Rec) {
        self.refers.insert(order.to_owned(), note);
    }

    /// The files were copied.
    pub fn copies(&mut self) {
        self.copied = Some(self.done);
    }

    /// The copy was put back: what was not sent since is gone with what it stood in.
    pub fn puts_copy_back(&mut self) {
        self.gone.extend(self.copied.map(|copied| (copied, self.done)));
    }

    fn may_undo(&self, record: Rec) -> bool {
        self.sagas.contains(&record) || self.put_back || self.resolved.contains(&record)
    }
}

/// The text leaves of a document with their paths.
fn leaves(document: &Value) -> Vec<(String, String)> {
    fn walk(value: &Value, path: &str, into: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    walk(member, &format!("{path}/{name}"), into);
                }
            }
            Value::String(text) if path != "/id" && path != "/note" => {
                into.push((path.to_owned(), text.clone()))
            }
            _ => {}
        }
    }
    let mut into = Vec::new();
    walk(document, "", &mut into);
    into
}

/// The account that a text begins with.
fn author(text: &str) -> &str {
    text.split('.').next().unwrap_or_default()
}

/// Whose account that is.
fn owner(account: &str) -> &str {
    account.trim_end_matches('x')
}

/// Every breach at the end of a run, in words. `history` is every effect with the document after it.
pub fn judge(
    clients: &[Client],
    people: &[Person],
    history: &[(Effect, Option<Value>)],
    kind: Kind,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (client, person) in clients.iter().zip(people) {
        nothing_is_lost(client, person, history, kind, &mut faults);
    }
    every_effect_is_meant(clients, people, history, kind, &mut faults);
    every_order_names_its_note(people, history, &mut faults);
    faults
}

/// Whether a rule or a hook may let what was typed here give way to what was typed elsewhere. Texts are neither numbers nor
/// lists: the policies for those leave them to a person.
fn may_give_way(kind: Kind, record: Rec, path: &str) -> bool {
    use ConflictStrategy::{FieldLww, LastWriteWins, ServerWins};
    let by_policy = matches!(kind.policy, Some(FieldPolicy::Newer | FieldPolicy::Server));
    let by_field = path == FIELDS[0] && (by_policy || kind.hook);
    record.0 == 0 && (by_field || matches!(kind.notes, LastWriteWins | FieldLww | ServerWins))
}

/// Whether a rule or a hook may put what was typed here over what was typed elsewhere, seen or not.
fn may_go_over(kind: Kind, record: Rec, path: &str) -> bool {
    use ConflictStrategy::{ClientWins, FieldLww, LastWriteWins};
    let by_policy = matches!(kind.policy, Some(FieldPolicy::Newer | FieldPolicy::Local));
    let by_field = path == FIELDS[0] && (by_policy || kind.hook);
    record.0 == 0 && (by_field || matches!(kind.notes, LastWriteWins | FieldLww | ClientWins))
}

fn record_of(effect: &Effect) -> Option<Rec> {
    let collection = COLLECTIONS.iter().position(|name| *name == effect.collection)?;
    Some((collection, RECORDS.iter().position(|id| *id == effect.id)?))
}

/// Each text was on the server, or gave way to something that its author did.
fn nothing_is_lost(
    client: &Client,
    person: &Person,
    history: &[(Effect, Option<Value>)],
    kind: Kind,
    faults: &mut Vec<String>,
) {
    let was_there = |typed: &Typed| {
        history.iter().any(|(effect, document)| {
            record_of(effect).is_none_or(|record| record == typed.record)
                && document.as_ref().is_some_and(|document| {
                    leaves(document).contains(&(typed.path.clone(), typed.text.clone()))
                })
        })
    };
    for typed in &person.typed {
        if was_there(typed) || person.gone.iter().any(|(from, to)| (*from + 1..=*to).contains(&typed.at)) {
            continue;
        }
        let name = || {
            let (collection, id) = (COLLECTIONS[typed.record.0], RECORDS[typed.record.1]);
            format!("'{}' in {collection}/{id}{}", typed.text, typed.path)
        };
        let overwritten =
            person.typed.iter().any(|later| {
                later.at > typed.at && (later.record, &later.path) == (typed.record, &typed.path)
            }) || person
                .perhaps
                .iter()
                .any(|(record, path, at)| *at > typed.at && (*record, path) == (typed.record, &typed.path));
        let deleted = person.deleted.get(&typed.record).is_some_and(|at| *at > typed.at);
        let mut id = typed.change.clone();
        let state = loop {
            match client.engine().get_change(&id) {
                Ok(detail) => match detail.combined_into {
                    Some(into) => id = into,
                    None => break detail.row.mutation_state,
                },
                Err(error) => {
                    faults.push(format!("{}: its change cannot be found: {error}", name()));
                    break MutationState::Discarded;
                }
            }
        };
        let by_rule = may_give_way(kind, typed.record, &typed.path);
        let meant = match state {
            // It went where a later word of its author's took its place.
            MutationState::Confirmed | MutationState::Cancelled => {
                overwritten || deleted || by_rule || person.may_undo(typed.record)
            }
            MutationState::Superseded => deleted || by_rule || person.resolved.contains(&typed.record),
            MutationState::Combined => false,
            MutationState::Discarded => person.discarded,
            // It is still here.
            MutationState::Queued
            | MutationState::Sealed
            | MutationState::Uncertain
            | MutationState::Conflicted
            | MutationState::Parked => true,
        };
        if !meant {
            faults.push(format!("{} was saved, is {} and was never there", name(), state.as_str()));
        }
    }
}

/// Whatever a client did on the server, somebody at it had typed, and nothing was overwritten unseen.
fn every_effect_is_meant(
    clients: &[Client],
    people: &[Person],
    history: &[(Effect, Option<Value>)],
    kind: Kind,
    faults: &mut Vec<String>,
) {
    let mut now: BTreeMap<(String, String), Option<Value>> = BTreeMap::new();
    let mut epoch = history.first().map(|(effect, _)| effect.epoch.clone()).unwrap_or_default();
    for (number, (effect, after)) in history.iter().enumerate() {
        if effect.epoch != epoch {
            // The server was put back: what is lost by now is what it lost then.
            epoch.clone_from(&effect.epoch);
            now.clear();
            for (kept, document) in history[..number].iter().filter(|(kept, _)| !kept.lost) {
                now.insert((kept.collection.clone(), kept.id.clone()), document.clone());
            }
        }
        let before = now.insert((effect.collection.clone(), effect.id.clone()), after.clone()).flatten();
        let Some(record) = record_of(effect) else { continue };
        let Some(index) = clients.iter().position(|client| client.name == owner(&effect.by)) else {
            continue;
        };
        let person = &people[index];
        // Its strategy decides also whether the record goes.
        if may_go_over(kind, record, "") {
            continue;
        }
        let what = |words: String| {
            format!("effect {} of {} on {}/{}: {words}", effect.seq, effect.by, effect.collection, effect.id)
        };
        match (&before, after) {
            (Some(before), Some(after)) if !person.may_undo(record) => {
                let (old, new) = (leaves(before), leaves(after));
                let taken = old.iter().filter(|leaf| !new.contains(leaf));
                for (path, text) in taken.filter(|(path, _)| !may_go_over(kind, record, path)) {
                    let mine = owner(author(text)) == owner(&effect.by);
                    let replaced = new.iter().find(|(known, _)| known == path);
                    // Deleted and made anew at once: what they saw gave way.
                    let anew = person.deleted.contains_key(&record) && person.made.contains(&record);
                    match replaced {
                        None if anew && (mine || person.seen.contains(text)) => {}
                        None => {
                            faults.push(what(format!("'{text}' in {path} was taken away, which nobody did")))
                        }
                        Some((_, by)) if author(by) != effect.by => {
                            faults.push(what(format!("'{text}' in {path} went back to '{by}'")));
                        }
                        Some((_, by)) if !mine && !person.seen.contains(text) => {
                            faults
                                .push(what(format!("'{text}' in {path} was overwritten with '{by}' unseen")));
                        }
                        Some(_) => {}
                    }
                }
            }
            (Some(before), None) if !person.may_undo(record) => {
                if !person.deleted.contains_key(&record) {
                    faults.push(what("a deletion that nobody made".to_owned()));
                }
                // Deleted and made anew at once: what others wrote meanwhile is in what was made.
                let comes_back = |leaf: &(String, String)| {
                    history[number..].iter().any(|(later, document)| {
                        (&later.id, &later.collection) == (&effect.id, &effect.collection)
                            && owner(&later.by) == owner(&effect.by)
                            && document.as_ref().is_some_and(|document| leaves(document).contains(leaf))
                    })
                };
                // A rule that let mine go over theirs in one field did so, though mine is a deletion and what it made anew.
                let makes_anew = history[number + 1..]
                    .iter()
                    .find(|(next, _)| (&next.id, &next.collection) == (&effect.id, &effect.collection))
                    .is_some_and(|(next, document)| {
                        owner(&next.by) == owner(&effect.by) && document.is_some()
                    });
                let ruled = |path: &str| makes_anew && may_go_over(kind, record, path);
                let gone = leaves(before).into_iter().filter(|leaf| !comes_back(leaf) && !ruled(&leaf.0));
                for (path, text) in gone {
                    if owner(author(&text)) != owner(&effect.by) && !person.seen.contains(&text) {
                        faults.push(what(format!("deleted with '{text}' in {path}, which nobody saw")));
                    }
                }
            }
            (None, Some(_)) if !person.may_undo(record) && !person.made.contains(&record) => {
                faults.push(what("a record came back that nobody made".to_owned()));
            }
            _ => {}
        }
    }
}

/// An order that was made with a name for a note that had none yet has the name that the note was given.
fn every_order_names_its_note(
    people: &[Person],
    history: &[(Effect, Option<Value>)],
    faults: &mut Vec<String>,
) {
    for (effect, order) in history.iter().filter(|(effect, _)| effect.collection == COLLECTIONS[1]) {
        let Some(order) = order else { continue };
        let Some(text) = order["a"].as_str() else { continue };
        let meant = people.iter().find_map(|person| person.refers.get(text).map(|record| (person, *record)));
        let Some((person, record)) = meant else { continue };
        let named = order["note"].as_str().unwrap_or_default();
        let theirs =
            |text: &String| person.typed.iter().any(|typed| typed.record == record && typed.text == *text);
        let is_it = history.iter().any(|(note, document)| {
            (note.collection.as_str(), note.id.as_str()) == (COLLECTIONS[0], named)
                && document
                    .as_ref()
                    .is_some_and(|document| leaves(document).iter().any(|(_, text)| theirs(text)))
        });
        if !is_it {
            faults.push(format!("effect {}: '{text}' names '{named}', which is another note", effect.seq));
        }
    }
}
