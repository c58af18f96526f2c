-- Version 3: what came in and waits for a person: removals that were asked about, and rows that could not be read.

-- A person's yes is for the records that were asked about. Each collection asks for itself; version 2 had one question for all of a link.
ALTER TABLE collections DROP COLUMN removals_allowed;
ALTER TABLE collections ADD COLUMN removals_asked TEXT; -- view::Removals as JSON
-- Rows without a readable id in this run: any record that a whole comparison does not see may be one of them.
ALTER TABLE collections ADD COLUMN nameless_in_run INTEGER NOT NULL DEFAULT 0;
UPDATE links SET stopped = NULL WHERE json_extract(stopped, '$.reason') = 'deletions';

-- The records that a question is about, or that a person agreed to.
CREATE TABLE asked_removals (
    collection_id INTEGER NOT NULL REFERENCES collections (id),
    record_id     INTEGER NOT NULL,
    agreed        INTEGER NOT NULL DEFAULT 0 CHECK (agreed IN (0, 1)),
    PRIMARY KEY (collection_id, record_id)
) STRICT, WITHOUT ROWID;

-- Rows of a server that could not be read, one for each record or text. collections.quarantined counts them.
ALTER TABLE quarantine RENAME TO quarantine_2;
CREATE TABLE quarantine (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    collection_id INTEGER NOT NULL REFERENCES collections (id),
    key           TEXT NOT NULL,              -- 'id:' and the record's id, else 'raw:' and the text's hash
    digest        TEXT NOT NULL,              -- the text's hash; it stays where the text had to go
    rid           TEXT,                       -- the record's id where that could be read
    raw           TEXT,                       -- its text or the beginning of it; NULL where newer ones took the room
    bytes         INTEGER NOT NULL,           -- of the whole row
    reason        TEXT NOT NULL,
    at            INTEGER NOT NULL,           -- when it came, or came anew with another text
    seen          INTEGER NOT NULL,           -- the whole comparison in which it came last
    -- A person wants to hear no more of it: it is kept to be known again, neither counted nor shown.
    forgotten     INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1)),
    UNIQUE (collection_id, key)
) STRICT;
-- Their hash is not known here: one that comes again is kept a second time, until a whole comparison or a person ends it.
INSERT INTO quarantine (collection_id, key, digest, raw, bytes, reason, at, seen)
    SELECT q.collection_id, 'old:' || q.id, '', q.raw, length(CAST(q.raw AS BLOB)), q.reason, q.at, c.full_generation
      FROM quarantine_2 q JOIN collections c ON c.id = q.collection_id JOIN links l ON l.id = c.link_id
     WHERE l.removed_at IS NULL;
DROP TABLE quarantine_2;
CREATE INDEX quarantine_texts ON quarantine (collection_id, id) WHERE raw IS NOT NULL;
UPDATE collections SET quarantined = (SELECT count(*) FROM quarantine WHERE collection_id = collections.id);
-- Nobody marked their records as seen: a whole comparison that is under way must not take any for gone.
UPDATE collections SET nameless_in_run = 1 WHERE full_running = 1 AND quarantined > 0;
