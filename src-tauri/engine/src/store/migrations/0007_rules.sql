-- Version 7: what rules decide of conflicts.
ALTER TABLE conflicts ADD COLUMN strategy TEXT NOT NULL DEFAULT 'merge' -- in force when the rules last looked at it
    CHECK (strategy IN ('merge', 'last_write_wins', 'field_lww', 'server_wins', 'client_wins', 'manual'));
ALTER TABLE conflicts ADD COLUMN ruled TEXT NOT NULL DEFAULT '[]';      -- view::RuledAt as JSON
-- 'due': the rules have yet to look at it as it is. 'person': somebody decided otherwise than the rules, so they leave it.
ALTER TABLE conflicts ADD COLUMN judging TEXT NOT NULL DEFAULT 'due' CHECK (judging IN ('due', 'done', 'person'));
ALTER TABLE conflicts ADD COLUMN decided_by TEXT CHECK (decided_by IN ('person', 'rule')); -- NULL: it ended by itself
CREATE INDEX conflicts_due ON conflicts (id) WHERE state = 'open' AND judging = 'due';
UPDATE conflicts SET decided_by = 'person' WHERE resolution IS NOT NULL;
