//! What each command may be told. Tauri ignores an argument that a command does not know; Tidemark refuses it, because
//! a misspelt one would otherwise do something else than was meant.

use tauri::Runtime;
use tauri::ipc::{Invoke, InvokeBody};
use tidemark_model::view::{Refusal, RefusalCode};

/// Every command with the names of its arguments, as the window gives them.
pub const ARGUMENTS: &[(&str, &[&str])] = &[
    ("get_sync_status", &[]),
    ("force_sync", &["link", "collection"]),
    ("pause", &["link", "collection"]),
    ("resume", &["link", "collection"]),
    ("get_queue_stats", &[]),
    ("list_queue", &["filter", "offset", "after", "limit"]),
    ("get_attempt", &["id", "number"]),
    ("get_change", &["id"]),
    ("retry", &["ids"]),
    ("reprocess_failed", &[]),
    ("may_be", &["id"]),
    ("is_there", &["id", "record"]),
    ("send_again", &["id"]),
    ("hold", &["ids", "held"]),
    ("set_priority", &["ids", "priority"]),
    ("list_causes", &["after"]),
    ("get_cause_changes", &["key", "after"]),
    ("list_by_record", &["after"]),
    ("preview_discard", &["ids"]),
    ("restore_changes", &["ids"]),
    ("export_changes", &["ids", "format"]),
    ("discard", &["ids"]),
    ("clear_queue", &["expected"]),
    ("clear_old_requests", &[]),
    ("get_pending_conflicts", &["offset", "limit"]),
    ("get_conflict", &["id"]),
    ("resolve_conflict", &["id", "resolution", "seen"]),
    ("undo_resolution", &["id"]),
    ("list_conflict_groups", &[]),
    ("list_group_members", &["shape", "offset", "limit"]),
    ("resolve_group", &["shape", "members", "choices"]),
    ("undo_resolutions", &["ids"]),
    ("list_hooks", &[]),
    ("try_hook", &["place", "script"]),
    ("set_hook", &["place", "script"]),
    ("remove_hook", &["place"]),
    ("list_decisions", &["offset", "limit"]),
    ("get_decision", &["id"]),
    ("put_back", &["id"]),
    ("list_rules", &[]),
    ("try_rule", &["place", "rule"]),
    ("set_rule", &["place", "rule"]),
    ("remove_rule", &["place"]),
    ("list_records", &["link", "collection", "filter", "offset", "limit"]),
    ("get_record", &["link", "collection", "id"]),
    ("record_secret", &["link", "collection", "id", "path"]),
    ("get_form", &["link", "collection"]),
    ("get_draft", &["link", "collection", "id"]),
    ("keep_draft", &["link", "collection", "id", "edits"]),
    ("create_record", &["link", "collection", "document", "dependsOn", "fromForm"]),
    ("update_record", &["link", "collection", "id", "edits", "dependsOn", "fromForm"]),
    ("delete_record", &["link", "collection", "id", "dependsOn", "fromForm"]),
    ("send_request", &["link", "request"]),
    ("list_transactions", &["open", "offset", "limit"]),
    ("get_transaction", &["id"]),
    ("restore_transaction", &["id"]),
    ("list_activity", &["filter", "after", "limit"]),
    ("discover_link", &["link"]),
    ("add_link", &["link"]),
    ("list_links", &[]),
    ("test_link", &["name"]),
    ("remove_link", &["name", "force"]),
    ("set_link_secret", &["name", "secret", "user"]),
    ("set_link_limits", &["name", "limits"]),
    ("start_sample", &[]),
    ("set_sample_offline", &["offline"]),
    ("get_sample_offline", &[]),
    ("let_colleague_edit", &[]),
    ("list_removals", &["link", "collection", "offset", "limit"]),
    ("allow_removals", &["link", "collection", "number"]),
    ("list_unreadable", &["link", "collection", "offset", "limit"]),
    ("get_unreadable", &["id"]),
    ("read_again", &["ids"]),
    ("forget_unreadable", &["ids"]),
    ("get_settings", &[]),
    ("update_settings", &["settings"]),
    ("list_backups", &[]),
    ("back_up_now", &[]),
    ("restore_backup", &["name"]),
    ("seen_put_back", &[]),
];

/// Why a call is refused before it reaches its command, if it is.
pub fn check(command: &str, body: &InvokeBody) -> Result<(), Refusal> {
    let Some((_, known)) = ARGUMENTS.iter().find(|(name, _)| *name == command) else {
        // Unknown commands are the access list's to refuse.
        return Ok(());
    };
    let hint = || match known {
        [] => "It takes none.".to_owned(),
        known => format!("It takes {}.", known.join(", ")),
    };
    let InvokeBody::Json(serde_json::Value::Object(given)) = body else {
        // Without names every optional argument would count as left out, and so mean everything.
        let message = format!("'{command}' takes its arguments by name");
        return Err(Refusal { code: RefusalCode::Invalid, message, hint: hint() });
    };
    match given.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(Refusal {
            code: RefusalCode::Invalid,
            message: format!(
                "'{command}' knows no argument '{}'",
                tidemark_model::failure::clip(unknown, 60)
            ),
            hint: hint(),
        }),
    }
}

/// Runs a call through [`check`] and then to its command.
pub fn checked<R: Runtime>(
    handler: impl Fn(Invoke<R>) -> bool + Send + Sync + 'static,
) -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    move |invoke| match check(invoke.message.command(), invoke.message.payload()) {
        Ok(()) => handler(invoke),
        Err(refusal) => {
            tracing::warn!(%refusal, "a call was refused");
            invoke.resolver.reject(refusal);
            true
        }
    }
}
