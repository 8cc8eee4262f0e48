-- name: take
-- Become the writer of this store: everybody with an older token is out.
INSERT INTO meta (name, value) VALUES ('token', '1')
ON CONFLICT (name) DO UPDATE SET value = (meta.value::bigint + 1)::text RETURNING value;

-- name: holder
-- The token of the writer.
SELECT value FROM meta WHERE name = 'token';

-- name: here
-- Which database this is: of which cluster, and which of it. A restored dump is another one.
SELECT (SELECT system_identifier FROM pg_control_system())::text || ':' || oid::text
FROM pg_database WHERE datname = current_database();

-- name: home
-- Which database this store was when it was last opened for writing.
SELECT value FROM meta WHERE name = 'home';

-- name: settle
-- This database is the store from now on.
INSERT INTO meta (name, value) VALUES ('home', %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING value;
