-- Version 5: how far back pulls look for rows that committed late, where a server lists changes by time. Moved in the page's
-- own transaction, like the checkpoint.
ALTER TABLE collections ADD COLUMN overlap INTEGER CHECK (overlap >= 0); -- milliseconds; NULL: as the settings say
ALTER TABLE collections ADD COLUMN lag INTEGER NOT NULL DEFAULT 0 CHECK (lag >= 0); -- the furthest that a new row was behind
ALTER TABLE collections ADD COLUMN quiet_polls INTEGER NOT NULL DEFAULT 0; -- in a row, without anything new
ALTER TABLE collections ADD COLUMN news_in_run INTEGER NOT NULL DEFAULT 0 CHECK (news_in_run IN (0, 1));
-- Its newest rows were asked for before its first listing: once, so that a server with a tight pace gets on to the listing.
ALTER TABLE collections ADD COLUMN newest_asked INTEGER NOT NULL DEFAULT 0 CHECK (newest_asked IN (0, 1));

-- And the activity: what happened, line by line, written in the transaction that made it true.

-- The cycle of a link that runs now, and its lines belong to; NULL between cycles.
ALTER TABLE links ADD COLUMN run INTEGER;

-- Ids, counts and names alone: the values of fields stay with their changes, the words of servers with their tries.
CREATE TABLE activity (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- rises with time and is never given twice; the oldest go first
    at            INTEGER NOT NULL,
    until         INTEGER,                    -- of a line that stands for n checks: the last of them
    run           INTEGER,
    link_id       INTEGER,                    -- NULL: it is about all links
    collection_id INTEGER,
    rid           TEXT,
    change_id     TEXT,
    request_id    TEXT,                       -- the key under which the change was sent
    kind          TEXT NOT NULL CHECK (kind IN ('sent', 'received', 'merged', 'conflict', 'needs_you', 'queue',
                                                'settings', 'upkeep', 'checks')),
    actor         TEXT NOT NULL CHECK (actor IN ('you', 'person', 'rule', 'server')),
    by_name       TEXT,                       -- of a person whom the server names
    n             INTEGER NOT NULL CHECK (n >= 0),
    happened      TEXT NOT NULL,              -- view::Happened as JSON
    -- About what it takes on disk, with its places in the indexes.
    bytes         INTEGER GENERATED ALWAYS AS (90 + length(happened) + 2 * length(coalesce(rid, ''))
                      + length(coalesce(change_id, '')) + length(coalesce(request_id, ''))
                      + length(coalesce(by_name, ''))) VIRTUAL,
    CHECK ((by_name IS NULL) = (actor <> 'person'))
) STRICT;
CREATE INDEX activity_kind ON activity (kind, id);
CREATE INDEX activity_link ON activity (link_id, id);
CREATE INDEX activity_record ON activity (rid, id) WHERE rid IS NOT NULL;

-- A run of syncing, counted over all its lines, also those that retention removed; it goes with the last of them.
CREATE TABLE activity_runs (
    run        INTEGER PRIMARY KEY,
    link_id    INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    lines      INTEGER NOT NULL,              -- that are still there
    sent       INTEGER NOT NULL DEFAULT 0,
    received   INTEGER NOT NULL DEFAULT 0,
    merged     INTEGER NOT NULL DEFAULT 0,
    conflicts  INTEGER NOT NULL DEFAULT 0,
    refused    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- How many lines there are and how much room they take, kept by trigger.
CREATE TABLE activity_size (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    lines INTEGER NOT NULL CHECK (lines >= 0),
    bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;
INSERT INTO activity_size (one, lines, bytes) VALUES (1, 0, 0);

CREATE TRIGGER activity_insert AFTER INSERT ON activity BEGIN
    UPDATE activity_size SET lines = lines + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER activity_delete AFTER DELETE ON activity BEGIN
    UPDATE activity_size SET lines = lines - 1, bytes = bytes - OLD.bytes;
END;
CREATE TRIGGER activity_run_insert AFTER INSERT ON activity WHEN NEW.run IS NOT NULL BEGIN
    INSERT INTO activity_runs (run, link_id, started_at, ended_at, lines, sent, received, merged, conflicts, refused)
    VALUES (NEW.run, NEW.link_id, NEW.at, NEW.at, 1,
            NEW.kind = 'sent' AND json_extract(NEW.happened, '$.what') = 'confirmed',
            CASE WHEN NEW.kind = 'received' THEN NEW.n ELSE 0 END,
            NEW.kind = 'merged',
            NEW.kind = 'conflict' AND json_extract(NEW.happened, '$.what') = 'conflict_met',
            NEW.kind = 'needs_you' AND NEW.change_id IS NOT NULL)
    ON CONFLICT DO UPDATE SET ended_at = max(ended_at, excluded.ended_at), lines = lines + 1,
        sent = sent + excluded.sent, received = received + excluded.received, merged = merged + excluded.merged,
        conflicts = conflicts + excluded.conflicts, refused = refused + excluded.refused;
END;
CREATE TRIGGER activity_run_delete AFTER DELETE ON activity WHEN OLD.run IS NOT NULL BEGIN
    UPDATE activity_runs SET lines = lines - 1 WHERE run = OLD.run;
    DELETE FROM activity_runs WHERE run = OLD.run AND lines = 0;
END;

-- Changes up to this number may have ended, or come to need a person, before there were lines.
INSERT INTO meta (key, value) SELECT 'activity_from', coalesce(max(seq), 0) FROM outbox;
