-- The first shape of the house. Moments are whole microseconds since 1970 (UTC), bodies are JSON.
-- Texts compare by code point (COLLATE "C"), whatever the database was made with.

-- The only truth: inputs (cause 0) and the facts derived from them.
CREATE TABLE journal (
    "offset"      bigint PRIMARY KEY,
    identity    bigint NOT NULL,
    at_us       bigint NOT NULL,
    received_us bigint NOT NULL,
    cause       bigint NOT NULL DEFAULT 0,
    part        integer NOT NULL DEFAULT 0,
    body        bytea NOT NULL
);
CREATE INDEX journal_identity ON journal (identity, "offset");

-- A message id is remembered as long as its event: zero duplicates.
CREATE TABLE message_key (
    key    bytea PRIMARY KEY,
    "offset" bigint NOT NULL
);

-- Things kept beside the journal: schema, fence, secrets' hashes. Not a view.
CREATE TABLE meta (name text COLLATE "C" PRIMARY KEY, value text COLLATE "C" NOT NULL);

-- What messages said, as handed over. Proof, not a view.
CREATE TABLE content (
    message_id text COLLATE "C" PRIMARY KEY,
    handed_us  bigint NOT NULL,
    body       bytea NOT NULL
);
CREATE INDEX content_handed ON content (handed_us);

-- The folders of published programs by their hash. Not a view.
CREATE TABLE program (
    hash    text COLLATE "C" PRIMARY KEY,
    archive bytea NOT NULL
);

-- What intake refused, for the source debugger. Not a view.
CREATE TABLE rejected (
    number  bigint PRIMARY KEY,
    source  text COLLATE "C" NOT NULL,
    at_us   bigint NOT NULL,
    code    text COLLATE "C" NOT NULL,
    message text COLLATE "C" NOT NULL,
    item    text COLLATE "C" NOT NULL
);
CREATE INDEX rejected_source ON rejected (source, number);
CREATE TABLE source_count (
    source          text COLLATE "C" PRIMARY KEY,
    accepted_count  bigint NOT NULL,
    duplicate_count bigint NOT NULL,
    rejected_count  bigint NOT NULL,
    last_us         bigint
);

-- Inputs that wait to be stepped, each in the share of the person it is about. Not a view.
CREATE TABLE waiting (
    "offset"  bigint PRIMARY KEY,
    share     smallint NOT NULL,
    person_id text COLLATE "C" NOT NULL
);
CREATE INDEX waiting_share ON waiting (share, "offset");
CREATE INDEX waiting_person ON waiting (person_id);

-- Processes that share this database, each under a lease, and whose each share of the people is.
CREATE TABLE member (
    token    bigint PRIMARY KEY,
    name     text COLLATE "C" NOT NULL,
    works    boolean NOT NULL,
    began_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL
);
CREATE TABLE share (number smallint PRIMARY KEY, token bigint NOT NULL);

-- Views from here on.
CREATE TABLE identifier (
    identity  bigint PRIMARY KEY,
    kind      text COLLATE "C" NOT NULL,
    value     text COLLATE "C" NOT NULL,
    folded    text COLLATE "C" NOT NULL,
    person_id text COLLATE "C" NOT NULL,
    first_us  bigint NOT NULL,
    "offset"    bigint NOT NULL,
    shared    text COLLATE "C" NOT NULL DEFAULT '',
    origin    text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX identifier_person ON identifier (person_id);
CREATE INDEX identifier_department ON identifier (person_id) WHERE kind = 'department';

CREATE TABLE edge (
    low     bigint NOT NULL,
    high    bigint NOT NULL,
    at_us   bigint NOT NULL,
    "offset"  bigint NOT NULL,
    source  text COLLATE "C" NOT NULL,
    rule    text COLLATE "C" NOT NULL,
    refused text COLLATE "C" NOT NULL DEFAULT '',
    is_told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (low, high)
);
CREATE INDEX edge_high ON edge (high);

-- What people and linkers said about identifiers, and whom they named.
CREATE TABLE ruling (
    act_id text COLLATE "C" PRIMARY KEY,
    "offset" bigint NOT NULL,
    at_us  bigint NOT NULL,
    body   bytea NOT NULL
);
CREATE TABLE ruling_name (
    identity bigint NOT NULL,
    act_id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (identity, act_id)
);

-- Questions about identifiers that a human may answer.
CREATE TABLE review (
    review_id   text COLLATE "C" PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL,
    opened_us   bigint NOT NULL,
    "offset"      bigint NOT NULL,
    answered_by text COLLATE "C" NOT NULL DEFAULT '',
    body        bytea NOT NULL
);
CREATE INDEX review_open ON review (opened_us, review_id) WHERE answered_by = '';
CREATE INDEX review_open_kind ON review (kind, opened_us, review_id) WHERE answered_by = '';

CREATE TABLE cluster (
    person_id text COLLATE "C" PRIMARY KEY,
    body      bytea NOT NULL
);

CREATE TABLE login (
    device bigint NOT NULL,
    at_us  bigint NOT NULL,
    anchor bigint NOT NULL,
    PRIMARY KEY (device, at_us, anchor)
);
CREATE INDEX login_anchor ON login (anchor);

CREATE TABLE forward (
    loser       text COLLATE "C" PRIMARY KEY,
    winner      text COLLATE "C" NOT NULL,
    is_absorbed boolean NOT NULL DEFAULT false
);
CREATE INDEX forward_winner ON forward (winner);
CREATE INDEX forward_pending ON forward (loser) WHERE NOT is_absorbed;

CREATE TABLE stale (person_id text COLLATE "C" PRIMARY KEY);

CREATE TABLE person (
    person_id    text COLLATE "C" PRIMARY KEY,
    label        text COLLATE "C" NOT NULL,
    folded       text COLLATE "C" NOT NULL,
    last_seen_us bigint NOT NULL,
    last_channel text COLLATE "C" NOT NULL,
    state        bytea NOT NULL
);
-- A search reads this index from end to end, and not the states beside the labels.
CREATE INDEX person_folded ON person (folded, person_id);
CREATE INDEX person_last_seen ON person (last_seen_us, person_id);

CREATE TABLE timer (
    ref      text COLLATE "C" PRIMARY KEY,
    identity bigint NOT NULL,
    at_us    bigint NOT NULL,
    due_us   bigint NOT NULL,
    number   bigint NOT NULL
);
CREATE INDEX timer_due ON timer (due_us, number);

CREATE TABLE promise (
    promise_id text COLLATE "C" PRIMARY KEY,
    identity   bigint NOT NULL,
    at_us      bigint NOT NULL,
    definition text COLLATE "C" NOT NULL,
    status     text COLLATE "C" NOT NULL,
    step       text COLLATE "C" NOT NULL,
    since_us   bigint NOT NULL,
    due_us     bigint NOT NULL,
    changed_us bigint NOT NULL,
    counted_us bigint,
    body       bytea NOT NULL
);
CREATE INDEX promise_due ON promise (due_us);
CREATE INDEX promise_status ON promise (status, due_us);
CREATE INDEX promise_changed ON promise (changed_us);
CREATE INDEX promise_status_changed ON promise (status, changed_us);

CREATE TABLE run (
    run_id     text COLLATE "C" PRIMARY KEY,
    identity   bigint NOT NULL,
    at_us      bigint NOT NULL,
    journey    text COLLATE "C" NOT NULL,
    step       text COLLATE "C" NOT NULL,
    is_over    smallint NOT NULL,
    since_us   bigint NOT NULL,
    changed_us bigint NOT NULL,
    body       bytea NOT NULL
);
CREATE INDEX run_standing ON run (journey, step, since_us, run_id) WHERE is_over = 0;
CREATE INDEX run_changed ON run (journey, changed_us);

-- How often what happened at a step of a journey or a promise, for drawings.
CREATE TABLE passage (
    flow    text COLLATE "C" NOT NULL,
    step    text COLLATE "C" NOT NULL,
    what    text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    count   bigint NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (flow, step, what, key)
);

-- How many promises came to which status in which 5 minutes, for service levels.
CREATE TABLE outcome_count (
    bucket_us  bigint NOT NULL,
    definition text COLLATE "C" NOT NULL,
    status     text COLLATE "C" NOT NULL,
    count      bigint NOT NULL,
    PRIMARY KEY (bucket_us, definition, status)
);

CREATE TABLE message (
    message_id    text COLLATE "C" PRIMARY KEY,
    number        bigint NOT NULL,
    identity      bigint NOT NULL,
    at_us         bigint NOT NULL,
    channel       text COLLATE "C" NOT NULL,
    state         text COLLATE "C" NOT NULL,
    attempt       integer NOT NULL DEFAULT 0,
    tries         integer NOT NULL DEFAULT 0,
    crashes       integer NOT NULL DEFAULT 0,
    unknowns      integer NOT NULL DEFAULT 0,
    reason        text COLLATE "C" NOT NULL DEFAULT '',
    decided_us    bigint NOT NULL,
    state_us      bigint NOT NULL,
    not_before_us bigint NOT NULL,
    token         bigint NOT NULL DEFAULT 0,
    lane          smallint NOT NULL DEFAULT 0,
    rollout       text COLLATE "C" NOT NULL DEFAULT '',
    address       text COLLATE "C" NOT NULL DEFAULT '',
    body          bytea NOT NULL
);
CREATE INDEX message_queue ON message (lane, not_before_us, number) WHERE state = 'queued';
-- Of broadcasts only: who got it already at an address, and how far it has come.
CREATE INDEX message_address ON message (rollout, channel, address) WHERE rollout <> '';
CREATE INDEX message_rollout ON message (rollout, state, reason) WHERE rollout <> '';
CREATE INDEX message_decided ON message (decided_us);
CREATE INDEX message_state ON message (state, decided_us);

-- Who is in which audience: follows the persons as saved.
CREATE TABLE audience_member (
    audience  text COLLATE "C" NOT NULL,
    person_id text COLLATE "C" NOT NULL,
    since_us  bigint NOT NULL,
    PRIMARY KEY (audience, person_id)
);
CREATE INDEX audience_member_person ON audience_member (person_id);
CREATE INDEX audience_member_since ON audience_member (audience, since_us, person_id);

CREATE TABLE case_opened (
    case_id   text COLLATE "C" PRIMARY KEY,
    identity  bigint NOT NULL,
    opened_us bigint NOT NULL,
    due_us    bigint NOT NULL,
    body      bytea NOT NULL,
    state     text COLLATE "C" NOT NULL DEFAULT 'open',
    moved_us  bigint,
    moved_by  text NOT NULL DEFAULT '',
    note      text NOT NULL DEFAULT ''
);
CREATE INDEX case_waiting ON case_opened (due_us, opened_us, case_id) WHERE state <> 'done';
CREATE INDEX case_done ON case_opened (moved_us, case_id) WHERE state = 'done';

CREATE TABLE rollout (
    rollout_id text COLLATE "C" PRIMARY KEY,
    status     text COLLATE "C" NOT NULL,
    started_us bigint NOT NULL,
    changed_us bigint NOT NULL,
    body       bytea NOT NULL
);
CREATE INDEX rollout_running ON rollout (started_us) WHERE status = 'running';

-- Every publication of a program.
CREATE TABLE version (
    "offset" bigint PRIMARY KEY,
    at_us  bigint NOT NULL,
    body   bytea NOT NULL
);

-- What was decided, sent or not: a place in the journal and its kind (store.decision_kinds).
CREATE TABLE decision (
    number     bigint PRIMARY KEY,
    identity   bigint NOT NULL,
    engagement text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL
);
-- SQLite keeps the key of a row in each index; here the number has to be said.
CREATE INDEX decision_kind ON decision (kind, number);
CREATE INDEX decision_about ON decision (identity, engagement, number);
CREATE TABLE decision_count (
    day       text COLLATE "C" NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    count     bigint NOT NULL,
    new_count bigint NOT NULL,
    PRIMARY KEY (day, kind)
);

-- What people said about the engagement model.
CREATE TABLE remark (
    "offset" bigint PRIMARY KEY,
    about  text COLLATE "C" NOT NULL,
    at_us  bigint NOT NULL,
    body   bytea NOT NULL
);
CREATE INDEX remark_about ON remark (about, "offset");

CREATE TABLE tally (
    day   text COLLATE "C" NOT NULL,
    name  text COLLATE "C" NOT NULL,
    key   text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (day, name, key)
);

CREATE TABLE cursor (name text COLLATE "C" PRIMARY KEY, "offset" bigint NOT NULL);
