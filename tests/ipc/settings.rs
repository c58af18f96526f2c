//! Settings by command.

use crate::stage::{Commands, Stage};
use serde_json::json;
use tidemark_model::number::Millis;
use tidemark_model::view::{AppSettings, Density, Theme};

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
    assert_eq!(stage.ask::<AppSettings>("get_settings", json!({})), wanted, "a refused one changes nothing");
    stage.finish()
}
