//! What the queue says to people, in the words of every other surface.

use crate::support::{Shell, sample};
use serde_json::Value;
use tidemark_sandbox::{Faults, Switch};

/// Saves a change of a customer and gives its id.
async fn update(shell: &Shell, id: &str) -> String {
    let saved = shell.run(&["records", "update", "Work", "customers", id, "name=\"X\""]).await.ends(0);
    saved.line()["change"].as_str().unwrap().to_owned()
}

/// The line of a change or a transaction.
fn line<'a>(said: &'a str, id: &str) -> &'a str {
    said.lines().find(|line| line.contains(id)).unwrap_or_else(|| panic!("nothing of {id} in\n{said}"))
}

/// A time of a row, as people read it.
fn time(row: &Value, key: &str) -> String {
    let at = chrono::DateTime::from_timestamp_millis(row[key].as_i64().unwrap()).unwrap();
    at.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string()
}

// proves H6, A8, A13, B4
#[tokio::test(flavor = "multi_thread")]
async fn states_reasons_attempts_and_the_next_try_are_said_in_the_words_of_the_window() {
    let server = sample().await;
    let mut shell = Shell::linked(&server).await;
    // Longer than a sync waits for.
    shell.variables.push(("BASE_RETRY_DELAY".to_owned(), "200000".to_owned()));
    shell.run(&["sync"]).await.ends(0);
    let (refused, sent) = (update(&shell, "CU-0001").await, update(&shell, "CU-0006").await);
    let status = Some(Switch::always(vec![422]).path("CU-0001").method("PUT,PATCH"));
    server.set_faults(Faults { status, ..Faults::default() });
    shell.run(&["sync"]).await.ends(2);
    let (again, doubtful) = (update(&shell, "CU-0002").await, update(&shell, "CU-0010").await);
    // The one was certainly not done, the other may have been.
    server.set_faults(Faults {
        status: Some(Switch::always(vec![429]).path("CU-0002").method("PUT,PATCH")),
        fail_next: Some(Switch::always(1_000).path("CU-0010")),
        ..Faults::default()
    });
    let synced = shell.run(&["sync"]).await;
    assert!([2, 3].contains(&synced.exit), "{synced:?}");
    server.clear_faults();
    let held = update(&shell, "CU-0003").await;
    shell.run(&["queue", "hold", &held]).await.ends(0);
    let discarded = update(&shell, "CU-0005").await;
    shell.run(&["queue", "discard", &discarded]).await.ends(0);
    let (first, second) = (update(&shell, "CU-0004").await, update(&shell, "CU-0007").await);

    let row = shell.run(&["queue", "show", &again]).await.ends(0).line()["row"].clone();
    let next = format!("at {}, attempt 2: ", time(&row, "nextAt"));
    let in_doubt = shell.run(&["queue", "show", &doubtful]).await.ends(0).line()["row"].clone();
    let checking = format!("checking with the server at {}: ", time(&in_doubt, "nextAt"));
    let listed = shell.says(&["queue", "list"]).await;
    for (id, state, why) in [
        (&refused, "Needs you", "422: "),
        (&again, "Trying again", next.as_str()),
        (&doubtful, "Sent, not confirmed", checking.as_str()),
        (&held, "On hold", "held by you"),
        (&first, "Waiting", "next"),
        (&second, "Waiting", "position 2"),
    ] {
        let line = line(&listed, id);
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(cells[1], state, "{line}");
        assert!(cells.iter().any(|cell| cell.starts_with(why)), "{why}: {line}");
    }
    assert!(!listed.contains(&discarded) && !listed.contains(&sent), "{listed}");
    let trash = shell.says(&["queue", "list", "--state", "in_trash"]).await;
    assert!(line(&trash, &discarded).contains("In Trash"), "{trash}");
    let confirmed = shell.says(&["queue", "list", "--state", "confirmed"]).await;
    assert!(line(&confirmed, &sent).contains("Confirmed"), "{confirmed}");

    let shown = shell.says(&["queue", "show", &again]).await;
    let lines: Vec<&str> = shown.lines().collect();
    let saved = format!("Trying again: update customers CU-0002, saved {}.", time(&row, "savedAt"));
    assert_eq!(lines[0], saved);
    assert!(lines[1].starts_with(&next), "{shown}");
    let decided = format!(", decided: try again at {}", time(&row, "nextAt"));
    assert!(shown.contains("  #1 ") && shown.contains(" 429 ") && shown.contains(&decided), "{shown}");
    let gone = shell.says(&["queue", "show", &discarded]).await;
    let row = shell.run(&["queue", "show", &discarded]).await.ends(0).line()["row"].clone();
    assert!(gone.starts_with("In Trash: update customers CU-0005"), "{gone}");
    assert!(gone.contains(&format!("Deleted for good on {}.", time(&row, "goneAt"))), "{gone}");

    let causes = shell.says(&["queue", "causes"]).await;
    let of_one: Vec<&str> = causes.lines().collect();
    assert_eq!(of_one.len(), 2, "{causes}");
    assert!(of_one[1].starts_with("1        422: ") && of_one[1].contains("  Work  "), "{causes}");

    let changes = shell.file(
        "changes.json",
        r#"{"link": "Work", "label": "Two names", "changes": [
            {"operation": "update", "collection": "customers", "record": "CU-0008", "set": {"/name": "A"}},
            {"operation": "update", "collection": "customers", "record": "CU-0009", "set": {"/name": "B"}}]}"#,
    );
    let made = shell.run(&["tx", "apply", &changes]).await.ends(0).line()["id"].as_str().unwrap().to_owned();
    let transaction = shell.says(&["tx", "show", &made]).await;
    assert!(transaction.starts_with(&format!("{made} Waiting (ordered, 2 changes)")), "{transaction}");
    assert!(transaction.contains("  Waiting: update customers CU-0008"), "{transaction}");
    let transactions = shell.says(&["tx", "list"]).await;
    assert!(line(&transactions, &made).starts_with("Waiting"), "{transactions}");

    let everything = [listed, trash, confirmed, shown, gone, causes, transaction, transactions];
    for said in everything {
        for word in
            ["job", "mutation", "pending", "queued", "sealed", "parked", "blocked", "failed", "discarded"]
        {
            assert!(!said.to_lowercase().contains(word), "'{word}' in\n{said}");
        }
    }
    server.stop().await;
}

// proves E5, H6
#[tokio::test(flavor = "multi_thread")]
async fn after_days_without_a_server_the_last_contact_is_told_with_how_long_ago_it_was() {
    let server = sample().await;
    let mut shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let told = |said: &str| said.lines().find(|line| line.contains("last contact")).unwrap().to_owned();
    assert!(!told(&shell.says(&["status"]).await).contains("ago"), "not on the same day");
    server.stop().await;
    let later = chrono::Utc::now() + chrono::TimeDelta::days(10) + chrono::TimeDelta::hours(1);
    shell.variables.push(("TIDEMARK_CLOCK".to_owned(), later.to_rfc3339()));
    shell.run(&["sync"]).await.ends(3);
    let line = told(&shell.says(&["status"]).await);
    assert!(line.ends_with(" (10 days ago)"), "{line}");
    let status = shell.run(&["status"]).await.ends(0);
    let (at, contact) =
        (status.line()["at"].as_i64().unwrap(), status.line()["lastSyncTime"].as_i64().unwrap());
    assert_eq!((at - contact) / (24 * 60 * 60 * 1000), 10);
}
