-- Version 9: a stored shape is one without what rules have decided; earlier ones could name that too. They are looked up anew.
UPDATE conflicts SET shape = NULL WHERE state = 'open' AND ruled <> '[]';
