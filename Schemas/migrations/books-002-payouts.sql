-- What contractors are paid: the amounts of rates, positions, refund requests, invoice splits and payouts.
--
-- Amounts are text because they are decimals, in the same canonical form as hours. A payout has at most one source, and
-- a source at most one payout that is not Cancelled: the database itself refuses a second, whoever writes.

ALTER TABLE contractor_rate ADD COLUMN billing_type TEXT NOT NULL DEFAULT '';
ALTER TABLE contractor_rate ADD COLUMN monthly_fixed TEXT
    CHECK (monthly_fixed GLOB '[0-9]*' AND monthly_fixed NOT GLOB '*[^0-9.]*');
ALTER TABLE contractor_rate ADD COLUMN hourly_rate TEXT
    CHECK (hourly_rate GLOB '[0-9]*' AND hourly_rate NOT GLOB '*[^0-9.]*');
ALTER TABLE contractor_rate ADD COLUMN gross_fixed TEXT
    CHECK (gross_fixed GLOB '[0-9]*' AND gross_fixed NOT GLOB '*[^0-9.]*');
ALTER TABLE contractor_rate ADD COLUMN currency TEXT CHECK (currency GLOB '[A-Z][A-Z][A-Z]');

CREATE TABLE contractor_position (
    contractor TEXT NOT NULL REFERENCES contractor (id),
    position TEXT NOT NULL CHECK (position <> ''),
    PRIMARY KEY (contractor, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE refund_request (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    refund_id TEXT NOT NULL CHECK (refund_id <> ''),
    amount TEXT NOT NULL CHECK (amount GLOB '[0-9]*' AND amount NOT GLOB '*[^0-9.]*'),
    currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    contractor TEXT REFERENCES contractor (id),
    reason TEXT NOT NULL,
    description TEXT NOT NULL,
    formatted_description TEXT NOT NULL,
    details TEXT NOT NULL,
    date_requested TEXT CHECK (date_requested IS date(date_requested, '+0 days')),
    status TEXT NOT NULL CHECK (status <> '')
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_request_by_status ON refund_request (status);
CREATE INDEX refund_request_by_contractor ON refund_request (contractor);

CREATE TABLE invoice_split (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    auto_name TEXT NOT NULL,
    amount TEXT NOT NULL CHECK (amount GLOB '[0-9]*' AND amount NOT GLOB '*[^0-9.]*'),
    currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    role TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type <> ''),
    person TEXT REFERENCES contractor (id),
    month TEXT CHECK (month IS date(month, '+0 days')),
    description TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status <> '')
) STRICT, WITHOUT ROWID;
CREATE INDEX invoice_split_by_status ON invoice_split (status);
CREATE INDEX invoice_split_by_person ON invoice_split (person);

CREATE TABLE payout (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    amount TEXT NOT NULL CHECK (amount GLOB '[0-9]*' AND amount NOT GLOB '*[^0-9.]*'),
    currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    date TEXT CHECK (date IS date(date, '+0 days')),
    paid_date TEXT CHECK (paid_date IS date(paid_date, '+0 days')),
    description TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('New', 'Pending', 'Paid', 'Cancelled')),
    person TEXT NOT NULL REFERENCES contractor (id),
    task_order TEXT REFERENCES task_order (id),
    refund TEXT REFERENCES refund_request (id),
    invoice_split TEXT REFERENCES invoice_split (id),
    rate TEXT REFERENCES contractor_rate (id),
    -- Which run of a job made it; a run taken up after a crash knows its own.
    run TEXT,
    source_kind TEXT GENERATED ALWAYS AS (CASE
        WHEN task_order IS NOT NULL THEN 'order'
        WHEN refund IS NOT NULL THEN 'refund'
        WHEN invoice_split IS NOT NULL THEN 'split' END) VIRTUAL,
    source_id TEXT GENERATED ALWAYS AS (coalesce(task_order, refund, invoice_split)) VIRTUAL,
    CHECK ((task_order IS NOT NULL) + (refund IS NOT NULL) + (invoice_split IS NOT NULL) <= 1)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX payout_live ON payout (source_kind, source_id) WHERE status <> 'Cancelled';
CREATE INDEX payout_by_order ON payout (task_order);
CREATE INDEX payout_by_refund ON payout (refund);
CREATE INDEX payout_by_split ON payout (invoice_split);
CREATE INDEX payout_by_person ON payout (person);
CREATE INDEX payout_by_rate ON payout (rate);

CREATE INDEX task_order_by_status ON task_order (status, month);

-- What is paid for goes to the one it belongs to, by a rate of his own.
CREATE TRIGGER payout_goes_where_it_belongs BEFORE INSERT ON payout WHEN
    (CASE
        WHEN NEW.task_order IS NOT NULL THEN (SELECT contractor FROM task_order WHERE id = NEW.task_order)
        WHEN NEW.refund IS NOT NULL THEN (SELECT contractor FROM refund_request WHERE id = NEW.refund)
        WHEN NEW.invoice_split IS NOT NULL THEN (SELECT person FROM invoice_split WHERE id = NEW.invoice_split)
        ELSE NEW.person END) IS NOT NEW.person
    OR NEW.rate IS NOT NULL AND (SELECT contractor FROM contractor_rate WHERE id = NEW.rate) IS NOT NEW.person
BEGIN
    SELECT RAISE(ABORT, 'a payout goes to another than the one its source or rate names');
END;
CREATE TRIGGER payout_stays_where_it_belongs
BEFORE UPDATE OF person, task_order, refund, invoice_split, rate ON payout WHEN
    (CASE
        WHEN NEW.task_order IS NOT NULL THEN (SELECT contractor FROM task_order WHERE id = NEW.task_order)
        WHEN NEW.refund IS NOT NULL THEN (SELECT contractor FROM refund_request WHERE id = NEW.refund)
        WHEN NEW.invoice_split IS NOT NULL THEN (SELECT person FROM invoice_split WHERE id = NEW.invoice_split)
        ELSE NEW.person END) IS NOT NEW.person
    OR NEW.rate IS NOT NULL AND (SELECT contractor FROM contractor_rate WHERE id = NEW.rate) IS NOT NEW.person
BEGIN
    SELECT RAISE(ABORT, 'a payout goes to another than the one its source or rate names');
END;
