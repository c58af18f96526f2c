-- Version 8: hooks decide conflicts too, those of one shape are decided together, and what was decided or merged can be put back.
DROP INDEX conflicts_due;
-- 'asking': the rules have looked at it, its collection's hook has yet to.
ALTER TABLE conflicts RENAME COLUMN judging TO judging_7;
ALTER TABLE conflicts ADD COLUMN judging TEXT NOT NULL DEFAULT 'due' CHECK (judging IN ('due', 'asking', 'done', 'person'));
ALTER TABLE conflicts RENAME COLUMN decided_by TO decided_by_7;
ALTER TABLE conflicts ADD COLUMN decided_by TEXT CHECK (decided_by IN ('person', 'rule', 'hook')); -- NULL: it ended by itself
UPDATE conflicts SET judging = judging_7, decided_by = decided_by_7;
ALTER TABLE conflicts DROP COLUMN judging_7;
ALTER TABLE conflicts DROP COLUMN decided_by_7;
ALTER TABLE conflicts ADD COLUMN hook_said TEXT; -- why its hook decided nothing, in words; NULL where it did not go wrong
CREATE INDEX conflicts_due ON conflicts (id) WHERE state = 'open' AND judging = 'due';
CREATE INDEX conflicts_asking ON conflicts (id) WHERE state = 'open' AND judging = 'asking';

-- The paths to choose with '*' for each row, as a JSON list; NULL where it is not known and has to be looked up.
ALTER TABLE conflicts ADD COLUMN shape TEXT;

-- The change that put it back; NULL where none did.
ALTER TABLE conflicts ADD COLUMN put_back TEXT;
ALTER TABLE merges ADD COLUMN put_back TEXT;
CREATE INDEX conflicts_resolved ON conflicts (resolved_at, id) WHERE state = 'resolved';

-- One script for each collection that has one.
CREATE TABLE hooks (
    collection_id INTEGER PRIMARY KEY REFERENCES collections (id) ON DELETE CASCADE,
    script        TEXT NOT NULL,
    set_at        INTEGER NOT NULL
) STRICT;
