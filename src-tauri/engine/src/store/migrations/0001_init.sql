-- Tidemark's database, version 1. Times are milliseconds since 1970; booleans are 0 or 1; documents are JSON text.

-- Single values: instance, generation, sender_epoch, ack_seq, paused_since, settings …
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- An account + endpoint + scope, synced on its own. A removed link keeps its row: its changes are in the trash.
CREATE TABLE links (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL CHECK (name <> ''),
    kind         TEXT NOT NULL,
    url          TEXT NOT NULL,
    user         TEXT,
    principal    TEXT NOT NULL,               -- whose changes these are; another sign-in never sends them
    scope_id     TEXT NOT NULL,
    settings     TEXT NOT NULL,               -- LinkSettings as JSON
    status       TEXT NOT NULL DEFAULT 'initializing'
                 CHECK (status IN ('initializing', 'live', 'repairing', 'degraded_poll', 'paused')),
    paused       INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    stopped      TEXT,                        -- why it does not sync by itself (view::Stopped as JSON)
    secret_kept  INTEGER NOT NULL DEFAULT 0 CHECK (secret_kept IN (0, 1)),
    last_contact INTEGER,
    last_error   TEXT,                        -- view::LastError as JSON, until a good cycle
    clock_skew   INTEGER,
    key_lifetime INTEGER,                     -- as the server published it
    created_at   INTEGER NOT NULL,
    removed_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX links_name ON links (name) WHERE removed_at IS NULL;

CREATE TABLE collections (
    id                 INTEGER PRIMARY KEY,
    link_id            INTEGER NOT NULL REFERENCES links (id),
    name               TEXT NOT NULL CHECK (name <> ''),
    label              TEXT NOT NULL,
    settings           TEXT NOT NULL,         -- CollectionSettings as JSON, with the schema and references
    paused             INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    -- The checkpoint: opaque, bound to a stream and an epoch, moved only in its page's own transaction.
    stream             TEXT,
    epoch              TEXT,
    received           TEXT,
    contiguous_applied TEXT,
    pull_started_at    INTEGER,               -- a pull that has not reached its end
    pull_received      INTEGER NOT NULL DEFAULT 0,
    pull_total         INTEGER,
    pulled_at          INTEGER,               -- end of the last whole pull
    -- Comparison of whole sets: rows not seen in the running generation go at its end, under the guard.
    full_generation    INTEGER NOT NULL DEFAULT 0,
    full_running       INTEGER NOT NULL DEFAULT 0 CHECK (full_running IN (0, 1)),
    removals_in_run    INTEGER NOT NULL DEFAULT 0,
    removals_allowed   INTEGER NOT NULL DEFAULT 0 CHECK (removals_allowed IN (0, 1)),
    record_count       INTEGER NOT NULL DEFAULT 0,
    quarantined        INTEGER NOT NULL DEFAULT 0,
    CHECK ((received IS NULL) = (stream IS NULL)),
    UNIQUE (link_id, name)
) STRICT;

CREATE TABLE records (
    id              INTEGER PRIMARY KEY,
    collection_id   INTEGER NOT NULL REFERENCES collections (id),
    rid             TEXT NOT NULL CHECK (rid <> ''),
    title           TEXT NOT NULL,
    base            TEXT,                     -- last agreed document; NULL: not on the server as far as we know
    base_version    TEXT,
    base_at         INTEGER,
    base_by         TEXT,
    local           TEXT,                     -- base + pending; NULL: deleted here, or gone
    local_rev       INTEGER NOT NULL DEFAULT 0,
    local_at        INTEGER,
    remote          TEXT,                     -- what the server says while it differs and is not planned yet
    remote_version  TEXT,
    remote_state    TEXT CHECK (remote_state IN ('present', 'deleted')),
    remote_at       INTEGER,
    remote_by       TEXT,
    -- Shown in lists: there is a local document, or a deletion that is not sent.
    visible         INTEGER NOT NULL CHECK (visible IN (0, 1)),
    acked_at_seq    INTEGER NOT NULL DEFAULT 0, -- the acknowledgement sequence of its last acknowledgement
    set_aside       INTEGER NOT NULL DEFAULT 0 CHECK (set_aside IN (0, 1)), -- fetch by id once its lane is definite
    version_unknown INTEGER NOT NULL DEFAULT 0 CHECK (version_unknown IN (0, 1)), -- fetch before the next write
    seen            INTEGER NOT NULL DEFAULT 0,
    UNIQUE (collection_id, rid),
    CHECK (visible = 1 OR local IS NULL)
) STRICT;
CREATE INDEX records_listed ON records (collection_id, rid) WHERE visible = 1;
CREATE INDEX records_set_aside ON records (collection_id) WHERE set_aside = 1;

CREATE TRIGGER records_count_insert AFTER INSERT ON records WHEN NEW.visible = 1 BEGIN
    UPDATE collections SET record_count = record_count + 1 WHERE id = NEW.collection_id;
END;
CREATE TRIGGER records_count_update AFTER UPDATE OF visible ON records WHEN NEW.visible <> OLD.visible BEGIN
    UPDATE collections SET record_count = record_count + NEW.visible - OLD.visible WHERE id = NEW.collection_id;
END;
CREATE TRIGGER records_count_delete AFTER DELETE ON records WHEN OLD.visible = 1 BEGIN
    UPDATE collections SET record_count = record_count - 1 WHERE id = OLD.collection_id;
END;

-- Mutations made at once. Filled by explicit transactions; a single edit has none.
CREATE TABLE transactions (
    id            TEXT PRIMARY KEY,
    strategy      TEXT NOT NULL CHECK (strategy IN ('ordered', 'parallel', 'atomic', 'saga')),
    state         TEXT NOT NULL CHECK (state IN ('queued', 'pending', 'persisting', 'persisted_awaiting_sync',
                                                 'completed', 'failed', 'conflicted')),
    queued_behind TEXT,
    await_sync    INTEGER NOT NULL DEFAULT 0 CHECK (await_sync IN (0, 1)),
    error         TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    ended_at      INTEGER
) STRICT, WITHOUT ROWID;

-- Every saved change, in the order of saving. A row stays until retention removes it, whatever became of it.
CREATE TABLE outbox (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    link_id        INTEGER NOT NULL REFERENCES links (id),
    collection_id  INTEGER REFERENCES collections (id),
    record_id      INTEGER,                   -- the lane; NULL for an opaque request
    rid            TEXT NOT NULL,
    principal      TEXT NOT NULL,
    transaction_id TEXT REFERENCES transactions (id),
    operation      TEXT NOT NULL CHECK (operation IN ('create', 'update', 'replace', 'delete', 'request')),
    changes        TEXT NOT NULL,             -- ordered list of {path, set} | {path, remove}
    metadata       TEXT CHECK (length(metadata) <= 16384),
    priority       INTEGER NOT NULL DEFAULT 5 CHECK (priority BETWEEN 0 AND 9),
    state          TEXT NOT NULL CHECK (state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked',
                                                  'confirmed', 'superseded', 'combined', 'cancelled', 'discarded')),
    -- What readiness is made of; the same transaction that changes a cause changes these.
    head           INTEGER NOT NULL CHECK (head IN (0, 1)),
    blockers       INTEGER NOT NULL DEFAULT 0 CHECK (blockers >= 0),
    due_at         INTEGER NOT NULL DEFAULT 0, -- 0: due; else the stored wake-up
    held           TEXT CHECK (held IN ('person', 'undo')),
    -- What a queued change waits for that is not ready to be sent; NULL for those that are, which are nearly all.
    waits          TEXT GENERATED ALWAYS AS (CASE WHEN state <> 'queued' THEN NULL
                       WHEN held IS NOT NULL OR blockers > 0 THEN 'on_hold'
                       WHEN due_at > 0 THEN 'trying_again'
                       WHEN head = 0 THEN 'behind' END) VIRTUAL,
    -- Fixed at sealing and repeated unchanged; cleared only after a definite "not applied".
    key            TEXT,
    wire           TEXT,
    body_hash      TEXT,
    sealed_at      INTEGER,
    sealed_doc     TEXT,
    dispatched     INTEGER NOT NULL DEFAULT 0 CHECK (dispatched IN (0, 1)),
    sender_epoch   INTEGER,
    attempts       INTEGER NOT NULL DEFAULT 0,
    counted        INTEGER NOT NULL DEFAULT 0, -- attempts that count towards giving up
    same_5xx       INTEGER NOT NULL DEFAULT 0, -- equal 5xx answers in a row under one key: perhaps a stored answer
    -- The last failure.
    class          TEXT,
    status         INTEGER,
    words          TEXT,
    may_be_in      INTEGER NOT NULL DEFAULT 0 CHECK (may_be_in IN (0, 1)),
    into_id        TEXT,                      -- what took it in
    conflict_id    INTEGER,                   -- the conflict that it settles
    created_at     INTEGER NOT NULL,
    ended_at       INTEGER,
    CHECK (state NOT IN ('sealed', 'uncertain') OR (key IS NOT NULL AND wire IS NOT NULL)),
    CHECK ((ended_at IS NOT NULL) = (state IN ('confirmed', 'superseded', 'combined', 'cancelled', 'discarded')))
) STRICT;
-- The next to send, by priority, then age.
CREATE INDEX outbox_ready ON outbox (link_id, priority DESC, seq)
    WHERE head = 1 AND blockers = 0 AND held IS NULL AND due_at = 0 AND state IN ('queued', 'uncertain');
-- The next wake-up.
CREATE INDEX outbox_due ON outbox (link_id, due_at) WHERE due_at > 0 AND state IN ('queued', 'uncertain');
-- A record's lane.
CREATE INDEX outbox_lane ON outbox (record_id, seq)
    WHERE state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked');
CREATE INDEX outbox_state ON outbox (state, seq);
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE ended_at IS NOT NULL;
-- What is queued and not ready, in the order of sending; the ready ones are in outbox_ready.
CREATE INDEX outbox_waits ON outbox (link_id, waits, priority DESC, seq) WHERE waits IS NOT NULL;

-- seq waits for waits_for to be confirmed.
CREATE TABLE edges (
    seq       INTEGER NOT NULL REFERENCES outbox (seq) ON DELETE CASCADE,
    waits_for INTEGER NOT NULL REFERENCES outbox (seq) ON DELETE CASCADE,
    PRIMARY KEY (seq, waits_for)
) STRICT, WITHOUT ROWID;
CREATE INDEX edges_waits_for ON edges (waits_for);

CREATE TABLE attempts (
    seq        INTEGER NOT NULL REFERENCES outbox (seq) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    key        TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    status     INTEGER,
    class      TEXT,
    words      TEXT NOT NULL DEFAULT '',
    excerpt    TEXT,
    retry_at   INTEGER,
    PRIMARY KEY (seq, number)
) STRICT, WITHOUT ROWID;

-- Counts of saved changes by state. `n` follows the rows by trigger; `purged` are those that retention removed.
-- The state 'saved' is counted by the saving itself, so that a lost row would show in the ledger.
CREATE TABLE counters (
    link_id       INTEGER NOT NULL,
    collection_id INTEGER NOT NULL,           -- 0 for opaque requests
    state         TEXT NOT NULL,
    n             INTEGER NOT NULL DEFAULT 0,
    purged        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (link_id, collection_id, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER outbox_count_insert AFTER INSERT ON outbox BEGIN
    INSERT INTO counters (link_id, collection_id, state, n)
    VALUES (NEW.link_id, coalesce(NEW.collection_id, 0), NEW.state, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_count_update AFTER UPDATE OF state ON outbox WHEN NEW.state <> OLD.state BEGIN
    UPDATE counters SET n = n - 1
     WHERE link_id = OLD.link_id AND collection_id = coalesce(OLD.collection_id, 0) AND state = OLD.state;
    INSERT INTO counters (link_id, collection_id, state, n)
    VALUES (NEW.link_id, coalesce(NEW.collection_id, 0), NEW.state, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_count_delete AFTER DELETE ON outbox BEGIN
    UPDATE counters SET n = n - 1, purged = purged + 1
     WHERE link_id = OLD.link_id AND collection_id = coalesce(OLD.collection_id, 0) AND state = OLD.state;
END;

-- Counts of what is queued and not ready, by what it waits for; they follow the rows by trigger.
CREATE TABLE waiting (
    link_id       INTEGER NOT NULL,
    collection_id INTEGER NOT NULL,           -- 0 for opaque requests
    kind          TEXT NOT NULL CHECK (kind IN ('on_hold', 'trying_again', 'behind')),
    n             INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (link_id, collection_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER outbox_waits_insert AFTER INSERT ON outbox WHEN NEW.waits IS NOT NULL BEGIN
    INSERT INTO waiting (link_id, collection_id, kind, n)
    VALUES (NEW.link_id, coalesce(NEW.collection_id, 0), NEW.waits, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_waits_update AFTER UPDATE OF state, held, blockers, due_at, head ON outbox
    WHEN NEW.waits IS NOT OLD.waits BEGIN
    UPDATE waiting SET n = n - 1
     WHERE link_id = OLD.link_id AND collection_id = coalesce(OLD.collection_id, 0) AND kind = OLD.waits;
    INSERT INTO waiting (link_id, collection_id, kind, n)
    SELECT NEW.link_id, coalesce(NEW.collection_id, 0), NEW.waits, 1 WHERE NEW.waits IS NOT NULL
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_waits_delete AFTER DELETE ON outbox WHEN OLD.waits IS NOT NULL BEGIN
    UPDATE waiting SET n = n - 1
     WHERE link_id = OLD.link_id AND collection_id = coalesce(OLD.collection_id, 0) AND kind = OLD.waits;
END;

-- A conflict keeps its own three sides: a later one cannot replace the starting version of an earlier.
CREATE TABLE conflicts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    link_id        INTEGER NOT NULL REFERENCES links (id),
    collection_id  INTEGER NOT NULL REFERENCES collections (id),
    record_id      INTEGER NOT NULL,
    rid            TEXT NOT NULL,
    title          TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('both_updated', 'updated_here_deleted_there',
                                                 'deleted_here_updated_there', 'created_on_both', 'no_base')),
    state          TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved')),
    base           TEXT,
    base_at        INTEGER,
    local          TEXT,
    local_at       INTEGER,
    server         TEXT,
    server_version TEXT,
    server_at      INTEGER,
    server_by      TEXT,
    may_be_in      INTEGER NOT NULL DEFAULT 0 CHECK (may_be_in IN (0, 1)),
    choices        TEXT NOT NULL DEFAULT '[]', -- view::ChoiceAt as JSON
    to_choose      INTEGER NOT NULL,
    merged         INTEGER NOT NULL,
    later_until    INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    resolved_at    INTEGER,
    resolution     TEXT,                      -- view::Resolution as JSON; NULL: it ended by itself
    result         TEXT,
    mutation_id    TEXT,
    CHECK ((resolved_at IS NOT NULL) = (state = 'resolved'))
) STRICT;
CREATE UNIQUE INDEX conflicts_open ON conflicts (record_id) WHERE state = 'open';
CREATE INDEX conflicts_state ON conflicts (state, id);

-- Merges made without asking, with all sides, so that they can be shown and put back.
CREATE TABLE merges (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    collection_id  INTEGER NOT NULL REFERENCES collections (id),
    record_id      INTEGER NOT NULL,
    rid            TEXT NOT NULL,
    at             INTEGER NOT NULL,
    base           TEXT NOT NULL,
    local          TEXT NOT NULL,
    server         TEXT NOT NULL,
    server_version TEXT,
    merged         TEXT NOT NULL
) STRICT;
CREATE INDEX merges_at ON merges (at);

-- Rows of a server that could not be read, kept raw.
CREATE TABLE quarantine (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    collection_id INTEGER NOT NULL REFERENCES collections (id),
    raw           TEXT NOT NULL,
    reason        TEXT NOT NULL,
    at            INTEGER NOT NULL
) STRICT;

-- The pace that a host asked for; it outlives a restart.
CREATE TABLE hosts (
    host        TEXT PRIMARY KEY,
    floor_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Figures per day and link.
CREATE TABLE daily (
    day       INTEGER NOT NULL,               -- days since 1970, UTC
    link_id   INTEGER NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0,
    refused   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, link_id)
) STRICT, WITHOUT ROWID;

-- Wishes of another process to the one that sends.
CREATE TABLE signals (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('sync', 'links')),
    link TEXT,
    at   INTEGER NOT NULL
) STRICT;
