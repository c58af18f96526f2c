//! Rules for conflicts.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
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
    /// What decides: the words up to manual are for a whole collection, manual and those behind it for a field.
    #[arg(value_parser = PossibleValuesParser::new(words()).try_map(|word| word.parse::<RuleWord>()))]
    pub rule: RuleWord,
}

/// A rule by its word; which kind it is depends on whether a field is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleWord {
    strategy: Option<ConflictStrategy>,
    policy: Option<FieldPolicy>,
}

/// Every word, each once.
fn words() -> Vec<&'static str> {
    let fields = FieldPolicy::ALL.iter().filter(|policy| **policy != FieldPolicy::Manual);
    let fields = fields.map(|policy| policy.as_str());
    ConflictStrategy::ALL.iter().map(|strategy| strategy.as_str()).chain(fields).collect()
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
