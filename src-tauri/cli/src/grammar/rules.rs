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

/// A rule by its word; `manual` is one for a collection and one for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleWord {
    Strategy(ConflictStrategy),
    Policy(FieldPolicy),
    Either(ConflictStrategy, FieldPolicy),
}

/// Every word, each once.
fn words() -> Vec<&'static str> {
    let fields = FieldPolicy::ALL.iter().filter(|policy| **policy != FieldPolicy::Manual);
    let fields = fields.map(|policy| policy.as_str());
    ConflictStrategy::ALL.iter().map(|strategy| strategy.as_str()).chain(fields).collect()
}

impl RuleWord {
    /// The rule that it names for a place of this kind; whether it fits there is the engine's to say.
    pub fn rule(self, for_field: bool) -> Rule {
        match self {
            Self::Strategy(strategy) => Rule::Strategy(strategy),
            Self::Policy(policy) => Rule::Policy(policy),
            Self::Either(_, policy) if for_field => Rule::Policy(policy),
            Self::Either(strategy, _) => Rule::Strategy(strategy),
        }
    }
}

impl std::str::FromStr for RuleWord {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match (ConflictStrategy::parse(word), FieldPolicy::parse(word)) {
            (Some(strategy), Some(policy)) => Ok(Self::Either(strategy, policy)),
            (Some(strategy), None) => Ok(Self::Strategy(strategy)),
            (None, Some(policy)) => Ok(Self::Policy(policy)),
            (None, None) => Err(format!("'{word}' is no rule")),
        }
    }
}
