//! Walks three documents at once and says for every path what happened there.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::alike::alike;
use super::combine::{both_changes, combined_set, members};
use super::field::{Fact, FieldClass, Note, Sides};
use super::groups::ask_for_mixed_groups;
use super::rules::RuleNode;
use super::strategy::FieldPolicy;
use crate::document::MAX_DEPTH;
use crate::lines::{self, LineBudget, LineMerge};
use crate::rows::{self, Row, RowSides};
use crate::{equality, path};

/// What three documents have to do with each other.
pub(super) struct Comparison<'a> {
    pub(super) root: Node<'a>,
    pub(super) facts: Vec<Fact<'a>>,
    pub(super) unchanged: usize,
}

/// The shape of the merged document; what stands at a [`Node::Field`] follows from its fact and the choices.
pub(super) enum Node<'a> {
    /// The same on all sides.
    Same(&'a Value),
    /// Decided by the fact with this index.
    Field(usize),
    /// Fields in the merged order.
    Object(Vec<(&'a str, Node<'a>)>),
    /// Rows of a list.
    Rows(Box<Rows<'a>>),
}

/// The rows of a list and the orders in which the three sides have them, as indexes into `rows`.
pub(super) struct Rows<'a> {
    pub(super) rows: Vec<Node<'a>>,
    pub(super) tokens: Vec<String>,
    pub(super) base: Vec<usize>,
    pub(super) local: Vec<usize>,
    pub(super) remote: Vec<usize>,
    /// The fact of the order, if a side changed it.
    pub(super) order: Option<usize>,
}

/// The last key of the path of a list's order. Rows have a colon in their names, so none can be called this.
const ORDER: &str = "order";

pub(super) fn compare<'a>(
    base: Option<&'a Value>,
    local: &'a Value,
    remote: &'a Value,
    rules: &'a RuleNode,
) -> Comparison<'a> {
    let mut comparer =
        Comparer { two_way: base.is_none(), facts: Vec::new(), unchanged: 0, lines: LineBudget::default() };
    let sides = Sides { base, local: Some(local), remote: Some(remote) };
    let place = Place {
        parent: None,
        key: "",
        rules: Some(rules),
        depth: 0,
        group: None,
        policy: rules.policy,
        row: false,
        by_position: false,
    };
    let root = comparer.node(&place, sides);
    ask_for_mixed_groups(&mut comparer.facts);
    Comparison { root, facts: comparer.facts, unchanged: comparer.unchanged }
}

/// Where the walk is; a path is only written down where there is something to say.
#[derive(Clone, Copy)]
struct Place<'p, 'a> {
    parent: Option<&'p Place<'p, 'a>>,
    key: &'p str,
    rules: Option<&'a RuleNode>,
    depth: usize,
    group: Option<&'a str>,
    policy: Option<FieldPolicy>,
    row: bool,
    by_position: bool,
}

impl<'p, 'a> Place<'p, 'a> {
    fn under(&'p self, key: &'p str, rules: Option<&'a RuleNode>) -> Place<'p, 'a> {
        Place {
            parent: Some(self),
            key,
            rules,
            depth: self.depth + 1,
            group: rules.and_then(|rules| rules.group.as_deref()).or(self.group),
            policy: rules.and_then(|rules| rules.policy).or(self.policy),
            row: false,
            by_position: self.by_position,
        }
    }

    fn field(&'p self, key: &'p str) -> Place<'p, 'a> {
        self.under(key, self.rules.and_then(|rules| rules.field(key)))
    }

    fn row(&'p self, row: &'p Row) -> Place<'p, 'a> {
        let mut place = self.under(&row.token, self.rules.and_then(RuleNode::row));
        place.row = true;
        place.by_position |= row.by_position;
        place
    }

    fn path(&self) -> String {
        self.parent.map_or_else(String::new, |parent| path::child(&parent.path(), self.key))
    }

    /// The path of the row in which this place's group was declared: a group's fields belong together within one row,
    /// and a group that holds a whole list holds all of its rows.
    fn group_row(&self) -> String {
        match self.parent {
            Some(parent) if parent.group == self.group => parent.group_row(),
            _ => self.nearest_row(),
        }
    }

    fn nearest_row(&self) -> String {
        if self.row { self.path() } else { self.parent.map_or_else(String::new, Place::nearest_row) }
    }

    fn has(&self, rule: impl Fn(&RuleNode) -> bool) -> bool {
        self.rules.is_some_and(rule)
    }
}

struct Comparer<'a> {
    two_way: bool,
    facts: Vec<Fact<'a>>,
    unchanged: usize,
    lines: LineBudget,
}

impl<'a> Comparer<'a> {
    fn node(&mut self, place: &Place<'_, 'a>, sides: Sides<'a>) -> Node<'a> {
        if place.depth >= MAX_DEPTH || place.has(|rules| rules.set || rules.server_set || rules.secret) {
            return self.leaf(place, sides);
        }
        match (sides.base, sides.local, sides.remote) {
            // Both made the very same thing: one line, not one for each of its fields.
            (None, Some(local), Some(remote)) if !self.two_way && local == remote => self.leaf(place, sides),
            (Some(Value::Object(base)), Some(Value::Object(local)), Some(whole @ Value::Object(remote))) => {
                self.object(place, Some(base), local, remote, whole)
            }
            (None, Some(Value::Object(local)), Some(whole @ Value::Object(remote))) => {
                self.object(place, None, local, remote, whole)
            }
            (Some(Value::Array(base)), Some(Value::Array(local)), Some(Value::Array(remote)))
                if are_rows([base, local, remote]) =>
            {
                self.rows(place, Some(base), local, remote)
            }
            (None, Some(Value::Array(local)), Some(Value::Array(remote)))
                if are_rows([&[], local, remote]) =>
            {
                self.rows(place, None, local, remote)
            }
            _ => self.leaf(place, sides),
        }
    }

    fn object(
        &mut self,
        place: &Place<'_, 'a>,
        base: Option<&'a Map<String, Value>>,
        local: &'a Map<String, Value>,
        remote: &'a Map<String, Value>,
        whole: &'a Value,
    ) -> Node<'a> {
        let mut fields = Vec::with_capacity(remote.len());
        let mut field = |key: &'a String, base, local, remote| {
            fields.push((key.as_str(), self.node(&place.field(key), Sides { base, local, remote })));
        };
        match base.filter(|base| base.keys().eq(remote.keys()) && local.keys().eq(remote.keys())) {
            // Mostly nobody put a key in or took one out: then none needs to be looked up.
            Some(base) => {
                for ((key, remote), (local, base)) in remote.iter().zip(local.values().zip(base.values())) {
                    field(key, Some(base), Some(local), Some(remote));
                }
            }
            None => {
                let only_local = local.keys().filter(|key| !remote.contains_key(*key));
                let only_base = base.into_iter().flat_map(Map::keys);
                let only_base =
                    only_base.filter(|key| !remote.contains_key(*key) && !local.contains_key(*key));
                for key in remote.keys().chain(only_local).chain(only_base) {
                    field(key, base.and_then(|base| base.get(key)), local.get(key), remote.get(key));
                }
            }
        }
        if fields.iter().all(|(_, node)| matches!(node, Node::Same(_))) {
            return Node::Same(whole);
        }
        Node::Object(fields)
    }

    fn rows(
        &mut self,
        place: &Place<'_, 'a>,
        base: Option<&'a [Value]>,
        local: &'a [Value],
        remote: &'a [Value],
    ) -> Node<'a> {
        let known = if self.two_way { None } else { Some(base.unwrap_or_default()) };
        let key = place.rules.map_or(&[][..], |rules| &rules.row_key);
        let nameable = |field: &str| place.rules.is_none_or(|rules| rules.may_name_rows(field));
        let matched = rows::match_rows(RowSides { base: known, local, remote }, key, nameable);
        let base = base.unwrap_or_default();
        let mut nodes = Vec::with_capacity(matched.len());
        for row in &matched {
            let sides = Sides {
                base: row.base.map(|at| &base[at]),
                local: row.local.map(|at| &local[at]),
                remote: row.remote.map(|at| &remote[at]),
            };
            nodes.push(self.node(&place.row(row), sides));
        }
        let mut list = Rows {
            rows: nodes,
            base: in_order(&matched, |row| row.base),
            local: in_order(&matched, |row| row.local),
            remote: in_order(&matched, |row| row.remote),
            tokens: matched.into_iter().map(|row| row.token).collect(),
            order: None,
        };
        list.order = self.order(place, &list);
        Node::Rows(Box::new(list))
    }

    /// Lists the order of rows as one field of its own, where a side changed it.
    fn order(&mut self, place: &Place<'_, 'a>, list: &Rows<'a>) -> Option<usize> {
        let members = |order: &[usize]| order.iter().copied().collect::<HashSet<usize>>();
        let (in_base, in_local, in_remote) =
            (members(&list.base), members(&list.local), members(&list.remote));
        let among = |order: &[usize], other: &HashSet<usize>| -> Vec<usize> {
            order.iter().copied().filter(|row| other.contains(row)).collect()
        };
        let mine_moved = among(&list.local, &in_base) != among(&list.base, &in_local);
        let server_moved = among(&list.remote, &in_base) != among(&list.base, &in_remote);
        let agree = among(&list.local, &in_remote) == among(&list.remote, &in_local);
        let class = match (mine_moved, server_moved, agree) {
            (false, false, true) => return None,
            (false, false, false) if self.two_way => FieldClass::RowsOrder,
            // Nobody moved a row; the same new rows stand at different places, and the server's are as good.
            (false, false, false) => FieldClass::Combined,
            (true, false, _) => FieldClass::OnlyMine,
            (false, true, _) => FieldClass::OnlyServer,
            (true, true, true) => FieldClass::SameChange,
            (true, true, false) => FieldClass::RowsOrder,
        };
        let names = |order: &[usize]| {
            Value::Array(order.iter().map(|row| Value::from(list.tokens[*row].as_str())).collect())
        };
        let here = place.under(ORDER, place.rules.and_then(|rules| rules.field(ORDER)));
        let mut fact = self.fact(&here, class, Sides { base: None, local: None, remote: None });
        fact.base = (!self.two_way).then(|| Cow::Owned(names(&list.base)));
        fact.local = Some(Cow::Owned(names(&list.local)));
        fact.remote = Some(Cow::Owned(names(&list.remote)));
        fact.result = match class {
            FieldClass::OnlyMine => fact.local.clone(),
            FieldClass::OnlyServer | FieldClass::SameChange | FieldClass::Combined => fact.remote.clone(),
            _ => None,
        };
        fact.decided = class != FieldClass::RowsOrder;
        fact.note = fact.note.or(Some(Note::RowOrder));
        Some(self.list(fact))
    }

    /// A path that is looked at as a whole.
    fn leaf(&mut self, place: &Place<'_, 'a>, sides: Sides<'a>) -> Node<'a> {
        let all_same = sides.local == sides.remote && (self.two_way || sides.base == sides.local);
        if let (true, Some(value)) = (all_same, sides.remote) {
            self.unchanged += 1;
            return Node::Same(value);
        }
        let mut fact = self.fact(place, FieldClass::Clash, sides);
        if place.has(|rules| rules.server_set) {
            fact.class = FieldClass::SetByServer;
            fact.result = fact.remote.clone();
            fact.decided = true;
        } else {
            self.classify(place, sides, &mut fact);
        }
        Node::Field(self.list(fact))
    }

    fn classify(&self, place: &Place<'_, 'a>, sides: Sides<'a>, fact: &mut Fact<'a>) {
        let union = place.policy == Some(FieldPolicy::Union) && !fact.secret;
        let same = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
            (Some(a @ Value::Array(_)), Some(b @ Value::Array(_))) if union => members(a) == members(b),
            (a, b) => alike(a, b, place.rules),
        };
        fact.class = class_of(sides, self.two_way, same);
        fact.result = match fact.class {
            FieldClass::OnlyMine => sides.local.map(Cow::Borrowed),
            FieldClass::OnlyServer | FieldClass::SameChange => sides.remote.map(Cow::Borrowed),
            _ => None,
        };
        fact.decided = fact.class != FieldClass::Clash;
        if let (Some(Value::String(local)), Some(Value::String(remote))) = (sides.local, sides.remote)
            && !fact.secret
            && equality::only_spaces_differ(local, remote)
        {
            fact.note = fact.note.or(Some(Note::OnlySpacesDiffer));
        }
        if fact.decided {
            return;
        }
        if fact.secret {
            fact.class = FieldClass::Secret;
        } else if place.policy.is_some_and(|policy| !policy.combines()) {
            // The policy decides, or a person.
        } else if !self.two_way || union {
            self.widen_clash(place, sides, fact);
        }
    }

    /// Looks into a clash for what can still be done about it.
    fn widen_clash(&self, place: &Place<'_, 'a>, sides: Sides<'a>, fact: &mut Fact<'a>) {
        match (sides.base, sides.local, sides.remote) {
            (None | Some(Value::Array(_)), Some(Value::Array(_)), Some(Value::Array(_)))
                if place.has(|rules| rules.set) || place.policy == Some(FieldPolicy::Union) =>
            {
                combine(fact, combined_set(sides), None);
            }
            (Some(Value::String(base)), Some(Value::String(local)), Some(Value::String(remote)))
                if place.policy == Some(FieldPolicy::Text)
                    || [base, local, remote].into_iter().any(|text| lines::is_long(text)) =>
            {
                match lines::merge_lines(base, local, remote, &self.lines) {
                    LineMerge::Merged(text) => combine(fact, Value::from(text), Some(Note::LineMerged)),
                    LineMerge::TooDifferent => fact.note = fact.note.or(Some(Note::TooDifferent)),
                    LineMerge::Clash => {}
                }
            }
            (Some(Value::Number(base)), Some(Value::Number(local)), Some(Value::Number(remote)))
                if place.has(|rules| rules.additive) =>
            {
                fact.class = FieldClass::Additive;
                fact.offer = both_changes(base.as_str(), local.as_str(), remote.as_str());
            }
            _ => {}
        }
    }

    fn fact(&self, place: &Place<'_, 'a>, class: FieldClass, sides: Sides<'a>) -> Fact<'a> {
        let mut fact = Fact::new(place.path(), class, sides);
        fact.rules = place.rules;
        fact.secret = place.has(|rules| rules.secret);
        fact.group = place.group.map(|name| (name.to_owned(), place.group_row()));
        fact.note = place.by_position.then_some(Note::MatchedByPosition);
        fact.policy = place.policy;
        fact.two_way = self.two_way;
        fact
    }

    fn list(&mut self, fact: Fact<'a>) -> usize {
        self.facts.push(fact);
        self.facts.len() - 1
    }
}

/// Who changed a value. A literal that only one side rewrote (`1.0` to `1.00`) counts as its edit; beside a real
/// change of the other side it gives way.
fn class_of(
    sides: Sides<'_>,
    two_way: bool,
    same: impl Fn(Option<&Value>, Option<&Value>) -> bool,
) -> FieldClass {
    let Sides { base, local, remote } = sides;
    match () {
        () if local == remote => FieldClass::SameChange,
        () if two_way && same(local, remote) => FieldClass::SameChange,
        () if two_way => FieldClass::Clash,
        () if base == remote => FieldClass::OnlyMine,
        () if base == local => FieldClass::OnlyServer,
        () if same(local, remote) => FieldClass::SameChange,
        () if same(base, remote) => FieldClass::OnlyMine,
        () if same(base, local) => FieldClass::OnlyServer,
        () => FieldClass::Clash,
    }
}

fn combine<'a>(fact: &mut Fact<'a>, result: Value, note: Option<Note>) {
    fact.class = FieldClass::Combined;
    fact.result = Some(Cow::Owned(result));
    fact.decided = true;
    fact.note = fact.note.or(note);
}

/// Whether three arrays hold rows: objects only, and at least one.
fn are_rows(arrays: [&[Value]; 3]) -> bool {
    arrays.iter().any(|rows| !rows.is_empty()) && arrays.iter().all(|rows| rows.iter().all(Value::is_object))
}

fn in_order(rows: &[Row], place: impl Fn(&Row) -> Option<usize>) -> Vec<usize> {
    let mut order: Vec<(usize, usize)> =
        rows.iter().enumerate().filter_map(|(index, row)| Some((place(row)?, index))).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, index)| index).collect()
}
