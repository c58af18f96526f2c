-- Version 4: the ready ones of one collection are found among very many of others without looking at their rows.
DROP INDEX outbox_ready;
CREATE INDEX outbox_ready ON outbox (link_id, priority DESC, seq, collection_id, state)
    WHERE head = 1 AND blockers = 0 AND held IS NULL AND due_at = 0 AND state IN ('queued', 'uncertain');
