-- What has to be known again after a restart: which alerts people were told of, who has yet to be told of what, and what time
-- it was.

-- Alerts that were told as firing and not yet as resolved.
CREATE TABLE told (
    rule     TEXT NOT NULL,
    -- A JSON object, its members in the order of their names.
    labels   TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity = 'critical' OR severity = 'warning'),
    summary  TEXT NOT NULL,
    value    REAL NOT NULL,
    -- Since when it holds, when it fired, and when it was told last, in milliseconds since 1970.
    since    INTEGER NOT NULL,
    fired    INTEGER,
    told     INTEGER NOT NULL,
    PRIMARY KEY (rule, labels)
) STRICT, WITHOUT ROWID;

-- Notices on their way: one row for each sink that has not taken its yet.
CREATE TABLE delivery (
    -- In the order in which they were told.
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The same at every try, so that a sink can tell what comes twice.
    key     TEXT NOT NULL UNIQUE,
    sink    TEXT NOT NULL,
    -- Notices of one topic come one after the other.
    topic   TEXT NOT NULL,
    -- A sign of life: the next of its topic takes its place.
    sign    INTEGER NOT NULL CHECK (sign = 0 OR sign = 1),
    notice  TEXT NOT NULL
) STRICT;

CREATE TABLE clock (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    -- What time it was when somebody looked last, as far as the wall clock was believed, in milliseconds since 1970.
    believed INTEGER NOT NULL,
    -- For how long it had been doubted then, in milliseconds.
    doubted  INTEGER NOT NULL CHECK (doubted >= 0)
) STRICT, WITHOUT ROWID;
