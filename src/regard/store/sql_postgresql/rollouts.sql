-- name: running
-- Rollouts that run now, those that started first first.
SELECT body FROM rollout WHERE status = 'running' ORDER BY started_us, rollout_id;

-- name: find
-- Some rollouts at their latest change.
SELECT rollout_id, body FROM rollout WHERE rollout_id = ANY(%b::text[]);

-- name: walk
-- Persons in the order of their ids.
SELECT person_id FROM person WHERE person_id > %s ORDER BY person_id LIMIT %s;

-- name: said
-- Another message of a broadcast to an address: one that may have gone, else one that goes before.
SELECT state, not_before_us FROM message
WHERE rollout <> '' AND rollout = %(rollout)s AND channel = %(channel)s AND address = %(address)s
  AND message_id <> %(message_id)s AND state NOT IN ('refused', 'dead', 'withdrawn')
  AND (state <> 'queued'
       OR number < (SELECT number FROM message WHERE message_id = %(message_id)s))
ORDER BY state IN ('claimed', 'queued'), number LIMIT 1;

-- name: keep_program
-- The folder of a program, as it was published.
INSERT INTO program (hash, archive) VALUES (%s, %s)
ON CONFLICT (hash) DO UPDATE SET archive = excluded.archive;

-- name: save
-- The latest change of a rollout.
INSERT INTO rollout (rollout_id, status, started_us, changed_us, body) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (rollout_id) DO UPDATE SET
    status = excluded.status, started_us = excluded.started_us,
    changed_us = excluded.changed_us, body = excluded.body;

-- name: move_messages
-- What a broadcast has in the outbox waits, goes on, or goes to be withdrawn.
UPDATE message SET lane = %s
WHERE rollout <> '' AND rollout = %s AND state = 'queued' AND lane <> %s;

-- name: save_version
-- One publication of a program.
-- batch: -
INSERT INTO version ("offset", at_us, body)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[])
ON CONFLICT DO NOTHING;

-- name: one
-- One rollout.
SELECT body, changed_us FROM rollout WHERE rollout_id = %(rollout_id)s LIMIT %(limit)s;

-- name: latest
-- Rollouts, those that started last first.
SELECT body, changed_us FROM rollout ORDER BY started_us DESC, rollout_id DESC LIMIT %(limit)s;

-- name: counts
-- What became of the people that a rollout reached since the day that it started.
SELECT key, sum(count)::bigint FROM tally WHERE day >= %s AND name = %s GROUP BY key;

-- name: states
-- The messages of a broadcast by state and reason.
SELECT state, reason, count(*) FROM message WHERE rollout <> '' AND rollout = %s
GROUP BY state, reason;

-- name: versions
-- What was published, the newest first.
SELECT "offset", at_us, body FROM version ORDER BY "offset" DESC LIMIT %s;

-- name: program
-- The folder of a published program.
SELECT archive FROM program WHERE hash = %s;
