-- name: count_up
-- A token that nobody had before.
INSERT INTO meta (name, value) VALUES ('token', '1')
ON CONFLICT (name) DO UPDATE SET value = (meta.value::bigint + 1)::text RETURNING value;

-- name: take
-- Become the only writer of this store: everybody with an older token is out.
INSERT INTO meta (name, value) VALUES ('fence', %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: begin_marks
-- What every transaction looks at is there from the beginning.
INSERT INTO meta (name, value) VALUES ('fence', '0'), ('graph', '0') ON CONFLICT DO NOTHING;

-- name: change_graph
-- Whoever remembers identifiers and is not this process forgets them.
UPDATE meta SET value = %s WHERE name = 'graph';

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

-- name: marks
-- What the store remembers of itself.
SELECT name, value FROM meta;
