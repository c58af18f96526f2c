//! `PATH=mine`, `PATH=json:VALUE`, `PATH=JSON`: paths and values in one argument, where a path may hold `=` itself.

use crate::fault::Fault;
use tidemark_model::document;
use tidemark_model::view::{ChoiceAt, FieldChoice, FieldEdit};

/// One choice of a resolution.
pub fn choice(argument: &str) -> Result<ChoiceAt, Fault> {
    let at = |path: &str, choice| Ok(ChoiceAt { path: path.to_owned(), choice });
    // No JSON value ends in one of these words after '=', so that none can be taken for the end of a typed value.
    for (word, choice) in
        [("=mine", FieldChoice::Mine), ("=server", FieldChoice::Server), ("=base", FieldChoice::Base)]
    {
        if let Some(path) = argument.strip_suffix(word) {
            return at(path, choice);
        }
    }
    // The last place after which a whole JSON value stands; a text in the value may hold the same letters.
    let typed = argument.rmatch_indices("=json:").find_map(|(place, mark)| {
        let text = &argument[place + mark.len()..];
        document::parse_value(text.as_bytes()).ok().map(|_| (&argument[..place], text))
    });
    match typed {
        Some((path, text)) => at(path, FieldChoice::Json(text.to_owned())),
        None => Err(Fault::Usage(format!(
            "--field {argument}: write PATH=mine, PATH=server, PATH=base or PATH=json:VALUE with a JSON value"
        ))),
    }
}

/// One setting of a field: the first `=` after which a whole JSON value stands.
pub fn edit(argument: &str) -> Result<FieldEdit, Fault> {
    let found = argument.match_indices('=').find_map(|(place, mark)| {
        let text = &argument[place + mark.len()..];
        document::parse_value(text.as_bytes()).ok().map(|_| (&argument[..place], text))
    });
    match found {
        Some((path, text)) => Ok(FieldEdit { path: pointer(path), set: Some(text.to_owned()) }),
        None => Err(Fault::Usage(format!(
            "{argument}: write PATH=JSON; a text stands in double quotes, as in /status='\"done\"'"
        ))),
    }
}

/// A path; a plain name stands for a field of the record itself.
pub fn pointer(path: &str) -> String {
    match path {
        "" => String::new(),
        path if path.starts_with('/') => path.to_owned(),
        name => tidemark_model::path::child("", name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(argument: &str) -> (String, FieldChoice) {
        let ChoiceAt { path, choice } = choice(argument).unwrap();
        (path, choice)
    }

    #[test]
    fn a_path_may_hold_the_sign_that_ends_it() {
        assert_eq!(chosen("/a=mine"), ("/a".into(), FieldChoice::Mine));
        assert_eq!(chosen("/a=mine=server"), ("/a=mine".into(), FieldChoice::Server));
        assert_eq!(chosen("/rows/k=v/qty=base"), ("/rows/k=v/qty".into(), FieldChoice::Base));
        assert_eq!(chosen("/a=json:1.10"), ("/a".into(), FieldChoice::Json("1.10".into())));
        assert_eq!(chosen("/a=json:b=json:2"), ("/a=json:b".into(), FieldChoice::Json("2".into())));
        assert_eq!(chosen(r#"/a=json:"b=json:c""#), ("/a".into(), FieldChoice::Json(r#""b=json:c""#.into())));
    }

    #[test]
    fn what_is_no_choice_says_what_one_looks_like() {
        for wrong in ["/a", "/a=yours", "/a=json:", "/a=json:{", ""] {
            assert!(choice(wrong).unwrap_err().to_string().contains("PATH=json:VALUE"), "{wrong}");
        }
    }

    #[test]
    fn an_edit_sets_a_value_at_a_path_or_a_name() {
        let edited = edit("/k=v=1.10").unwrap();
        assert_eq!((edited.path.as_str(), edited.set.as_deref()), ("/k=v", Some("1.10")));
        assert_eq!(edit(r#"a/b="x=1""#).unwrap().path, "/a~1b");
        assert!(edit("/a=word").is_err() && edit("/a").is_err());
    }
}
