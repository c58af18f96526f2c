-- Version 10: drafts, what was typed into a record's form and not saved. A draft is of an id, not of a row of `records`: it
-- stays when the server takes its record away.
CREATE TABLE drafts (
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    rid           TEXT NOT NULL, -- empty for the form of a new record
    edits         TEXT NOT NULL, -- JSON, see `DraftEdit`
    at            INTEGER NOT NULL,
    PRIMARY KEY (collection_id, rid)
) STRICT, WITHOUT ROWID;
