-- name: page_journal
-- Entries above an offset.
SELECT offset, identity, at_us, received_us, cause, part, body FROM journal
WHERE offset > ? ORDER BY offset LIMIT ?;

-- name: page_key
-- Message keys above one.
SELECT key, offset FROM message_key WHERE key > ? ORDER BY key LIMIT ?;

-- name: page_content
-- What messages said, above a message.
SELECT message_id, handed_us, body FROM content WHERE message_id > ? ORDER BY message_id LIMIT ?;

-- name: page_program
-- Folders of programs, above a hash.
SELECT hash, archive FROM program WHERE hash > ? ORDER BY hash LIMIT ?;

-- name: page_rejected
-- What intake refused, above a number.
SELECT number, source, at_us, code, message, item FROM rejected
WHERE number > ? ORDER BY number LIMIT ?;

-- name: page_source
-- Counts of sources, above one.
SELECT source, accepted_count, duplicate_count, rejected_count, last_us FROM source_count
WHERE source > ? ORDER BY source LIMIT ?;

-- name: put_journal
-- An entry as another store had it.
INSERT INTO journal (offset, identity, at_us, received_us, cause, part, body)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: put_key
-- A message key as another store had it.
INSERT INTO message_key (key, offset) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: put_content
-- What a message said, as another store had it.
INSERT INTO content (message_id, handed_us, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- name: put_program
-- The folder of a program, as another store had it.
INSERT INTO program (hash, archive) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: put_rejected
-- A refused item, as another store had it.
INSERT INTO rejected (number, source, at_us, code, message, item) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: put_source
-- Counts of a source, as another store had them.
INSERT INTO source_count (source, accepted_count, duplicate_count, rejected_count, last_us)
VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

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
    SELECT message_id FROM content WHERE handed_us < ? ORDER BY handed_us LIMIT ?);

-- name: shed_rejected
-- Remove what intake refused before a moment.
DELETE FROM rejected WHERE number IN (
    SELECT number FROM rejected WHERE at_us < ? ORDER BY number LIMIT ?);

-- name: aged_content
-- How many messages of each day (since 1970) before a moment are kept as they were said.
SELECT handed_us / 86400000000, count(*) FROM content WHERE handed_us < ?
GROUP BY 1 ORDER BY 1;

-- name: aged_rejected
-- How many refused items of each day (since 1970) before a moment are kept.
SELECT at_us / 86400000000, count(*) FROM rejected WHERE at_us < ? GROUP BY 1 ORDER BY 1;

-- name: mark
-- What stands at a mark of the store.
SELECT value FROM meta WHERE name = ?;

-- name: set_mark
-- Write a mark.
INSERT INTO meta (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: drop_mark
-- Remove a mark.
DELETE FROM meta WHERE name = ?;

-- name: outrank
-- Let every later token be above one.
UPDATE meta SET value = CAST(max(CAST(value AS INTEGER), ?) AS TEXT) WHERE name = 'token';
