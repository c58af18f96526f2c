//! Settings by command.

use crate::stage::{Commands, Stage};
use serde_json::json;
use tidemark_model::number::{Count, Millis};
use tidemark_model::sync_settings::SyncSettings;
use tidemark_model::view::{AppSettings, Density, RefusalCode, Theme};

// proves E7
pub fn settings_are_changed_and_kept() -> Commands {
    let stage = Stage::bare(&[]);
    let first: AppSettings = stage.ask("get_settings", json!({}));
    let sync = first.sync.expect("the engine's settings come with the others");
    assert_eq!(AppSettings { sync: None, ..first }, AppSettings::default());
    let wanted = AppSettings {
        theme: Theme::Dark,
        density: Density::Compact,
        notify_conflicts: false,
        notify_needs_you: false,
        undo_hold: Millis(3_000),
        sync: Some(SyncSettings { max_retries: Count(9), poll_interval: Millis(60_000), ..sync }),
    };
    assert_eq!(stage.ask::<AppSettings>("update_settings", json!({ "settings": wanted })), wanted);
    assert_eq!(stage.ask::<AppSettings>("get_settings", json!({})), wanted);
    for bad in [json!({"theme": "pink"}), json!({"them": "dark"}), json!({"undoHold": "3"}), json!(null)] {
        let refusal =
            stage.call("update_settings", json!({ "settings": bad })).expect_err("it is no setting");
        assert!(refusal.to_string().contains("settings"), "it names the argument: {refusal}");
    }
    for hold in [-1, 24 * 60 * 60 * 1000, 9_007_199_254_740_991_i64] {
        let refusal = stage.refused("update_settings", json!({"settings": {"undoHold": hold}}));
        assert_eq!(refusal.code, RefusalCode::Invalid, "{hold}: {refusal:?}");
        assert!(
            refusal.message.contains("undoHold") || refusal.hint.contains("undoHold"),
            "it names the key: {refusal:?}"
        );
    }
    for (key, value) in [("inFlight", 0), ("pageSize", 5_001), ("processingInterval", 99), ("maxRetries", -1)]
    {
        let mut bad = serde_json::to_value(wanted.sync).expect("JSON");
        bad[key] = json!(value);
        let refusal = stage.refused("update_settings", json!({"settings": {"sync": bad}}));
        assert_eq!(refusal.code, RefusalCode::Invalid, "{key}: {refusal:?}");
        assert!(
            refusal.message.contains(&value.to_string()) && refusal.message.contains(" to "),
            "{refusal:?}"
        );
    }
    assert_eq!(stage.ask::<AppSettings>("get_settings", json!({})), wanted, "a refused one changes nothing");
    let left_out: AppSettings = stage.ask("update_settings", json!({"settings": {"undoHold": 0}}));
    assert_eq!(left_out.sync, wanted.sync, "what is left out of the engine's stays");
    let file = std::fs::read_to_string(stage.folder().join("settings.json")).expect("it was written");
    assert!(file.contains("\"max_retries\": 9"), "the file that the command line reads: {file}");
    stage.finish()
}
