-- name: save
-- One decision, once.
INSERT INTO decision (number, identity, engagement, kind) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: count
-- Decisions of a day and a kind.
INSERT INTO decision_count (day, kind, count, new_count) VALUES (?, ?, ?, ?)
ON CONFLICT (day, kind) DO UPDATE SET
    count = count + excluded.count, new_count = new_count + excluded.new_count;

-- name: counts
-- All counts since a day.
SELECT day, kind, count, new_count FROM decision_count WHERE day >= ? ORDER BY day, kind;

-- name: counts_of_engagement
-- The counts of one engagement since a day; its kinds begin with its name.
SELECT day, kind, count, new_count FROM decision_count
WHERE day >= ? AND kind >= ? AND kind < ? ORDER BY day, kind;

-- name: sent
-- What was sent since a day, by day and engagement.
SELECT day, substr(kind, 1, instr(kind, '|') - 1), sum(count) FROM decision_count
WHERE day >= ? AND kind LIKE '%|send|%' GROUP BY 1, 2 ORDER BY 1, 2;

-- name: totals
-- The counts since a day by kind, over all days.
SELECT kind, sum(count), sum(new_count) FROM decision_count WHERE day >= ?
GROUP BY kind ORDER BY kind;

-- name: kinds
-- Every kind that was decided, by one step of the index for each.
WITH RECURSIVE known (kind) AS (
    SELECT min(kind) FROM decision
    UNION ALL
    SELECT (SELECT min(d.kind) FROM decision d WHERE d.kind > known.kind) FROM known
    WHERE known.kind IS NOT NULL
)
SELECT kind FROM known WHERE kind IS NOT NULL;

-- name: latest
-- The newest decisions below an offset.
SELECT number FROM decision WHERE number < ? ORDER BY number DESC LIMIT ?;

-- name: latest_of_kind
-- The newest decisions of one kind below an offset.
SELECT number FROM decision WHERE kind = ? AND number < ? ORDER BY number DESC LIMIT ?;

-- name: near_of_kinds
-- The newest decisions of some kinds, among the newest of all below an offset.
SELECT number FROM (
    SELECT number, kind FROM decision WHERE number < ? ORDER BY number DESC LIMIT ?
) WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY number DESC LIMIT ?;

-- name: about
-- The newest decisions on some identities below an offset.
SELECT number FROM decision WHERE identity IN (SELECT value FROM json_each(?)) AND number < ?
ORDER BY number DESC LIMIT ?;

-- name: about_engagement
-- The newest decisions on some identities about one engagement below an offset.
SELECT number FROM decision
WHERE identity IN (SELECT value FROM json_each(?)) AND engagement = ? AND number < ?
ORDER BY number DESC LIMIT ?;

-- name: entries
-- The journal entries of some decisions, the newest first.
SELECT offset, identity, at_us, received_us, cause, part, body FROM journal
WHERE offset IN (SELECT value FROM json_each(?)) ORDER BY offset DESC;
