-- name: page_journal
-- Entries above an offset.
SELECT "offset", identity, at_us, received_us, cause, part, body FROM journal
WHERE "offset" > %s ORDER BY "offset" LIMIT %s;

-- name: page_key
-- Message keys above one.
SELECT key, "offset" FROM message_key WHERE key > %s ORDER BY key LIMIT %s;

-- name: page_content
-- What messages said, above a message.
SELECT message_id, handed_us, body FROM content WHERE message_id > %s ORDER BY message_id LIMIT %s;

-- name: page_program
-- Folders of programs, above a hash.
SELECT hash, archive FROM program WHERE hash > %s ORDER BY hash LIMIT %s;

-- name: page_rejected
-- What intake refused, above a number.
SELECT number, source, at_us, code, message, item FROM rejected
WHERE number > %s ORDER BY number LIMIT %s;

-- name: page_source
-- Counts of sources, above one.
SELECT source, accepted_count, duplicate_count, rejected_count, last_us FROM source_count
WHERE source > %s ORDER BY source LIMIT %s;

-- name: put_journal
-- An entry as another store had it.
-- batch: -
INSERT INTO journal ("offset", identity, at_us, received_us, cause, part, body)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[],
    %b::integer[], %b::bytea[])
ON CONFLICT DO NOTHING;

-- name: put_key
-- A message key as another store had it.
-- batch: -
INSERT INTO message_key (key, "offset")
SELECT * FROM unnest(%b::bytea[], %b::bigint[])
ON CONFLICT DO NOTHING;

-- name: put_content
-- What a message said, as another store had it.
-- batch: -
INSERT INTO content (message_id, handed_us, body)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bytea[])
ON CONFLICT DO NOTHING;

-- name: put_program
-- The folder of a program, as another store had it.
-- batch: -
INSERT INTO program (hash, archive)
SELECT * FROM unnest(%b::text[], %b::bytea[])
ON CONFLICT DO NOTHING;

-- name: put_rejected
-- A refused item, as another store had it.
-- batch: -
INSERT INTO rejected (number, source, at_us, code, message, item)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::text[], %b::text[])
ON CONFLICT DO NOTHING;

-- name: put_source
-- Counts of a source, as another store had them.
-- batch: -
INSERT INTO source_count (source, accepted_count, duplicate_count, rejected_count, last_us)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])
ON CONFLICT DO NOTHING;

-- name: clear_content
-- Nothing that messages said.
DELETE FROM content;

-- name: clear_program
-- No folder of a program.
DELETE FROM program;

-- name: clear_rejected
-- Nothing that intake refused.
DELETE FROM rejected;

-- name: clear_source
-- No counts of sources.
DELETE FROM source_count;

-- name: shed_content
-- Remove what the messages said that were handed over before a moment, the oldest first.
DELETE FROM content WHERE message_id IN (
    SELECT message_id FROM content WHERE handed_us < %s ORDER BY handed_us LIMIT %s);

-- name: shed_rejected
-- Remove what intake refused before a moment.
DELETE FROM rejected WHERE number IN (
    SELECT number FROM rejected WHERE at_us < %s ORDER BY number LIMIT %s);

-- name: aged_content
-- How many messages of each day (since 1970) before a moment are kept as they were said.
SELECT handed_us / 86400000000, count(*) FROM content WHERE handed_us < %s
GROUP BY 1 ORDER BY 1;

-- name: aged_rejected
-- How many refused items of each day (since 1970) before a moment are kept.
SELECT at_us / 86400000000, count(*) FROM rejected WHERE at_us < %s GROUP BY 1 ORDER BY 1;

-- name: mark
-- What stands at a mark of the store.
SELECT value FROM meta WHERE name = %s;

-- name: set_mark
-- Write a mark.
INSERT INTO meta (name, value) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: drop_mark
-- Remove a mark.
DELETE FROM meta WHERE name = %s;

-- name: outrank
-- Let every later token be above one.
UPDATE meta SET value = greatest(value::bigint, %s)::text WHERE name = 'token';
