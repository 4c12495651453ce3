-- The calendars of clinics, mirrored: how a clinic works, what is blocked, slots, appointments, bookings, syncs.
--
-- Times of day are text of one width, 'HH:MM:SS' up to '24:00:00', so that they compare as text; they and the dates are
-- those of the clinic's zone. Moments are RFC 3339 in UTC with milliseconds. Days of the week are bits, 1 for Sunday.
-- An appointment that is gone keeps its row, with deleted_at: of the rows of one remote id at most one is live.

CREATE TABLE clinic (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    -- Where its calendar is; nothing for a clinic whose appointments were only imported.
    url TEXT CHECK (url <> ''),
    -- The credential with user name and password.
    credential TEXT CHECK (credential <> ''),
    -- What the operator says; else what the calendar says, in clinic_config.
    zone TEXT CHECK (zone <> ''),
    -- 'pages': it has no API, a browser reads it.
    access TEXT NOT NULL DEFAULT 'api' CHECK (access IN ('api', 'pages'))
) STRICT, WITHOUT ROWID;

CREATE TABLE clinic_config (
    clinic TEXT NOT NULL PRIMARY KEY REFERENCES clinic (id),
    open_time TEXT NOT NULL CHECK (open_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    close_time TEXT NOT NULL CHECK (close_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    days INTEGER NOT NULL CHECK (days BETWEEN 0 AND 127),
    slot_minutes INTEGER NOT NULL CHECK (slot_minutes BETWEEN 1 AND 120),
    capacity INTEGER NOT NULL CHECK (capacity > 0),
    horizon_days INTEGER NOT NULL CHECK (horizon_days BETWEEN 1 AND 60),
    stale_minutes INTEGER NOT NULL CHECK (stale_minutes > 0),
    zone TEXT NOT NULL CHECK (zone <> ''),
    -- The remote configuration as it came last.
    snapshot TEXT,
    CHECK (open_time < close_time)
) STRICT, WITHOUT ROWID;

CREATE TABLE clinic_blocked_period (
    clinic TEXT NOT NULL REFERENCES clinic (id),
    name TEXT NOT NULL CHECK (name <> ''),
    start_time TEXT NOT NULL CHECK (start_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    end_time TEXT NOT NULL CHECK (end_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    days INTEGER NOT NULL CHECK (days BETWEEN 0 AND 127),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    PRIMARY KEY (clinic, name),
    CHECK (start_time < end_time)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule_sync (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    clinic TEXT NOT NULL REFERENCES clinic (id),
    range_start TEXT NOT NULL CHECK (range_start IS date(range_start, '+0 days')),
    range_end TEXT NOT NULL CHECK (range_end IS date(range_end, '+0 days')),
    status TEXT NOT NULL CHECK (status IN ('in_progress', 'completed', 'failed')),
    total_dates INTEGER NOT NULL CHECK (total_dates > 0),
    -- Dates that came to an end, in whatever way, as a JSON array.
    finished_dates TEXT NOT NULL DEFAULT '[]',
    progress_percentage INTEGER NOT NULL DEFAULT 0 CHECK (progress_percentage BETWEEN 0 AND 100),
    "current_date" TEXT,
    failed_dates TEXT NOT NULL DEFAULT '[]',
    partial_success INTEGER NOT NULL DEFAULT 0 CHECK (partial_success IN (0, 1)),
    stats TEXT NOT NULL DEFAULT '{}',
    remote_config TEXT,
    error TEXT,
    started_at TEXT NOT NULL,
    completed_at TEXT,
    duration_ms INTEGER,
    CHECK (range_start <= range_end),
    CHECK ((status = 'in_progress') = (completed_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_sync_by_clinic ON schedule_sync (clinic, status, started_at);

CREATE TABLE schedule_slot (
    id INTEGER PRIMARY KEY,
    clinic TEXT NOT NULL REFERENCES clinic (id),
    date TEXT NOT NULL CHECK (date IS date(date, '+0 days')),
    start_time TEXT NOT NULL CHECK (start_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    end_time TEXT NOT NULL CHECK (end_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    capacity INTEGER NOT NULL CHECK (capacity > 0),
    booked_count INTEGER NOT NULL DEFAULT 0 CHECK (booked_count >= 0),
    -- The sync that made or changed it, and when.
    sync TEXT NOT NULL,
    synced_at TEXT NOT NULL,
    UNIQUE (clinic, date, start_time),
    CHECK (start_time < end_time)
) STRICT;

CREATE TABLE schedule_appointment (
    id INTEGER PRIMARY KEY,
    clinic TEXT NOT NULL REFERENCES clinic (id),
    remote_id TEXT NOT NULL CHECK (remote_id <> ''),
    date TEXT NOT NULL CHECK (date IS date(date, '+0 days')),
    start_time TEXT CHECK (start_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    end_time TEXT CHECK (end_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    slot INTEGER REFERENCES schedule_slot (id),
    patient TEXT NOT NULL,
    client TEXT NOT NULL,
    phone TEXT NOT NULL,
    provider TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('scheduled', 'completed', 'in_progress', 'no_show', 'cancelled')),
    -- Of what the calendar said; nothing for what was imported.
    sync_hash TEXT CHECK (length(sync_hash) = 64),
    booked_at TEXT,
    reminded INTEGER NOT NULL DEFAULT 0 CHECK (reminded IN (0, 1)),
    sync TEXT,
    -- As of when the calendar said so.
    synced_at TEXT NOT NULL,
    deleted_at TEXT
) STRICT;
CREATE UNIQUE INDEX schedule_appointment_live ON schedule_appointment (clinic, remote_id) WHERE deleted_at IS NULL;
CREATE INDEX schedule_appointment_by_day ON schedule_appointment (clinic, date);
CREATE INDEX schedule_appointment_by_slot ON schedule_appointment (slot);

CREATE TABLE slot_booking (
    id INTEGER PRIMARY KEY,
    clinic TEXT NOT NULL REFERENCES clinic (id),
    slot INTEGER NOT NULL REFERENCES schedule_slot (id),
    date TEXT NOT NULL CHECK (date IS date(date, '+0 days')),
    start_time TEXT NOT NULL CHECK (start_time GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'),
    client TEXT NOT NULL CHECK (client <> ''),
    patient TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'rescheduled', 'cancelled')),
    confirmation TEXT NOT NULL UNIQUE CHECK (confirmation <> ''),
    hold_expires_at TEXT NOT NULL,
    has_conflict INTEGER NOT NULL DEFAULT 0 CHECK (has_conflict IN (0, 1)),
    original_date TEXT,
    original_time TEXT,
    rescheduled_at TEXT,
    reason TEXT,
    booked_at TEXT NOT NULL
) STRICT;
CREATE INDEX slot_booking_by_slot ON slot_booking (slot);
CREATE INDEX slot_booking_by_day ON slot_booking (clinic, date, status);
