//! Settings by command.

use crate::stage::{Commands, Stage};
use serde_json::json;
use tidemark_model::number::Millis;
use tidemark_model::view::{AppSettings, Density, RefusalCode, Theme};

// proves E7
pub fn settings_are_changed_and_kept() -> Commands {
    let stage = Stage::bare(&[]);
    let first: AppSettings = stage.ask("get_settings", json!({}));
    assert_eq!(first, AppSettings::default());
    let wanted = AppSettings {
        theme: Theme::Dark,
        density: Density::Compact,
        notify_conflicts: false,
        notify_needs_you: false,
        undo_hold: Millis(3_000),
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
    assert_eq!(stage.ask::<AppSettings>("get_settings", json!({})), wanted, "a refused one changes nothing");
    stage.finish()
}
