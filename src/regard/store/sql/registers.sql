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
SELECT ref, identity, at_us, due_us FROM timer
WHERE due_us <= ? ORDER BY due_us, ref LIMIT ?;

-- name: next_due
-- When the first timer behind some is due.
SELECT due_us FROM timer ORDER BY due_us, ref LIMIT 1 OFFSET ?;

-- name: save_promise
-- The latest change of a promise; what first made it says whose it is.
INSERT INTO promise (promise_id, identity, at_us, definition, status, due_us, changed_us, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (promise_id) DO UPDATE SET
    status = excluded.status, due_us = excluded.due_us,
    changed_us = excluded.changed_us, body = excluded.body;

-- name: queue_message
-- A message that the gate let pass.
INSERT INTO message (message_id, identity, at_us, channel, state, decided_us, state_us,
                     not_before_us, body)
VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: settle_message
-- What became of an attempt; a receipt that came first has the last word.
UPDATE message SET state = ?, attempt = ?, reason = ?, state_us = ?, not_before_us = ?
WHERE message_id = ? AND state NOT IN ('delivered', 'bounced');

-- name: receipt
-- A receipt proves the hand-over, even before we could record it, or while we would try again.
UPDATE message SET state = ?, state_us = ?
WHERE message_id = ? AND state NOT IN ('refused', 'withdrawn', 'bounced');

-- name: queued
-- Messages that may be handed over, oldest first.
SELECT message_id, identity, at_us, state, attempt, reason, decided_us, state_us, not_before_us,
       body
FROM message WHERE state = 'queued' AND not_before_us <= ?
ORDER BY not_before_us, message_id LIMIT ?;

-- name: next_queued
-- When the first queued message behind some may be handed over.
SELECT not_before_us FROM message WHERE state = 'queued'
ORDER BY not_before_us, message_id LIMIT 1 OFFSET ?;

-- name: claim
-- A dispatcher takes a message.
UPDATE message SET state = 'claimed', attempt = attempt + 1, token = ?, state_us = ?
WHERE message_id = ? AND state = 'queued';

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
