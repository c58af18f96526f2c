//! Connectors before a server that says anything at all.

use crate::answers::Answers;
use crate::believed;
use crate::ground::{Case, Target};
use crate::mutation::Form;
use crate::words::SECRET;
use std::sync::Arc;
use tidemark_connectors::{Carrier, HttpOptions, Secret, connect_with};
use tidemark_model::connector::{Checkpoint, Connector, PullRequest, Sealed, WireForm};
use tidemark_model::mutation::Operation;
use tidemark_model::settings::LinkSettings;

const BASE: &str = "http://127.0.0.1:9/v1/";
const COLLECTION: &str = "tasks";
const ID: &str = "id-3";

/// What is asked, in turn, of every kind of connection.
pub const ASKED: u32 = 11;

/// What a person may have set for a server that speaks nearly the contract.
const REST: [&str; 5] = [
    r#"{"write":{"batch":{"path":"batch","max":10,"atomic":true}},"pull":{"newest":"sort=-modified_at"}}"#,
    r#"{"pull":{"kind":"time","since_param":"since","id_param":"after_id"}}"#,
    r#"{"pull":{"kind":"time","since_param":"since","items":"data","overlap_s":0}}"#,
    r#"{"collections":[{"name":"tasks","id_field":"id","version":{"field":"rev"}}],"pull":{"deleted":"list"},"write":{"precondition":"field","update":"patch"}}"#,
    r#"{"collections":[{"name":"tasks"}],"write":{"client_ids":false,"keys":{"honoured":false}}}"#,
];

/// A list that both kinds of server could give, for what is asked behind the answer that matters.
pub const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"1795242795792\"\r\n\r\n{\"items\":[],\"data\":[],\"next\":\"2026-11-21T11:35:51Z\",\"more\":false,\"epoch\":\"e1\"}";

pub fn in_time<T>(work: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(work)
}

fn sealed(id: &str, operation: Operation) -> Sealed {
    let body = (operation != Operation::Delete).then(|| format!(r#"{{"id":"{id}","title":"three"}}"#));
    let method = match operation {
        Operation::Delete => "DELETE",
        Operation::Request => "POST",
        _ => "PUT",
    };
    Sealed {
        mutation: "m".into(),
        key: "k".into(),
        collection: COLLECTION.into(),
        record: id.into(),
        operation,
        wire: WireForm {
            method: method.into(),
            target: format!("c/{COLLECTION}/{id}"),
            headers: vec![("If-Match".into(), "\"7\"".into())],
            body,
            whole: true,
        },
    }
}

/// The connection's checkpoint after a good page.
pub fn checkpoint(base: &str, kind: &str, settings: &str) -> Checkpoint {
    let place = if kind == "kinto" { "buckets/default/collections/tasks/records" } else { "c/tasks" };
    let by_time = kind == "kinto" || settings.contains("time");
    let token = if by_time { r#"{"seen":1795242795792,"sure":1795242765792}"# } else { "t1" };
    let epoch = if kind == "kinto" { "" } else { "e1" };
    Checkpoint { stream: format!("{base}{place}"), epoch: epoch.into(), token: token.into() }
}

/// Asks one thing and holds the answer against what may be believed.
pub async fn ask(connector: &dyn Connector, what: u32, after: Checkpoint, names: bool) {
    let from_start = PullRequest::after(COLLECTION, None, 100);
    match what {
        0 => match connector.check().await {
            Ok(contact) => believed::contact(&contact),
            Err(why) => believed::failure(&why),
        },
        1 => match connector.discover().await {
            Ok(found) => believed::discovered(&found),
            Err(why) => believed::failure(&why),
        },
        2 => pulled(connector, &from_start).await,
        3 => pulled(connector, &PullRequest::after(COLLECTION, Some(after), 100)).await,
        4 => match connector.newest(COLLECTION, 100).await {
            Ok(page) => page.iter().for_each(believed::page),
            Err(why) => believed::pull_failure(&why),
        },
        5 => match connector.fetch(COLLECTION, ID).await {
            Ok(remote) => believed::remote(&remote),
            Err(why) => believed::failure(&why),
        },
        6 => pushed(connector, &[sealed(ID, Operation::Update)], names).await,
        7 => pushed(connector, &[sealed(ID, Operation::Create)], names).await,
        8 => pushed(connector, &[sealed(ID, Operation::Delete)], names).await,
        9 => pushed(connector, &[sealed("POST /x", Operation::Request)], names).await,
        _ => {
            let items = [sealed("id-1", Operation::Update), sealed(ID, Operation::Delete)];
            let answer = connector.push_atomic(&items).await;
            believed::pushed(&answer, &["id-1", ID], names);
        }
    }
}

async fn pulled(connector: &dyn Connector, request: &PullRequest) {
    match connector.pull(request).await {
        Ok(page) => {
            believed::page(&page);
            assert_eq!(page.collection, request.collection);
            assert!(
                !page.more || request.after.as_ref() != Some(&page.next),
                "the same page would be asked for ever"
            );
        }
        Err(why) => believed::pull_failure(&why),
    }
}

async fn pushed(connector: &dyn Connector, items: &[Sealed], names: bool) {
    let ids: Vec<&str> = items.iter().map(|item| item.record.as_str()).collect();
    believed::pushed(&connector.push(items).await, &ids, names);
}

/// One kind of connection, with these settings, is answered with a case's bytes.
fn answered(kind: &str, settings: &str, case: &Case<'_>, then_good: bool) {
    believed::given(case.bytes);
    let settings_read = LinkSettings::parse(settings).expect("the settings are right");
    let names = settings_read.write.client_ids;
    let mut raw = vec![case.bytes.to_vec()];
    raw.extend(then_good.then(|| GOOD.as_bytes().to_vec()));
    let answers = Arc::new(Answers::new(raw));
    let options =
        HttpOptions { carrier: Some(Arc::clone(&answers) as Arc<dyn Carrier>), ..HttpOptions::default() };
    let user = (kind == "kinto").then(|| "ann".to_owned());
    let secret = Some(Secret::new(SECRET));
    let connector = connect_with(kind, BASE, settings_read, user, secret, options).expect("it connects");
    in_time(ask(connector.as_ref(), case.variant % ASKED, checkpoint(BASE, kind, settings), names));
    case.weighs(answers.asked());
}

// proves A7, C5
#[test]
fn a_rest_server_may_answer_anything() {
    let target =
        Target { name: "rest answers", corpus: "rest", form: Form::Http, variants: ASKED * 2, cases: 1_200 };
    target.run(|case| answered("rest", REST[0], case, case.variant >= ASKED));
}

// proves A7, C5
#[test]
fn a_rest_server_with_names_of_its_own_may_answer_anything() {
    let target = Target {
        name: "rest answers by other names",
        corpus: "rest",
        form: Form::Http,
        variants: ASKED * 4,
        cases: 1_200,
    };
    target.run(|case| answered("rest", REST[1 + (case.variant / ASKED) as usize], case, true));
}

// proves A7, C5
#[test]
fn a_kinto_may_answer_anything() {
    let target = Target {
        name: "kinto answers",
        corpus: "kinto",
        form: Form::Http,
        variants: ASKED * 2,
        cases: 1_200,
    };
    target.run(|case| answered("kinto", "{}", case, case.variant >= ASKED));
}

// proves A7
#[test]
fn a_sign_in_server_may_answer_anything() {
    let settings = r#"{"sign_in":{"kind":"oauth2","token_url":"http://127.0.0.1:9/token","client_id":"c"}}"#;
    let target =
        Target { name: "sign-in answers", corpus: "tokens", form: Form::Http, variants: 2, cases: 600 };
    target.run(|case| {
        let asked = case.as_variant(if case.variant == 0 { 0 } else { 5 });
        answered("rest", settings, &asked, true);
    });
}

// proves C5
#[test]
fn a_place_in_a_listing_may_be_anything() {
    let target =
        Target { name: "checkpoints", corpus: "checkpoints", form: Form::Json, variants: 4, cases: 600 };
    target.run(|case| {
        let (kind, settings) = match case.variant {
            0 => ("rest", REST[0]),
            1 => ("rest", REST[1]),
            2 => ("rest", REST[2]),
            _ => ("kinto", "{}"),
        };
        let answers = Arc::new(Answers::new(vec![GOOD.as_bytes().to_vec()]));
        let options =
            HttpOptions { carrier: Some(Arc::clone(&answers) as Arc<dyn Carrier>), ..HttpOptions::default() };
        let read = LinkSettings::parse(settings).expect("the settings are right");
        let connector = connect_with(kind, BASE, read, None, None, options).expect("it connects");
        let after = Checkpoint { token: case.text().into_owned(), ..checkpoint(BASE, kind, settings) };
        in_time(ask(connector.as_ref(), 3, after, true));
        case.weighs(answers.asked());
    });
}
