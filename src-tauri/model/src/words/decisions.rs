//! Why a decision or an automatic merge cannot be put back, in words.

use crate::view::{CannotPutBack, NotPutBack};

/// The sentence and what to do about it; `paths` are the fields that were changed again.
pub fn cannot_put_back(code: NotPutBack, paths: &[&str]) -> CannotPutBack {
    let (sentence, hint) = match code {
        NotPutBack::Already => ("It was put back already.", "The change that did it is in the activity."),
        NotPutBack::ByItself => {
            ("It ended by itself, so there is no decision to put back.", "Change the record instead.")
        }
        NotPutBack::Nothing => {
            ("There is nothing to put back: both sides had the same values.", "Nothing needs to be done.")
        }
        NotPutBack::WouldDelete => (
            "Before, the record was deleted, and putting back never deletes a record.",
            "Delete the record if it is to go.",
        ),
        NotPutBack::NoConnection => {
            ("Its connection was removed.", "Add the connection again to change the record.")
        }
        NotPutBack::ConflictOpen => ("A conflict about the record is open.", "Resolve that conflict first."),
        NotPutBack::Held => {
            ("It is held and was not sent yet.", "Undo the held decision instead; the conflict opens again.")
        }
        NotPutBack::Unfinished => (
            "A change of the record is not confirmed yet.",
            "Wait until it is confirmed, or look at it in the queue.",
        ),
        NotPutBack::DeletedHere => (
            "The record was deleted here, and that is not confirmed yet.",
            "Discard the deletion in the queue first.",
        ),
        NotPutBack::Gone => ("The record is gone.", "Make it again if it is needed."),
        NotPutBack::ThereAgain => ("The record is there again.", "Change the record instead."),
        NotPutBack::NamedByServer => (
            "The server names new records itself, so the record would come back as another.",
            "Make a new record with these values.",
        ),
        NotPutBack::ChangedAgain => {
            return CannotPutBack {
                code,
                sentence: format!("The record was changed again since then: {}.", named(paths)),
                hint: "Change these fields of the record instead.".into(),
            };
        }
    };
    CannotPutBack { code, sentence: sentence.into(), hint: hint.into() }
}

/// The first few of them.
fn named(paths: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown = paths.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_changed_fields_are_named_in_part() {
        let sentence = |paths: &[&str]| cannot_put_back(NotPutBack::ChangedAgain, paths).sentence;
        assert_eq!(sentence(&["/a"]), "The record was changed again since then: /a.");
        assert!(sentence(&["/a", "/b", "/c", "/d", "/e", "/f", "/g"]).ends_with("/e and 2 more."));
    }
}
