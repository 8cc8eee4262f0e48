-- name: running
-- Rollouts that run now, those that started first first.
SELECT body FROM rollout WHERE status = 'running' ORDER BY started_us, rollout_id;

-- name: find
-- Some rollouts at their latest change.
SELECT rollout_id, body FROM rollout WHERE rollout_id IN (SELECT value FROM json_each(?));

-- name: walk
-- Persons in the order of their ids.
SELECT person_id FROM person WHERE person_id > ? ORDER BY person_id LIMIT ?;

-- name: said
-- Another message of a broadcast to an address: one that may have gone, else one that goes before.
SELECT state, not_before_us FROM message
WHERE rollout <> '' AND rollout = :rollout AND channel = :channel AND address = :address
  AND message_id <> :message_id AND state NOT IN ('refused', 'dead', 'withdrawn')
  AND (state <> 'queued'
       OR number < (SELECT number FROM message WHERE message_id = :message_id))
ORDER BY state IN ('claimed', 'queued'), number LIMIT 1;

-- name: keep_program
-- The folder of a program, as it was published.
INSERT INTO program (hash, archive) VALUES (?, ?)
ON CONFLICT (hash) DO UPDATE SET archive = excluded.archive;

-- name: save
-- The latest change of a rollout.
INSERT INTO rollout (rollout_id, status, started_us, changed_us, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (rollout_id) DO UPDATE SET
    status = excluded.status, started_us = excluded.started_us,
    changed_us = excluded.changed_us, body = excluded.body;

-- name: move_messages
-- What a broadcast has in the outbox waits, goes on, or goes to be withdrawn.
UPDATE message SET lane = ?
WHERE rollout <> '' AND rollout = ? AND state = 'queued' AND lane <> ?;

-- name: save_version
-- One publication of a program.
INSERT INTO version (offset, at_us, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- name: one
-- One rollout.
SELECT body, changed_us FROM rollout WHERE rollout_id = :rollout_id LIMIT :limit;

-- name: latest
-- Rollouts, those that started last first.
SELECT body, changed_us FROM rollout ORDER BY started_us DESC, rollout_id DESC LIMIT :limit;

-- name: counts
-- What became of the people that a rollout reached since the day that it started.
SELECT key, sum(count) FROM tally WHERE day >= ? AND name = ? GROUP BY key;

-- name: states
-- The messages of a broadcast by state and reason.
SELECT state, reason, count(*) FROM message WHERE rollout <> '' AND rollout = ?
GROUP BY state, reason;

-- name: versions
-- What was published, the newest first.
SELECT offset, at_us, body FROM version ORDER BY offset DESC LIMIT ?;

-- name: program
-- The folder of a published program.
SELECT archive FROM program WHERE hash = ?;
