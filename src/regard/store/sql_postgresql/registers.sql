-- name: set_timer
-- Something waits for a moment.
-- batch: 1
INSERT INTO timer (ref, identity, at_us, due_us, number)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])
ON CONFLICT (ref) DO UPDATE SET
    identity = excluded.identity, at_us = excluded.at_us, due_us = excluded.due_us,
    number = excluded.number;

-- name: clear_timer
-- Nothing waits there any more.
-- batch: -
DELETE FROM timer WHERE ref = ANY(%b::text[]);

-- name: due
-- The first timers of those that are due, earliest first, as they were set, and the next of others.
SELECT ref, identity, at_us, due_us, number FROM (
    SELECT ref, identity, at_us, due_us, number FROM timer WHERE due_us <= %s
    ORDER BY due_us, number, ref LIMIT %s
) AS first
UNION ALL SELECT ref, identity, at_us, due_us, number FROM (
    SELECT ref, identity, at_us, due_us, number FROM timer WHERE due_us > %s
    ORDER BY due_us, number, ref LIMIT 1
) AS next
ORDER BY due_us, number, ref;

-- name: save_promise
-- The latest change of a promise; what first made it says whose it is.
-- batch: 1
INSERT INTO promise (promise_id, identity, at_us, definition, status, step, since_us, due_us,
    changed_us, counted_us, body)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[],
    %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[])
ON CONFLICT (promise_id) DO UPDATE SET
    status = excluded.status, step = excluded.step, since_us = excluded.since_us,
    due_us = excluded.due_us, changed_us = excluded.changed_us, counted_us = excluded.counted_us, body = excluded.body;

-- name: promises_standing
-- Where promises stand, and where they are counted.
SELECT promise_id, step, since_us, counted_us FROM promise
WHERE promise_id = ANY(%b::text[]);

-- name: save_run
-- The latest change of a run; what started it says whose it is.
-- batch: 1
INSERT INTO run (run_id, identity, at_us, journey, step, is_over, since_us, changed_us, body)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::text[],
    %b::smallint[], %b::bigint[], %b::bigint[], %b::bytea[])
ON CONFLICT (run_id) DO UPDATE SET
    step = excluded.step, is_over = excluded.is_over, since_us = excluded.since_us,
    changed_us = excluded.changed_us, body = excluded.body;

-- name: runs_standing
-- Where runs stand, or ended.
SELECT run_id, step, since_us, is_over FROM run
WHERE run_id = ANY(%b::text[]);

-- name: count_passage
-- Count what passed a step.
-- batch: -
INSERT INTO passage (flow, step, what, key, count, seconds)
SELECT flow, step, what, key, sum(count), sum(seconds)
FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[])
    AS v (flow, step, what, key, count, seconds)
GROUP BY flow, step, what, key
ON CONFLICT (flow, step, what, key) DO UPDATE SET
    count = passage.count + excluded.count, seconds = passage.seconds + excluded.seconds;

-- name: count_outcome
-- Count what became of a promise, or take it back.
-- batch: -
INSERT INTO outcome_count (bucket_us, definition, status, count)
SELECT bucket_us, definition, status, sum(count)
FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::bigint[])
    AS v (bucket_us, definition, status, count)
GROUP BY bucket_us, definition, status
ON CONFLICT (bucket_us, definition, status) DO UPDATE SET
    count = outcome_count.count + excluded.count;

-- name: queue_message
-- A message that the gate let pass; its number is the offset of the decision.
-- batch: -
INSERT INTO message (message_id, number, identity, at_us, channel, state, decided_us, state_us,
                     not_before_us, rollout, address, body, lane)
SELECT message_id, number, identity, at_us, channel, 'queued', decided_us, state_us,
       not_before_us, rollout, address, body, lane
FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::text[], %b::bigint[],
            %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::bytea[], %b::smallint[])
    AS v (message_id, number, identity, at_us, channel, decided_us, state_us, not_before_us,
          rollout, address, body, lane)
ON CONFLICT DO NOTHING;

-- name: settle_message
-- What became of an attempt; a receipt has the last word, and so has the attempt after it.
-- batch: 11
UPDATE message SET state = v.state, attempt = v.attempt, reason = v.reason,
    state_us = v.state_us, not_before_us = v.not_before_us,
    tries = message.tries * v.tries_kept + v.tried,
    crashes = message.crashes * v.crashes_kept + v.crashed,
    unknowns = message.unknowns + v.unknown
FROM unnest(%b::text[], %b::integer[], %b::text[], %b::bigint[], %b::bigint[], %b::integer[],
            %b::integer[], %b::integer[], %b::integer[], %b::integer[], %b::text[], %b::integer[])
    AS v (state, attempt, reason, state_us, not_before_us, tries_kept, tried, crashes_kept,
          crashed, unknown, message_id, of_attempt)
WHERE message.message_id = v.message_id AND message.attempt <= v.of_attempt
  AND message.state NOT IN ('delivered', 'bounced');

-- name: receipt
-- A receipt proves the hand-over, even before we could record it, or while we would try again.
-- batch: 3
UPDATE message SET state = v.state, state_us = v.state_us
FROM unnest(%b::text[], %b::bigint[], %b::text[]) AS v (state, state_us, message_id)
WHERE message.message_id = v.message_id
  AND message.state NOT IN ('refused', 'withdrawn', 'bounced');

-- name: queued
-- The first messages of a lane to be handed over, oldest first, as they were decided.
SELECT message_id, identity, at_us, state, attempt, reason, decided_us, state_us, not_before_us,
       number, tries, crashes, unknowns, token, body
FROM message WHERE state = 'queued' AND lane = %s
ORDER BY not_before_us, number, message_id LIMIT %s;

-- name: claim
-- A dispatcher takes a message.
-- batch: 3
UPDATE message SET state = 'claimed', attempt = attempt + 1, token = v.token,
    state_us = v.state_us
FROM unnest(%b::bigint[], %b::bigint[], %b::text[]) AS v (token, state_us, message_id)
WHERE message.message_id = v.message_id AND message.state = 'queued';

-- name: save_content
-- What a message said.
-- batch: 1
INSERT INTO content (message_id, handed_us, body)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bytea[])
ON CONFLICT (message_id) DO UPDATE SET
    handed_us = excluded.handed_us, body = excluded.body;

-- name: save_rejected
-- An item that intake refused.
-- batch: -
INSERT INTO rejected (number, source, at_us, code, message, item)
SELECT (SELECT coalesce(max(number), 0) FROM rejected) + place, source, at_us, code, message, item
FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::text[], %b::text[])
    WITH ORDINALITY AS v (source, at_us, code, message, item, place);

-- name: trim_rejected
-- Keep the newest rejected items only; the count stays.
DELETE FROM rejected WHERE number <= (SELECT max(number) FROM rejected) - %s;

-- name: count_source
-- Count what a source sent.
-- batch: 1
INSERT INTO source_count (source, accepted_count, duplicate_count, rejected_count, last_us)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])
ON CONFLICT (source) DO UPDATE SET
    accepted_count = source_count.accepted_count + excluded.accepted_count,
    duplicate_count = source_count.duplicate_count + excluded.duplicate_count,
    rejected_count = source_count.rejected_count + excluded.rejected_count,
    last_us = excluded.last_us;

-- name: open_case
-- Work for a human.
-- batch: -
INSERT INTO case_opened (case_id, identity, opened_us, due_us, body)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[])
ON CONFLICT DO NOTHING;

-- name: move_case
-- Somebody took a case, did it or opened it again; the last word counts.
-- batch: 5
UPDATE case_opened SET moved_us = v.at, state = v.state, moved_by = v.moved_by, note = v.note
FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[])
    AS v (at, state, moved_by, note, case_id)
WHERE case_opened.case_id = v.case_id;

-- name: count_tally
-- Count one more of something on a day.
-- batch: -
INSERT INTO tally (day, name, key, count)
SELECT day, name, key, sum(count)
FROM unnest(%b::text[], %b::text[], %b::text[], %b::bigint[]) AS v (day, name, key, count)
GROUP BY day, name, key
ON CONFLICT (day, name, key) DO UPDATE SET count = tally.count + excluded.count;

-- name: open_review
-- A question about identifiers; one that is asked again is open again.
-- batch: 1
INSERT INTO review (review_id, kind, opened_us, "offset", answered_by, body)
SELECT review_id, kind, opened_us, place, '', body
FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bytea[])
    AS v (review_id, kind, opened_us, place, body)
ON CONFLICT (review_id) DO UPDATE SET
    kind = excluded.kind, opened_us = excluded.opened_us, "offset" = excluded."offset",
    answered_by = '', body = excluded.body;

-- name: answer_review
-- An act answers a question, or does not any more; what was asked behind it is asked anew.
-- batch: 2
UPDATE review SET answered_by = v.act_id
FROM unnest(%b::text[], %b::text[], %b::bigint[]) AS v (act_id, review_id, place)
WHERE review.review_id = v.review_id AND review."offset" < v.place;
