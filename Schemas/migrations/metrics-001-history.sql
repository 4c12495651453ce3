-- Who publishes, what their figures were over time, and what was told of them.

-- The last snapshot of each instance that is known by itself. The publisher is answered once it is here.
CREATE TABLE source (
    instance TEXT NOT NULL PRIMARY KEY CHECK (length(instance) BETWEEN 1 AND 100),
    service  TEXT NOT NULL CHECK (length(service) BETWEEN 1 AND 100),
    slot     INTEGER NOT NULL CHECK (slot >= 0),
    gone     INTEGER NOT NULL CHECK (gone = 0 OR gone = 1),
    -- In the order in which they went.
    changed  INTEGER NOT NULL,
    snapshot TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What all older instances of a service counted together.
CREATE TABLE total (
    service  TEXT NOT NULL PRIMARY KEY CHECK (length(service) BETWEEN 1 AND 100),
    families TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- A JSON object, its members in the order of their names.
    labels TEXT NOT NULL,
    -- growth: how much was counted within the step; level: what it stood at.
    kind   TEXT NOT NULL CHECK (kind = 'growth' OR kind = 'level'),
    UNIQUE (name, labels)
) STRICT;

CREATE TABLE point (
    -- Seconds that one point stands for.
    step   INTEGER NOT NULL CHECK (step > 0),
    -- When the step began, in seconds since 1970; a multiple of it.
    time   INTEGER NOT NULL CHECK (time % step = 0),
    series INTEGER NOT NULL REFERENCES series (id),
    value  REAL NOT NULL,
    low    REAL NOT NULL,
    high   REAL NOT NULL CHECK (low <= high),
    PRIMARY KEY (step, time, series)
) STRICT, WITHOUT ROWID;

CREATE INDEX point_of_series ON point (series, step, time);

-- Up to where the points of a step were made out of finer ones.
CREATE TABLE rolled (
    step INTEGER NOT NULL PRIMARY KEY CHECK (step > 0),
    time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE silence (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    rule    TEXT,
    labels  TEXT NOT NULL,
    until   INTEGER NOT NULL,
    author  TEXT NOT NULL,
    comment TEXT NOT NULL
) STRICT;

-- Alerts as they were told.
CREATE TABLE event (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    time     INTEGER NOT NULL,
    rule     TEXT NOT NULL,
    labels   TEXT NOT NULL,
    severity TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state = 'firing' OR state = 'resolved'),
    value    REAL NOT NULL,
    summary  TEXT NOT NULL
) STRICT;
