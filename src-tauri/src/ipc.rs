//! What crosses the border between window and core: one Rust definition, from which `ui/src/ipc/bindings.ts` is written.

use crate::{commands, events};
use specta_typescript::Typescript;
use std::path::Path;
use tauri::Runtime;
use tauri_specta::{Builder, collect_commands, collect_events};

/// Every command and event of the window.
pub fn contract<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        // Counters and milliseconds stay far below 2^53; documents cross as text, so no number of a person's is cast.
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
        .commands(collect_commands![
            commands::status::get_sync_status,
            commands::status::force_sync,
            commands::status::pause,
            commands::status::resume,
            commands::queue::get_queue_stats,
            commands::queue::list_queue,
            commands::queue::get_attempt,
            commands::queue::get_change,
            commands::queue::retry,
            commands::queue::reprocess_failed,
            commands::queue::may_be,
            commands::queue::is_there,
            commands::queue::send_again,
            commands::queue::hold,
            commands::queue::set_priority,
            commands::queue::list_causes,
            commands::queue::get_cause_changes,
            commands::queue::list_by_record,
            commands::queue::preview_discard,
            commands::queue::restore_changes,
            commands::queue::export_changes,
            commands::queue::discard,
            commands::queue::clear_queue,
            commands::queue::clear_old_requests,
            commands::conflicts::get_pending_conflicts,
            commands::conflicts::get_conflict,
            commands::conflicts::resolve_conflict,
            commands::conflicts::undo_resolution,
            commands::conflicts::list_conflict_groups,
            commands::conflicts::list_group_members,
            commands::conflicts::resolve_group,
            commands::conflicts::undo_resolutions,
            commands::hooks::list_hooks,
            commands::hooks::try_hook,
            commands::hooks::set_hook,
            commands::hooks::remove_hook,
            commands::decisions::list_decisions,
            commands::decisions::get_decision,
            commands::decisions::put_back,
            commands::rules::list_rules,
            commands::rules::try_rule,
            commands::rules::set_rule,
            commands::rules::remove_rule,
            commands::records::list_records,
            commands::records::get_record,
            commands::records::record_secret,
            commands::records::get_form,
            commands::records::get_draft,
            commands::records::keep_draft,
            commands::records::create_record,
            commands::records::update_record,
            commands::records::delete_record,
            commands::records::send_request,
            commands::transactions::list_transactions,
            commands::transactions::get_transaction,
            commands::transactions::restore_transaction,
            commands::activity::list_activity,
            commands::links::discover_link,
            commands::links::add_link,
            commands::links::list_links,
            commands::links::test_link,
            commands::links::remove_link,
            commands::links::set_link_secret,
            commands::links::set_link_limits,
            commands::links::start_sample,
            commands::links::set_sample_offline,
            commands::links::get_sample_offline,
            commands::links::let_colleague_edit,
            commands::incoming::list_removals,
            commands::incoming::allow_removals,
            commands::incoming::list_unreadable,
            commands::incoming::get_unreadable,
            commands::incoming::read_again,
            commands::incoming::forget_unreadable,
            commands::settings::get_settings,
            commands::settings::update_settings,
            commands::storage::list_backups,
            commands::storage::back_up_now,
            commands::storage::restore_backup,
            commands::storage::seen_put_back,
        ])
        .events(collect_events![
            events::StatusTold,
            events::ProgressTold,
            events::QueueTold,
            events::RecordsTold,
            events::ConflictMet,
            events::ConflictEnded,
            events::TransactionMoved,
            events::LinkMoved,
            events::LinkReached,
            events::PullAdvanced,
            events::PushAdvanced,
            events::GapFound,
            events::RepairBegan,
            events::RepairEnded,
            events::RepairBroke,
            events::PollDegraded,
            events::RouteAsked,
        ])
}

/// Writes the TypeScript side of the contract to `path`.
pub fn write_bindings(path: &Path) -> Result<(), specta_typescript::Error> {
    let header = "// Written by `cargo xtask bindings` from src-tauri/src/ipc.rs. Do not edit.\n";
    contract::<tauri::Wry>().export(Typescript::default().header(header), path)
}
