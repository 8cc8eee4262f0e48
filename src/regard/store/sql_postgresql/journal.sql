-- name: known
-- Those of some 16-byte message keys, given as one blob, that were appended, and where.
SELECT key, "offset" FROM message_key WHERE key = ANY(%(keys)b::bytea[]);

-- name: remember
-- Remember a message key for ever; fails when it is known.
-- batch: -
INSERT INTO message_key (key, "offset")
SELECT * FROM unnest(%b::bytea[], %b::bigint[]);

-- name: append
-- Append one entry at the offset that the writer computed; fails on a clash.
-- batch: -
INSERT INTO journal ("offset", identity, at_us, received_us, cause, part, body)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[],
    %b::integer[], %b::bytea[]);

-- name: last
-- The highest offset.
SELECT coalesce(max("offset"), 0) FROM journal;

-- name: inputs
-- Inputs above an offset, oldest first.
SELECT "offset", identity, at_us, received_us, cause, part, body FROM journal
WHERE "offset" > %s AND cause = 0 ORDER BY "offset" LIMIT %s;

-- name: of_identities
-- Every entry that hangs on some identities.
SELECT "offset", identity, at_us, received_us, cause, part, body FROM journal
WHERE identity = ANY(%b::bigint[]) ORDER BY "offset";

-- name: fresh
-- Those of some identities on which inputs hang above an offset.
SELECT DISTINCT identity FROM journal WHERE identity = ANY(%b::bigint[]) AND "offset" > %s AND cause = 0;

-- name: newest_of_identities
-- The newest entries below an offset that hang on some identities.
SELECT "offset", identity, at_us, received_us, cause, part, body FROM journal
WHERE identity = ANY(%b::bigint[]) AND "offset" < %s
ORDER BY "offset" DESC LIMIT %s;

-- name: after
-- All entries above an offset, for the live stream.
SELECT "offset", identity, at_us, received_us, cause, part, body FROM journal
WHERE "offset" > %s ORDER BY "offset" LIMIT %s;
