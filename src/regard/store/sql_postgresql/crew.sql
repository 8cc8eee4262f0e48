-- name: join
-- Take part as a process of its own.
INSERT INTO member (token, name, works, began_at, until_at)
VALUES (%s, %s, %s, clock_timestamp(), clock_timestamp() + %s * interval '1 second');

-- name: renew
-- Go on taking part; not once the lease has ended, since others do the work then.
UPDATE member SET until_at = clock_timestamp() + %s * interval '1 second'
WHERE token = %s AND until_at > clock_timestamp();

-- name: leave
-- Take part no more; what this process had is free at once.
DELETE FROM member WHERE token = %s;

-- name: bury
-- Forget processes whose leases ended long ago.
DELETE FROM member WHERE until_at < clock_timestamp() - interval '1 minute';

-- name: alive
-- Who takes part, those that began first first.
SELECT token, works FROM member WHERE until_at > clock_timestamp() ORDER BY token;

-- name: newest
-- The latest token that anybody was given.
SELECT value FROM meta WHERE name = 'token';

-- name: members
-- Who took part of late, with name, seconds left of the lease and number of shares.
SELECT m.token, m.name, m.works, m.began_at,
       extract(epoch FROM m.until_at - clock_timestamp())::double precision,
       (SELECT count(*) FROM share s WHERE s.token = m.token)
FROM member m ORDER BY m.token;

-- name: shares
-- Who has which share of the people.
SELECT number, token FROM share ORDER BY number;

-- name: take
-- Take shares that nobody has.
UPDATE share SET token = %s WHERE number = ANY(%b::bigint[]);

-- name: expel
-- Nobody else takes part any more.
DELETE FROM member;

-- name: begin_shares
-- Every share is there from the beginning.
INSERT INTO share SELECT number, 0 FROM generate_series(0, 63) AS number ON CONFLICT DO NOTHING;
