//! Every command with its effect: each proof runs once, as a test of its own, and says which commands it drove.

use crate::stage::Commands;
use crate::{
    activity, conflicts, decisions, hooks, incoming, links, parked, queue, records, requests, rules, sample,
    settings, status, storage, transactions,
};
use std::sync::OnceLock;
use tidemark::arguments::ARGUMENTS;

struct Proof {
    name: &'static str,
    run: fn() -> Commands,
    drove: OnceLock<Commands>,
}

impl Proof {
    const fn new(name: &'static str, run: fn() -> Commands) -> Self {
        Self { name, run, drove: OnceLock::new() }
    }

    /// Runs it, or waits for the test that does.
    fn drove(&self) -> &Commands {
        self.drove.get_or_init(self.run)
    }
}

macro_rules! proofs {
    ($($module:ident::$name:ident,)+) => {
        static PROOFS: [Proof; [$(stringify!($name)),+].len()] = [$(Proof::new(stringify!($name), $module::$name)),+];
        $(
            #[test]
            fn $name() {
                let proof = PROOFS.iter().find(|proof| proof.name == stringify!($name));
                assert!(!proof.expect("it is listed").drove().is_empty(), "it drove something");
            }
        )+
    };
}

// proves H2
proofs! {
    activity::what_happened_is_listed_newest_first_filtered_and_in_words,
    links::a_link_is_discovered_added_and_tested,
    links::a_link_with_unsent_changes_goes_only_by_force,
    links::a_new_secret_lets_a_link_go_on_and_never_comes_back_out,
    links::when_and_how_a_link_syncs_is_changed_and_shown,
    links::what_a_link_cannot_be_is_said_with_what_to_do,
    incoming::a_pull_that_would_remove_much_waits_for_a_yes,
    incoming::a_row_that_cannot_be_read_is_shown_asked_for_again_and_forgotten,
    records::a_record_is_made_shown_changed_and_deleted,
    records::numbers_survive_the_edit_of_another_field,
    records::a_secret_is_masked_and_told_to_whoever_asks,
    records::what_was_typed_is_kept_until_it_is_saved,
    records::a_list_is_given_in_pages_and_filtered,
    records::a_form_comes_from_the_records,
    requests::a_request_is_kept_sent_and_shown_whole,
    requests::changes_wait_for_those_that_are_named,
    requests::a_person_says_that_a_request_was_done,
    queue::a_change_waits_is_shown_whole_and_goes,
    queue::a_page_goes_on_after_the_place_where_another_ended,
    queue::changes_are_sorted_by_a_column_and_grouped_by_record,
    queue::a_held_change_stays_and_a_discarded_one_is_undone,
    queue::a_refused_change_is_sent_again_by_name_or_with_all_others,
    queue::a_change_that_may_have_been_sent_is_found_or_sent_again,
    queue::clearing_needs_the_number_that_was_shown,
    queue::what_ended_long_ago_is_cleaned_and_nothing_else,
    transactions::a_failed_one_is_listed_shown_and_restored,
    parked::what_needs_a_person_is_grouped_by_cause_and_given_away,
    parked::a_change_is_made_more_urgent_within_the_rules,
    parked::discarding_is_looked_at_first_and_taken_back,
    conflicts::a_conflict_carries_its_three_sides_by_their_names,
    conflicts::mine_is_sent_on_top_of_what_was_seen,
    conflicts::the_servers_side_ends_it_without_sending,
    conflicts::field_by_field_or_a_whole_document_decides,
    conflicts::later_keeps_the_choices,
    conflicts::a_held_resolution_is_taken_back,
    conflicts::those_of_one_shape_are_decided_and_taken_back_together,
    hooks::a_hook_is_tried_set_listed_and_taken_away,
    decisions::what_was_decided_is_listed_shown_and_put_back,
    rules::a_rule_is_tried_set_listed_and_taken_away,
    status::pausing_holds_everything_one_link_or_one_collection,
    status::a_forced_sync_goes_at_once,
    settings::settings_are_changed_and_kept,
    storage::a_backup_is_made_listed_and_put_in_place,
    sample::the_sample_server_goes_away_comes_back_and_has_a_colleague,
}

// proves H2
#[test]
fn every_command_is_driven_by_a_proof() {
    let driven: Commands = PROOFS.iter().flat_map(|proof| proof.drove().iter().copied()).collect();
    let known: Commands = ARGUMENTS.iter().map(|(command, _)| *command).collect();
    let left_out: Vec<_> = known.difference(&driven).collect();
    assert!(left_out.is_empty(), "a command without a proof: {left_out:?}");
    assert_eq!(driven, known, "what is driven is in the table");
}
