use crate::support::Shell;
use serde_json::json;

// proves E7
#[tokio::test(flavor = "multi_thread")]
async fn settings_are_listed_changed_and_reset_in_the_file_of_the_data_folder() {
    let shell = Shell::new();
    let listed = shell.run(&["settings", "list"]).await.ends(0);
    let keys: Vec<_> = listed.lines.iter().filter_map(|line| line["key"].as_str()).collect();
    assert!(keys.contains(&"processing_interval") && keys.contains(&"sync_batch_size"), "{keys:?}");
    shell.run(&["settings", "set", "max_retries", "7"]).await.ends(0);
    let told = shell.run(&["settings", "get", "max_retries"]).await.ends(0);
    assert_eq!((&told.line()["value"], &told.line()["source"]), (&json!(7), &json!("file")));
    shell.run(&["settings", "reset", "max_retries"]).await.ends(0);
    let told = shell.run(&["settings", "get", "max_retries"]).await.ends(0);
    assert_eq!((&told.line()["value"], &told.line()["source"]), (&json!(4), &json!("default")));
}

// proves E7
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_setting_is_refused_with_its_key_and_range_and_the_old_one_stays() {
    let shell = Shell::new();
    shell.run(&["settings", "set", "in_flight", "3"]).await.ends(0);
    for bad in ["0", "33", "-1", "many", "1.5"] {
        let said = shell.run(&["settings", "set", "in_flight", bad]).await.ends(1);
        assert!(said.errors.contains("in_flight") && said.errors.contains("1 to 32"), "{}", said.errors);
    }
    let said = shell.run(&["settings", "set", "base_retry_delay", "300001"]).await.ends(1);
    assert!(said.errors.contains("max_retry_delay"), "{}", said.errors);
    let said = shell.run(&["settings", "set", "flight", "3"]).await.ends(1);
    assert!(said.errors.contains("in_flight"), "it names what is known: {}", said.errors);
    let told = shell.run(&["settings", "get", "in_flight"]).await.ends(0);
    assert_eq!(told.line()["value"], 3);
}
