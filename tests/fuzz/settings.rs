//! What a person or a program sets: files, variables, addresses, everything typed that comes over the border.

use crate::believed::no_secret;
use crate::documents::{refused, refused_shortly};
use crate::ground::Target;
use crate::mutation::Form;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidemark_connectors::{Secret, connect};
use tidemark_host::Environment;
use tidemark_host::settings::sync_settings;
use tidemark_model::connector::{Intent, WireForm};
use tidemark_model::merge::MergeRules;
use tidemark_model::request::{Method, Request};
use tidemark_model::schedule::Schedule;
use tidemark_model::settings::LinkSettings;
use tidemark_model::sync_settings::{SETTINGS, SyncSettings};
use tidemark_model::view::{
    ActivityFilter, AppSettings, FieldEdit, Happened, LinkLimits, NewLink, NewRequest, NewTransaction,
    QueueFilter, RecordFilter, Resolution, Stopped,
};

const BASE: &str = "http://127.0.0.1:9/v1/";

// proves E7
#[test]
fn a_links_settings_are_taken_whole_or_refused_with_their_place() {
    let target = Target {
        name: "link settings",
        corpus: "link-settings",
        form: Form::Json,
        variants: 1,
        cases: 1_200,
    };
    target.run(|case| {
        let read = match LinkSettings::parse(&case.text()) {
            Ok(read) => read,
            Err(why) => {
                assert!(!why.place.is_empty());
                return refused_shortly(&why);
            }
        };
        let text = serde_json::to_string(&read).expect("they can be written");
        assert_eq!(LinkSettings::parse(&text), Ok(read.clone()), "they come back as they were");
        for kind in ["rest", "kinto"] {
            let secret = Some(Secret::new("a word"));
            if let Err(why) = connect(kind, BASE, read.clone(), Some("ann".into()), secret) {
                refused(&why);
            }
        }
    });
}

// proves E7
#[test]
fn the_settings_file_is_taken_whole_or_refused_with_its_key() {
    let target =
        Target { name: "settings file", corpus: "settings", form: Form::Json, variants: 1, cases: 1_200 };
    target.run(|case| match sync_settings(Some(&case.text()), &Environment::of([])) {
        Ok(read) => assert_eq!(read.check(), Ok(()), "what is taken is in its range"),
        Err(why) => refused_shortly(&why),
    });
}

// proves E7
#[test]
fn a_variable_is_a_number_in_its_range_or_refused_with_its_name() {
    let variants = u32::try_from(SETTINGS.len()).expect("there are few");
    let target = Target { name: "variables", corpus: "variables", form: Form::Lines, variants, cases: 1_200 };
    target.run(|case| {
        let setting = &SETTINGS[case.variant as usize];
        match setting.parse(setting.variable, &case.text()) {
            Ok(value) => {
                assert!((setting.from..=setting.upto).contains(&value));
                assert_eq!(setting.parse(setting.variable, &value.to_string()), Ok(value));
            }
            Err(why) => {
                assert!(why.to_string().starts_with(setting.variable));
                refused_shortly(&why);
            }
        }
    });
}

// proves F1
#[test]
fn an_address_is_taken_or_refused_without_its_password() {
    let target =
        Target { name: "addresses", corpus: "addresses", form: Form::Lines, variants: 4, cases: 150 };
    target.run(|case| {
        let kind = ["rest", "kinto", "REST", ""][case.variant as usize];
        // A client with its certificates takes some 2,000 pieces of memory, however short its address is: of very many in one
        // input the length would not explain that.
        for line in case.text().lines().take(24) {
            match connect(kind, line, LinkSettings::default(), None, None) {
                Ok(connector) => assert!(connector.host().contains(':')),
                Err(why) => {
                    no_secret(&why.to_string());
                    refused(&why);
                }
            }
        }
    });
}

// proves A1
#[test]
fn a_request_stays_under_its_connections_address() {
    let target =
        Target { name: "request targets", corpus: "targets", form: Form::Lines, variants: 2, cases: 1_200 };
    let base = BASE;
    let connectors = ["rest", "kinto"]
        .map(|kind| connect(kind, base, LinkSettings::default(), None, None).expect("it connects"));
    target.run(|case| {
        for line in case.text().lines() {
            let request = match Request::new(Method::Post, line, None, Some(line.into())) {
                Ok(request) => request,
                Err(why) => {
                    refused(&why);
                    continue;
                }
            };
            let name = request.name();
            match connectors[case.variant as usize].seal(&Intent::of_request(&name, &request)) {
                Ok(WireForm { target, .. }) => {
                    let sent = reqwest::Url::parse(base)
                        .and_then(|base| base.join(&target))
                        .expect("it is an address");
                    assert!(sent.as_str().starts_with(base), "{line} leads to {sent}");
                }
                Err(why) => refused(&why),
            }
        }
    });
}

/// Reads a type; what was taken comes back from its own text.
fn typed<T: DeserializeOwned + Serialize>(bytes: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<T>(bytes) {
        let text = serde_json::to_string(&read).expect("what was read can be written");
        let again: T = serde_json::from_str(&text).expect("and read again");
        assert_eq!(serde_json::to_string(&again).expect("and written"), text, "the same comes back");
    }
}

// proves H2
#[test]
fn everything_typed_that_comes_over_the_border_comes_back_as_it_was() {
    const TYPES: [fn(&[u8]); 16] = [
        typed::<AppSettings>,
        typed::<SyncSettings>,
        typed::<LinkSettings>,
        typed::<NewLink>,
        typed::<NewRequest>,
        typed::<NewTransaction>,
        typed::<FieldEdit>,
        typed::<Resolution>,
        typed::<QueueFilter>,
        typed::<RecordFilter>,
        typed::<ActivityFilter>,
        typed::<LinkLimits>,
        typed::<Schedule>,
        typed::<MergeRules>,
        typed::<Stopped>,
        typed::<Happened>,
    ];
    let target =
        Target { name: "typed arguments", corpus: "typed", form: Form::Json, variants: 16, cases: 3_000 };
    target.run(|case| TYPES[case.variant as usize](case.bytes));
}
