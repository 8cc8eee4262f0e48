-- name: load
-- States of some persons.
SELECT person_id, state FROM person WHERE person_id = ANY(%b::text[]);

-- name: pending
-- Merged persons and their winners, and (without one) persons that must be folded again.
SELECT loser, winner FROM forward WHERE NOT is_absorbed
UNION ALL SELECT person_id, NULL FROM stale ORDER BY 1;

-- name: stale
-- Persons that must be folded again.
SELECT person_id FROM stale ORDER BY person_id;

-- name: save
-- Write a person's state and what lists show of it.
-- batch: 1
INSERT INTO person (person_id, label, folded, last_seen_us, last_channel, state)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::bigint[], %b::text[], %b::bytea[])
ON CONFLICT (person_id) DO UPDATE SET
    label = excluded.label, folded = excluded.folded, last_seen_us = excluded.last_seen_us,
    last_channel = excluded.last_channel, state = excluded.state;

-- name: save_known
-- Write the state of a person whose label is what it was: the index of labels stays untouched.
-- batch: 4
UPDATE person SET last_seen_us = v.last_seen_us, last_channel = v.last_channel, state = v.state
FROM unnest(%b::bigint[], %b::text[], %b::bytea[], %b::text[])
    AS v (last_seen_us, last_channel, state, person_id)
WHERE person.person_id = v.person_id;

-- name: drop
-- A person that was absorbed or has no identifiers left.
-- batch: -
DELETE FROM person WHERE person_id = ANY(%b::text[]);

-- name: absorbed
-- A loser's state is in its winner's now.
-- batch: -
UPDATE forward SET is_absorbed = true WHERE loser = ANY(%b::text[]);

-- name: fresh
-- A person was folded again.
-- batch: -
DELETE FROM stale WHERE person_id = ANY(%b::text[]);

-- name: forget_memberships
-- A person is in no audience.
-- batch: -
DELETE FROM audience_member WHERE person_id = ANY(%b::text[]);

-- name: save_membership
-- A person is in an audience, since then.
-- batch: -
INSERT INTO audience_member (audience, person_id, since_us)
SELECT * FROM unnest(%b::text[], %b::text[], %b::bigint[]);

-- name: cursor
-- How far a reader has come.
SELECT "offset" FROM cursor WHERE name = %s;

-- name: begin_cursor
-- A reader that has not read yet.
INSERT INTO cursor (name, "offset") VALUES (%s, 0) ON CONFLICT DO NOTHING;

-- name: advance
-- Move a reader on, if nobody else has.
UPDATE cursor SET "offset" = %s WHERE name = %s AND "offset" = %s;

-- name: labels
-- How lists name some persons.
SELECT person_id, label FROM person WHERE person_id = ANY(%b::text[]);
