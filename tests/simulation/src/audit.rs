//! The books of an engine, recomputed from the rows on disk and compared with what it says.
//!
//! What is kept by triggers and by hand (counters, heads of lanes, blockers) is counted anew; what must hold between
//! tables is looked at; at rest, both sides must be equal.

use rusqlite::{Connection, OpenFlags};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use tidemark_model::change::{self, Change};
use tidemark_model::document::{canonical, same};
use tidemark_model::mutation::MutationState;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Ledger, QueueCountsByState, QueueStats, StatusSnapshot};
use tidemark_sandbox::world::call::{Call, Caller, List};
use tidemark_sandbox::{Report, World};

/// The colleague of all scenarios, who may do the same thing twice.
pub const COLLEAGUE: &str = "Anna K.";

/// What is audited.
pub struct Audit<'a> {
    /// The database.
    pub db: &'a Connection,
    /// What the engine says of itself.
    pub status: StatusSnapshot,
    /// Its statistics.
    pub stats: QueueStats,
    /// What the server saw.
    pub report: Report,
    /// What it has, by collection and id.
    pub there: BTreeMap<(String, String), Value>,
    /// What nothing would ever wake, as the engine finds it.
    pub never_woken: Vec<String>,
    /// The time.
    pub now: Millis,
    /// A good cycle has just ended: nothing that could be sent may be left, and both sides are equal.
    pub at_rest: bool,
}

/// The database of a data folder, for looking only.
pub fn database_in(folder: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(folder.join("tidemark.db"), flags).expect("the database opens")
}

/// Every breach, in words.
pub fn audit(audit: &Audit<'_>) -> Vec<String> {
    let db = audit.db;
    let mut faults: Vec<String> =
        audit.never_woken.iter().map(|change| format!("nothing would ever wake {change}")).collect();
    let rows = count_by_state(db);
    ledger(&audit.status.ledger, &rows, &mut faults);
    statistics(&audit.stats.counts, &rows, &mut faults);
    for (what, sql) in &*AGREES {
        found(db, what, sql, &mut faults);
    }
    overlays(db, &mut faults);
    faults.extend(at_server(&audit.report));
    if audit.at_rest {
        for (what, sql) in AT_REST {
            found(db, what, &whole(sql).replace(":now", &audit.now.0.to_string()), &mut faults);
        }
        converged(db, &audit.there, &mut faults);
    }
    faults
}

/// Every breach that the server saw, in words.
pub fn at_server(report: &Report) -> Vec<String> {
    let ours = |seq: i64| report.effects.iter().any(|effect| effect.seq == seq && effect.by != COLLEAGUE);
    let doubles = report.duplicates.iter().filter(|double| ours(double.second));
    let doubles = doubles.map(|double| format!("a change took effect twice on the server: {double:?}"));
    let backwards = report.order_violations.iter();
    doubles.chain(backwards.map(|backwards| format!("effects came out of order: {backwards:?}"))).collect()
}

const UNFINISHED: &str = "('queued', 'sealed', 'uncertain', 'conflicted', 'parked')";

/// Changes of links that are there, for as long as no line was removed, but for those that were there before all lines.
const TOLD: &str = "(SELECT o.* FROM outbox o JOIN links l ON l.id = o.link_id WHERE l.removed_at IS NULL
    AND o.seq > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'activity_from')
    AND (SELECT min(id) FROM activity) = 1)";

/// What the lines about conflicts say.
const CONFLICTS: &str = "(SELECT json_extract(happened, '$.what') AS what,
    json_extract(happened, '$.conflict') AS conflict FROM activity WHERE kind = 'conflict')";

/// Selects that must find nothing, with what it would mean; each gives one text per breach.
const AGREE: &[(&str, &str)] = &[
    (
        "the number of unreadable rows is not counted",
        "SELECT name || ': ' || quarantined || ' counted' FROM collections c
          WHERE quarantined <> (SELECT count(*) FROM quarantine WHERE collection_id = c.id AND forgotten = 0)",
    ),
    (
        "records are shown for a question that nobody asks",
        "SELECT name FROM collections c WHERE removals_asked IS NULL AND pull_started_at IS NULL
            AND EXISTS (SELECT 1 FROM asked_removals WHERE collection_id = c.id AND agreed = 0)",
    ),
    (
        "what waits still says a name that was given up for the server's",
        "SELECT o.rid || ': ' || a.rid FROM outbox o JOIN aliases a ON instr(o.changes, '\"' || a.rid || '\"') > 0
           JOIN collections c ON c.id = a.collection_id AND c.link_id = o.link_id
          WHERE o.state IN UNFINISHED AND o.record_id <> 0 AND a.rid LIKE 'tidemark-new-%'",
    ),
    (
        "a change was given up over what is no answer about it",
        "SELECT rid || ': ' || class FROM outbox WHERE state = 'parked'
            AND class IN ('offline', 'untrusted', 'throttled', 'auth', 'intercepted')",
    ),
    (
        "a change leads to another that is not there",
        "SELECT id || ' -> ' || into_id FROM outbox o WHERE into_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM outbox taker WHERE taker.id = o.into_id)",
    ),
    (
        "the counter of a state is not the number of its rows",
        "SELECT state || ': ' || n || ' counted, ' || there FROM (
             SELECT c.state AS state, c.n AS n, (SELECT count(*) FROM outbox o WHERE o.link_id = c.link_id
                 AND coalesce(o.collection_id, 0) = c.collection_id AND o.state = c.state) AS there
               FROM counters c WHERE c.state <> 'saved') WHERE n <> there",
    ),
    (
        "saved changes and their rows are not as many",
        "SELECT saved || ' saved, ' || kept FROM (
             SELECT coalesce(sum(CASE WHEN state = 'saved' THEN n END), 0) AS saved,
                    coalesce(sum(CASE WHEN state <> 'saved' THEN n + purged END), 0) AS kept FROM counters)
          WHERE saved <> kept",
    ),
    (
        "the counter of what waits is not the number of its rows",
        "SELECT kind || ': ' || n || ' counted, ' || there FROM (
             SELECT w.kind AS kind, w.n AS n, (SELECT count(*) FROM outbox o WHERE o.link_id = w.link_id
                 AND coalesce(o.collection_id, 0) = w.collection_id AND o.waits = w.kind) AS there
               FROM waiting w) WHERE n <> there",
    ),
    (
        "the head of a lane is not its oldest",
        "SELECT rid || ' at ' || seq || ' has head ' || head FROM outbox o WHERE state IN UNFINISHED AND head <>
             (seq = (SELECT min(seq) FROM outbox i WHERE i.record_id = o.record_id AND i.state IN UNFINISHED))",
    ),
    (
        "blockers are not the edges that are open",
        "SELECT rid || ' at ' || seq || ' counts ' || blockers FROM outbox o WHERE state IN UNFINISHED
             AND blockers <> gated + (SELECT count(*) FROM edges e WHERE e.seq = o.seq)",
    ),
    (
        "an edge waits for something that has ended",
        "SELECT e.seq || ' waits for ' || e.waits_for FROM edges e JOIN outbox o ON o.seq = e.waits_for
          WHERE o.state NOT IN UNFINISHED",
    ),
    (
        "two changes of one lane are in flight",
        "SELECT rid FROM outbox WHERE state IN ('sealed', 'uncertain') AND record_id IS NOT NULL
             GROUP BY record_id HAVING count(*) > 1",
    ),
    (
        "a change waits in a conflict that is not open",
        "SELECT rid FROM outbox o WHERE state = 'conflicted'
             AND NOT EXISTS (SELECT 1 FROM conflicts c WHERE c.record_id = o.record_id AND c.state = 'open')",
    ),
    (
        "an open conflict has no change that waits in it",
        "SELECT rid FROM conflicts c WHERE state = 'open'
             AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.record_id = c.record_id AND o.state = 'conflicted')",
    ),
    (
        "a collection counts its records wrongly",
        "SELECT name || ' counts ' || record_count FROM collections c WHERE record_count <>
             (SELECT count(*) FROM records r WHERE r.collection_id = c.id AND r.visible = 1)",
    ),
    (
        "a change that stands in no lane is not one that was rolled back",
        "SELECT rid || ' at ' || seq FROM outbox WHERE record_id IS NULL AND operation <> 'request'
             AND state IN UNFINISHED AND (state <> 'parked' OR transaction_id IS NULL OR head = 1)",
    ),
    (
        "a transaction was not looked at in the commit that moved it",
        "SELECT id FROM transactions_stale",
    ),
    (
        "a transaction has ended and has changes that would still be sent",
        "SELECT t.id || ' ' || t.state FROM transactions t WHERE t.ended_at IS NOT NULL AND EXISTS (
             SELECT 1 FROM outbox o WHERE o.transaction_id = t.id AND o.state IN ('queued', 'sealed', 'uncertain'))",
    ),
    (
        "a transaction waits for nothing that is unfinished",
        "SELECT t.id || ' ' || t.state FROM transactions t WHERE t.ended_at IS NULL
             AND t.state <> 'persisted_awaiting_sync' AND NOT EXISTS (
             SELECT 1 FROM outbox o WHERE o.transaction_id = t.id AND o.state IN UNFINISHED)",
    ),
    (
        "the activity is not counted",
        "SELECT lines || ' lines of ' || bytes || ' bytes counted' FROM activity_size
          WHERE lines <> (SELECT count(*) FROM activity) OR bytes <> (SELECT coalesce(sum(bytes), 0) FROM activity)",
    ),
    (
        "a run counts its lines wrongly",
        "SELECT run FROM activity_runs r WHERE lines = 0 OR lines <> (SELECT count(*) FROM activity a WHERE a.run = r.run)",
    ),
    (
        "a line belongs to a run that is not there",
        "SELECT run FROM activity WHERE run IS NOT NULL AND run NOT IN (SELECT run FROM activity_runs)",
    ),
    (
        "no line tells that a change was confirmed",
        "SELECT rid || ' at ' || seq FROM TOLD WHERE state = 'confirmed'
             AND id NOT IN (SELECT change_id FROM activity WHERE kind = 'sent')",
    ),
    (
        "no line tells that a change was discarded",
        "SELECT rid || ' at ' || seq FROM TOLD WHERE state = 'discarded'
             AND id NOT IN (SELECT change_id FROM activity WHERE kind = 'queue')",
    ),
    (
        "no line tells that a change needs a person",
        "SELECT rid || ' at ' || seq FROM TOLD WHERE state = 'parked'
             AND id NOT IN (SELECT change_id FROM activity WHERE kind = 'needs_you' AND change_id IS NOT NULL)",
    ),
    (
        "no line tells that a conflict was met, or how it ended",
        "SELECT c.rid || ' in conflict ' || c.id FROM conflicts c JOIN links l ON l.id = c.link_id
          WHERE l.removed_at IS NULL AND (SELECT value FROM meta WHERE key = 'activity_from') = '0'
            AND (SELECT min(id) FROM activity) = 1
            AND (SELECT count(DISTINCT what) FROM CONFLICTS WHERE conflict = c.id
                    AND what IN ('conflict_met', 'conflict_settled')) < 1 + (c.state = 'resolved')",
    ),
    (
        "no line tells of a merge",
        "SELECT rid FROM merges m WHERE (SELECT value FROM meta WHERE key = 'activity_from') = '0'
            AND (SELECT min(id) FROM activity) = 1
            AND NOT EXISTS (SELECT 1 FROM activity a WHERE a.kind = 'merged' AND a.rid = m.rid AND a.at = m.at)",
    ),
    (
        "one key stands for two bodies",
        "SELECT key FROM outbox WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1",
    ),
];

/// The same for a state of rest.
const AT_REST: &[(&str, &str)] = &[
    (
        "something could be sent and is not",
        "SELECT rid || ' (' || state || ')' FROM outbox o WHERE head = 1 AND blockers = 0 AND held IS NULL
             AND state IN ('queued', 'uncertain') AND due_at <= :now
             AND NOT EXISTS (SELECT 1 FROM collections c WHERE c.id = o.collection_id AND c.paused = 1)",
    ),
    ("something is on the wire at rest", "SELECT rid FROM outbox WHERE state = 'sealed'"),
    (
        "a record that was set aside was not fetched",
        "SELECT rid FROM records r WHERE set_aside = 1 AND NOT EXISTS
             (SELECT 1 FROM outbox o WHERE o.record_id = r.id AND o.state IN UNFINISHED)
             AND NOT EXISTS (SELECT 1 FROM collections c WHERE c.id = r.collection_id AND c.paused = 1)",
    ),
];

/// `AGREE`, written out once, for it is asked after every step.
static AGREES: LazyLock<Vec<(&str, String)>> =
    LazyLock::new(|| AGREE.iter().map(|(what, sql)| (*what, whole(sql))).collect());

fn whole(sql: &str) -> String {
    sql.replace("UNFINISHED", UNFINISHED).replace("TOLD", TOLD).replace("CONFLICTS", CONFLICTS)
}

fn found(db: &Connection, what: &str, sql: &str, faults: &mut Vec<String>) {
    let mut statement = db.prepare_cached(sql).expect("the audit knows the tables");
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("the audit can be asked");
    faults.extend(rows.map(|row| format!("{what}: {}", row.expect("a row is read"))));
}

fn count_by_state(db: &Connection) -> BTreeMap<MutationState, i64> {
    // What retention removed was there, and is counted all the same.
    let sql = "SELECT state, sum(n) FROM (SELECT state, count(*) AS n FROM outbox GROUP BY state UNION ALL
                                          SELECT state, purged FROM counters WHERE state <> 'saved') GROUP BY state";
    let mut statement = db.prepare_cached(sql).expect("the outbox is there");
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).expect("it can be read");
    rows.map(|row| {
        let (word, count) = row.expect("a row is read");
        (MutationState::parse(&word).expect("a known state"), count)
    })
    .collect()
}

fn ledger(ledger: &Ledger, rows: &BTreeMap<MutationState, i64>, faults: &mut Vec<String>) {
    use MutationState::{
        Cancelled, Combined, Confirmed, Conflicted, Discarded, Parked, Queued, Sealed, Superseded, Uncertain,
    };
    let of = |states: &[MutationState]| states.iter().filter_map(|state| rows.get(state)).sum::<i64>();
    let lines = [
        ("saved", ledger.saved, of(&MutationState::ALL)),
        ("confirmed", ledger.confirmed, of(&[Confirmed])),
        ("not confirmed", ledger.not_confirmed, of(&[Uncertain])),
        ("waiting", ledger.waiting, of(&[Queued, Sealed])),
        ("conflicts", ledger.conflicts, of(&[Conflicted])),
        ("needs you", ledger.needs_you, of(&[Parked])),
        ("superseded", ledger.superseded, of(&[Superseded])),
        ("combined", ledger.combined, of(&[Combined])),
        ("cancelled", ledger.cancelled, of(&[Cancelled])),
        ("discarded", ledger.discarded, of(&[Discarded])),
    ];
    for (line, said, counted) in lines {
        if said != Count(counted) {
            faults.push(format!("the ledger says {} {line}, and {counted} are there", said.0));
        }
    }
    let parts: i64 = lines[1..].iter().map(|(_, said, _)| said.0).sum();
    if !ledger.balanced || ledger.saved.0 != parts {
        faults.push(format!("the ledger does not balance: {ledger:?}"));
    }
}

fn statistics(said: &QueueCountsByState, rows: &BTreeMap<MutationState, i64>, faults: &mut Vec<String>) {
    for state in MutationState::ALL {
        let count = match state {
            MutationState::Queued => said.queued,
            MutationState::Sealed => said.sealed,
            MutationState::Uncertain => said.uncertain,
            MutationState::Conflicted => said.conflicted,
            MutationState::Parked => said.parked,
            MutationState::Confirmed => said.confirmed,
            MutationState::Superseded => said.superseded,
            MutationState::Combined => said.combined,
            MutationState::Cancelled => said.cancelled,
            MutationState::Discarded => said.discarded,
        };
        let counted = rows.get(&state).copied().unwrap_or(0);
        if count.0 != counted {
            faults.push(format!(
                "the statistics say {} {}, and {counted} are there",
                count.0,
                state.as_str()
            ));
        }
    }
}

/// What a person sees is the base with everything pending on top; a conflict shows a merge and is left out.
fn overlays(db: &Connection, faults: &mut Vec<String>) {
    let mut statement = db
        .prepare_cached(
            "SELECT id, rid, base, local FROM records r WHERE NOT EXISTS
                 (SELECT 1 FROM conflicts c WHERE c.record_id = r.id AND c.state = 'open')",
        )
        .expect("the records are there");
    let mut rows = statement.query([]).expect("the records can be read");
    while let Some(row) = rows.next().expect("a record is read") {
        let (id, rid): (i64, String) = (row.get(0).expect("an id"), row.get(1).expect("a record's id"));
        let [base, local] = [2, 3].map(|column| {
            let text: Option<String> = row.get(column).expect("a document's text");
            text.map(|text| parse(&text))
        });
        let expected = pending_on(db, id, base);
        let alike = match (&expected, &local) {
            (Some(expected), Some(local)) => same(expected, local),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !alike {
            faults.push(format!("{rid} shows {local:?}; with what is pending it would be {expected:?}"));
        }
    }
}

fn pending_on(db: &Connection, record: i64, base: Option<Value>) -> Option<Value> {
    let sql = format!(
        "SELECT operation, changes FROM outbox WHERE record_id = ?1 AND state IN {UNFINISHED} ORDER BY seq"
    );
    let mut statement = db.prepare_cached(&sql).expect("the outbox is there");
    let mut rows = statement.query([record]).expect("a lane can be read");
    let mut document = base;
    while let Some(row) = rows.next().expect("a change is read") {
        let operation: String = row.get(0).expect("an operation");
        let text: String = row.get(1).expect("changes");
        let changes: Vec<Change> = parse(&text);
        document = match (operation.as_str(), document) {
            ("delete", _) => None,
            ("update", Some(before)) => Some(change::apply(&before, &changes).unwrap_or(before)),
            ("update", None) => None,
            (_, _) => change::apply(&Value::Object(serde_json::Map::new()), &changes).ok(),
        };
    }
    document
}

/// Records without anything pending are on both sides the same, byte for byte in canonical form.
fn converged(db: &Connection, there: &BTreeMap<(String, String), Value>, faults: &mut Vec<String>) {
    let sql = format!(
        "SELECT c.name, r.rid, r.local, EXISTS (SELECT 1 FROM outbox o WHERE o.record_id = r.id
             AND o.state IN {UNFINISHED}) FROM records r JOIN collections c ON c.id = r.collection_id
          WHERE c.paused = 0 AND c.removals_asked IS NULL AND c.quarantined = 0"
    );
    let mut statement = db.prepare_cached(&sql).expect("the records are there");
    let mut rows = statement.query([]).expect("the records can be read");
    let mut here: BTreeMap<(String, String), (Option<Value>, bool)> = BTreeMap::new();
    while let Some(row) = rows.next().expect("a record is read") {
        let text: Option<String> = row.get(2).expect("a document's text");
        let document = text.map(|text| parse(&text));
        here.insert(
            (row.get(0).expect("a name"), row.get(1).expect("an id")),
            (document, row.get(3).expect("a flag")),
        );
    }
    for (key, (document, _)) in here.iter().filter(|(_, (_, pending))| !pending) {
        let (mine, theirs) = (document.as_ref().map(canonical), there.get(key).map(canonical));
        if mine != theirs {
            faults.push(format!("{}/{} is {mine:?} here and {theirs:?} there", key.0, key.1));
        }
    }
    for key in there.keys().filter(|key| !here.contains_key(*key)) {
        faults.push(format!("{}/{} is there and not here", key.0, key.1));
    }
}

/// Everything that a server has in some collections.
pub fn listed(server: &mut World, collections: &[String]) -> BTreeMap<(String, String), Value> {
    let mut records = BTreeMap::new();
    for collection in collections {
        let mut after = None;
        loop {
            let list = List { collection: collection.clone(), after, limit: Some(1000), filter: None };
            let page =
                server.handle(Call::List(list), &Caller::default(), chrono::DateTime::UNIX_EPOCH).json();
            for item in page["items"].as_array().into_iter().flatten() {
                if let (Some(id), Some(document)) = (item["id"].as_str(), item.get("doc")) {
                    records.insert((collection.clone(), id.to_owned()), document.clone());
                }
            }
            if page["more"] != Value::Bool(true) {
                break;
            }
            after = page["next"].as_str().map(str::to_owned);
        }
    }
    records
}

/// What was stored was bounded in depth by whoever took it.
fn parse<T: DeserializeOwned>(text: &str) -> T {
    let mut parser = serde_json::Deserializer::from_str(text);
    parser.disable_recursion_limit();
    T::deserialize(&mut parser).expect("what is stored is JSON")
}
