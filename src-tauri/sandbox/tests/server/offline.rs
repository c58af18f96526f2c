use crate::support::{options, start};
use tidemark_sandbox::{Faults, Sandbox, SandboxOptions, Switch};

// proves H7
#[tokio::test]
async fn going_offline_refuses_connections_and_coming_back_keeps_the_port() {
    let desk = start(options()).await;
    desk.put("/c/notes/a", "{}").await;
    let url = desk.sandbox.url();
    desk.sandbox.go_offline().await.unwrap();
    let refused = desk.try_send("GET", "/", &[], "").await.unwrap_err();
    assert!(refused.is_connect(), "refused by the system, also on the connection that was open: {refused:?}");
    desk.sandbox.go_offline().await.unwrap();
    desk.sandbox.go_online().await.unwrap();
    assert_eq!(desk.sandbox.url(), url);
    assert_eq!(desk.get("/c/notes/a").await.status, 200);
    desk.sandbox.go_online().await.unwrap();
    for _ in 0..20 {
        desk.sandbox.go_offline().await.unwrap();
        desk.sandbox.go_online().await.unwrap();
        assert_eq!(desk.get("/").await.status, 200);
    }
}

#[tokio::test]
async fn a_stopped_server_answers_nobody() {
    let desk = start(options()).await;
    desk.put("/c/notes/a", "{}").await;
    let handle = desk.sandbox.handle();
    let url = desk.sandbox.url();
    desk.sandbox.stop().await;
    assert!(desk.client.get(url).send().await.is_err());
    assert!(handle.go_online().await.is_err(), "a handle does not keep it alive");
}

#[tokio::test]
async fn a_request_on_its_way_gets_its_answer_before_the_end() {
    let desk = start(options()).await;
    desk.sandbox.set_faults(Faults { delay_ms: Some(Switch::always(600_000).times(1)), ..Faults::default() });
    let url = format!("{}/c/notes/a", desk.sandbox.url());
    let sent = desk.client.put(url).body("{}").send();
    let stop = async {
        while desk.sandbox.faults().delay_ms.is_some_and(|delay| delay.times == Some(1)) {
            tokio::task::yield_now().await;
        }
        let handle = desk.sandbox.handle();
        let release = async {
            // The stop is under way before the request may go on.
            tokio::task::yield_now().await;
            handle.clear_faults();
        };
        tokio::join!(desk.sandbox.stop(), release);
    };
    let (answer, ()) = tokio::join!(sent, stop);
    assert_eq!(answer.unwrap().status(), 201);
}

#[tokio::test]
async fn with_a_folder_everything_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = || SandboxOptions { data: Some(folder.path().join("sandbox")), ..options() };
    let desk = start(options()).await;
    let key = [("Idempotency-Key", "k")];
    let made = desk.send("PUT", "/c/notes/a", &key, r#"{"price":1.10}"#).await;
    desk.put("/c/notes/b", "{}").await;
    desk.send("DELETE", "/c/notes/b", &[], "").await;
    let (before, token) = desk.walk("notes", None, 10).await;
    let epoch = desk.get("/").await.json();
    desk.sandbox.stop().await;

    let desk = start(options()).await;
    assert_eq!(desk.get("/").await.json(), epoch);
    assert_eq!(desk.walk("notes", None, 10).await.0, before);
    assert_eq!(desk.page("notes", Some(&token), 10).await.status, 200);
    let again = desk.send("PUT", "/c/notes/a", &key, r#"{"price":1.10}"#).await;
    assert_eq!((again.header("idempotency-replayed"), again.etag()), (Some("true"), made.etag()));
    desk.put("/c/notes/c", "{}").await;
    assert_eq!(desk.walk("notes", Some(&token), 10).await.0.len(), 1, "numbers go on where they were");
}

#[tokio::test]
async fn a_taken_port_is_said() {
    let desk = start(options()).await;
    let refused = Sandbox::start(SandboxOptions { port: desk.sandbox.port(), ..options() }).await;
    let said = refused.err().unwrap().to_string();
    assert!(said.contains(&desk.sandbox.port().to_string()), "{said}");
}

#[tokio::test]
async fn going_offline_works_while_programs_are_being_started() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let starting = std::thread::spawn({
        let (done, me) = (done.clone(), std::env::current_exe().unwrap());
        move || {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                // A started program has a copy of every open door until it runs.
                std::process::Command::new(&me).arg("--list").output().unwrap();
            }
        }
    });
    for _ in 0..200 {
        sandbox.go_offline().await.unwrap();
        sandbox.go_online().await.unwrap();
    }
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    starting.join().unwrap();
    sandbox.stop().await;
}
