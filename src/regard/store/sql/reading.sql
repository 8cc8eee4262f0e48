-- name: pin
-- The first read of a session: what it sees stays as it is now.
SELECT value FROM meta WHERE name = 'token';

-- name: state
-- The state of one person.
SELECT state FROM person WHERE person_id = ?;

-- name: count_persons
-- How many persons are known: SQLite counts on the smallest index, not on the states.
SELECT count(*) FROM person;

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

-- name: message
-- One message and what it said.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.body, c.body
FROM message m LEFT JOIN content c ON c.message_id = m.message_id
WHERE m.message_id = :message_id AND (:state = '' OR m.state = :state) LIMIT :limit;

-- name: messages
-- Messages and what they said, newest first.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.body, c.body
FROM message m LEFT JOIN content c ON c.message_id = m.message_id
ORDER BY m.decided_us DESC, m.message_id DESC LIMIT :limit;

-- name: messages_of_state
-- Messages in one state and what they said, newest first.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.body, c.body
FROM message m LEFT JOIN content c ON c.message_id = m.message_id
WHERE m.state = :state ORDER BY m.decided_us DESC, m.message_id DESC LIMIT :limit;

-- name: cases
-- Cases, newest first.
SELECT identity, opened_us, body FROM case_opened
ORDER BY opened_us DESC, case_id DESC LIMIT ?;

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
