-- The first shape of the house. Moments are whole microseconds since 1970 (UTC), bodies are JSON.

-- 'RGRD': how a file says that it is a store of ours.
PRAGMA application_id = 0x52475244;

-- The only truth: inputs (cause 0) and the facts derived from them.
CREATE TABLE journal (
    offset      INTEGER PRIMARY KEY,
    identity    INTEGER NOT NULL,
    at_us       INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    cause       INTEGER NOT NULL DEFAULT 0,
    part        INTEGER NOT NULL DEFAULT 0,
    body        BLOB NOT NULL
);
CREATE INDEX journal_identity ON journal (identity, offset);

-- A message id is remembered as long as its event: zero duplicates.
CREATE TABLE message_key (
    key    BLOB PRIMARY KEY,
    offset INTEGER NOT NULL
) WITHOUT ROWID;

-- Things kept beside the journal: schema, fence, secrets' hashes. Not a view.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What messages said, as handed over. Proof, not a view.
CREATE TABLE content (
    message_id TEXT PRIMARY KEY,
    handed_us  INTEGER NOT NULL,
    body       BLOB NOT NULL
);
CREATE INDEX content_handed ON content (handed_us);

-- The folders of published programs by their hash. Not a view.
CREATE TABLE program (
    hash    TEXT PRIMARY KEY,
    archive BLOB NOT NULL
) WITHOUT ROWID;

-- What intake refused, for the source debugger. Not a view.
CREATE TABLE rejected (
    number  INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,
    at_us   INTEGER NOT NULL,
    code    TEXT NOT NULL,
    message TEXT NOT NULL,
    item    TEXT NOT NULL
);
CREATE INDEX rejected_source ON rejected (source, number);
CREATE TABLE source_count (
    source          TEXT PRIMARY KEY,
    accepted_count  INTEGER NOT NULL,
    duplicate_count INTEGER NOT NULL,
    rejected_count  INTEGER NOT NULL,
    last_us         INTEGER
) WITHOUT ROWID;

-- Views from here on.
-- What identity reads of an identifier is kept as it is read: a `core.graph.Node` in JSON. Beside it
-- stands what is found, sorted or compared by; the value only where searching reads another text.
CREATE TABLE identifier (
    identity  INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL,
    folded    TEXT NOT NULL,
    cased     TEXT,
    person_id TEXT NOT NULL,
    offset    INTEGER NOT NULL,
    body      TEXT NOT NULL,
    value     TEXT AS (coalesce(cased, folded)),
    first_us  INTEGER AS (
        CAST(strftime('%s', substr(body ->> '$[3]', 1, 19)) AS INTEGER) * 1000000
        + CAST(substr(body ->> '$[3]', 21, 6) AS INTEGER)
    ),
    shared    TEXT AS (body ->> '$[5]'),
    origin    TEXT AS (body ->> '$[6]')
);
CREATE INDEX identifier_person ON identifier (person_id);
CREATE INDEX identifier_department ON identifier (person_id) WHERE kind = 'department';

-- Evidence, as a `core.graph.Edge` in JSON.
CREATE TABLE edge (
    low     INTEGER NOT NULL,
    high    INTEGER NOT NULL,
    body    TEXT NOT NULL,
    at_us   INTEGER AS (
        CAST(strftime('%s', substr(body ->> '$[2]', 1, 19)) AS INTEGER) * 1000000
        + CAST(substr(body ->> '$[2]', 21, 6) AS INTEGER)
    ),
    offset  INTEGER AS (body ->> '$[3]'),
    source  TEXT AS (body ->> '$[4]'),
    rule    TEXT AS (body ->> '$[5]'),
    refused TEXT AS (body ->> '$[6]'),
    PRIMARY KEY (low, high)
) WITHOUT ROWID;
CREATE INDEX edge_high ON edge (high);

-- What people and linkers said about identifiers, and whom they named.
CREATE TABLE ruling (
    act_id TEXT PRIMARY KEY,
    offset INTEGER NOT NULL,
    at_us  INTEGER NOT NULL,
    body   BLOB NOT NULL
) WITHOUT ROWID;
-- By where an identifier was first seen (0: not yet). Those of one person came near one another, and
-- so stand on a few pages; by their hashes a split of a hundred would write as many.
CREATE TABLE ruling_name (
    seen     INTEGER NOT NULL,
    identity INTEGER NOT NULL,
    act_id   TEXT NOT NULL,
    PRIMARY KEY (seen, identity, act_id)
) WITHOUT ROWID;

-- Questions about identifiers that a human may answer.
CREATE TABLE review (
    review_id   TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    opened_us   INTEGER NOT NULL,
    offset      INTEGER NOT NULL,
    answered_by TEXT NOT NULL DEFAULT '',
    body        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX review_open ON review (opened_us, review_id) WHERE answered_by = '';
CREATE INDEX review_open_kind ON review (kind, opened_us, review_id) WHERE answered_by = '';

CREATE TABLE cluster (
    person_id TEXT PRIMARY KEY,
    body      BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE login (
    device INTEGER NOT NULL,
    at_us  INTEGER NOT NULL,
    anchor INTEGER NOT NULL,
    PRIMARY KEY (device, at_us, anchor)
) WITHOUT ROWID;
CREATE INDEX login_anchor ON login (anchor);

CREATE TABLE forward (
    loser       TEXT PRIMARY KEY,
    winner      TEXT NOT NULL,
    is_absorbed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX forward_winner ON forward (winner);
CREATE INDEX forward_pending ON forward (loser) WHERE is_absorbed = 0;

CREATE TABLE stale (person_id TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE person (
    person_id    TEXT PRIMARY KEY,
    label        TEXT NOT NULL,
    folded       TEXT NOT NULL,
    last_seen_us INTEGER NOT NULL,
    last_channel TEXT NOT NULL,
    state        BLOB NOT NULL
);
-- A search reads this index from end to end, and not the states beside the labels.
CREATE INDEX person_folded ON person (folded, person_id);
CREATE INDEX person_last_seen ON person (last_seen_us, person_id);

CREATE TABLE timer (
    ref      TEXT PRIMARY KEY,
    identity INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    due_us   INTEGER NOT NULL,
    number   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due_us, number);

CREATE TABLE promise (
    promise_id TEXT PRIMARY KEY,
    identity   INTEGER NOT NULL,
    at_us      INTEGER NOT NULL,
    definition TEXT NOT NULL,
    status     TEXT NOT NULL,
    step       TEXT NOT NULL,
    since_us   INTEGER NOT NULL,
    due_us     INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    counted_us INTEGER,
    body       BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX promise_due ON promise (due_us);
CREATE INDEX promise_status ON promise (status, due_us);
CREATE INDEX promise_changed ON promise (changed_us);
CREATE INDEX promise_status_changed ON promise (status, changed_us);

CREATE TABLE run (
    run_id     TEXT PRIMARY KEY,
    identity   INTEGER NOT NULL,
    at_us      INTEGER NOT NULL,
    journey    TEXT NOT NULL,
    step       TEXT NOT NULL,
    is_over    INTEGER NOT NULL,
    since_us   INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    body       BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX run_standing ON run (journey, step, since_us, run_id) WHERE is_over = 0;
CREATE INDEX run_changed ON run (journey, changed_us);

-- How often what happened at a step of a journey or a promise, for drawings.
CREATE TABLE passage (
    flow    TEXT NOT NULL,
    step    TEXT NOT NULL,
    what    TEXT NOT NULL,
    key     TEXT NOT NULL,
    count   INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    PRIMARY KEY (flow, step, what, key)
) WITHOUT ROWID;

-- How many promises came to which status in which 5 minutes, for service levels.
CREATE TABLE outcome_count (
    bucket_us  INTEGER NOT NULL,
    definition TEXT NOT NULL,
    status     TEXT NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (bucket_us, definition, status)
) WITHOUT ROWID;

CREATE TABLE message (
    message_id    TEXT PRIMARY KEY,
    number        INTEGER NOT NULL,
    identity      INTEGER NOT NULL,
    at_us         INTEGER NOT NULL,
    channel       TEXT NOT NULL,
    state         TEXT NOT NULL,
    attempt       INTEGER NOT NULL DEFAULT 0,
    tries         INTEGER NOT NULL DEFAULT 0,
    crashes       INTEGER NOT NULL DEFAULT 0,
    unknowns      INTEGER NOT NULL DEFAULT 0,
    reason        TEXT NOT NULL DEFAULT '',
    decided_us    INTEGER NOT NULL,
    state_us      INTEGER NOT NULL,
    not_before_us INTEGER NOT NULL,
    token         INTEGER NOT NULL DEFAULT 0,
    lane          INTEGER NOT NULL DEFAULT 0,
    rollout       TEXT NOT NULL DEFAULT '',
    address       TEXT NOT NULL DEFAULT '',
    body          BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX message_queue ON message (lane, not_before_us, number) WHERE state = 'queued';
-- Of broadcasts only: who got it already at an address, and how far it has come.
CREATE INDEX message_address ON message (rollout, channel, address) WHERE rollout <> '';
CREATE INDEX message_rollout ON message (rollout, state, reason) WHERE rollout <> '';
CREATE INDEX message_decided ON message (decided_us);
CREATE INDEX message_state ON message (state, decided_us);

-- Who is in which audience: follows the persons as saved.
CREATE TABLE audience_member (
    audience  TEXT NOT NULL,
    person_id TEXT NOT NULL,
    since_us  INTEGER NOT NULL,
    PRIMARY KEY (audience, person_id)
) WITHOUT ROWID;
CREATE INDEX audience_member_person ON audience_member (person_id);
CREATE INDEX audience_member_since ON audience_member (audience, since_us, person_id);

CREATE TABLE case_opened (
    case_id   TEXT PRIMARY KEY,
    identity  INTEGER NOT NULL,
    opened_us INTEGER NOT NULL,
    due_us    INTEGER NOT NULL,
    body      BLOB NOT NULL,
    state     TEXT NOT NULL DEFAULT 'open',
    moved_us  INTEGER,
    moved_by  TEXT NOT NULL DEFAULT '',
    note      TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX case_waiting ON case_opened (due_us, opened_us, case_id) WHERE state <> 'done';
CREATE INDEX case_done ON case_opened (moved_us, case_id) WHERE state = 'done';

CREATE TABLE rollout (
    rollout_id TEXT PRIMARY KEY,
    status     TEXT NOT NULL,
    started_us INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    body       BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX rollout_running ON rollout (started_us) WHERE status = 'running';

-- Every publication of a program.
CREATE TABLE version (
    offset INTEGER PRIMARY KEY,
    at_us  INTEGER NOT NULL,
    body   BLOB NOT NULL
);

-- What was decided, sent or not: a place in the journal and its kind (store.decision_kinds).
CREATE TABLE decision (
    number     INTEGER PRIMARY KEY,
    identity   INTEGER NOT NULL,
    engagement TEXT NOT NULL,
    kind       TEXT NOT NULL
);
CREATE INDEX decision_kind ON decision (kind);
CREATE INDEX decision_about ON decision (identity, engagement);
CREATE TABLE decision_count (
    day       TEXT NOT NULL,
    kind      TEXT NOT NULL,
    count     INTEGER NOT NULL,
    new_count INTEGER NOT NULL,
    PRIMARY KEY (day, kind)
) WITHOUT ROWID;

-- What people said about the engagement model.
CREATE TABLE remark (
    offset INTEGER PRIMARY KEY,
    about  TEXT NOT NULL,
    at_us  INTEGER NOT NULL,
    body   BLOB NOT NULL
);
CREATE INDEX remark_about ON remark (about, offset);

CREATE TABLE tally (
    day   TEXT NOT NULL,
    name  TEXT NOT NULL,
    key   TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, name, key)
) WITHOUT ROWID;

CREATE TABLE cursor (name TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID;
