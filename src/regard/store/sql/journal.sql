-- name: known
-- Those of some 16-byte message keys, given as one blob, that were appended, and where.
WITH RECURSIVE place (start) AS (
    SELECT 1 UNION ALL SELECT start + 16 FROM place WHERE start + 16 <= length(:keys)
)
SELECT m.key, m.offset FROM place JOIN message_key m ON m.key = substr(:keys, start, 16);

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

-- name: fresh
-- Those of some identities on which inputs hang above an offset.
SELECT DISTINCT identity FROM journal WHERE identity IN (SELECT value FROM json_each(?)) AND offset > ? AND cause = 0;

-- name: newest_of_identities
-- The newest entries below an offset that hang on some identities.
SELECT offset, identity, at_us, received_us, cause, part, body FROM journal
WHERE identity IN (SELECT value FROM json_each(?)) AND offset < ?
ORDER BY offset DESC LIMIT ?;

-- name: after
-- All entries above an offset, for the live stream.
SELECT offset, identity, at_us, received_us, cause, part, body FROM journal
WHERE offset > ? ORDER BY offset LIMIT ?;
