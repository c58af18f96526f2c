-- Version 5: how far back pulls look for rows that committed late, where a server lists changes by time. Moved in the page's
-- own transaction, like the checkpoint.
ALTER TABLE collections ADD COLUMN overlap INTEGER CHECK (overlap >= 0); -- milliseconds; NULL: as the settings say
ALTER TABLE collections ADD COLUMN lag INTEGER NOT NULL DEFAULT 0 CHECK (lag >= 0); -- the furthest that a new row was behind
ALTER TABLE collections ADD COLUMN quiet_polls INTEGER NOT NULL DEFAULT 0; -- in a row, without anything new
ALTER TABLE collections ADD COLUMN news_in_run INTEGER NOT NULL DEFAULT 0 CHECK (news_in_run IN (0, 1));
-- Its newest rows were asked for before its first listing: once, so that a server with a tight pace gets on to the listing.
ALTER TABLE collections ADD COLUMN newest_asked INTEGER NOT NULL DEFAULT 0 CHECK (newest_asked IN (0, 1));
