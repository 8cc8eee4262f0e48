-- name: nodes
-- Identifiers by identity, as one JSON array.
SELECT '[' || coalesce(group_concat(body), '') || ']'
FROM json_each(?) AS wanted CROSS JOIN identifier ON identity = wanted.value;

-- name: members
-- Identifiers of some persons, as one JSON array.
SELECT '[' || coalesce(group_concat(body), '') || ']' FROM identifier
WHERE person_id IN (SELECT value FROM json_each(?));

-- name: identities_of
-- The identities of one person, found without reading the identifiers themselves.
SELECT identity FROM identifier WHERE person_id = ?;

-- name: edges_low
-- Evidence in which an identity is the lower end, as one JSON array.
SELECT '[' || coalesce(group_concat(body), '') || ']' FROM edge
WHERE low IN (SELECT value FROM json_each(?));

-- name: edges_high
-- Evidence in which an identity is the higher end, and the lower one is none of them.
SELECT '[' || coalesce(group_concat(body), '') || ']' FROM edge
WHERE high IN (SELECT value FROM json_each(?1)) AND low NOT IN (SELECT value FROM json_each(?1));

-- name: edges_between
-- The evidence between the two identities of each pair, which come as names and values.
SELECT '[' || coalesce(group_concat(body), '') || ']' FROM json_each(?) AS pair
CROSS JOIN edge ON low = CAST(pair.key AS INTEGER) AND high = pair.value;

-- name: clusters
-- What attaching needs to know of some persons.
SELECT person_id, body FROM cluster WHERE person_id IN (SELECT value FROM json_each(?));

-- name: logins
-- Who used shared devices when.
SELECT device, at_us, anchor FROM login
WHERE device IN (SELECT value FROM json_each(?)) ORDER BY device, at_us, anchor;

-- name: devices_of
-- Shared devices that some anchors logged in on.
SELECT DISTINCT device FROM login WHERE anchor IN (SELECT value FROM json_each(?));

-- name: save_node
-- Write an identifier; a different identifier under the same hash must not slip in.
INSERT INTO identifier (identity, kind, folded, cased, person_id, offset, body)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (identity) DO UPDATE SET
    person_id = excluded.person_id,
    body = CASE offset WHEN excluded.offset THEN excluded.body
        ELSE json_replace(excluded.body, '$[4]', offset) END
WHERE kind = excluded.kind AND folded = excluded.folded AND cased IS excluded.cased;

-- name: relabel
-- Give every identifier of a merged person its new label.
UPDATE identifier SET person_id = ?1, body = json_replace(body, '$[2]', ?1) WHERE person_id = ?2;

-- name: save_edge
-- Write evidence, as identity decided that it is shown earliest.
INSERT INTO edge (low, high, body) VALUES (?, ?, ?)
ON CONFLICT (low, high) DO UPDATE SET body = excluded.body;

-- name: save_cluster
-- Write what attaching needs to know of a person.
INSERT INTO cluster (person_id, body) VALUES (?, ?)
ON CONFLICT (person_id) DO UPDATE SET body = excluded.body;

-- name: drop_cluster
-- A person that no identifier is labelled with any more.
DELETE FROM cluster WHERE person_id = ?;

-- name: save_login
-- A shared device was used by somebody.
INSERT INTO login (device, at_us, anchor) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- name: forward
-- A merged person forwards to its winner.
INSERT INTO forward (loser, winner, is_absorbed) VALUES (?, ?, 0)
ON CONFLICT (loser) DO UPDATE SET winner = excluded.winner, is_absorbed = 0;

-- name: forward_chain
-- Those that forwarded to a loser forward to its winner.
UPDATE forward SET winner = ? WHERE winner = ?;

-- name: refold_led
-- Whose state waits to be absorbed elsewhere than their id leads from now on: fold both again.
WITH v (old, new) AS (VALUES (?, ?)), led AS (
    SELECT loser, winner FROM forward, v
    WHERE is_absorbed = 0 AND ((loser = v.old AND winner <> v.new) OR winner = v.old)
)
INSERT INTO stale (person_id) SELECT loser FROM led UNION SELECT winner FROM led WHERE true
ON CONFLICT DO NOTHING;

-- name: settle_led
-- They wait no more.
UPDATE forward SET is_absorbed = 1
WHERE is_absorbed = 0 AND ((loser = ?1 AND winner <> ?2) OR winner = ?1);

-- name: lead
-- An id that nobody bears any more leads to a person who has been folded already.
INSERT INTO forward (loser, winner, is_absorbed) VALUES (?, ?, 1)
ON CONFLICT (loser) DO UPDATE SET winner = excluded.winner;

-- name: unforward
-- A person that is alive (again) forwards nowhere.
DELETE FROM forward WHERE loser = ?;

-- name: make_stale
-- A person whose state must be folded again.
INSERT INTO stale (person_id) VALUES (?) ON CONFLICT DO NOTHING;

-- name: make_winner_stale
-- Who absorbs a person whose state must be folded again is folded again, too.
INSERT INTO stale (person_id) SELECT ? WHERE EXISTS (SELECT 1 FROM stale WHERE person_id = ?)
ON CONFLICT DO NOTHING;

-- name: winner
-- Where a merged person forwards to.
SELECT winner FROM forward WHERE loser = ?;

-- name: rulings
-- What was said about some identifiers.
SELECT offset, at_us, body FROM ruling WHERE act_id IN (
    SELECT act_id FROM json_each(?1) AS wanted
    CROSS JOIN identifier ON identifier.identity = wanted.value
    CROSS JOIN ruling_name AS name ON name.seen = offset AND name.identity = wanted.value
    UNION ALL
    SELECT act_id FROM ruling_name
    WHERE EXISTS (SELECT 1 FROM ruling_name WHERE seen = 0)
        AND seen = 0 AND identity IN (SELECT value FROM json_each(?1))
) ORDER BY offset;

-- name: ruling
-- One act.
SELECT offset, at_us, body FROM ruling WHERE act_id = ?;

-- name: save_ruling
-- Somebody said something.
INSERT INTO ruling (act_id, offset, at_us, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: save_ruling_name
-- Whom somebody named. Where an identifier was first seen never changes.
INSERT INTO ruling_name (seen, identity, act_id)
VALUES (coalesce((SELECT offset FROM identifier WHERE identity = ?1), 0), ?1, ?2)
ON CONFLICT DO NOTHING;
