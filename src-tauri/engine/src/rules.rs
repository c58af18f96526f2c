//! Rules for conflicts: which there are, setting one, taking one away, and what one would have done (rows D4, D5, D10).

use crate::engine::Engine;
use crate::store::places::{self, Place, refuse};
use crate::store::verbs::judge;
use crate::store::{StoreError, Tx, collections, conflicts, links};
use tidemark_model::merge::{ConflictStrategy, Rule};
use tidemark_model::path;
use tidemark_model::settings::CollectionSettings;
use tidemark_model::view::{RefusalCode, RulePlace, RuleRow, RuleTrial};

/// A collection has no more rules for single fields than this.
const MAX_POLICIES: usize = 500;

impl Engine {
    /// All rules that are in force; a collection whose conflicts people decide has none.
    pub fn rules(&self) -> Result<Vec<RuleRow>, StoreError> {
        self.shared().store.read(|tx| {
            let mut rows = Vec::new();
            for link in links::all(tx)? {
                for collection in collections::of_link(tx, link.id)? {
                    let place = |path: Option<&String>| RulePlace {
                        link: link.name.clone(),
                        collection: collection.name.clone(),
                        path: path.cloned(),
                    };
                    let CollectionSettings { strategy, policies, .. } = &collection.settings;
                    if *strategy != ConflictStrategy::default() {
                        rows.push(RuleRow { place: place(None), rule: Rule::Strategy(*strategy) });
                    }
                    let fields = policies.iter().map(|(path, policy)| RuleRow {
                        place: place(Some(path)),
                        rule: Rule::Policy(*policy),
                    });
                    rows.extend(fields);
                }
            }
            Ok(rows)
        })
    }

    /// Sets a rule; open conflicts that it decides end with it.
    ///
    /// Errors: there is no such link or collection, the path is no JSON Pointer, or a strategy was given for a field or a
    /// policy for a whole collection.
    pub async fn set_rule(&self, place: RulePlace, rule: Rule) -> Result<(), StoreError> {
        self.change_rules(place, move |settings, place| with_rule(settings, place, rule)).await
    }

    /// Takes a rule away; conflicts that are met from now on are decided without it.
    ///
    /// Errors: there is no such link, collection or rule.
    pub async fn remove_rule(&self, place: RulePlace) -> Result<(), StoreError> {
        self.change_rules(place, without_rule).await
    }

    /// What a rule would have done to the conflicts of the past 30 days, and would do to the open ones.
    ///
    /// Errors: as for [`Engine::set_rule`].
    pub fn try_rule(&self, place: &RulePlace, rule: Rule) -> Result<RuleTrial, StoreError> {
        let now = self.shared().now();
        self.shared().store.read(|tx| {
            let (mut ruled, mut settings) = find(tx, place)?;
            with_rule(&mut settings, place, rule)?;
            (ruled.rules, ruled.strategy) = (settings.merge_rules(), settings.strategy);
            judge::trial(tx, &ruled, now)
        })
    }

    async fn change_rules(
        &self,
        place: RulePlace,
        change: impl FnOnce(&mut CollectionSettings, &RulePlace) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.shared()
            .write(move |tx| {
                let (ruled, mut settings) = find(tx, &place)?;
                change(&mut settings, &place)?;
                collections::set_settings(tx, ruled.collection_id, &settings)?;
                conflicts::judge_again(tx, ruled.collection_id)
            })
            .await?;
        self.reload_links()?;
        self.shared().bulletin.changes_moved([]);
        self.wake_all();
        Ok(())
    }
}

fn find(tx: &Tx, at: &RulePlace) -> Result<(Place, CollectionSettings), StoreError> {
    let place = places::all(tx)?
        .into_iter()
        .find(|place| (&place.link, &place.collection) == (&at.link, &at.collection));
    let row = match &place {
        Some(place) => collections::get(tx, place.collection_id)?,
        None => None,
    };
    place.zip(row).map(|(place, row)| (place, row.settings)).ok_or_else(|| {
        refuse(
            RefusalCode::NotFound,
            format!("there is no collection '{}' of a connection '{}'", at.collection, at.link),
            "Look at the list of connections.",
        )
    })
}

fn with_rule(settings: &mut CollectionSettings, at: &RulePlace, rule: Rule) -> Result<(), StoreError> {
    match (&at.path, rule) {
        (None, Rule::Strategy(strategy)) => settings.strategy = strategy,
        (Some(path), Rule::Policy(policy)) => {
            if path.is_empty() || path::keys(path).is_none() {
                return Err(invalid(
                    format!("'{path}' is no field"),
                    "Name a field as '/status', and one in every row of a list as '/items/*/rate'.",
                ));
            }
            if settings.policies.len() >= MAX_POLICIES && !settings.policies.contains_key(path) {
                return Err(invalid(
                    format!("'{}' has {MAX_POLICIES} rules for fields already", at.collection),
                    "Remove one first; a rule for a field holds for all that is in it.",
                ));
            }
            settings.policies.insert(path.clone(), policy);
        }
        (None, Rule::Policy(policy)) => {
            return Err(invalid(
                format!("'{}' is a rule for a field, and no field is named", policy.as_str()),
                "Name the field, or choose one of the rules for a whole collection.",
            ));
        }
        (Some(path), Rule::Strategy(strategy)) => {
            return Err(invalid(
                format!("'{}' is a rule for a whole collection, not for '{path}'", strategy.as_str()),
                "Leave the field out, or choose one of the rules for a field.",
            ));
        }
    }
    Ok(())
}

fn without_rule(settings: &mut CollectionSettings, at: &RulePlace) -> Result<(), StoreError> {
    let there = match &at.path {
        None => std::mem::take(&mut settings.strategy) != ConflictStrategy::default(),
        Some(path) => settings.policies.remove(path).is_some(),
    };
    if there {
        return Ok(());
    }
    let what = at.path.as_ref().map_or("no rule".to_owned(), |path| format!("no rule for '{path}'"));
    Err(refuse(
        RefusalCode::NotFound,
        format!("'{}' has {what}", at.collection),
        "Look at the list of rules.",
    ))
}

fn invalid(message: String, hint: &str) -> StoreError {
    refuse(RefusalCode::Invalid, message, hint)
}
