-- The runner's memory: jobs, their items, every attempt and every change of state.
-- Times are milliseconds since 1970 (UTC). JSON is kept as the bytes that came.

-- One row for each start of the runner; its id is the upper half of every fencing number.
CREATE TABLE run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    boot_id    TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    -- The last proof of life before a beat of the watchdog.
    beat_at    INTEGER
) STRICT;

-- Kinds that a worker has declared at some time, so that jobs are taken in while the worker starts.
CREATE TABLE kind (
    name        TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    summary     TEXT NOT NULL,
    stages      TEXT NOT NULL,
    declared_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    kind             TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    params           BLOB NOT NULL,
    queue            TEXT NOT NULL CHECK (length(queue) BETWEEN 1 AND 100),
    key              TEXT CHECK (length(key) BETWEEN 1 AND 256),
    priority         INTEGER NOT NULL CHECK (priority BETWEEN -1000 AND 1000),
    state            TEXT NOT NULL
        CHECK (state IN ('scheduled', 'ready', 'running', 'succeeded', 'partial', 'failed', 'cancelled')),
    phase            TEXT CHECK (phase IN ('planning', 'processing', 'summarizing')),
    cause            TEXT NOT NULL,
    changed_at       INTEGER NOT NULL,
    run_at           INTEGER NOT NULL,
    timeout_ms       INTEGER CHECK (timeout_ms BETWEEN 1 AND 604800000),
    max_attempts     INTEGER NOT NULL CHECK (max_attempts BETWEEN 1 AND 100),
    backoff_ms       INTEGER NOT NULL CHECK (backoff_ms BETWEEN 0 AND 3600000),
    -- Failed tries of planning, preloading or summarizing; items count their own.
    attempts         INTEGER NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND max_attempts),
    crashes          INTEGER NOT NULL DEFAULT 0 CHECK (crashes >= 0),
    -- Set when the items are planned.
    slots            INTEGER CHECK (slots BETWEEN 0 AND 20),
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    cancel_reason    TEXT,
    submitted_at     INTEGER NOT NULL,
    started_at       INTEGER,
    finished_at      INTEGER,
    uid              INTEGER NOT NULL CHECK (uid >= 0),
    correlation_id   TEXT NOT NULL,
    result           BLOB,
    error            BLOB,
    CHECK ((phase IS NOT NULL) = (state = 'running')),
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'cancelled'))),
    CHECK (state <> 'failed' OR error IS NOT NULL),
    CHECK (state IN ('scheduled', 'ready', 'cancelled') OR started_at IS NOT NULL)
) STRICT;

CREATE INDEX job_ready ON job (kind, priority DESC, id) WHERE state = 'ready';
CREATE INDEX job_scheduled ON job (run_at) WHERE state = 'scheduled';
CREATE INDEX job_running ON job (id) WHERE state = 'running';
CREATE INDEX job_unsuccessful ON job (state, id) WHERE state IN ('partial', 'failed', 'cancelled');

-- Which changes of state there are; anything else is refused by the database itself.
CREATE TABLE state_change (
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    PRIMARY KEY (from_state, to_state)
) STRICT, WITHOUT ROWID;

INSERT INTO state_change VALUES
    ('scheduled', 'ready'), ('scheduled', 'cancelled'),
    ('ready', 'running'), ('ready', 'cancelled'),
    ('running', 'succeeded'), ('running', 'partial'), ('running', 'failed'), ('running', 'cancelled'),
    ('running', 'scheduled'),                                                -- to be tried again later
    ('running', 'ready'),                                                    -- taken back from a lost run
    ('partial', 'ready'), ('failed', 'ready'), ('cancelled', 'ready');       -- job.retry

CREATE TABLE transition (
    id         INTEGER PRIMARY KEY,
    job_id     INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    from_state TEXT,
    to_state   TEXT NOT NULL,
    cause      TEXT NOT NULL
) STRICT;

CREATE INDEX transition_job ON transition (job_id, id);

CREATE TRIGGER job_created AFTER INSERT ON job BEGIN
    INSERT INTO transition (job_id, at, from_state, to_state, cause)
    VALUES (NEW.id, NEW.changed_at, NULL, NEW.state, NEW.cause);
END;

CREATE TRIGGER job_guarded BEFORE UPDATE OF state ON job
WHEN OLD.state <> NEW.state
    AND NOT EXISTS (SELECT 1 FROM state_change WHERE from_state = OLD.state AND to_state = NEW.state)
BEGIN
    SELECT RAISE(ABORT, 'a job may not change its state in this way');
END;

CREATE TRIGGER job_changed AFTER UPDATE OF state ON job WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO transition (job_id, at, from_state, to_state, cause)
    VALUES (NEW.id, NEW.changed_at, OLD.state, NEW.state, NEW.cause);
END;

CREATE TABLE submission (
    uid             INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 256),
    job_id          INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    expires_at      INTEGER NOT NULL,
    PRIMARY KEY (uid, idempotency_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX submission_expiry ON submission (expires_at);
CREATE INDEX submission_job ON submission (job_id);

CREATE TABLE item (
    job_id     INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    number     INTEGER NOT NULL CHECK (number >= 0),
    key        TEXT NOT NULL,
    input      BLOB NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('ready', 'running', 'succeeded', 'failed', 'cancelled')),
    attempts   INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    crashes    INTEGER NOT NULL DEFAULT 0 CHECK (crashes >= 0),
    -- A failed try is repeated no sooner.
    not_before INTEGER NOT NULL DEFAULT 0,
    output     BLOB,
    error      BLOB,
    PRIMARY KEY (job_id, number),
    UNIQUE (job_id, key),
    CHECK (output IS NULL OR state = 'succeeded'),
    CHECK ((state = 'failed') <= (error IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER item_guarded BEFORE UPDATE OF state ON item
WHEN OLD.state <> NEW.state AND (
    OLD.state = 'succeeded'
    OR (OLD.state IN ('failed', 'cancelled') AND NEW.state <> 'ready'))
BEGIN
    SELECT RAISE(ABORT, 'a finished item may not change its state in this way');
END;

CREATE TABLE attempt (
    id          INTEGER PRIMARY KEY,
    job_id      INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    item_number INTEGER,
    stage       TEXT NOT NULL CHECK (stage IN ('plan', 'preload', 'process', 'summarize')),
    worker      TEXT NOT NULL,
    fence       INTEGER NOT NULL UNIQUE,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    cause       TEXT CHECK (cause IN ('succeeded', 'error', 'cancelled', 'timeout', 'lost', 'restart')),
    message     TEXT,
    CHECK ((ended_at IS NULL) = (cause IS NULL)),
    CHECK ((stage = 'process') = (item_number IS NOT NULL))
) STRICT;

CREATE INDEX attempt_job ON attempt (job_id, id);
CREATE INDEX attempt_open ON attempt (id) WHERE ended_at IS NULL;
