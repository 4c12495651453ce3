-- The company's books.
--
-- Hours are text because they are decimals: SQLite's numbers would round them. Canonical text (47.25) makes equal hours
-- equal text. SQLite's date() checks a day only when it has to add to it. Statuses of deployments and rates are the
-- company's own words. One order per contractor and month, one line per order and deployment, one deployment per
-- contractor and project: the database itself refuses a second.

CREATE TABLE contractor (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    discord TEXT NOT NULL CHECK (discord <> ''),
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE project (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    code TEXT NOT NULL CHECK (code <> ''),
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deployment (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    contractor TEXT NOT NULL REFERENCES contractor (id),
    project TEXT NOT NULL REFERENCES project (id),
    status TEXT NOT NULL CHECK (status <> ''),
    UNIQUE (contractor, project)
) STRICT, WITHOUT ROWID;

CREATE TABLE contractor_rate (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    contractor TEXT NOT NULL REFERENCES contractor (id),
    status TEXT NOT NULL CHECK (status <> ''),
    start_date TEXT CHECK (start_date IS date(start_date, '+0 days')),
    end_date TEXT CHECK (end_date IS date(end_date, '+0 days')),
    payday INTEGER NOT NULL CHECK (payday IN (0, 1, 15)),
    CHECK (end_date IS NULL OR start_date IS NULL OR start_date <= end_date)
) STRICT, WITHOUT ROWID;
CREATE INDEX contractor_rate_by_contractor ON contractor_rate (contractor);

CREATE TABLE timesheet_entry (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    title TEXT NOT NULL,
    date TEXT CHECK (date IS date(date, '+0 days')),
    hours TEXT NOT NULL CHECK (hours GLOB '[0-9]*' AND hours NOT GLOB '*[^0-9.]*'),
    text TEXT NOT NULL,
    contractor TEXT REFERENCES contractor (id),
    project TEXT REFERENCES project (id),
    status TEXT NOT NULL CHECK (status IN ('Draft', 'Pending Feedback', 'Reviewed', 'Completed'))
) STRICT, WITHOUT ROWID;
CREATE INDEX timesheet_entry_by_date ON timesheet_entry (date, status);
CREATE INDEX timesheet_entry_by_contractor ON timesheet_entry (contractor);
CREATE INDEX timesheet_entry_by_project ON timesheet_entry (project);

CREATE TABLE task_order (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    contractor TEXT NOT NULL REFERENCES contractor (id),
    month TEXT NOT NULL CHECK (month || '-01' IS date(month || '-01')),
    date TEXT NOT NULL
        CHECK (substr(date, 1, 7) = month
            AND date IN (date(month || '-01', '+1 month', '-1 day'), '9999-12-31')),
    title TEXT NOT NULL CHECK (title <> ''),
    status TEXT NOT NULL
        CHECK (status IN ('Draft', 'Pending Feedback', 'Pending Approval', 'Approved', 'Completed')),
    UNIQUE (contractor, month)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_order_by_month ON task_order (month);

CREATE TABLE order_line (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    task_order TEXT NOT NULL REFERENCES task_order (id),
    deployment TEXT NOT NULL REFERENCES deployment (id),
    hours TEXT NOT NULL CHECK (hours GLOB '[0-9]*' AND hours NOT GLOB '*[^0-9.]*'),
    summary TEXT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('Draft', 'Pending Feedback', 'Pending Approval', 'Approved', 'Completed')),
    UNIQUE (task_order, deployment)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_line_by_deployment ON order_line (deployment);

CREATE TABLE order_line_entry (
    order_line TEXT NOT NULL REFERENCES order_line (id),
    entry TEXT NOT NULL REFERENCES timesheet_entry (id),
    PRIMARY KEY (order_line, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_line_entry_by_entry ON order_line_entry (entry);

CREATE TRIGGER order_line_is_the_contractors BEFORE INSERT ON order_line
WHEN (SELECT contractor FROM deployment WHERE id = NEW.deployment)
    IS NOT (SELECT contractor FROM task_order WHERE id = NEW.task_order)
BEGIN
    SELECT RAISE(ABORT, 'the deployment of an order line belongs to another contractor');
END;
