-- name: rows
-- Lines of JSON as rows of one table; `<columns>` are its columns with their types.
SELECT * FROM read_json($lines, format = 'newline_delimited', columns = {<columns>});

-- name: write
-- Rows of a query as one Parquet file that says which version of the tables wrote it.
COPY (<query>) TO $path (FORMAT parquet, COMPRESSION zstd, KV_METADATA {regard_schema: '<schema>'});

-- name: files
-- Files of one table, whatever version wrote them: a column that one lacks is NULL there.
SELECT * FROM read_parquet([<files>], union_by_name = true, hive_partitioning = true, hive_types = {day: DATE});

-- name: plain_files
-- Files that lie in no partition.
SELECT * FROM read_parquet([<files>], union_by_name = true, hive_partitioning = false);

-- name: joined
-- What was written of an open day before, with what came since.
SELECT * FROM read_parquet([<files>], hive_partitioning = false) UNION ALL BY NAME <query>;

-- name: keep_rows
-- Rows of a query as a table of this session.
CREATE TABLE <name> AS <query>;

-- name: add_rows
-- Rows of a query into a table of this session.
INSERT INTO <name> <query>;

-- name: unknown
-- Identities that rows hang on, or that were known before, and that are no person's with a state.
SELECT identity FROM identifiers_before UNION SELECT identity FROM changed_before
UNION SELECT identity FROM (<written>) WHERE identity <> 0
EXCEPT SELECT identity FROM identifiers;

-- name: holdings
-- Whose every identity was from when to when; what is not shared is always one person's.
CREATE TABLE <name> AS
SELECT identity, since, until, person_id, person_key FROM <shared>
UNION ALL
SELECT identity, TIMESTAMP '0001-01-01', TIMESTAMP '9999-12-31', person_id, person_key FROM <identifiers>
WHERE identity NOT IN (SELECT identity FROM <shared>);

-- name: changed
-- Identities about which rows in the lake may say another person than the one they are of now.
CREATE TABLE changed AS
SELECT identity FROM (<before>)
UNION
SELECT identity FROM (SELECT * FROM holdings_before EXCEPT SELECT * FROM holdings)
UNION
SELECT r.identity FROM (<written>) AS r
LEFT JOIN holdings AS h
  ON h.identity = r.identity AND r.happened_at >= h.since AND r.happened_at < h.until
WHERE r.identity <> 0 AND h.person_id IS DISTINCT FROM r.person_id;

-- name: moved
-- Whose the changed identities are now, where that is one person at all times.
SELECT identity, person_id, person_key FROM holdings
WHERE identity IN (SELECT identity FROM changed) AND since = TIMESTAMP '0001-01-01' AND until = TIMESTAMP '9999-12-31'
ORDER BY identity;

-- name: moved_between
-- Whose they are now from when to when, where they are shared.
SELECT identity, since, until, person_id, person_key FROM holdings
WHERE identity IN (SELECT identity FROM changed) AND (since > TIMESTAMP '0001-01-01' OR until < TIMESTAMP '9999-12-31')
ORDER BY identity, since;

-- name: view
-- One table as analysts see it: every column of today, and the person as known now.
CREATE VIEW <name> AS
SELECT <columns> FROM (<files>) AS e <moved> <moved_between>;

-- name: join_moved
-- Identities that are another person's now.
LEFT JOIN read_parquet([<files>]) AS m ON m.identity = e.identity;

-- name: join_moved_between
-- Shared identities, by the moment.
LEFT JOIN read_parquet([<files>]) AS b ON b.identity = e.identity AND e.happened_at >= b.since AND e.happened_at < b.until;

-- name: empty
-- A table that has no rows yet.
CREATE VIEW <name> AS SELECT <columns> WHERE false;

-- name: plain_view
-- A table that is read as it stands.
CREATE VIEW <name> AS SELECT <columns> FROM (<files>) AS e;

-- name: parts_view
-- Which files there are, for which entries of the journal.
CREATE VIEW parts AS SELECT * FROM (VALUES <values>) AS part (table_name, "day", first_offset, last_offset, row_count, byte_count, is_open, path);

-- name: only_these_files
-- From here on the session reads the files of the lake and no others.
SET allowed_paths = [<files>];

-- name: nothing_else
-- No other file, no network, no extension.
SET enable_external_access = false;

-- name: for_good
-- No setting can be changed any more.
SET lock_configuration = true;
