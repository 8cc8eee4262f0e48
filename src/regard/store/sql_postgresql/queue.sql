-- name: put
-- Let inputs wait, each with its share and the person it is about.
-- batch: -
INSERT INTO waiting ("offset", share, person_id)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::text[]);

-- name: take
-- The oldest inputs that wait in any share.
SELECT "offset", person_id FROM waiting ORDER BY "offset" LIMIT %s;

-- name: take_near
-- Those of the oldest inputs of all that wait in some shares.
SELECT "offset", person_id FROM (
    SELECT "offset", person_id, share = ANY(%b::bigint[]) AS is_mine
    FROM waiting ORDER BY "offset" LIMIT %s
) AS w WHERE is_mine ORDER BY "offset";

-- name: take_of_shares
-- The oldest inputs that wait in each of some shares: none holds another one up.
SELECT w."offset", w.person_id FROM unnest(%b::bigint[]) AS mine (share)
CROSS JOIN LATERAL (
    SELECT "offset", person_id FROM waiting
    WHERE waiting.share = mine.share ORDER BY "offset" LIMIT %s
) AS w ORDER BY w."offset" LIMIT %s;

-- name: entries
-- Some entries by their offsets.
SELECT "offset", identity, at_us, received_us, cause, part, body FROM journal
WHERE "offset" = ANY(%b::bigint[]);

-- name: done
-- Inputs wait no more: how many still did, how many shares are held, is somebody to be mended.
WITH ended AS (
    DELETE FROM waiting USING unnest(%(offsets)b::bigint[], %(owners)b::text[])
        AS v ("offset", person_id)
    WHERE waiting."offset" = v."offset" AND waiting.person_id = v.person_id
    RETURNING 1
)
SELECT (SELECT count(*) FROM ended),
    (SELECT count(*) FROM share WHERE number = ANY(%(shares)b::bigint[]) AND token = %(token)s),
    EXISTS (SELECT FROM forward
            WHERE NOT is_absorbed
              AND (winner = ANY(%(persons)b::text[]) OR loser = ANY(%(persons)b::text[])))
    OR EXISTS (SELECT FROM stale WHERE person_id = ANY(%(persons)b::text[]));

-- name: waiting
-- Those of some inputs that wait.
SELECT "offset" FROM waiting WHERE "offset" = ANY(%b::bigint[]);

-- name: expecting
-- Those of some persons about whom inputs wait.
SELECT DISTINCT person_id FROM waiting WHERE person_id = ANY(%b::text[]);

-- name: of_persons
-- What waits for some persons, and what it hangs on.
SELECT w."offset", w.person_id, j.identity, j.at_us
FROM waiting w JOIN journal j ON j."offset" = w."offset"
WHERE w.person_id = ANY(%b::text[]) ORDER BY w."offset";

-- name: move
-- What waits for another person from now on.
-- batch: 1
UPDATE waiting SET share = v.share, person_id = v.person_id
FROM unnest(%b::bigint[], %b::bigint[], %b::text[]) AS v ("offset", share, person_id)
WHERE waiting."offset" = v."offset";
