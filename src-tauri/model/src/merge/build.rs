//! Puts the merged document together from a comparison and what was chosen.

use serde_json::Value;

use super::compare::{Node, Rows};
use super::field::{Fact, FieldClass};
use super::resolve::Pick;
use crate::rows::weave;

/// The merged document; `picks` holds what a person chose for each fact, or is empty.
pub(super) fn build(node: &Node<'_>, facts: &[Fact<'_>], picks: &[Pick<'_>]) -> Option<Value> {
    match node {
        Node::Same(value) => Some((*value).clone()),
        Node::Field(index) => value_of(&facts[*index], pick(picks, *index)),
        Node::Object(fields) => {
            let present =
                fields.iter().filter_map(|(key, node)| Some(((*key).to_owned(), build(node, facts, picks)?)));
            Some(Value::Object(present.collect()))
        }
        Node::Rows(list) => {
            let order = order_of(list, facts, picks);
            Some(Value::Array(
                order.into_iter().filter_map(|row| build(&list.rows[row], facts, picks)).collect(),
            ))
        }
    }
}

fn pick<'a, 'c>(picks: &'a [Pick<'c>], index: usize) -> &'a Pick<'c> {
    picks.get(index).unwrap_or(&Pick::Unchosen)
}

fn value_of(fact: &Fact<'_>, pick: &Pick<'_>) -> Option<Value> {
    let side = match pick {
        Pick::Unchosen if fact.decided => &fact.result,
        // Until somebody chooses, Mine is shown.
        Pick::Unchosen | Pick::Mine => &fact.local,
        Pick::Server => &fact.remote,
        Pick::Base => &fact.base,
        Pick::Value(value) => return Some((*value).clone()),
    };
    side.as_deref().cloned()
}

fn order_of(list: &Rows<'_>, facts: &[Fact<'_>], picks: &[Pick<'_>]) -> Vec<usize> {
    let server_first = || weave(&weave(&list.remote, &list.local), &list.base);
    let Some(index) = list.order else { return server_first() };
    match pick(picks, index) {
        Pick::Unchosen if is_servers(facts[index].class) => server_first(),
        Pick::Server => server_first(),
        Pick::Unchosen | Pick::Mine => weave(&weave(&list.local, &list.remote), &list.base),
        Pick::Base => weave(&weave(&list.base, &list.remote), &list.local),
        Pick::Value(names) => {
            let named = named_rows(list, names).unwrap_or_default();
            weave(&weave(&weave(&named, &list.remote), &list.local), &list.base)
        }
    }
}

fn is_servers(order: FieldClass) -> bool {
    matches!(order, FieldClass::OnlyServer | FieldClass::SameChange | FieldClass::Combined)
}

/// The rows that an order given by hand names, or `None` where it names something else or a row twice.
pub(super) fn named_rows(list: &Rows<'_>, names: &Value) -> Option<Vec<usize>> {
    let places: std::collections::HashMap<&str, usize> =
        list.tokens.iter().enumerate().map(|(index, token)| (token.as_str(), index)).collect();
    let rows: Vec<usize> =
        names.as_array()?.iter().map(|name| places.get(name.as_str()?).copied()).collect::<Option<_>>()?;
    let distinct: std::collections::HashSet<usize> = rows.iter().copied().collect();
    (distinct.len() == rows.len()).then_some(rows)
}
