-- Version 2: transactions in full, ids that servers make, and what a server proved not to take.

-- Mutations made at once on one link. Version 1 had the table and never filled it.
DROP TABLE transactions;
CREATE TABLE transactions (
    id            TEXT PRIMARY KEY,
    link_id       INTEGER NOT NULL REFERENCES links (id),
    label         TEXT,                       -- the caller's words for it
    strategy      TEXT NOT NULL CHECK (strategy IN ('ordered', 'parallel', 'atomic', 'saga')),
    state         TEXT NOT NULL CHECK (state IN ('queued', 'pending', 'persisting', 'persisted_awaiting_sync',
                                                 'completed', 'failed', 'conflicted')),
    queued_behind TEXT,                       -- the nearest transaction that has its records
    await_sync    INTEGER NOT NULL DEFAULT 0 CHECK (await_sync IN (0, 1)),
    undoing       INTEGER NOT NULL DEFAULT 0 CHECK (undoing IN (0, 1)), -- a saga takes back what was accepted
    error         TEXT,                       -- view::TransactionError as JSON
    persisted_at  INTEGER,                    -- the server had all of it
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    CHECK ((ended_at IS NOT NULL) = (state IN ('completed', 'failed')))
) STRICT, WITHOUT ROWID;
CREATE INDEX transactions_open ON transactions (link_id, state) WHERE ended_at IS NULL;
CREATE INDEX transactions_ended ON transactions (ended_at) WHERE ended_at IS NOT NULL;

-- Every state that a transaction was in, in order.
CREATE TABLE transaction_steps (
    transaction_id TEXT NOT NULL REFERENCES transactions (id) ON DELETE CASCADE,
    number         INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    from_state     TEXT,                      -- NULL: it was made
    to_state       TEXT NOT NULL,
    queued_behind  TEXT,
    error          TEXT,
    PRIMARY KEY (transaction_id, number)
) STRICT, WITHOUT ROWID;

-- A member that was rolled back stands in no lane (record_id is NULL) and waits in 'parked' to be restored.
-- It waits until all members of its transaction are first in their lanes: one more of its blockers.
ALTER TABLE outbox ADD COLUMN gated INTEGER NOT NULL DEFAULT 0 CHECK (gated IN (0, 1));
-- The member of a saga that this change takes back.
ALTER TABLE outbox ADD COLUMN compensates TEXT;
-- The document as it was on the server before a saga's member was accepted, JSON text, to take it back with.
ALTER TABLE outbox ADD COLUMN undo_doc TEXT;
CREATE INDEX outbox_transaction ON outbox (transaction_id, seq) WHERE transaction_id IS NOT NULL;

-- Ids that were given here until the server made its own; old ones stay resolvable.
CREATE TABLE aliases (
    collection_id INTEGER NOT NULL REFERENCES collections (id),
    rid           TEXT NOT NULL,
    now_rid       TEXT NOT NULL,
    at            INTEGER NOT NULL,
    PRIMARY KEY (collection_id, rid)
) STRICT, WITHOUT ROWID;

-- The server refused a compressed body (415): bodies go to it as they are.
ALTER TABLE links ADD COLUMN plain_bodies INTEGER NOT NULL DEFAULT 0 CHECK (plain_bodies IN (0, 1));
