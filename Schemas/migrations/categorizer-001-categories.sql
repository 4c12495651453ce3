-- What the categorizer keeps: categories, the expenses it has seen, and what was learned of them.
--
-- Amounts are text because they are decimals, times milliseconds since 1970 in UTC. An account of '' is nobody's own:
-- what stands there applies to all.

CREATE TABLE category (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 200),
    colour  TEXT CHECK (colour GLOB '#[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]'),
    parent  INTEGER REFERENCES category (id) CHECK (parent <> id)
) STRICT;
CREATE INDEX category_by_parent ON category (parent);

-- Two levels: what has a parent is nobody's parent.
CREATE TRIGGER category_has_two_levels BEFORE INSERT ON category
WHEN NEW.parent IS NOT NULL AND (SELECT parent FROM category WHERE id = NEW.parent) IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'categories have two levels');
END;
CREATE TRIGGER category_keeps_two_levels BEFORE UPDATE OF parent ON category
WHEN NEW.parent IS NOT NULL
    AND ((SELECT parent FROM category WHERE id = NEW.parent) IS NOT NULL
        OR EXISTS (SELECT 1 FROM category WHERE parent = NEW.id))
BEGIN
    SELECT RAISE(ABORT, 'categories have two levels');
END;

CREATE TABLE pattern (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    owner          TEXT NOT NULL,
    category       INTEGER NOT NULL REFERENCES category (id),
    type           TEXT NOT NULL CHECK (
        type IN ('merchant', 'keyword', 'description', 'amount_range', 'regex', 'time')),
    value          TEXT NOT NULL CHECK (value <> ''),
    weight         REAL NOT NULL CHECK (weight BETWEEN 0.1 AND 5),
    usage_count    INTEGER NOT NULL CHECK (usage_count >= 0),
    success_count  INTEGER NOT NULL CHECK (success_count BETWEEN 0 AND usage_count),
    active         INTEGER NOT NULL CHECK (active BETWEEN 0 AND 1),
    user_created   INTEGER NOT NULL CHECK (user_created BETWEEN 0 AND 1),
    -- The last amounts, and how many expenses there were by hour and by weekday.
    statistics     TEXT NOT NULL,
    -- Days since 1970 of the last change.
    touched_on     INTEGER NOT NULL,
    taught_by      TEXT NOT NULL,
    taught_at      INTEGER NOT NULL,
    taught_expense TEXT,
    UNIQUE (owner, category, type, value)
) STRICT;
CREATE INDEX pattern_by_category ON pattern (category);

CREATE TABLE composite (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    owner         TEXT NOT NULL,
    name          TEXT NOT NULL CHECK (name <> ''),
    category      INTEGER NOT NULL REFERENCES category (id),
    combination   TEXT NOT NULL CHECK (combination IN ('AND', 'OR', 'NOT')),
    -- Numbers of patterns, as a JSON array.
    patterns      TEXT NOT NULL CHECK (substr(patterns, 1, 1) = '['),
    weight        REAL NOT NULL CHECK (weight BETWEEN 0.1 AND 5),
    active        INTEGER NOT NULL CHECK (active BETWEEN 0 AND 1),
    UNIQUE (owner, name)
) STRICT;
CREATE INDEX composite_by_category ON composite (category);

CREATE TABLE rule (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    owner      TEXT NOT NULL,
    name       TEXT NOT NULL CHECK (name <> ''),
    category   INTEGER NOT NULL REFERENCES category (id),
    condition  TEXT NOT NULL CHECK (substr(condition, 1, 1) = '{'),
    priority   INTEGER NOT NULL,
    active     INTEGER NOT NULL CHECK (active BETWEEN 0 AND 1),
    taught_by  TEXT NOT NULL,
    taught_at  INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;
CREATE INDEX rule_by_category ON rule (category);

CREATE TABLE preference (
    owner        TEXT NOT NULL,
    context      TEXT NOT NULL CHECK (context IN ('merchant', 'time_of_day', 'day_of_week', 'amount_range')),
    value        TEXT NOT NULL,
    category     INTEGER NOT NULL REFERENCES category (id),
    weight       REAL NOT NULL CHECK (weight >= 1),
    usage_count  INTEGER NOT NULL CHECK (usage_count >= 0),
    by_hand      INTEGER NOT NULL CHECK (by_hand BETWEEN 0 AND 1),
    PRIMARY KEY (owner, context, value, category)
) STRICT, WITHOUT ROWID;
CREATE INDEX preference_by_category ON preference (category);

CREATE TABLE expense (
    number               INTEGER PRIMARY KEY AUTOINCREMENT,
    id                   TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
    owner                TEXT NOT NULL,
    merchant_name        TEXT,
    merchant_normalized  TEXT,
    description          TEXT,
    amount               TEXT CHECK (amount GLOB '[0-9-]*' AND amount NOT GLOB '*[^0-9.-]*'),
    currency             TEXT CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    transaction_date     TEXT,
    category             INTEGER REFERENCES category (id),
    -- A person said so: what the learned layer learns from, and what no machine changes.
    confirmed            INTEGER NOT NULL CHECK (confirmed BETWEEN 0 AND 1),
    auto                 INTEGER NOT NULL CHECK (auto BETWEEN 0 AND 1),
    confidence           REAL CHECK (confidence BETWEEN 0 AND 1),
    method               TEXT,
    categorized_at       INTEGER,
    categorized_by       TEXT,
    CHECK (confirmed = 0 OR category IS NOT NULL)
) STRICT;
CREATE INDEX expense_open ON expense (id) WHERE category IS NULL;
CREATE INDEX expense_by_category ON expense (category);
CREATE INDEX expense_confirmed ON expense (number) WHERE confirmed = 1;
CREATE INDEX expense_by_time ON expense (categorized_at) WHERE category IS NOT NULL;

-- What a person said, in the order it was said.
CREATE TABLE lesson (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    expense     TEXT NOT NULL REFERENCES expense (id),
    category    INTEGER NOT NULL REFERENCES category (id),
    predicted   INTEGER REFERENCES category (id),
    feedback    TEXT CHECK (feedback IN ('accepted', 'correction')),
    pattern     INTEGER REFERENCES pattern (id),
    confidence  REAL,
    taught_by   TEXT NOT NULL,
    taught_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX lesson_by_expense ON lesson (expense);
CREATE INDEX lesson_by_category ON lesson (category);
CREATE INDEX lesson_by_predicted ON lesson (predicted);
CREATE INDEX lesson_by_pattern ON lesson (pattern);

CREATE TABLE bulk_operation (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL CHECK (kind IN ('apply', 'auto', 'undo')),
    status    TEXT NOT NULL CHECK (
        status IN ('pending', 'in_progress', 'completed', 'failed', 'partially_completed', 'undone')),
    category  INTEGER REFERENCES category (id),
    undoes    INTEGER UNIQUE REFERENCES bulk_operation (id),
    done_by   TEXT NOT NULL,
    done_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX bulk_operation_by_category ON bulk_operation (category);

-- How each expense was before.
CREATE TABLE bulk_item (
    operation       INTEGER NOT NULL REFERENCES bulk_operation (id),
    expense         TEXT NOT NULL REFERENCES expense (id),
    category        INTEGER REFERENCES category (id),
    confirmed       INTEGER NOT NULL CHECK (confirmed BETWEEN 0 AND 1),
    new_category    INTEGER NOT NULL REFERENCES category (id),
    PRIMARY KEY (operation, expense)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_item_by_expense ON bulk_item (expense);
CREATE INDEX bulk_item_by_category ON bulk_item (category);
CREATE INDEX bulk_item_by_new_category ON bulk_item (new_category);

CREATE TABLE model (
    version            INTEGER PRIMARY KEY AUTOINCREMENT,
    state              TEXT NOT NULL CHECK (state IN ('active', 'retired', 'rejected')),
    -- Confirmed expenses it was trained on, up to this number; those held back are not among them.
    rows               INTEGER NOT NULL CHECK (rows >= 0),
    through_expense    INTEGER NOT NULL,
    -- The last lesson it knows.
    through_lesson     INTEGER NOT NULL,
    categories         INTEGER NOT NULL,
    threshold          REAL NOT NULL,
    accuracy           REAL,
    previous_accuracy  REAL,
    seconds            REAL NOT NULL,
    trained_at         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX model_in_force ON model (state) WHERE state = 'active';

CREATE TABLE model_part (
    model   INTEGER NOT NULL REFERENCES model (version) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    bytes   BLOB NOT NULL,
    PRIMARY KEY (model, number)
) STRICT;
