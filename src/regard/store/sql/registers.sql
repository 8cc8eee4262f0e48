-- name: set_timer
-- Something waits for a moment.
INSERT INTO timer (ref, identity, at_us, due_us, number) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (ref) DO UPDATE SET
    identity = excluded.identity, at_us = excluded.at_us, due_us = excluded.due_us,
    number = excluded.number;

-- name: clear_timer
-- Nothing waits there any more.
DELETE FROM timer WHERE ref = ?;

-- name: due
-- The first timers of those that are due, earliest first, as they were set, and the next of others.
SELECT ref, identity, at_us, due_us, number FROM (
    SELECT ref, identity, at_us, due_us, number FROM timer WHERE due_us <= ?
    ORDER BY due_us, number, ref LIMIT ?
) AS first
UNION ALL SELECT ref, identity, at_us, due_us, number FROM (
    SELECT ref, identity, at_us, due_us, number FROM timer WHERE due_us > ?
    ORDER BY due_us, number, ref LIMIT 1
) AS next
ORDER BY due_us, number, ref;

-- name: save_promise
-- The latest change of a promise; what first made it says whose it is.
INSERT INTO promise (promise_id, identity, at_us, definition, status, step, since_us, due_us,
                     changed_us, counted_us, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (promise_id) DO UPDATE SET
    status = excluded.status, step = excluded.step, since_us = excluded.since_us,
    due_us = excluded.due_us, changed_us = excluded.changed_us,
    counted_us = excluded.counted_us, body = excluded.body;

-- name: promises_standing
-- Where promises stand, and where they are counted.
SELECT promise_id, step, since_us, counted_us FROM promise
WHERE promise_id IN (SELECT value FROM json_each(?));

-- name: save_run
-- The latest change of a run; what started it says whose it is.
INSERT INTO run (run_id, identity, at_us, journey, step, is_over, since_us, changed_us, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run_id) DO UPDATE SET
    step = excluded.step, is_over = excluded.is_over, since_us = excluded.since_us,
    changed_us = excluded.changed_us, body = excluded.body;

-- name: runs_standing
-- Where runs stand, or ended.
SELECT run_id, step, since_us, is_over FROM run
WHERE run_id IN (SELECT value FROM json_each(?));

-- name: count_passage
-- Count what passed a step.
INSERT INTO passage (flow, step, what, key, count, seconds) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (flow, step, what, key) DO UPDATE SET
    count = count + excluded.count, seconds = seconds + excluded.seconds;

-- name: count_outcome
-- Count what became of a promise, or take it back.
INSERT INTO outcome_count (bucket_us, definition, status, count) VALUES (?, ?, ?, ?)
ON CONFLICT (bucket_us, definition, status) DO UPDATE SET count = count + excluded.count;

-- name: queue_message
-- A message that the gate let pass; its number is the offset of the decision.
INSERT INTO message (message_id, number, identity, at_us, channel, state, decided_us, state_us,
                     not_before_us, rollout, address, body, lane)
VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: settle_message
-- What became of an attempt; a receipt has the last word, and so has the attempt after it.
UPDATE message SET state = ?, attempt = ?, reason = ?, state_us = ?, not_before_us = ?,
    tries = tries * ? + ?, crashes = crashes * ? + ?, unknowns = unknowns + ?
WHERE message_id = ? AND attempt <= ? AND state NOT IN ('delivered', 'bounced');

-- name: receipt
-- A receipt proves the hand-over, even before we could record it, or while we would try again.
UPDATE message SET state = ?, state_us = ?
WHERE message_id = ? AND state NOT IN ('refused', 'withdrawn', 'bounced');

-- name: queued
-- The first messages of a lane to be handed over, oldest first, as they were decided.
SELECT message_id, identity, at_us, state, attempt, reason, decided_us, state_us, not_before_us,
       number, tries, crashes, unknowns, token, body
FROM message WHERE state = 'queued' AND lane = ?
ORDER BY not_before_us, number, message_id LIMIT ?;

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
INSERT INTO case_opened (case_id, identity, opened_us, due_us, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: move_case
-- Somebody took a case, did it or opened it again; the last word counts.
UPDATE case_opened SET moved_us = ?, state = ?, moved_by = ?, note = ? WHERE case_id = ?;

-- name: count_tally
-- Count one more of something on a day.
INSERT INTO tally (day, name, key, count) VALUES (?, ?, ?, ?)
ON CONFLICT (day, name, key) DO UPDATE SET count = count + excluded.count;

-- name: open_review
-- A question about identifiers; one that is asked again is open again.
INSERT INTO review (review_id, kind, opened_us, offset, answered_by, body)
VALUES (?, ?, ?, ?, '', ?)
ON CONFLICT (review_id) DO UPDATE SET
    kind = excluded.kind, opened_us = excluded.opened_us, offset = excluded.offset,
    answered_by = '', body = excluded.body;

-- name: answer_review
-- An act answers a question, or does not any more; what was asked behind it is asked anew.
UPDATE review SET answered_by = ? WHERE review_id = ? AND offset < ?;
