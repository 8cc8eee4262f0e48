-- name: nodes
-- Identifiers by identity.
SELECT identity, kind, value, person_id, first_us, "offset", shared, origin FROM identifier
WHERE identity = ANY(%b::bigint[]);

-- name: members
-- Identifiers of some persons.
SELECT identity, kind, value, person_id, first_us, "offset", shared, origin FROM identifier
WHERE person_id = ANY(%b::text[]) ORDER BY first_us, identity;

-- name: identities_of
-- The identities of one person.
SELECT identity FROM identifier WHERE person_id = %s;

-- name: edges_low
-- Evidence in which an identity is the lower end.
SELECT low, high, at_us, "offset", source, rule, refused, is_told FROM edge
WHERE low = ANY(%b::bigint[]);

-- name: edges_high
-- Evidence in which an identity is the higher end.
SELECT low, high, at_us, "offset", source, rule, refused, is_told FROM edge
WHERE high = ANY(%b::bigint[]);

-- name: edges_between
-- The evidence between the two identities of each pair.
SELECT low, high, at_us, "offset", source, rule, refused, is_told
FROM jsonb_array_elements(%s::jsonb) AS pair
JOIN edge ON low = (pair ->> 0)::bigint AND high = (pair ->> 1)::bigint;

-- name: clusters
-- What attaching needs to know of some persons.
SELECT person_id, body FROM cluster WHERE person_id = ANY(%b::text[]);

-- name: logins
-- Who used shared devices when.
SELECT device, at_us, anchor FROM login
WHERE device = ANY(%b::bigint[]) ORDER BY device, at_us, anchor;

-- name: devices_of
-- Shared devices that some anchors logged in on.
SELECT DISTINCT device FROM login WHERE anchor = ANY(%b::bigint[]);

-- name: save_node
-- Write an identifier; a different identifier under the same hash must not slip in.
-- batch: 1
INSERT INTO identifier (identity, kind, value, folded, person_id, first_us, "offset", shared,
    origin)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[],
    %b::bigint[], %b::text[], %b::text[])
ON CONFLICT (identity) DO UPDATE SET
    person_id = excluded.person_id, first_us = excluded.first_us, shared = excluded.shared,
    origin = excluded.origin
WHERE identifier.kind = excluded.kind AND identifier.value = excluded.value;

-- name: relabel
-- Give every identifier of a merged person its new label.
UPDATE identifier SET person_id = %s WHERE person_id = %s;

-- name: save_edge
-- Write evidence, as identity decided that it is shown earliest.
-- batch: 1 2
INSERT INTO edge (low, high, at_us, "offset", source, rule, refused, is_told)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::text[],
    %b::text[], %b::text[], %b::boolean[])
ON CONFLICT (low, high) DO UPDATE SET
    at_us = excluded.at_us, "offset" = excluded."offset", source = excluded.source,
    rule = excluded.rule, refused = excluded.refused, is_told = excluded.is_told;

-- name: save_cluster
-- Write what attaching needs to know of a person.
-- batch: 1
INSERT INTO cluster (person_id, body)
SELECT * FROM unnest(%b::text[], %b::bytea[])
ON CONFLICT (person_id) DO UPDATE SET
    body = excluded.body;

-- name: drop_cluster
-- A person that no identifier is labelled with any more.
-- batch: -
DELETE FROM cluster WHERE person_id = ANY(%b::text[]);

-- name: save_login
-- A shared device was used by somebody.
-- batch: -
INSERT INTO login (device, at_us, anchor)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[])
ON CONFLICT DO NOTHING;

-- name: forward
-- A merged person forwards to its winner.
INSERT INTO forward (loser, winner, is_absorbed) VALUES (%s, %s, false)
ON CONFLICT (loser) DO UPDATE SET winner = excluded.winner, is_absorbed = false;

-- name: forward_chain
-- Those that forwarded to a loser forward to its winner.
UPDATE forward SET winner = %s WHERE winner = %s;

-- name: refold_led
-- Whose state waits to be absorbed elsewhere than their id leads from now on: fold both again.
WITH v (old, new) AS (VALUES (%s::text, %s::text)), led AS (
    SELECT loser, winner FROM forward, v
    WHERE NOT is_absorbed AND ((loser = v.old AND winner <> v.new) OR winner = v.old)
)
INSERT INTO stale (person_id) SELECT loser FROM led UNION SELECT winner FROM led
ON CONFLICT DO NOTHING;

-- name: settle_led
-- They wait no more.
UPDATE forward SET is_absorbed = true FROM (VALUES (%s::text, %s::text)) AS v (old, new)
WHERE NOT is_absorbed AND ((loser = v.old AND winner <> v.new) OR winner = v.old);

-- name: lead
-- An id that nobody bears any more leads to a person who has been folded already.
-- batch: 1
INSERT INTO forward (loser, winner, is_absorbed)
SELECT loser, winner, true FROM unnest(%b::text[], %b::text[]) AS v (loser, winner)
ON CONFLICT (loser) DO UPDATE SET winner = excluded.winner;

-- name: unforward
-- A person that is alive (again) forwards nowhere.
-- batch: -
DELETE FROM forward WHERE loser = ANY(%b::text[]);

-- name: make_stale
-- A person whose state must be folded again.
-- batch: -
INSERT INTO stale (person_id)
SELECT * FROM unnest(%b::text[])
ON CONFLICT DO NOTHING;

-- name: make_winner_stale
-- Who absorbs a person whose state must be folded again is folded again, too.
INSERT INTO stale (person_id)
SELECT %s::text WHERE EXISTS (SELECT 1 FROM stale WHERE person_id = %s)
ON CONFLICT DO NOTHING;

-- name: winner
-- Where a merged person forwards to.
SELECT winner FROM forward WHERE loser = %s;

-- name: rulings
-- What was said about some identifiers.
SELECT "offset", at_us, body FROM ruling WHERE act_id IN (
    SELECT act_id FROM ruling_name WHERE identity = ANY(%b::bigint[])
) ORDER BY "offset";

-- name: ruling
-- One act.
SELECT "offset", at_us, body FROM ruling WHERE act_id = %s;

-- name: save_ruling
-- Somebody said something.
INSERT INTO ruling (act_id, "offset", at_us, body) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING;

-- name: save_ruling_name
-- Whom somebody named.
-- batch: -
INSERT INTO ruling_name (identity, act_id)
SELECT * FROM unnest(%b::bigint[], %b::text[])
ON CONFLICT DO NOTHING;
