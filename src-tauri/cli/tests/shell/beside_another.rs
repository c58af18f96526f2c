use crate::support::{Shell, sample};
use serde_json::json;

// proves H6
#[tokio::test(flavor = "multi_thread")]
async fn while_another_process_sends_a_sync_asks_it_and_tells_what_it_came_to() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    let window = shell.window().await;
    assert!(window.engine().is_sender());
    window.engine().start();
    let said = shell.run(&["sync"]).await.ends(0);
    assert_eq!(said.line()["byAnother"], true, "{said:?}");
    assert_eq!(shell.run(&["records", "list", "Work", "customers"]).await.ends(0).lines.len(), 40);

    server.go_offline().await.unwrap();
    shell.run(&["records", "update", "Work", "customers", "CU-0001", "name=\"X\""]).await.ends(0);
    shell.run(&["sync"]).await.ends(3);
    server.go_online().await.unwrap();
    shell.run(&["sync"]).await.ends(0);
    assert_eq!(server.report().unwrap().effects.len(), 1);
    let here = window.engine().status().unwrap();
    let there = shell.status().await;
    assert_eq!(serde_json::to_value(here.ledger).unwrap(), there["ledger"], "both read the same books");
    assert_eq!(there["ledger"]["confirmed"], json!(1));
    window.engine().shutdown().await;
    server.stop().await;
}
