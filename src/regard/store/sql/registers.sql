-- name: set_timer
-- Something waits for a moment.
INSERT INTO timer (ref, identity, at_us, due_us) VALUES (?, ?, ?, ?)
ON CONFLICT (ref) DO UPDATE SET
    identity = excluded.identity, at_us = excluded.at_us, due_us = excluded.due_us;

-- name: clear_timer
-- Nothing waits there any more.
DELETE FROM timer WHERE ref = ?;

-- name: due
-- Timers that are due, earliest first.
SELECT ref, identity, at_us, due_us FROM timer WHERE due_us <= ? ORDER BY due_us LIMIT ?;

-- name: next_due
-- When the next timer is due.
SELECT min(due_us) FROM timer;

-- name: save_promise
-- The latest change of a promise.
INSERT INTO promise (promise_id, identity, definition, status, due_us, changed_us, body)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (promise_id) DO UPDATE SET
    status = excluded.status, due_us = excluded.due_us,
    changed_us = excluded.changed_us, body = excluded.body;

-- name: queue_message
-- A message that the gate let pass.
INSERT INTO message (message_id, identity, at_us, channel, state, decided_us, state_us,
                     not_before_us, body)
VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: settle_message
-- What became of an attempt.
UPDATE message SET state = ?, attempt = ?, reason = ?, state_us = ?, not_before_us = ?
WHERE message_id = ?;

-- name: receipt
-- A receipt moves a message that was handed over.
UPDATE message SET state = ?, state_us = ?
WHERE message_id = ? AND state IN ('sent', 'unknown', 'delivered');

-- name: queued
-- Messages that may be handed over, oldest first.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.body, coalesce(i.person_id, ''), coalesce(p.label, '')
FROM message m
LEFT JOIN identifier i ON i.identity = m.identity
LEFT JOIN person p ON p.person_id = i.person_id
WHERE m.state = 'queued' AND m.not_before_us <= ? ORDER BY m.not_before_us LIMIT ?;

-- name: next_queued
-- When the next queued message may be handed over.
SELECT min(not_before_us) FROM message WHERE state = 'queued';

-- name: claim
-- A dispatcher takes a message.
UPDATE message SET state = 'claimed', attempt = attempt + 1, token = ?, state_us = ?
WHERE message_id = ? AND state = 'queued';

-- name: abandoned
-- Messages claimed under an older token.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.body, coalesce(i.person_id, ''), coalesce(p.label, '')
FROM message m
LEFT JOIN identifier i ON i.identity = m.identity
LEFT JOIN person p ON p.person_id = i.person_id
WHERE m.state = 'claimed' AND m.token < ? ORDER BY m.message_id;

-- name: save_content
-- What a message said.
INSERT INTO content (message_id, handed_us, body) VALUES (?, ?, ?)
ON CONFLICT (message_id) DO UPDATE SET handed_us = excluded.handed_us, body = excluded.body;

-- name: save_rejected
-- An item that intake refused.
INSERT INTO rejected (source, at_us, code, message, item) VALUES (?, ?, ?, ?, ?);

-- name: trim_rejected
-- Keep the newest rejected items only; the count stays.
DELETE FROM rejected WHERE number <= (SELECT max(number) FROM rejected) - ?;

-- name: count_source
-- Count what a source sent.
INSERT INTO source_count (source, accepted_count, duplicate_count, rejected_count, last_us)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (source) DO UPDATE SET
    accepted_count = accepted_count + excluded.accepted_count,
    duplicate_count = duplicate_count + excluded.duplicate_count,
    rejected_count = rejected_count + excluded.rejected_count, last_us = excluded.last_us;

-- name: open_case
-- Work for a human.
INSERT INTO case_opened (case_id, identity, opened_us, body) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: count_tally
-- Count one more of something on a day.
INSERT INTO tally (day, name, key, count) VALUES (?, ?, ?, ?)
ON CONFLICT (day, name, key) DO UPDATE SET count = count + excluded.count;
