-- Briefs by mail, and the events of calendars that belong to tasks.
--
-- Times are milliseconds since 1970.

-- One mail for each brief. `sending` is written before the message goes and stands for: perhaps it has gone.
CREATE TABLE brief_mail (
    person TEXT NOT NULL,
    day TEXT NOT NULL,
    -- What its Message-ID is made of, the same for every try.
    token TEXT NOT NULL UNIQUE CHECK (token <> ''),
    status TEXT NOT NULL CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'cancelled')),
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    -- Why it was not sent, or perhaps not.
    error TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (person, day),
    FOREIGN KEY (person, day) REFERENCES brief (person, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX brief_mail_pending ON brief_mail (created_at) WHERE status = 'pending';

CREATE TABLE own_event (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    task TEXT NOT NULL REFERENCES own_task (id),
    -- The task's where it is NULL.
    title TEXT,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL CHECK (ends_at >= starts_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX own_event_by_task ON own_event (task, starts_at);
