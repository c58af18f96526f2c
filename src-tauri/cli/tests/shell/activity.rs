use crate::support::{Shell, bytes, sample};
use serde_json::Value;
use std::path::Path;
use tidemark_sandbox::{ColleagueEdit, Faults, Switch};

/// Stands in every value that is typed.
const MARK: &str = "zzmarked";

/// Two changes of customers, of which the server refuses one, and a colleague's.
async fn worked_on(server: &tidemark_sandbox::RunningSandbox) -> (Shell, [String; 2]) {
    let shell = Shell::linked(server).await;
    shell.run(&["sync"]).await.ends(0);
    let rows = shell.run(&["records", "list", "Work", "customers", "--limit", "3"]).await.ends(0).lines;
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let ids = [id(&rows[0]), id(&rows[1])];
    for id in &ids {
        let set = format!("/name=\"{MARK} {id}\"");
        shell.run(&["records", "update", "Work", "customers", id, &set]).await.ends(0);
    }
    let path = format!("/customers/{}", ids[1]);
    let refuses = Switch::always(vec![422]).method("PUT,PATCH").path(&path);
    server.set_faults(Faults { status: Some(refuses), ..Faults::default() });
    server
        .colleague(ColleagueEdit::set("customers", &id(&rows[2]), "name", format!("{MARK} theirs")))
        .unwrap();
    shell.run(&["sync"]).await.ends(2);
    (shell, ids)
}

fn what(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["happened"]["what"].as_str().unwrap()).collect()
}

// proves A12
#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told_newest_first_narrowed_down_and_in_words() {
    let server = sample().await;
    let (shell, [sent, refused]) = worked_on(&server).await;
    shell.run(&["pause"]).await.ends(0);
    let all = shell.run(&["activity"]).await.ends(0).lines;
    assert_eq!(what(&all)[..2], ["paused", "received"]);
    assert!(all.windows(2).all(|pair| pair[0]["id"].as_i64() > pair[1]["id"].as_i64()));
    let of = |arguments: &'static [&'static str]| {
        let shell = &shell;
        async move { shell.run(arguments).await.ends(0).lines }
    };
    assert_eq!(what(&of(&["activity", "--kind", "needs_you"]).await), ["needs_you"]);
    assert_eq!(of(&["activity", "--limit", "1"]).await, all[..1]);
    assert_eq!(of(&["activity", "--link", "Elsewhere"]).await, Vec::<Value>::new());
    assert_eq!(of(&["activity", "--since", "2100-01-01"]).await, Vec::<Value>::new());
    assert_eq!(of(&["activity", "--since", "2001-01-01"]).await.len(), all.len());
    let of_record = shell.run(&["activity", "--record", &sent]).await.ends(0).lines;
    assert_eq!(what(&of_record), ["confirmed"]);
    let of_change = of_record[0]["change"].as_str().unwrap();
    assert_eq!(shell.run(&["activity", "--search", of_change]).await.ends(0).lines, of_record);
    shell.run(&["activity", "--kind", "nonsense"]).await.ends(64);
    shell.run(&["activity", "--since", "yesterday"]).await.ends(64);
    let said = shell.says(&["activity"]).await;
    assert!(said.contains("Syncing was paused."), "{said}");
    assert!(said.contains("Work: Sent 1, fetched 1, 0 conflicts, 1 refused"), "{said}");
    let needs_you = format!("customers '{refused}': the change needs you. Work didn't accept it (422).");
    assert!(said.contains(&needs_you), "{said}");
    server.stop().await;
}

// proves A12, H1
#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_a_line_for_each_without_values_and_bodies() {
    let server = sample().await;
    let (shell, _) = worked_on(&server).await;
    let file = shell.file("activity.ndjson", "");
    let said = shell.run(&["activity", "export", &file]).await.ends(0);
    let text = String::from_utf8(bytes(Path::new(&file))).unwrap();
    let exported: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let listed = shell.run(&["activity"]).await.ends(0).lines;
    assert_eq!(exported, listed, "the same as is shown");
    assert_eq!(said.line()["exported"], exported.len());
    assert!(!text.contains(MARK), "{text}");
    let to_output = shell.run(&["activity", "export", "-", "--kind", "sent"]).await.ends(0).lines;
    assert_eq!(what(&to_output), ["confirmed"]);
    let nowhere = shell.folder.path().join("no/such/folder");
    shell.run(&["activity", "export", &nowhere.to_string_lossy()]).await.ends(1);
    server.stop().await;
}
