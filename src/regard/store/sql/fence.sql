-- name: take
-- Become the writer of this store: everybody with an older token is out.
INSERT INTO meta (name, value) VALUES ('token', '1')
ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value;

-- name: holder
-- The token of the writer.
SELECT value FROM meta WHERE name = 'token';
