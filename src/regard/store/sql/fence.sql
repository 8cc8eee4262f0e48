-- name: take
-- Become the writer of this store: everybody with an older token is out.
INSERT INTO meta (name, value) VALUES ('token', '1')
ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value;

-- name: holder
-- The token of the writer.
SELECT value FROM meta WHERE name = 'token';

-- name: home
-- Which file this store was when it was last opened for writing.
SELECT value FROM meta WHERE name = 'home';

-- name: settle
-- This file is the store from now on.
INSERT INTO meta (name, value) VALUES ('home', ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING value;

-- name: marks
-- What the store remembers of itself.
SELECT name, value FROM meta;
