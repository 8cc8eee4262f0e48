-- name: load
-- Touches from a file of JSON lines.
CREATE TABLE touch AS
SELECT row_number() OVER () AS number, person, at_us, channel, direction, activity, matter, referred
FROM read_json($path, format = 'newline_delimited', columns = {
    person: 'VARCHAR', at_us: 'BIGINT', channel: 'VARCHAR', direction: 'VARCHAR',
    activity: 'VARCHAR', matter: 'VARCHAR', referred: 'VARCHAR', told: 'STRUCT(name VARCHAR, value VARCHAR)[]'});

-- name: load_told
-- Facts that persons said, one row each.
CREATE TABLE told AS
SELECT person, at_us, channel, matter, fact.name AS name, fact.value AS value
FROM (SELECT person, at_us, channel, direction, matter, unnest(told) AS fact
      FROM read_json($path, format = 'newline_delimited', columns = {
          person: 'VARCHAR', at_us: 'BIGINT', channel: 'VARCHAR', direction: 'VARCHAR',
          matter: 'VARCHAR', told: 'STRUCT(name VARCHAR, value VARCHAR)[]'}))
WHERE direction = 'in';

-- name: extent
-- How many touches of how many persons, from when to when.
SELECT count(*), count(DISTINCT person), min(at_us), max(at_us) FROM touch;

-- name: channels
-- Persons that were in touch by each channel, either way.
SELECT channel, count(DISTINCT person) FROM touch WHERE channel <> '' GROUP BY channel ORDER BY 2 DESC, 1;

-- name: passings
-- Matters that went on by another channel within a time: pairs of channels, gaps, examples.
SELECT before, channel, count(*) AS times, median(gap_us), quantile_cont(gap_us, 0.9),
       list_slice(list_sort(list_distinct(list(person))), 1, $examples)
FROM (SELECT person, channel, lag(channel) OVER of_matter AS before, at_us - lag(at_us) OVER of_matter AS gap_us
      FROM touch WHERE direction = 'in' AND matter <> ''
      WINDOW of_matter AS (PARTITION BY person, matter ORDER BY at_us, number))
WHERE before <> channel AND gap_us <= $within_us
GROUP BY before, channel ORDER BY times DESC, before, channel;

-- name: asked_again
-- Facts that a person had told on one channel and told again where a human asks.
SELECT name, channel, count(*) AS times, list_slice(list_sort(list_distinct(list(person))), 1, $examples)
FROM (SELECT DISTINCT again.person, again.name, again.channel, again.at_us
      FROM told AS again JOIN told AS first
        ON first.person = again.person AND first.name = again.name AND first.value = again.value
       AND first.channel <> again.channel
       AND first.at_us < again.at_us AND again.at_us - first.at_us <= $within_us
      WHERE regexp_matches(again.channel, $asked_on)
        AND again.matter NOT LIKE again.name || '=%')
GROUP BY name, channel ORDER BY times DESC, name, channel;

-- name: sent_away
-- Touches that referred to another place, and a contact by another channel soon after.
SELECT channel, referred, count(*) AS times, list_slice(list_sort(list_distinct(list(person))), 1, $examples)
FROM (SELECT DISTINCT away.person, away.channel, away.referred, away.at_us
      FROM touch AS away JOIN touch AS later
        ON later.person = away.person AND later.direction = 'in' AND later.channel <> away.channel
       AND later.at_us > away.at_us AND later.at_us - away.at_us <= $within_us
      WHERE away.referred <> '')
GROUP BY channel, referred ORDER BY times DESC, channel, referred;

-- name: dead_ends
-- Matters whose last touch is the customer's and long ago, by what that was.
SELECT channel, activity, count(*) AS times, list_slice(list_sort(list_distinct(list(person))), 1, $examples)
FROM (SELECT person, matter, arg_max(channel, (at_us, number)) AS channel,
             arg_max(activity, (at_us, number)) AS activity,
             arg_max(direction, (at_us, number)) AS direction, max(at_us) AS last_us
      FROM touch WHERE matter <> '' GROUP BY person, matter)
WHERE direction = 'in' AND last_us <= $before_us AND NOT list_contains($endings, activity)
GROUP BY channel, activity ORDER BY times DESC, channel, activity;

-- name: flows
-- Which activity directly followed which in one matter (the directly-follows graph).
SELECT before, step, count(*) AS times, median(gap_us)
FROM (SELECT step, lag(step) OVER of_matter AS before, at_us - lag(at_us) OVER of_matter AS gap_us
      FROM (SELECT *, activity || CASE WHEN channel = '' THEN '' ELSE ' · ' || channel END AS step FROM touch)
      WHERE matter <> ''
      WINDOW of_matter AS (PARTITION BY person, matter ORDER BY at_us, number))
WHERE before IS NOT NULL
GROUP BY before, step ORDER BY times DESC, before, step LIMIT $limit;

-- name: variants
-- The ways that matters of one kind went, the most frequent first.
SELECT kind, steps, count(*) AS times, list_slice(list_sort(list_distinct(list(person))), 1, $examples)
FROM (SELECT person, split_part(matter, '=', 1) AS kind,
             list(activity || CASE WHEN channel = '' THEN '' ELSE ' · ' || channel END ORDER BY at_us, number) AS steps
      FROM touch WHERE matter <> '' GROUP BY person, matter)
GROUP BY kind, steps ORDER BY times DESC, kind, steps LIMIT $limit;

-- name: ages
-- Inward touches on a channel about a matter that began on another: how old it was, what happened.
SELECT first_channel, channel, kind, activity, at_us - first_us AS age_us, person
FROM (SELECT person, channel, activity, direction, at_us, split_part(matter, '=', 1) AS kind,
             first_value(channel) OVER of_matter AS first_channel,
             first_value(at_us) OVER of_matter AS first_us
      FROM touch WHERE matter <> '' AND direction = 'in'
      WINDOW of_matter AS (PARTITION BY person, matter ORDER BY at_us, number))
WHERE channel <> first_channel;

-- name: seen
-- Persons who tried a matter of a kind on each channel.
SELECT split_part(matter, '=', 1) AS kind, channel, count(DISTINCT person),
       list_slice(list_sort(list_distinct(list(person))), 1, $examples)
FROM touch WHERE direction = 'in' AND matter <> '' GROUP BY kind, channel ORDER BY kind, channel;

-- name: seen_channels
-- Persons who were in touch by each channel, with examples.
SELECT channel, count(DISTINCT person), list_slice(list_sort(list_distinct(list(person))), 1, $examples)
FROM touch WHERE channel <> '' GROUP BY channel ORDER BY channel;

-- name: log
-- Every touch of a matter in its order, for other tools.
SELECT person, matter, at_us, channel, direction, activity FROM touch ORDER BY matter, person, at_us, number;
