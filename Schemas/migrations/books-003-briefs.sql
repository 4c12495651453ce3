-- Daily briefs: who gets one when, what it is made of, and what was made.
--
-- Times are milliseconds since 1970, days are YYYY-MM-DD. What a preference does not say is NULL; the rules have defaults.

CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    email TEXT NOT NULL DEFAULT '',
    last_visit INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE brief_preference (
    person TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    frequency TEXT,
    time_of_day TEXT,
    zone TEXT,
    day_of_week INTEGER,
    wants_mail INTEGER NOT NULL DEFAULT 0 CHECK (wants_mail IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE own_project (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    person TEXT NOT NULL REFERENCES person (id),
    name TEXT NOT NULL CHECK (name <> ''),
    status TEXT NOT NULL CHECK (status IN ('active', 'paused', 'completed', 'archived')),
    position INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX own_project_by_person ON own_project (person, status, position, id);

CREATE TABLE own_task (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    project TEXT NOT NULL REFERENCES own_project (id),
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    priority TEXT NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high')),
    starts_at INTEGER,
    outdated INTEGER NOT NULL DEFAULT 0 CHECK (outdated IN (0, 1)),
    completed_at INTEGER,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX own_task_by_project ON own_task (project);

CREATE TABLE own_note (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    project TEXT NOT NULL REFERENCES own_project (id),
    title TEXT NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX own_note_by_project ON own_note (project);

CREATE TABLE own_phase (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    project TEXT NOT NULL REFERENCES own_project (id),
    name TEXT NOT NULL,
    starts_on TEXT CHECK (starts_on IS date(starts_on, '+0 days')),
    ends_on TEXT CHECK (ends_on IS date(ends_on, '+0 days')),
    position INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX own_phase_by_project ON own_phase (project, position);

CREATE TABLE own_phase_task (
    phase TEXT NOT NULL REFERENCES own_phase (id),
    task TEXT NOT NULL REFERENCES own_task (id),
    PRIMARY KEY (phase, task)
) STRICT, WITHOUT ROWID;

-- One brief for each person and day. A planned one has its time and no text yet.
CREATE TABLE brief (
    person TEXT NOT NULL REFERENCES person (id),
    day TEXT NOT NULL CHECK (day IS date(day, '+0 days')),
    status TEXT NOT NULL CHECK (status IN ('planned', 'processing', 'completed', 'failed')),
    planned_for INTEGER,
    content TEXT NOT NULL DEFAULT '',
    actions TEXT NOT NULL DEFAULT '[]',
    analysis TEXT,
    error TEXT,
    step TEXT NOT NULL DEFAULT 'starting',
    progress INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    started_at INTEGER,
    completed_at INTEGER,
    metadata TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (person, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX brief_planned ON brief (planned_for) WHERE planned_for IS NOT NULL;

CREATE TABLE project_brief (
    project TEXT NOT NULL REFERENCES own_project (id),
    day TEXT NOT NULL CHECK (day IS date(day, '+0 days')),
    content TEXT NOT NULL,
    counters TEXT NOT NULL,
    PRIMARY KEY (project, day)
) STRICT, WITHOUT ROWID;

-- How far the planning of briefs has looked ahead.
CREATE TABLE brief_watermark (
    only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    planned_to INTEGER NOT NULL
) STRICT;
