-- name: find
-- The person behind an identifier.
SELECT person_id FROM identifier WHERE identity = ? AND kind = ? AND value = ?;

-- name: state
-- The state of one person.
SELECT state FROM person WHERE person_id = ?;

-- name: newest_people
-- People seen last.
SELECT person_id, label, last_seen_us, last_channel FROM person
ORDER BY last_seen_us DESC LIMIT ?;

-- name: search_people
-- People whose label or one of whose identifiers contains a text.
SELECT person_id, label, last_seen_us, last_channel FROM person
WHERE label LIKE :like ESCAPE '\' OR person_id = :text
   OR person_id IN (SELECT person_id FROM identifier WHERE value LIKE :like ESCAPE '\')
ORDER BY last_seen_us DESC LIMIT :limit;

-- name: promises
-- Promises, the earliest due first.
SELECT r.body, r.changed_us, coalesce(i.person_id, ''), coalesce(p.label, '')
FROM promise r
LEFT JOIN identifier i ON i.identity = r.identity
LEFT JOIN person p ON p.person_id = i.person_id
WHERE (:status = '' OR r.status = :status) AND (:definition = '' OR r.definition = :definition)
ORDER BY r.due_us LIMIT :limit;

-- name: messages
-- Messages, newest first.
SELECT m.message_id, m.identity, m.at_us, m.state, m.attempt, m.reason, m.decided_us, m.state_us,
       m.not_before_us, m.body, coalesce(i.person_id, ''), coalesce(p.label, ''), c.body
FROM message m
LEFT JOIN identifier i ON i.identity = m.identity
LEFT JOIN person p ON p.person_id = i.person_id
LEFT JOIN content c ON c.message_id = m.message_id
WHERE (:message_id = '' OR m.message_id = :message_id) AND (:state = '' OR m.state = :state)
ORDER BY m.decided_us DESC, m.message_id LIMIT :limit;

-- name: cases
-- Cases, newest first.
SELECT c.body, c.opened_us, coalesce(i.person_id, ''), coalesce(p.label, '')
FROM case_opened c
LEFT JOIN identifier i ON i.identity = c.identity
LEFT JOIN person p ON p.person_id = i.person_id
ORDER BY c.opened_us DESC LIMIT ?;

-- name: sources
-- Counts by source.
SELECT source, accepted_count, duplicate_count, rejected_count, last_us FROM source_count
ORDER BY source;

-- name: rejected
-- Rejected items, newest first.
SELECT source, at_us, code, message, item, number FROM rejected
WHERE :source = '' OR source = :source ORDER BY number DESC LIMIT :limit;

-- name: tallies
-- Counts by day.
SELECT day, name, key, count FROM tally WHERE day >= ? ORDER BY day, name, key;
