-- name: load
-- States of some persons.
SELECT person_id, state FROM person WHERE person_id IN (SELECT value FROM json_each(?));

-- name: pending
-- Merged persons and their winners, and (without one) persons that must be folded again.
SELECT loser, winner FROM forward WHERE is_absorbed = 0
UNION ALL SELECT person_id, NULL FROM stale ORDER BY 1;

-- name: stale
-- Persons that must be folded again.
SELECT person_id FROM stale ORDER BY person_id;

-- name: save
-- Write a person's state and what lists show of it.
INSERT INTO person (person_id, label, folded, last_seen_us, last_channel, state)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (person_id) DO UPDATE SET
    label = excluded.label, folded = excluded.folded, last_seen_us = excluded.last_seen_us,
    last_channel = excluded.last_channel, state = excluded.state;

-- name: save_known
-- Write the state of a person whose label is what it was: the index of labels stays untouched.
UPDATE person SET last_seen_us = ?, last_channel = ?, state = ? WHERE person_id = ?;

-- name: drop
-- A person that was absorbed or has no identifiers left.
DELETE FROM person WHERE person_id = ?;

-- name: absorbed
-- A loser's state is in its winner's now.
UPDATE forward SET is_absorbed = 1 WHERE loser = ?;

-- name: fresh
-- A person was folded again.
DELETE FROM stale WHERE person_id = ?;

-- name: forget_memberships
-- A person is in no audience.
DELETE FROM audience_member WHERE person_id = ?;

-- name: save_membership
-- A person is in an audience, since then.
INSERT INTO audience_member (audience, person_id, since_us) VALUES (?, ?, ?);

-- name: cursor
-- How far a reader has come.
SELECT offset FROM cursor WHERE name = ?;

-- name: begin_cursor
-- A reader that has not read yet.
INSERT INTO cursor (name, offset) VALUES (?, 0) ON CONFLICT DO NOTHING;

-- name: advance
-- Move a reader on, if nobody else has.
UPDATE cursor SET offset = ? WHERE name = ? AND offset = ?;

-- name: labels
-- How lists name some persons.
SELECT person_id, label FROM person WHERE person_id IN (SELECT value FROM json_each(?));
