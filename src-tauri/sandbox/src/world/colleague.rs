//! Somebody else at work: single edits, and scripts for demonstrations.

use super::answer::Answer;
use super::call::{Call, Caller, Form, Write};
use super::{World, WorldError};
use crate::sample;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One edit by somebody else. Exactly one of `create`, `delete`, or `set` with `remove` is meant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColleagueEdit {
    /// The collection.
    pub collection: String,
    /// The record; for `create` it may stand in the document.
    #[serde(default)]
    pub id: String,
    /// Members and their new values; a name that begins with `/` is a JSON Pointer.
    #[serde(default)]
    pub set: Map<String, Value>,
    /// Members that go; names as in `set`.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Whether the record is deleted.
    #[serde(default)]
    pub delete: bool,
    /// A new document.
    #[serde(default)]
    pub create: Option<Map<String, Value>>,
    /// The colleague's name; "Anna K." when absent.
    #[serde(default)]
    pub by: Option<String>,
}

impl ColleagueEdit {
    /// A change of one member.
    pub fn set(collection: &str, id: &str, member: &str, value: impl Into<Value>) -> ColleagueEdit {
        ColleagueEdit {
            collection: collection.to_owned(),
            id: id.to_owned(),
            set: Map::from_iter([(member.to_owned(), value.into())]),
            ..ColleagueEdit::default()
        }
    }

    /// A deletion.
    pub fn delete(collection: &str, id: &str) -> ColleagueEdit {
        ColleagueEdit {
            collection: collection.to_owned(),
            id: id.to_owned(),
            delete: true,
            ..ColleagueEdit::default()
        }
    }
}

/// What `POST /_colleague` takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Colleague {
    /// One edit.
    Edit(Box<ColleagueEdit>),
    /// A named script over the sample data.
    Script(Script),
}

impl Colleague {
    /// Reads `{"script": NAME}` or an edit; the error says what is wrong.
    pub fn from_json(value: Value) -> Result<Colleague, String> {
        match value.get("script") {
            Some(name) => serde_json::from_value(name.clone())
                .map(Colleague::Script)
                .map_err(|error| format!("script: {error}")),
            None => serde_json::from_value(value)
                .map(Box::new)
                .map(Colleague::Edit)
                .map_err(|error| error.to_string()),
        }
    }
}

/// Scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Script {
    /// Anna K. changes one field that the demonstration changes too, and one that it does not.
    FirstConflict,
    /// Three colleagues make twelve edits all over the sample data.
    BusyMorning,
}

impl World {
    /// Makes a colleague's edit, or all edits of a script; the answers tell the new states.
    pub fn colleague(
        &mut self,
        colleague: &Colleague,
        now: DateTime<Utc>,
    ) -> Result<Vec<Answer>, WorldError> {
        let edits = match colleague {
            Colleague::Edit(edit) => vec![edit.as_ref().clone()],
            Colleague::Script(Script::FirstConflict) => vec![sample::first_conflict()],
            Colleague::Script(Script::BusyMorning) => sample::busy_morning(),
        };
        edits.iter().map(|edit| self.colleague_edit(edit, now)).collect()
    }

    fn colleague_edit(&mut self, edit: &ColleagueEdit, now: DateTime<Utc>) -> Result<Answer, WorldError> {
        let caller = Caller {
            account: Some(edit.by.clone().unwrap_or_else(|| "Anna K.".to_owned())),
            ..Caller::default()
        };
        let answer = self.handle(Call::Write(write_of(edit)), &caller, now);
        match answer.is_ok() {
            true => Ok(answer),
            false => Err(WorldError::Refused(answer.body)),
        }
    }
}

fn write_of(edit: &ColleagueEdit) -> Write {
    if edit.delete {
        return Write::delete(&edit.collection, &edit.id);
    }
    if let Some(doc) = &edit.create {
        let mut write = Write::put(&edit.collection, &edit.id, Value::Object(doc.clone()).to_string());
        write.form = Form::Create;
        write.id = (!edit.id.is_empty()).then(|| edit.id.clone());
        return write;
    }
    let pointer = |name: &str| match name.starts_with('/') {
        true => name.to_owned(),
        false => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
    };
    let mut operations: Vec<Value> = Vec::new();
    for (name, value) in &edit.set {
        operations.push(serde_json::json!({"op": "add", "path": pointer(name), "value": value}));
    }
    for name in &edit.remove {
        operations.push(serde_json::json!({"op": "remove", "path": pointer(name)}));
    }
    let mut write = Write::put(&edit.collection, &edit.id, Value::Array(operations).to_string());
    write.form = Form::JsonPatch;
    write
}
