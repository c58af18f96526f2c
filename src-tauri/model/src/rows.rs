//! Rows: which objects of three arrays are one and the same row, and in what order the rows stand.
//!
//! Rows meet by their declared key, else by `name`, `id`, `_id`, `uuid` or their number and code, else by equal content,
//! else by position.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::Value;

use crate::equality;

/// Fields that name a row where no key is declared, in the order in which they are tried.
const USUAL_KEYS: [&[&str]; 6] =
    [&["name"], &["id"], &["_id"], &["uuid"], &["idx", "item_code"], &["idx", "code"]];

/// One row and where it stands in each of the three arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How the row is named in a path: `name:ROW-1` by key, else by its place: `base:2`, `mine:0`, `server:1`, `both:1`.
    pub token: String,
    /// Its index in the base.
    pub base: Option<usize>,
    /// Its index in the local array.
    pub local: Option<usize>,
    /// Its index in the remote array.
    pub remote: Option<usize>,
    /// Nothing but its position says that this is the same row.
    pub by_position: bool,
}

/// The three arrays; `base` is `None` only where nothing is known of a common start.
#[derive(Clone, Copy)]
pub struct RowSides<'a> {
    /// As it was agreed last; `None` = two-way.
    pub base: Option<&'a [Value]>,
    /// As it is here.
    pub local: &'a [Value],
    /// As the server says.
    pub remote: &'a [Value],
}

/// Matches the rows of three arrays; `declared` is the key that the rules name for them, possibly of several fields.
/// Only fields that are `nameable` may name a row.
///
/// The result lists the rows in remote order, then those only local has, then those only base has.
pub fn match_rows(sides: RowSides<'_>, declared: &[String], nameable: impl Fn(&str) -> bool) -> Vec<Row> {
    let declared: Vec<&str> = declared.iter().map(String::as_str).collect();
    let keys = std::iter::once(&declared[..]).chain(USUAL_KEYS);
    for key in keys.filter(|key| !key.is_empty() && key.iter().all(|field| nameable(field))) {
        if let Some(rows) = by_key(sides, key) {
            return rows;
        }
    }
    match sides.base {
        Some(base) => by_content(base, sides.local, sides.remote),
        None => two_way(sides.local, sides.remote),
    }
}

/// The order that `skeleton` gives, with the rows that only `other` has put in behind the row they follow there.
pub fn weave(skeleton: &[usize], other: &[usize]) -> Vec<usize> {
    let known: HashSet<usize> = skeleton.iter().copied().collect();
    let shared: HashSet<usize> = other.iter().copied().filter(|row| known.contains(row)).collect();
    let mut followers: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    let mut behind = None;
    for row in other {
        if known.contains(row) {
            behind = Some(*row);
        } else {
            followers.entry(behind).or_default().push(*row);
        }
    }
    let mut woven = Vec::with_capacity(skeleton.len() + other.len());
    let mut waiting = followers.remove(&None).unwrap_or_default();
    for row in skeleton {
        // Rows that both sides put at one place stand in this order: the skeleton's, then the other's.
        if shared.contains(row) {
            woven.append(&mut waiting);
        }
        woven.push(*row);
        waiting.extend(followers.remove(&Some(*row)).unwrap_or_default());
    }
    woven.append(&mut waiting);
    woven
}

/// Rows by key, or `None` where the key does not name every row.
fn by_key(sides: RowSides<'_>, key: &[&str]) -> Option<Vec<Row>> {
    if matches!(key.first(), Some(&("base" | "mine" | "server" | "both"))) {
        return None;
    }
    let base = sides.base.unwrap_or_default();
    // Rows of the base always have their key. A side may have rows without one, newly made, if its other rows can be told.
    if base.first().is_some_and(|row| token(row, key).is_none()) {
        return None;
    }
    let tokens = [base, sides.local, sides.remote]
        .map(|rows| rows.iter().map(|row| token(row, key)).collect::<Vec<_>>());
    let [base, local, remote] = [&tokens[0], &tokens[1], &tokens[2]].map(|tokens| Keyed::read(tokens));
    let (base, local, remote) = (base?, local?, remote?);
    if !base.keyless.is_empty() || base.places.len() + local.places.len() + remote.places.len() == 0 {
        return None;
    }
    for side in [&local, &remote] {
        let tellable =
            base.places.is_empty() || side.places.keys().any(|token| base.places.contains_key(token));
        if !side.keyless.is_empty() && (!tellable || sides.base.is_none()) {
            return None;
        }
    }
    let mut rows = Vec::with_capacity(sides.remote.len() + sides.local.len());
    for (token, place) in remote.in_order() {
        rows.push(Row::keyed(token, &base, &local, Some(place)));
    }
    for (token, _) in local.in_order().filter(|(token, _)| !remote.places.contains_key(token)) {
        rows.push(Row::keyed(token, &base, &local, None));
    }
    for (token, _) in base.in_order() {
        if !remote.places.contains_key(token) && !local.places.contains_key(token) {
            rows.push(Row::keyed(token, &base, &local, None));
        }
    }
    rows.extend(added(sides.local, &local.keyless, sides.remote, &remote.keyless));
    Some(rows)
}

/// One array's rows by key.
struct Keyed<'t> {
    tokens: &'t [Option<String>],
    places: HashMap<&'t str, usize>,
    keyless: Vec<usize>,
}

impl<'t> Keyed<'t> {
    /// `None` where two rows have the same key.
    fn read(tokens: &'t [Option<String>]) -> Option<Self> {
        let mut places = HashMap::with_capacity(tokens.len());
        let mut keyless = Vec::new();
        for (place, token) in tokens.iter().enumerate() {
            match token {
                Some(token) if places.insert(token.as_str(), place).is_some() => return None,
                Some(_) => {}
                None => keyless.push(place),
            }
        }
        Some(Self { tokens, places, keyless })
    }

    fn in_order(&self) -> impl Iterator<Item = (&str, usize)> {
        self.tokens.iter().enumerate().filter_map(|(place, token)| Some((token.as_deref()?, place)))
    }
}

impl Row {
    fn keyed(token: &str, base: &Keyed<'_>, local: &Keyed<'_>, remote: Option<usize>) -> Self {
        Self {
            token: token.to_owned(),
            base: base.places.get(token).copied(),
            local: local.places.get(token).copied(),
            remote,
            by_position: false,
        }
    }
}

/// A row's name by key: `field:value`, several fields parted by commas.
fn token(row: &Value, key: &[&str]) -> Option<String> {
    let mut out = String::new();
    for (index, field) in key.iter().enumerate() {
        let value = match row.get(*field)? {
            Value::String(text) if !text.is_empty() => equality::nfc(text),
            Value::Number(number) => Cow::Owned(equality::plain_number(number.as_str())),
            Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        if index > 0 {
            out.push(',');
        }
        out.push_str(field);
        out.push(':');
        out.push_str(&value);
    }
    Some(out)
}

/// Three arrays without keys: each side is laid against the base.
fn by_content(base: &[Value], local: &[Value], remote: &[Value]) -> Vec<Row> {
    let base_keys = contents(base);
    let mine = align(&base_keys, &contents(local));
    let theirs = align(&base_keys, &contents(remote));
    let mut rows: Vec<Row> = (0..base.len())
        .map(|place| Row {
            token: format!("base:{place}"),
            base: Some(place),
            local: mine.places[place].map(|at| at.place),
            remote: theirs.places[place].map(|at| at.place),
            by_position: [mine.places[place], theirs.places[place]]
                .into_iter()
                .flatten()
                .any(|at| at.by_position),
        })
        .collect();
    rows.extend(added(local, &mine.left, remote, &theirs.left));
    rows
}

/// Two arrays without keys and without a common start.
fn two_way(local: &[Value], remote: &[Value]) -> Vec<Row> {
    let found = align(&contents(local), &contents(remote));
    let mut rows = Vec::with_capacity(local.len() + remote.len());
    for (place, at) in found.places.iter().enumerate() {
        rows.push(Row {
            token: at.map_or_else(|| format!("mine:{place}"), |at| format!("both:{}", at.place)),
            base: None,
            local: Some(place),
            remote: at.map(|at| at.place),
            by_position: at.is_some_and(|at| at.by_position),
        });
    }
    rows.extend(found.left.iter().map(|place| Row {
        token: format!("server:{place}"),
        base: None,
        local: None,
        remote: Some(*place),
        by_position: false,
    }));
    rows
}

/// Rows that are new on a side and have no key; equal ones on both sides are one row.
fn added(local: &[Value], mine: &[usize], remote: &[Value], theirs: &[usize]) -> Vec<Row> {
    let mut waiting: HashMap<String, VecDeque<usize>> = HashMap::new();
    for place in mine {
        waiting.entry(equality::canonical(&local[*place])).or_default().push_back(*place);
    }
    let mut rows = Vec::with_capacity(mine.len() + theirs.len());
    let mut paired = HashSet::new();
    for place in theirs {
        let twin = waiting.get_mut(&equality::canonical(&remote[*place])).and_then(VecDeque::pop_front);
        paired.extend(twin);
        rows.push(Row {
            token: if twin.is_some() { format!("both:{place}") } else { format!("server:{place}") },
            base: None,
            local: twin,
            remote: Some(*place),
            by_position: false,
        });
    }
    rows.extend(mine.iter().filter(|place| !paired.contains(place)).map(|place| Row {
        token: format!("mine:{place}"),
        base: None,
        local: Some(*place),
        remote: None,
        by_position: false,
    }));
    rows
}

fn contents(rows: &[Value]) -> Vec<String> {
    rows.iter().map(equality::canonical).collect()
}

#[derive(Clone, Copy)]
struct At {
    place: usize,
    by_position: bool,
}

/// Where each row of one array is in another, and which rows of the other are new.
struct Alignment {
    places: Vec<Option<At>>,
    left: Vec<usize>,
}

/// Lays `side` against `base`: equal content first, then, between the same neighbours, by position.
fn align(base: &[String], side: &[String]) -> Alignment {
    let mut waiting: HashMap<&str, VecDeque<usize>> = HashMap::new();
    for (place, content) in base.iter().enumerate() {
        waiting.entry(content).or_default().push_back(place);
    }
    let mut places: Vec<Option<At>> = vec![None; base.len()];
    let twins: Vec<Option<usize>> =
        side.iter().map(|content| waiting.get_mut(content.as_str()).and_then(VecDeque::pop_front)).collect();
    for (place, twin) in twins.iter().enumerate() {
        if let Some(twin) = twin {
            places[*twin] = Some(At { place, by_position: false });
        }
    }
    // What is left over in the base, by the matched row it follows there.
    let mut gaps: HashMap<Option<usize>, VecDeque<usize>> = HashMap::new();
    let mut behind = None;
    for (place, at) in places.iter().enumerate() {
        match at {
            Some(_) => behind = Some(place),
            None => gaps.entry(behind).or_default().push_back(place),
        }
    }
    let mut left = Vec::new();
    let mut behind = None;
    for (place, twin) in twins.iter().enumerate() {
        match twin {
            Some(twin) => behind = Some(*twin),
            None => match gaps.get_mut(&behind).and_then(VecDeque::pop_front) {
                Some(gap) => places[gap] = Some(At { place, by_position: true }),
                None => left.push(place),
            },
        }
    }
    Alignment { places, left }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(value: Value) -> Vec<Value> {
        value.as_array().unwrap().clone()
    }

    fn told(
        base: Value,
        local: Value,
        remote: Value,
        declared: &[&str],
    ) -> Vec<(String, [Option<usize>; 3], bool)> {
        let (base, local, remote) = (rows(base), rows(local), rows(remote));
        let declared: Vec<String> = declared.iter().map(|key| (*key).to_owned()).collect();
        let sides = RowSides { base: Some(&base), local: &local, remote: &remote };
        match_rows(sides, &declared, |_| true)
            .into_iter()
            .map(|row| (row.token, [row.base, row.local, row.remote], row.by_position))
            .collect()
    }

    #[test]
    fn the_declared_key_comes_before_the_usual_ones() {
        let list = json!([{"id": 1, "code": "A"}, {"id": 2, "code": "B"}]);
        let found = told(list.clone(), list.clone(), list, &["code"]);
        assert_eq!(found[0], ("code:A".to_owned(), [Some(0); 3], false));
        assert_eq!(found[1], ("code:B".to_owned(), [Some(1); 3], false));
    }

    #[test]
    fn a_key_that_repeats_or_is_missing_in_the_base_names_no_row() {
        let found = told(json!([{"name": "A", "id": 1}, {"name": "A", "id": 2}]), json!([]), json!([]), &[]);
        assert_eq!(found[0].0, "id:1");
        let found = told(json!([{"name": "A"}, {"x": 1}]), json!([]), json!([]), &[]);
        assert_eq!(found[0].0, "base:0");
    }

    #[test]
    fn new_rows_without_a_key_are_added_and_not_guessed() {
        let base = json!([{"name": "A", "n": 1}]);
        let found = told(base.clone(), json!([{"n": 7}, {"name": "A", "n": 1}]), base, &[]);
        assert_eq!(
            found,
            [
                ("name:A".to_owned(), [Some(0), Some(1), Some(0)], false),
                ("mine:0".to_owned(), [None, Some(0), None], false),
            ]
        );
    }

    #[test]
    fn keys_are_equal_as_numbers_and_in_nfc() {
        let found = told(json!([{"id": 1.0}]), json!([{"id": 1}]), json!([{"id": 1}]), &[]);
        assert_eq!(found[0], ("id:1".to_owned(), [Some(0); 3], false));
        let found = told(json!([{"name": "Jose\u{301}"}]), json!([{"name": "José"}]), json!([]), &[]);
        assert_eq!(found[0].1, [Some(0), Some(0), None]);
    }

    #[test]
    fn rows_without_keys_meet_by_content_and_what_is_left_by_position() {
        let base = json!([{"a": 1}, {"a": 2}, {"a": 3}]);
        let found = told(
            base,
            json!([{"a": 3}, {"a": 1}, {"a": 9}]),
            json!([{"a": 0}, {"a": 1}, {"a": 2}, {"a": 3}]),
            &[],
        );
        assert_eq!(
            found,
            [
                ("base:0".to_owned(), [Some(0), Some(1), Some(1)], false),
                ("base:1".to_owned(), [Some(1), Some(2), Some(2)], true),
                ("base:2".to_owned(), [Some(2), Some(0), Some(3)], false),
                ("server:0".to_owned(), [None, None, Some(0)], false),
            ]
        );
    }

    #[test]
    fn equal_rows_added_on_both_sides_are_one_row() {
        let found = told(json!([]), json!([{"a": 1}, {"a": 1}]), json!([{"a": 1}]), &[]);
        assert_eq!(
            found,
            [
                ("both:0".to_owned(), [None, Some(0), Some(0)], false),
                ("mine:1".to_owned(), [None, Some(1), None], false),
            ]
        );
    }

    #[test]
    fn rows_of_the_other_side_stand_behind_the_row_they_follow_there() {
        assert_eq!(weave(&[1, 2, 3], &[1, 9, 2]), [1, 9, 2, 3]);
        assert_eq!(weave(&[1, 2, 5], &[9, 1, 2, 8]), [9, 1, 2, 5, 8]);
        assert_eq!(weave(&[3, 2, 1], &[1, 2, 7, 3]), [3, 2, 7, 1]);
        assert_eq!(weave(&[], &[1, 2]), [1, 2]);
    }
}
