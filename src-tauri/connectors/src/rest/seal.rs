//! The wire form of an intent; pure.

use super::naming;
use super::place::Place;
use super::record::version_value;
use crate::wire;
use serde_json::{Map, Value};
use tidemark_model::connector::{Intent, SealError, WireForm};
use tidemark_model::mutation::Operation;
use tidemark_model::planted::{self, Bug};
use tidemark_model::settings::{CreateMethod, LinkSettings, Precondition, UpdateMethod, VersionPlace};

const MERGE_PATCH: &str = "application/merge-patch+json";

/// What is sent for an intent.
pub fn seal(settings: &LinkSettings, place: &Place, intent: &Intent<'_>) -> Result<WireForm, SealError> {
    if !settings.write.client_ids && intent.operation == Operation::Create {
        return Ok(naming::create(place, intent));
    }
    let target = place.record(intent.record)?;
    match intent.operation {
        Operation::Create => Ok(create(settings, place, intent, target)),
        Operation::Replace if intent.base_version.is_none() => Ok(create(settings, place, intent, target)),
        Operation::Replace => whole(settings, place, intent, target),
        Operation::Update => update(settings, place, intent, target),
        Operation::Delete => {
            let headers = guard(settings, intent)?;
            Ok(WireForm { method: "DELETE".into(), target, headers, body: None, whole: false })
        }
        Operation::Request => Err(SealError::NotOffered("opaque requests".into())),
    }
}

fn create(settings: &LinkSettings, place: &Place, intent: &Intent<'_>, target: String) -> WireForm {
    let body = Some(document(place, intent).to_string());
    match settings.write.create {
        CreateMethod::Post => WireForm {
            method: "POST".into(),
            target: place.collection().to_owned(),
            headers: Vec::new(),
            body,
            whole: true,
        },
        CreateMethod::Put => WireForm {
            method: "PUT".into(),
            target,
            headers: vec![("If-None-Match".into(), "*".into())],
            body,
            whole: true,
        },
    }
}

fn update(
    settings: &LinkSettings,
    place: &Place,
    intent: &Intent<'_>,
    target: String,
) -> Result<WireForm, SealError> {
    let (patch, kind) = match settings.write.update {
        UpdateMethod::Put => (None, None),
        UpdateMethod::Patch => (fields_patch(place, intent), None),
        UpdateMethod::MergePatch => (merge_patch(place, intent), Some(MERGE_PATCH)),
    };
    // What a patch cannot say (a field set to null, a field gone) is said by the whole document.
    let Some(mut patch) = patch else { return whole(settings, place, intent, target) };
    let mut headers = guard(settings, intent)?;
    put_version(settings, place, intent, &mut patch);
    headers.extend(kind.map(|kind| ("Content-Type".to_owned(), kind.to_owned())));
    let body = Some(Value::Object(patch).to_string());
    Ok(WireForm { method: "PATCH".into(), target, headers, body, whole: false })
}

fn whole(
    settings: &LinkSettings,
    place: &Place,
    intent: &Intent<'_>,
    target: String,
) -> Result<WireForm, SealError> {
    let headers = guard(settings, intent)?;
    let mut fields = document(place, intent);
    if let Value::Object(fields) = &mut fields {
        put_version(settings, place, intent, fields);
    }
    let whole = settings.write.precondition != Precondition::None;
    Ok(WireForm { method: "PUT".into(), target, headers, body: Some(fields.to_string()), whole })
}

/// The headers that make the server refuse when it has another version than the one that was edited.
fn guard(settings: &LinkSettings, intent: &Intent<'_>) -> Result<Vec<(String, String)>, SealError> {
    match settings.write.precondition {
        Precondition::IfMatch if planted::is(Bug::SkipPrecondition) => Ok(Vec::new()),
        Precondition::None => Ok(Vec::new()),
        Precondition::IfMatch => {
            let version = intent.base_version.ok_or(SealError::NoVersion)?;
            Ok(vec![("If-Match".into(), wire::tag(version))])
        }
        // The version goes into the body, or nowhere with a delete.
        Precondition::Field => intent.base_version.map(|_| Vec::new()).ok_or(SealError::NoVersion),
    }
}

fn put_version(settings: &LinkSettings, place: &Place, intent: &Intent<'_>, body: &mut Map<String, Value>) {
    if let (Precondition::Field, VersionPlace::Field(field), Some(version)) =
        (settings.write.precondition, &place.version, intent.base_version)
    {
        body.insert(field.clone(), version_value(version));
    }
}

/// The document with its id, which servers of this kind read from the body too.
fn document(place: &Place, intent: &Intent<'_>) -> Value {
    let mut document = intent.document.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    if let Value::Object(fields) = &mut document
        && !fields.contains_key(&place.id_field)
    {
        fields.shift_insert(0, place.id_field.clone(), intent.record.into());
    }
    document
}

/// The changed fields of the top level; `None` where a field is gone, which plain fields cannot say.
fn fields_patch(place: &Place, intent: &Intent<'_>) -> Option<Map<String, Value>> {
    let (base, after) = (intent.base?.as_object()?, intent.document?.as_object()?);
    if base.keys().any(|key| !after.contains_key(key)) {
        return None;
    }
    let changed =
        after.iter().filter(|(key, value)| *key != &place.id_field && base.get(*key) != Some(value));
    Some(changed.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The RFC 7396 patch; `None` where a null is set, which would mean a removal there.
fn merge_patch(place: &Place, intent: &Intent<'_>) -> Option<Map<String, Value>> {
    let (base, after) = (intent.base?.as_object()?, intent.document?.as_object()?);
    let mut patch = object_patch(base, after)?;
    patch.shift_remove(&place.id_field);
    Some(patch)
}

fn object_patch(base: &Map<String, Value>, after: &Map<String, Value>) -> Option<Map<String, Value>> {
    let gone = base.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let mut patch: Map<String, Value> = gone.collect();
    for (key, value) in after {
        let before = base.get(key);
        if before == Some(value) {
            continue;
        }
        let step = match (before, value) {
            (Some(Value::Object(before)), Value::Object(value)) => {
                Value::Object(object_patch(before, value)?)
            }
            (_, value) if holds_null(value) => return None,
            (_, value) => value.clone(),
        };
        patch.insert(key.clone(), step);
    }
    Some(patch)
}

/// Whether a null stands where a merge patch would take it for a removal; lists are sent whole.
fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().any(holds_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sealed(settings: &str, intent: &Intent<'_>) -> Result<WireForm, SealError> {
        let settings = LinkSettings::parse(settings).unwrap();
        seal(&settings, &Place::of(&settings, intent.collection).unwrap(), intent)
    }

    fn intent<'a>(
        operation: Operation,
        base: Option<&'a Value>,
        version: Option<&'a str>,
        document: Option<&'a Value>,
    ) -> Intent<'a> {
        Intent {
            collection: "t",
            record: "a/b",
            operation,
            base,
            base_version: version,
            document,
            changes: &[],
            request: None,
        }
    }

    fn header(form: &WireForm) -> Option<(&str, &str)> {
        form.headers.first().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    #[test]
    fn each_operation_has_its_method_and_guard() {
        let document = json!({"id": "a/b", "n": 1});
        let create = sealed("{}", &intent(Operation::Create, None, None, Some(&document))).unwrap();
        assert_eq!((create.method.as_str(), create.target.as_str()), ("PUT", "c/t/a%2Fb"));
        assert_eq!(header(&create), Some(("If-None-Match", "*")));
        let update = sealed("{}", &intent(Operation::Update, Some(&document), Some("7-x"), Some(&document)));
        let update = update.unwrap();
        assert_eq!((header(&update), update.whole), (Some(("If-Match", "\"7-x\"")), true));
        let delete = sealed("{}", &intent(Operation::Delete, Some(&document), Some("7-x"), None)).unwrap();
        assert_eq!((delete.method.as_str(), delete.body.as_ref()), ("DELETE", None));
        let replace = sealed("{}", &intent(Operation::Replace, None, None, Some(&document))).unwrap();
        assert_eq!(header(&replace), Some(("If-None-Match", "*")));
        let replace = sealed("{}", &intent(Operation::Replace, Some(&document), Some("7"), Some(&document)));
        assert_eq!(header(&replace.unwrap()), Some(("If-Match", "\"7\"")));
    }

    #[test]
    fn nothing_is_sent_over_a_version_that_is_not_known() {
        let document = json!({"id": "a/b"});
        for operation in [Operation::Update, Operation::Delete] {
            let intent = intent(operation, Some(&document), None, Some(&document));
            assert_eq!(sealed("{}", &intent), Err(SealError::NoVersion));
        }
    }

    #[test]
    fn numbers_go_out_as_they_were_typed() {
        let document: Value =
            serde_json::from_str(r#"{"id":"a/b","n":12345678901234567890,"m":1.10}"#).unwrap();
        let form = sealed("{}", &intent(Operation::Create, None, None, Some(&document))).unwrap();
        assert_eq!(form.body.unwrap(), r#"{"id":"a/b","n":12345678901234567890,"m":1.10}"#);
    }

    #[test]
    fn a_merge_patch_says_only_what_changed_and_gives_way_to_the_whole_where_it_cannot() {
        let merge = r#"{"write":{"update":"merge-patch"}}"#;
        let base = json!({"id": "a/b", "gone": 1, "deep": {"x": 1, "y": 2}, "same": [1]});
        let after = json!({"id": "a/b", "deep": {"x": 1, "y": 3}, "same": [1], "new": true});
        let form = sealed(merge, &intent(Operation::Update, Some(&base), Some("1"), Some(&after))).unwrap();
        assert_eq!(form.method, "PATCH");
        assert_eq!(form.body.unwrap(), r#"{"gone":null,"deep":{"y":3},"new":true}"#);
        assert!(!form.whole, "the server's document is not known after a patch");
        let with_null = json!({"id": "a/b", "gone": null});
        let form =
            sealed(merge, &intent(Operation::Update, Some(&base), Some("1"), Some(&with_null))).unwrap();
        assert_eq!(form.method, "PUT");
    }

    #[test]
    fn a_version_field_goes_back_into_the_body_as_it_came() {
        let settings =
            r#"{"collections":[{"name":"t","version":{"field":"rev"}}],"write":{"precondition":"field"}}"#;
        let document = json!({"id": "a/b", "n": 2});
        let form = sealed(settings, &intent(Operation::Update, Some(&document), Some("7"), Some(&document)));
        let form = form.unwrap();
        assert_eq!((form.body.as_deref(), form.headers.len()), (Some(r#"{"id":"a/b","n":2,"rev":7}"#), 0));
    }
}
