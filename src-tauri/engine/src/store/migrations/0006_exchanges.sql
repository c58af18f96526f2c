-- Version 6: what went over the wire for each try, beside what it meant.
ALTER TABLE attempts ADD COLUMN timing TEXT;     -- model::timing::Timing as JSON
ALTER TABLE attempts ADD COLUMN network TEXT;    -- as the system names it
ALTER TABLE attempts ADD COLUMN request_id TEXT; -- the server's own name for the request

-- Of the newest tries, those that failed apart from those that did not: many successes leave the failures there.
CREATE TABLE exchanges (
    id       INTEGER PRIMARY KEY,
    seq      INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    failed   INTEGER NOT NULL CHECK (failed IN (0, 1)),
    at       INTEGER NOT NULL,
    sent     TEXT NOT NULL,                      -- header lines as JSON
    answered TEXT NOT NULL,                      -- the same
    body     TEXT,                               -- the answer's, where the excerpt does not hold all that came
    request  TEXT,                               -- the wire form as JSON, where the change has another one by now
    UNIQUE (seq, number),
    FOREIGN KEY (seq, number) REFERENCES attempts (seq, number) ON DELETE CASCADE
) STRICT;
CREATE INDEX exchanges_kept ON exchanges (failed, id);

-- What was sent under a former key stays with its last try. What was sealed and taken back before it left was no try: then
-- OLD.attempts is the number of one under another key.
CREATE TRIGGER outbox_former_request AFTER UPDATE OF wire ON outbox
    WHEN OLD.wire IS NOT NULL AND NEW.wire IS NOT OLD.wire AND length(OLD.wire) <= 65536 BEGIN
    UPDATE exchanges SET request = OLD.wire WHERE seq = OLD.seq AND number = OLD.attempts
        AND EXISTS (SELECT 1 FROM attempts WHERE seq = OLD.seq AND number = OLD.attempts AND key = OLD.key);
END;

ALTER TABLE collections DROP COLUMN removals_in_run; -- counted anew since version 3
