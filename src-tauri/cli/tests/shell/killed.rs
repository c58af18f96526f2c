use crate::support::{Shell, sample};
use std::time::Duration;
use tidemark_sandbox::{Faults, RunningSandbox, Switch};

/// The requests of this method are held, so that a sender can be killed while it waits for an answer.
fn hold(server: &RunningSandbox, method: &str) {
    let delay_ms = Some(Switch::always(600_000).times(1).method(method));
    server.set_faults(Faults { delay_ms, ..Faults::default() });
}

/// Waits until the held request has come.
async fn held(server: &RunningSandbox) {
    let come = async {
        while server.faults().delay_ms.is_some_and(|delay| delay.times != Some(0)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), come).await.expect("the request never came");
}

// proves A1, A4
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_killed_with_a_request_on_the_wire_loses_nothing_and_repeats_nothing() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    for id in ["WO-00320", "WO-00321", "WO-00322"] {
        shell
            .run(&["records", "update", "Work", "work_orders", id, "remarks=\"Key at the gate\""])
            .await
            .ends(0);
    }
    hold(&server, "PUT");
    let mut sender = shell.program().arg("sync").spawn().unwrap();
    held(&server).await;
    sender.kill().unwrap();
    sender.wait().unwrap();
    let waiting = shell.run(&["queue", "list"]).await.ends(0);
    assert!(!waiting.lines.is_empty(), "what was on the wire is not taken for done");
    shell.assert_balanced().await;

    server.clear_faults();
    shell.run(&["sync"]).await.ends(0);
    let report = server.report().unwrap();
    assert!(report.duplicates.is_empty() && report.order_violations.is_empty(), "{report:?}");
    assert_eq!(report.effects.len(), 3, "each change took effect once: {report:?}");
    let ledger = shell.assert_balanced().await;
    assert_eq!(ledger["confirmed"], 3);
    server.stop().await;
}

// proves A1
#[tokio::test(flavor = "multi_thread")]
async fn a_first_download_that_was_killed_goes_on_and_misses_nothing() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    let delay_ms = Some(Switch::always(600_000).times(1).method("GET").path("work_orders"));
    server.set_faults(Faults { delay_ms, ..Faults::default() });
    let mut sender = shell.program().arg("sync").spawn().unwrap();
    held(&server).await;
    sender.kill().unwrap();
    sender.wait().unwrap();
    server.clear_faults();
    shell.run(&["sync"]).await.ends(0);
    for (collection, count) in [("customers", 40), ("equipment", 60), ("work_orders", 100)] {
        let rows = shell.run(&["records", "list", "Work", collection]).await.ends(0);
        assert_eq!(rows.lines.len(), count, "{collection}");
    }
    server.stop().await;
}
