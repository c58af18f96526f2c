-- The sandbox's storage. One file, or :memory:; both by the same statements.

-- Single values: epoch, seq (the last place given out), floor (tombstones up to here are forgotten).
CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS collections (
    place        INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    label        TEXT,
    schema       TEXT,                       -- JSON Schema, as text
    refs         TEXT NOT NULL DEFAULT '[]'  -- [{path, collection}]
) STRICT;

-- The newest state of each record; a tombstone is a row without a document.
CREATE TABLE IF NOT EXISTS records (
    collection   TEXT NOT NULL,
    id           TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    version      TEXT NOT NULL,
    doc          TEXT,
    modified_at  INTEGER NOT NULL,           -- milliseconds since 1970
    modified_by  TEXT NOT NULL,
    PRIMARY KEY (collection, id)
) STRICT;

-- Listing goes in this order.
CREATE UNIQUE INDEX IF NOT EXISTS records_by_seq ON records (collection, seq);

-- Every effect, in the order of commit. Keeps the documents, so that an older copy can be restored.
-- `effect` and `seq` differ only where a fault let a write commit late behind its place.
CREATE TABLE IF NOT EXISTS changes (
    effect       INTEGER PRIMARY KEY AUTOINCREMENT,
    seq          INTEGER NOT NULL,
    epoch        TEXT NOT NULL,
    collection   TEXT NOT NULL,
    id           TEXT NOT NULL,
    op           TEXT NOT NULL,
    version      TEXT NOT NULL,
    doc          TEXT,
    idem_key     TEXT,
    fingerprint  TEXT,
    by_whom      TEXT NOT NULL,
    client       TEXT,
    client_order INTEGER,
    at           INTEGER NOT NULL,
    lost         INTEGER NOT NULL DEFAULT 0 CHECK (lost IN (0, 1))  -- undone by the restore of an older copy
) STRICT;

CREATE INDEX IF NOT EXISTS changes_by_record ON changes (collection, id, effect);

-- First answers, by idempotency key. `status` etc. are what is said again.
CREATE TABLE IF NOT EXISTS keys (
    owner        TEXT NOT NULL,
    idem_key     TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    answer       TEXT NOT NULL,
    seq          INTEGER NOT NULL,           -- the last place at that time: an older copy does not know later keys
    at           INTEGER NOT NULL,
    PRIMARY KEY (owner, idem_key)
) STRICT;

CREATE INDEX IF NOT EXISTS keys_by_time ON keys (at);
