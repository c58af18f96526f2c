//! Rules for conflicts.

use clap::{Args, Subcommand};
use tidemark_model::merge::{ConflictStrategy, FieldPolicy, Rule};

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// The rules in force; whatever has none is decided by people.
    List,
    /// Set one; open conflicts that it decides end with it.
    Set(RuleArguments),
    /// Take one away.
    Remove(PlaceArguments),
    /// What a rule would have done to the conflicts of the past 30 days; nothing changes.
    DryRun(RuleArguments),
}

#[derive(Debug, Args)]
pub struct PlaceArguments {
    pub link: String,
    pub collection: String,
    /// A field, such as /status, or one in every row of a list, such as /items/*/rate.
    #[arg(long, value_name = "POINTER")]
    pub field: Option<String>,
}

#[derive(Debug, Args)]
pub struct RuleArguments {
    #[command(flatten)]
    pub place: PlaceArguments,
    /// For a collection merge, last_write_wins, field_lww, server_wins, client_wins or manual; with --field newer, server,
    /// local, max, min, sum, union, text or manual.
    pub rule: RuleWord,
}

/// A rule by its word; which kind it is depends on whether a field is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleWord {
    strategy: Option<ConflictStrategy>,
    policy: Option<FieldPolicy>,
}

impl RuleWord {
    /// The rule for a place of this kind, else the other that has this word: the engine says why it does not fit.
    pub fn rule(self, for_field: bool) -> Rule {
        let (strategy, policy) = (self.strategy.map(Rule::Strategy), self.policy.map(Rule::Policy));
        let found = if for_field { policy.or(strategy) } else { strategy.or(policy) };
        found.unwrap_or(Rule::Strategy(ConflictStrategy::default()))
    }
}

impl std::str::FromStr for RuleWord {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self { strategy: ConflictStrategy::parse(word), policy: FieldPolicy::parse(word) };
        if found.strategy.is_some() || found.policy.is_some() {
            return Ok(found);
        }
        Err(format!("'{word}' is no rule"))
    }
}
