-- name: known
-- The offset under which a message key was appended.
SELECT offset FROM message_key WHERE key = ?;

-- name: remember
-- Remember a message key for ever; fails when it is known.
INSERT INTO message_key (key, offset) VALUES (?, ?);

-- name: append
-- Append one entry at the offset that the writer computed; fails on a clash.
INSERT INTO journal (offset, identity, at_us, received_us, cause, part, body)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: last
-- The highest offset.
SELECT coalesce(max(offset), 0) FROM journal;

-- name: inputs
-- Inputs above an offset, oldest first.
SELECT offset, identity, at_us, received_us, cause, part, body FROM journal
WHERE offset > ? AND cause = 0 ORDER BY offset LIMIT ?;

-- name: of_identities
-- Every entry that hangs on some identities.
SELECT offset, identity, at_us, received_us, cause, part, body FROM journal
WHERE identity IN (SELECT value FROM json_each(?)) ORDER BY offset;

-- name: newest_of_identities
-- The newest entries below an offset that hang on some identities.
SELECT offset, identity, at_us, received_us, cause, part, body FROM journal
WHERE identity IN (SELECT value FROM json_each(?)) AND offset < ?
ORDER BY offset DESC LIMIT ?;

-- name: after
-- All entries above an offset, for the live stream.
SELECT offset, identity, at_us, received_us, cause, part, body FROM journal
WHERE offset > ? ORDER BY offset LIMIT ?;
