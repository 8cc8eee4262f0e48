-- name: save
-- One decision, once.
-- batch: -
INSERT INTO decision (number, identity, engagement, kind)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[])
ON CONFLICT DO NOTHING;

-- name: count
-- Decisions of a day and a kind.
-- batch: 1 2
INSERT INTO decision_count (day, kind, count, new_count)
SELECT * FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::bigint[])
ON CONFLICT (day, kind) DO UPDATE SET
    count = decision_count.count + excluded.count,
    new_count = decision_count.new_count + excluded.new_count;

-- name: counts
-- All counts since a day.
SELECT day, kind, count, new_count FROM decision_count WHERE day >= %s ORDER BY day, kind;

-- name: counts_of_engagement
-- The counts of one engagement since a day; its kinds begin with its name.
SELECT day, kind, count, new_count FROM decision_count
WHERE day >= %s AND kind >= %s AND kind < %s ORDER BY day, kind;

-- name: sent
-- What was sent since a day, by day and engagement.
SELECT day, split_part(kind, '|', 1), sum(count) FROM decision_count
WHERE day >= %s AND kind LIKE '%%|send|%%' GROUP BY 1, 2 ORDER BY 1, 2;

-- name: totals
-- The counts since a day by kind, over all days.
SELECT kind, sum(count), sum(new_count) FROM decision_count WHERE day >= %s
GROUP BY kind ORDER BY kind;

-- name: kinds
-- Every kind that was decided, by one step of the index for each.
WITH RECURSIVE known (kind) AS (
    (SELECT kind FROM decision ORDER BY kind LIMIT 1)
    UNION ALL
    SELECT (SELECT d.kind FROM decision d WHERE d.kind > known.kind ORDER BY d.kind LIMIT 1)
    FROM known WHERE known.kind IS NOT NULL
)
SELECT kind FROM known WHERE kind IS NOT NULL;

-- name: latest
-- The newest decisions below an offset.
SELECT number FROM decision WHERE number < %s ORDER BY number DESC LIMIT %s;

-- name: latest_of_kind
-- The newest decisions of one kind below an offset.
SELECT number FROM decision WHERE kind = %s AND number < %s ORDER BY number DESC LIMIT %s;

-- name: near_of_kinds
-- The newest decisions of some kinds, among the newest of all below an offset.
SELECT number FROM (
    SELECT number, kind FROM decision WHERE number < %s ORDER BY number DESC LIMIT %s
) AS near WHERE kind = ANY(%b::text[]) ORDER BY number DESC LIMIT %s;

-- name: about
-- The newest decisions on some identities below an offset.
SELECT number FROM decision WHERE identity = ANY(%b::bigint[]) AND number < %s
ORDER BY number DESC LIMIT %s;

-- name: about_engagement
-- The newest decisions on some identities about one engagement below an offset.
SELECT number FROM decision
WHERE identity = ANY(%b::bigint[]) AND engagement = %s AND number < %s
ORDER BY number DESC LIMIT %s;

-- name: entries
-- The journal entries of some decisions, the newest first.
SELECT "offset", identity, at_us, received_us, cause, part, body FROM journal
WHERE "offset" = ANY(%b::bigint[]) ORDER BY "offset" DESC;
