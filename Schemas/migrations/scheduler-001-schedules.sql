-- Schedules and what became of their nominal times.
--
-- Times are microseconds since 1970 where a calendar counts them (cursor, next, due, nominal), else milliseconds. All
-- nominal times up to the cursor are decided, so a nominal time is never looked at twice.

CREATE TABLE schedule (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    specification TEXT NOT NULL CHECK (specification <> ''),
    file TEXT,
    created_at INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    next INTEGER CHECK (next > cursor),
    due INTEGER,
    runs INTEGER NOT NULL DEFAULT 0 CHECK (runs >= 0),
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    paused_until INTEGER CHECK (paused_until IS NULL OR paused = 1),
    pause_reason TEXT CHECK (pause_reason IS NULL OR paused = 1),
    last_nominal INTEGER,
    last_job INTEGER,
    -- Why a run that is due was put off, and since when; NULL when it was not.
    put_off TEXT,
    put_off_since INTEGER
) STRICT;
CREATE INDEX schedule_due ON schedule (due) WHERE due IS NOT NULL;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    schedule INTEGER NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
    nominal INTEGER NOT NULL,
    at INTEGER NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('due', 'catch-up', 'manual', 'backfill')),
    outcome TEXT NOT NULL CHECK (outcome IN ('submitted', 'skipped', 'missed', 'refused')),
    job INTEGER CHECK ((job IS NOT NULL) = (outcome = 'submitted')),
    lateness INTEGER,
    note TEXT,
    -- Whether it is known how the job ended; NULL where nobody wants to know.
    settled INTEGER CHECK (settled IN (0, 1))
) STRICT;
-- A nominal time has one job.
CREATE UNIQUE INDEX run_once ON run (schedule, nominal) WHERE outcome = 'submitted' AND cause <> 'manual';
CREATE INDEX run_by_schedule ON run (schedule, id);
CREATE INDEX run_unsettled ON run (schedule, id) WHERE settled = 0;
