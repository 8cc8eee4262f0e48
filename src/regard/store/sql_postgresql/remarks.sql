-- name: save
-- One remark.
-- batch: -
INSERT INTO remark ("offset", about, at_us, body)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::bigint[], %b::bytea[])
ON CONFLICT DO NOTHING;

-- name: latest
-- Remarks, the newest first.
SELECT "offset", at_us, body FROM remark ORDER BY "offset" DESC LIMIT %(limit)s;

-- name: about
-- Remarks about one key, the newest first.
SELECT "offset", at_us, body FROM remark WHERE about = %(about)s
ORDER BY "offset" DESC LIMIT %(limit)s;
