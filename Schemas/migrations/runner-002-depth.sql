-- The runner in depth: lanes, holds, lines of keys, dependencies, hooks, gates, limits, retention.
--
-- A job that may start stands in its lane (queue, kind, uid), the lowest rank first. What keeps a waiting job out of its
-- lane is its hold. A job of a key is admitted while it stands in its lane, runs, or keeps its place until its next try;
-- the others of the key wait in its line.

CREATE TABLE job_new (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    kind             TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    queue            TEXT NOT NULL CHECK (length(queue) BETWEEN 1 AND 100),
    uid              INTEGER NOT NULL CHECK (uid >= 0),
    key              TEXT CHECK (length(key) BETWEEN 1 AND 256),
    priority         INTEGER NOT NULL CHECK (priority BETWEEN -1000 AND 1000),
    -- Chains of OR instead of IN: SQLite builds a table for each IN of more than two each time it checks a row.
    state            TEXT NOT NULL CHECK (
        state = 'ready' OR state = 'running' OR state = 'succeeded' OR state = 'scheduled' OR state = 'failed'
        OR state = 'cancelled' OR state = 'partial'),
    hold             TEXT CHECK (hold = 'key' OR hold = 'dependency' OR hold = 'bury'),
    -- The time it became ready, in milliseconds, less its priority times the ageing step.
    rank             INTEGER NOT NULL,
    -- Admitted although it waits for its next try.
    keeps_place      INTEGER NOT NULL DEFAULT 0 CHECK (keeps_place BETWEEN 0 AND 1),
    phase            TEXT CHECK (phase = 'planning' OR phase = 'processing' OR phase = 'summarizing'),
    cause            TEXT NOT NULL,
    changed_at       INTEGER NOT NULL,
    run_at           INTEGER NOT NULL,
    timeout_ms       INTEGER CHECK (timeout_ms BETWEEN 1 AND 604800000),
    item_timeout_ms  INTEGER CHECK (item_timeout_ms BETWEEN 1 AND 604800000),
    max_attempts     INTEGER NOT NULL CHECK (max_attempts BETWEEN 1 AND 100),
    backoff_ms       INTEGER NOT NULL CHECK (backoff_ms BETWEEN 0 AND 3600000),
    -- Failed tries of planning, preloading or summarizing, and of a plain job's work; items count their own.
    attempts         INTEGER NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND max_attempts),
    crashes          INTEGER NOT NULL DEFAULT 0 CHECK (crashes >= 0),
    -- It is its own single item and has no row for it; known from its first start on.
    plain            INTEGER NOT NULL DEFAULT 0 CHECK (plain BETWEEN 0 AND 1),
    -- Set when the items are planned.
    slots            INTEGER CHECK (slots BETWEEN 0 AND 20),
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested BETWEEN 0 AND 1),
    cancel_reason    TEXT,
    submitted_at     INTEGER NOT NULL,
    started_at       INTEGER,
    finished_at      INTEGER,
    -- When the row may go.
    expires_at       INTEGER,
    correlation_id   TEXT NOT NULL,
    durability       TEXT NOT NULL CHECK (durability = 'disk' OR durability = 'crash'),
    -- Cancelled when the connection that submitted it closes.
    attached         INTEGER NOT NULL DEFAULT 0 CHECK (attached BETWEEN 0 AND 1),
    -- The job whose end brought it about; it may be gone.
    hook_of          INTEGER,
    unique_key       TEXT CHECK (length(unique_key) BETWEEN 1 AND 256),
    -- Jobs it still waits for.
    waits_for        INTEGER NOT NULL DEFAULT 0 CHECK (waits_for >= 0),
    -- Whether some job was submitted to come after it.
    followed         INTEGER NOT NULL DEFAULT 0 CHECK (followed BETWEEN 0 AND 1),
    error            BLOB,
    result           BLOB,
    -- Hooks of its own, as they were submitted.
    hooks            BLOB,
    -- What the runner itself does for a hook.
    task             BLOB,
    params           BLOB NOT NULL,
    CHECK ((phase IS NOT NULL) = (state = 'running')),
    CHECK ((finished_at IS NOT NULL)
        = (state = 'succeeded' OR state = 'partial' OR state = 'failed' OR state = 'cancelled')),
    CHECK ((finished_at IS NOT NULL) = (expires_at IS NOT NULL)),
    CHECK (state <> 'failed' OR error IS NOT NULL),
    CHECK (state = 'scheduled' OR state = 'ready' OR state = 'cancelled' OR started_at IS NOT NULL),
    CHECK (hold IS NULL OR state = 'ready' OR state = 'scheduled'),
    CHECK (hold IS NOT 'key' OR (state = 'ready' AND key IS NOT NULL)),
    CHECK (hold IS NOT 'dependency' OR waits_for > 0),
    CHECK (waits_for = 0 OR hold IS 'dependency' OR hold IS 'bury'),
    CHECK (keeps_place = 0 OR (state = 'scheduled' AND hold IS NULL AND key IS NOT NULL)),
    CHECK (plain = 0 OR slots IS NULL),
    CHECK (hook_of IS NULL OR hooks IS NULL),
    CHECK (hook_of IS NOT NULL OR task IS NULL)
) STRICT;

-- Limits of keys may be other ones now: who is ready goes to the end of its line, and the start admits whom it may.
INSERT INTO job_new (id, kind, queue, uid, key, priority, state, hold, rank, phase, cause, changed_at, run_at, timeout_ms,
    max_attempts, backoff_ms, attempts, crashes, slots, cancel_requested, cancel_reason, submitted_at, started_at,
    finished_at, expires_at, correlation_id, durability, error, result, params)
SELECT id, kind, queue, uid, key, priority, state, CASE WHEN state = 'ready' AND key IS NOT NULL THEN 'key' END,
    CASE state WHEN 'scheduled' THEN run_at ELSE changed_at END - priority * 60000, phase, cause, changed_at, run_at,
    timeout_ms, max_attempts, backoff_ms, attempts, crashes, slots, cancel_requested, cancel_reason, submitted_at,
    started_at, finished_at, finished_at + 30 * 86400000, correlation_id, 'disk', error, result, params
FROM job;

-- A number that was given is never given again.
DELETE FROM sqlite_sequence WHERE name = 'job_new';
INSERT INTO sqlite_sequence (name, seq) SELECT 'job_new', seq FROM sqlite_sequence WHERE name = 'job';

-- Every change of a job's state; its first state stands in the job itself until it changes.
CREATE TABLE transition_new (
    job_id     INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    -- From 1 on.
    number     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    cause      TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO transition_new
SELECT job_id, row_number() OVER (PARTITION BY job_id ORDER BY id), at, from_state, to_state, cause FROM transition
WHERE from_state IS NOT NULL;

CREATE TABLE attempt_new (
    job_id      INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    fence       INTEGER NOT NULL,
    item_number INTEGER,
    stage       TEXT NOT NULL CHECK (stage = 'process' OR stage = 'plan' OR stage = 'preload' OR stage = 'summarize'),
    worker      TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    cause       TEXT CHECK (cause = 'succeeded' OR cause = 'error' OR cause = 'exit' OR cause = 'signal'
        OR cause = 'timeout' OR cause = 'cancelled' OR cause = 'lost' OR cause = 'restart' OR cause = 'snoozed'),
    message     TEXT,
    exit_code   INTEGER,
    signal      INTEGER,
    cpu_us      INTEGER CHECK (cpu_us >= 0),
    peak_bytes  INTEGER CHECK (peak_bytes >= 0),
    PRIMARY KEY (job_id, fence),
    CHECK ((ended_at IS NULL) = (cause IS NULL)),
    CHECK ((stage = 'process') = (item_number IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO attempt_new (job_id, fence, item_number, stage, worker, started_at, ended_at, cause, message)
SELECT job_id, fence, item_number, stage, worker, started_at, ended_at, cause, message FROM attempt
ORDER BY job_id, fence;

DROP TABLE attempt;
DROP TABLE transition;
DROP TABLE job;
ALTER TABLE job_new RENAME TO job;
ALTER TABLE transition_new RENAME TO transition;
ALTER TABLE attempt_new RENAME TO attempt;

CREATE INDEX job_ready ON job (queue, kind, uid, rank) WHERE state = 'ready' AND hold IS NULL;
CREATE INDEX job_scheduled ON job (run_at) WHERE state = 'scheduled' AND hold IS NULL;
-- Those that succeeded are nearly all; lists of them walk the table.
CREATE INDEX job_state ON job (state, id) WHERE state <> 'succeeded';
CREATE INDEX job_line ON job (kind, key, rank) WHERE hold = 'key';
CREATE INDEX job_held ON job (hold, id) WHERE hold IS NOT NULL;
CREATE INDEX job_keyed ON job (key, id) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key) WHERE unique_key IS NOT NULL AND finished_at IS NULL;
CREATE INDEX job_attached ON job (id) WHERE attached = 1 AND finished_at IS NULL;
CREATE INDEX job_expiry ON job (expires_at) WHERE expires_at IS NOT NULL;

INSERT INTO state_change VALUES ('ready', 'scheduled');   -- job.edit with a later time

CREATE TRIGGER job_changed AFTER UPDATE OF state, hold ON job
WHEN OLD.state <> NEW.state OR OLD.hold IS NOT NEW.hold BEGIN
    SELECT RAISE(ABORT, 'a job may not change its state in this way')
    WHERE OLD.state <> NEW.state
        AND NOT EXISTS (SELECT 1 FROM state_change WHERE from_state = OLD.state AND to_state = NEW.state);
    INSERT INTO transition (job_id, number, at, from_state, to_state, cause)
    VALUES (NEW.id, (SELECT coalesce(max(number), 0) + 1 FROM transition WHERE job_id = NEW.id), NEW.changed_at,
        OLD.state, NEW.state, NEW.cause);
END;

CREATE TRIGGER job_kept BEFORE DELETE ON job WHEN OLD.finished_at IS NULL BEGIN
    SELECT RAISE(ABORT, 'a job that is not over may not be deleted');
END;

-- How many jobs of each key are admitted and how many wait behind them; only keys that have any. Whoever inserts a job
-- counts it: with a trigger on that, SQLite would look for rows below each new job and keep a journal for it.
CREATE TABLE line (
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    admitted INTEGER NOT NULL CHECK (admitted >= 0),
    waiting  INTEGER NOT NULL CHECK (waiting >= 0),
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX line_waiting ON line (kind, key) WHERE waiting > 0;

INSERT INTO line
SELECT kind, key, sum(state = 'running'), sum(hold IS 'key') FROM job
WHERE key IS NOT NULL AND (state = 'running' OR hold = 'key') GROUP BY kind, key;

CREATE TRIGGER job_moved_in_line AFTER UPDATE OF state, hold, keeps_place, key ON job
WHEN (OLD.key IS NOT NULL OR NEW.key IS NOT NULL) AND (
    OLD.key IS NOT NEW.key
    OR (OLD.state = 'running' OR OLD.keeps_place OR (OLD.state = 'ready' AND OLD.hold IS NULL))
        <> (NEW.state = 'running' OR NEW.keeps_place OR (NEW.state = 'ready' AND NEW.hold IS NULL))
    OR (OLD.hold IS 'key') <> (NEW.hold IS 'key'))
BEGIN
    UPDATE line SET
        admitted = admitted
            - (OLD.state = 'running' OR OLD.keeps_place OR (OLD.state = 'ready' AND OLD.hold IS NULL)),
        waiting = waiting - (OLD.hold IS 'key')
    WHERE kind = OLD.kind AND key = OLD.key;
    INSERT INTO line
    SELECT NEW.kind, NEW.key,
        NEW.state = 'running' OR NEW.keeps_place OR (NEW.state = 'ready' AND NEW.hold IS NULL), NEW.hold IS 'key'
    WHERE NEW.key IS NOT NULL AND (NEW.state = 'running' OR NEW.keeps_place
        OR (NEW.state = 'ready' AND NEW.hold IS NULL) OR NEW.hold IS 'key')
    ON CONFLICT DO UPDATE SET admitted = admitted + excluded.admitted, waiting = waiting + excluded.waiting;
END;

CREATE TRIGGER line_emptied AFTER UPDATE ON line WHEN NEW.admitted = 0 AND NEW.waiting = 0 BEGIN
    DELETE FROM line WHERE kind = NEW.kind AND key = NEW.key;
END;

-- Which jobs come after which; only after earlier ones, so there are no circles.
CREATE TABLE dependency (
    job_id   INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    -- That job may be gone once it is over.
    after_id INTEGER NOT NULL,
    mode     TEXT NOT NULL CHECK (mode = 'success' OR mode = 'always'),
    -- Whether it is still waited for.
    open     INTEGER NOT NULL CHECK (open BETWEEN 0 AND 1),
    PRIMARY KEY (job_id, after_id),
    CHECK (after_id < job_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX dependency_open ON dependency (after_id, job_id) WHERE open = 1;

-- Queues and kinds that were paused or drained by hand.
CREATE TABLE gate (
    scope      TEXT NOT NULL CHECK (scope = 'queue' OR scope = 'kind'),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    state      TEXT NOT NULL CHECK (state = 'open' OR state = 'paused' OR state = 'draining'),
    reason     TEXT,
    -- When a pause ends by itself.
    until      INTEGER,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (scope, name),
    CHECK (until IS NULL OR state = 'paused')
) STRICT, WITHOUT ROWID;

-- What was set for queues by hand.
CREATE TABLE queue (
    name          TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    durability    TEXT CHECK (durability = 'disk' OR durability = 'crash'),
    running_limit INTEGER CHECK (running_limit >= 0),
    waiting_limit INTEGER CHECK (waiting_limit >= 0)
) STRICT, WITHOUT ROWID;

-- Limits that were set by hand; an empty name is the scope's default.
CREATE TABLE limit_rule (
    scope      TEXT NOT NULL CHECK (scope = 'machine' OR scope = 'queue' OR scope = 'kind' OR scope = 'user'
        OR scope = 'key' OR scope = 'resource'),
    name       TEXT NOT NULL CHECK (length(name) <= 100),
    running    INTEGER CHECK (running >= 0),
    waiting    INTEGER CHECK (waiting >= 0),
    -- Tokens in a thousand seconds.
    rate_milli INTEGER CHECK (rate_milli >= 0),
    burst      INTEGER CHECK (burst >= 1),
    PRIMARY KEY (scope, name),
    CHECK (scope = 'resource' OR (rate_milli IS NULL AND burst IS NULL))
) STRICT, WITHOUT ROWID;

-- Breakers that were opened or closed by hand.
CREATE TABLE breaker (
    name   TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    forced TEXT NOT NULL CHECK (forced = 'open' OR forced = 'closed')
) STRICT, WITHOUT ROWID;
