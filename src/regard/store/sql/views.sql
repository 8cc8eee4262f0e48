-- name: identifiers
-- Identifiers and whose they are. The ids that they brought are memory for names, and no view.
SELECT identity, kind, value, folded, person_id, first_us, offset, shared FROM identifier
ORDER BY identity;

-- name: evidence
-- Which identifiers were seen together.
SELECT low, high, at_us, offset, source, rule, refused FROM edge ORDER BY low, high;

-- name: rulings
-- What was said about identifiers.
SELECT act_id, offset, at_us, body FROM ruling ORDER BY act_id;

-- name: reviews
-- Questions about identifiers.
SELECT review_id, kind, opened_us, answered_by, body FROM review ORDER BY review_id;

-- name: clusters
-- What attaching needs to know of every person.
SELECT person_id, body FROM cluster ORDER BY person_id;

-- name: logins
-- Who used shared devices when.
SELECT device, at_us, anchor FROM login ORDER BY device, at_us, anchor;

-- name: forwards
-- Whom merged persons forward to; whether they are absorbed is work to do and no view.
SELECT loser, winner FROM forward ORDER BY loser;

-- name: persons
-- Persons as folded, and what lists show of them.
SELECT person_id, label, folded, last_seen_us, last_channel, state FROM person ORDER BY person_id;

-- name: timers
-- What waits for which moment.
SELECT ref, identity, at_us, due_us, number FROM timer ORDER BY ref;

-- name: promises
-- Promises at their latest change.
SELECT promise_id, identity, at_us, step, since_us, changed_us, counted_us, body FROM promise
ORDER BY promise_id;

-- name: runs
-- Journey runs at their latest change.
SELECT run_id, identity, at_us, since_us, changed_us, body FROM run ORDER BY run_id;

-- name: passages
-- Counts of what passed the steps of journeys and promises.
SELECT flow, step, what, key, count, seconds FROM passage ORDER BY flow, step, what, key;

-- name: outcomes
-- What became of promises, by time.
SELECT bucket_us, definition, status, count FROM outcome_count
ORDER BY bucket_us, definition, status;

-- name: messages
-- The outbox. A token is worth something only while its process lives, and no view.
SELECT message_id, number, identity, at_us, state, attempt, reason, decided_us, state_us,
       not_before_us, tries, crashes, unknowns, body
FROM message ORDER BY message_id;

-- name: rollouts
-- Rollouts at their latest change.
SELECT rollout_id, status, started_us, changed_us, body FROM rollout ORDER BY rollout_id;

-- name: versions
-- What was published when.
SELECT offset, at_us, body FROM version ORDER BY offset;

-- name: remarks
-- What was said about the engagement model.
SELECT offset, about, at_us, body FROM remark ORDER BY offset;

-- name: decisions
-- What was decided, by kind.
SELECT number, identity, engagement, kind FROM decision ORDER BY number;

-- name: decision_counts
-- Decisions by day and kind.
SELECT day, kind, count, new_count FROM decision_count ORDER BY day, kind;

-- name: audience_members
-- Who is in which audience, and since when.
SELECT audience, person_id, since_us FROM audience_member ORDER BY audience, person_id;

-- name: cases
-- Work for humans.
SELECT case_id, identity, opened_us, body, state, moved_us, moved_by, note FROM case_opened
ORDER BY case_id;

-- name: tallies
-- Counts by day.
SELECT day, name, key, count FROM tally ORDER BY day, name, key;
