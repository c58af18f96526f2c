//! People see a mask in the place of a secret: what comes back with one means what stands behind it.

use super::invalid;
use crate::store::StoreError;
use crate::store::conflicts::ConflictRecord;
use crate::store::places::Place;
use tidemark_model::document;
use tidemark_model::merge::{self, LEFT_OUT, MASK, Veil};
use tidemark_model::view::{ChoiceAt, FieldChoice, Resolution};

/// The resolution with the secrets that were typed before in the place of their masks.
///
/// Errors: a mask behind which nothing stands, which would be sent as the secret itself.
pub(super) fn meant(
    place: &Place,
    conflict: &ConflictRecord,
    resolution: &Resolution,
) -> Result<Resolution, StoreError> {
    Ok(match resolution {
        Resolution::Manual { choices, document } => {
            let masked = |text: &String| {
                document::typed(text.as_bytes())
                    .is_ok_and(|document| merge::is_masked(&document, &place.rules))
            };
            if document.as_ref().is_some_and(masked) {
                return Err(invalid("the merged document has a mask in the place of a secret".into()));
            }
            let choices = with_secrets(place, conflict, choices)?;
            Resolution::Manual { choices, document: document.clone() }
        }
        Resolution::Skip { choices, until } => {
            Resolution::Skip { choices: with_secrets(place, conflict, choices)?, until: *until }
        }
        Resolution::LocalWins {} | Resolution::ServerWins {} => resolution.clone(),
    })
}

/// A resolution as everybody is told of it: what was typed for a secret is masked.
pub(crate) fn told(place: &Place, resolution: &Resolution) -> Resolution {
    let veil = Veil::new(&place.rules);
    let choice = |at: &ChoiceAt| match &at.choice {
        FieldChoice::Json(text) => FieldChoice::Json(hidden(&veil, text, &at.path)),
        FieldChoice::Mine | FieldChoice::Server | FieldChoice::Base => at.choice.clone(),
    };
    let choices = |choices: &[ChoiceAt]| {
        choices.iter().map(|at| ChoiceAt { path: at.path.clone(), choice: choice(at) }).collect()
    };
    match resolution {
        Resolution::Manual { choices: chosen, document } => Resolution::Manual {
            choices: choices(chosen),
            document: document.as_ref().map(|text| hidden(&veil, text, "")),
        },
        Resolution::Skip { choices: chosen, until } => {
            Resolution::Skip { choices: choices(chosen), until: *until }
        }
        Resolution::LocalWins {} | Resolution::ServerWins {} => resolution.clone(),
    }
}

/// JSON text without secrets.
fn hidden(veil: &Veil, text: &str, at: &str) -> String {
    match document::typed_value(text.as_bytes()) {
        Ok(value) => veil.text(&value, at),
        Err(_) => LEFT_OUT.to_owned(),
    }
}

fn with_secrets(
    place: &Place,
    conflict: &ConflictRecord,
    choices: &[ChoiceAt],
) -> Result<Vec<ChoiceAt>, StoreError> {
    let is_mask = |at: &ChoiceAt| match &at.choice {
        FieldChoice::Json(text) => document::typed_value(text.as_bytes()).is_ok_and(|value| value == MASK),
        FieldChoice::Mine | FieldChoice::Server | FieldChoice::Base => false,
    };
    let (Some(local), Some(server)) = (&conflict.local, &conflict.server.document) else {
        return Ok(choices.to_vec());
    };
    if !choices.iter().any(is_mask) {
        return Ok(choices.to_vec());
    }
    let merged = merge::merge(conflict.base.as_ref(), local, server, &place.rules);
    let is_secret = |path: &str| merged.fields.iter().any(|field| field.path == path && field.secret);
    let meant = |at: &ChoiceAt| {
        if !is_mask(at) || !is_secret(&at.path) {
            return Ok(at.clone());
        }
        match conflict.choices.iter().find(|before| before.path == at.path) {
            Some(before @ ChoiceAt { choice: FieldChoice::Json(_), .. }) => Ok(before.clone()),
            _ => Err(invalid(format!("the value for '{}' is the mask of a secret", at.path))),
        }
    };
    choices.iter().map(meant).collect()
}
