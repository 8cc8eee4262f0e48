-- name: save
-- One remark.
INSERT INTO remark (offset, about, at_us, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: latest
-- Remarks, the newest first.
SELECT offset, at_us, body FROM remark ORDER BY offset DESC LIMIT :limit;

-- name: about
-- Remarks about one key, the newest first.
SELECT offset, at_us, body FROM remark WHERE about = :about ORDER BY offset DESC LIMIT :limit;
