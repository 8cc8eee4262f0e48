-- name: pin
-- The first read of a session: what it sees stays as it is now.
SELECT value FROM meta WHERE name = 'token';

-- name: state
-- The state of one person.
SELECT state FROM person WHERE person_id = ?;

-- name: count_persons
-- How many persons are known, departments left out: counted on an index, not on the states.
SELECT (SELECT count(*) FROM person) - (
    SELECT count(*) FROM person
    WHERE person_id IN (SELECT person_id FROM identifier WHERE kind = 'department')
);

-- name: newest_people
-- People seen last.
SELECT person_id, label, last_seen_us, last_channel FROM person
ORDER BY last_seen_us DESC, person_id DESC LIMIT ?;

-- name: search_people
-- People whose label or one of whose identifiers contains a text.
SELECT person_id, label, last_seen_us, last_channel FROM person
WHERE person_id IN (
    SELECT :text UNION SELECT person_id FROM person WHERE instr(folded, :folded)
    UNION SELECT person_id FROM identifier WHERE instr(folded, :folded)
) ORDER BY last_seen_us DESC, person_id DESC LIMIT :limit;

-- name: promises
-- Promises, the earliest due first.
SELECT identity, at_us, changed_us, body FROM promise
WHERE :definition = '' OR definition = :definition
ORDER BY due_us, promise_id LIMIT :limit;

-- name: promises_of_status
-- Promises of one status, the earliest due first.
SELECT identity, at_us, changed_us, body FROM promise
WHERE status = :status AND (:definition = '' OR definition = :definition)
ORDER BY due_us, promise_id LIMIT :limit;

-- name: promises_lately
-- Promises, those that changed last first.
SELECT identity, at_us, changed_us, body FROM promise
WHERE :definition = '' OR definition = :definition
ORDER BY changed_us DESC, promise_id DESC LIMIT :limit;

-- name: promises_of_status_lately
-- Promises of one status, those that changed last first.
SELECT identity, at_us, changed_us, body FROM promise
WHERE status = :status AND (:definition = '' OR definition = :definition)
ORDER BY changed_us DESC, promise_id DESC LIMIT :limit;

-- name: run
-- One run.
SELECT run_id, identity, at_us, since_us, changed_us, body FROM run WHERE run_id = :run_id;

-- name: runs_standing
-- Runs that stand in a journey, by step and then the longest standing first, behind a place.
SELECT run_id, identity, at_us, since_us, changed_us, body FROM run
WHERE is_over = 0 AND journey = :journey
  AND (step, since_us, run_id) > (:after_step, :after_us, :after_id)
ORDER BY step, since_us, run_id LIMIT :limit;

-- name: runs_standing_at
-- Runs that stand at one step, the longest standing first, behind a place.
SELECT run_id, identity, at_us, since_us, changed_us, body FROM run
WHERE is_over = 0 AND journey = :journey AND step = :step
  AND (since_us, run_id) > (:after_us, :after_id)
ORDER BY since_us, run_id LIMIT :limit;

-- name: runs_lately
-- Runs of a journey, those that changed last first.
SELECT run_id, identity, at_us, since_us, changed_us, body FROM run WHERE journey = :journey
ORDER BY changed_us DESC, run_id DESC LIMIT :limit;

-- name: passages
-- Counts of all flows.
SELECT flow, step, what, key, count, seconds FROM passage ORDER BY flow, step, what, key;

-- name: passages_of_flow
-- Counts of one flow.
SELECT flow, step, what, key, count, seconds FROM passage WHERE flow = :flow
ORDER BY flow, step, what, key;

-- name: outcomes
-- How many promises came to which status, by stretches of time.
SELECT definition, bucket_us / :span_us * :span_us AS start_us, status, sum(count)
FROM outcome_count WHERE bucket_us >= :since_us
GROUP BY definition, start_us, status HAVING sum(count) <> 0
ORDER BY definition, start_us, status;

-- name: stepped
-- How far a reader has come.
SELECT coalesce((SELECT offset FROM cursor WHERE name = :reader), 0);

-- name: waiting
-- How many inputs wait, counted up to a number.
SELECT count(*) FROM (
    SELECT 1 FROM journal
    WHERE cause = 0 AND offset > coalesce((SELECT offset FROM cursor WHERE name = 'loop'), 0)
    LIMIT :limit
);

-- name: message
-- One message and what it said.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.number, m.tries, m.crashes, m.unknowns, m.token, m.body, c.body
FROM message m LEFT JOIN content c ON c.message_id = m.message_id
WHERE m.message_id = :message_id AND (:state = '' OR m.state = :state) LIMIT :limit;

-- name: messages
-- Messages and what they said, newest first.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.number, m.tries, m.crashes, m.unknowns, m.token, m.body, c.body
FROM message m LEFT JOIN content c ON c.message_id = m.message_id
ORDER BY m.decided_us DESC, m.message_id DESC LIMIT :limit;

-- name: messages_of_state
-- Messages in one state and what they said, newest first.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.number, m.tries, m.crashes, m.unknowns, m.token, m.body, c.body
FROM message m LEFT JOIN content c ON c.message_id = m.message_id
WHERE m.state = :state ORDER BY m.decided_us DESC, m.message_id DESC LIMIT :limit;

-- name: count_members
-- How many members each audience has.
SELECT audience, count(*) FROM audience_member GROUP BY audience ORDER BY audience;

-- name: members_of
-- Members of an audience in the order of their ids, behind one.
SELECT m.person_id, p.label, m.since_us
FROM audience_member m JOIN person p ON p.person_id = m.person_id
WHERE m.audience = ? AND m.person_id > ? ORDER BY m.person_id LIMIT ?;

-- name: latest_members
-- Members of an audience, those who entered last first.
SELECT m.person_id, p.label, m.since_us
FROM audience_member m JOIN person p ON p.person_id = m.person_id
WHERE m.audience = ? ORDER BY m.since_us DESC, m.person_id DESC LIMIT ?;

-- name: cases
-- Cases that wait, the first due first.
SELECT identity, opened_us, body, state, moved_us, moved_by, note FROM case_opened
WHERE state <> 'done' ORDER BY due_us, opened_us, case_id LIMIT ?;

-- name: cases_done
-- Cases that somebody did, the latest first.
SELECT identity, opened_us, body, state, moved_us, moved_by, note FROM case_opened
WHERE state = 'done' ORDER BY moved_us DESC, case_id DESC LIMIT ?;

-- name: case
-- One case.
SELECT identity, opened_us, body, state, moved_us, moved_by, note FROM case_opened
WHERE case_id = ?;

-- name: sources
-- Counts by source.
SELECT source, accepted_count, duplicate_count, rejected_count, last_us FROM source_count
ORDER BY source;

-- name: rejected
-- Rejected items, newest first.
SELECT source, at_us, code, message, item, number FROM rejected ORDER BY number DESC
LIMIT :limit;

-- name: rejected_of_source
-- Rejected items of one source, newest first.
SELECT source, at_us, code, message, item, number FROM rejected WHERE source = :source
ORDER BY number DESC LIMIT :limit;

-- name: tallies
-- Counts by day.
SELECT day, name, key, count FROM tally WHERE day >= ? ORDER BY day, name, key;

-- name: tallies_of
-- Counts of some names by day.
SELECT day, name, key, count FROM tally WHERE day >= ? AND name IN (SELECT value FROM json_each(?))
ORDER BY day, name, key;

-- name: reviews
-- Questions that nobody has answered, newest first.
SELECT body, answered_by FROM review WHERE answered_by = ''
ORDER BY opened_us DESC, review_id DESC LIMIT :limit;

-- name: reviews_of_kind
-- Questions of one kind that nobody has answered, newest first.
SELECT body, answered_by FROM review WHERE answered_by = '' AND kind = :kind
ORDER BY opened_us DESC, review_id DESC LIMIT :limit;

-- name: review
-- One question.
SELECT body, answered_by FROM review WHERE review_id = ?;
