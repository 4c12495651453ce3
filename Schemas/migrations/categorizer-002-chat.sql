-- What a chat service has said of merchants that nothing else knew, and what asking it has cost.
--
-- Prices are text because they are decimals, in the currency of the service.

CREATE TABLE chat_month (
    -- Of the company's zone.
    month  TEXT PRIMARY KEY CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]'),
    -- What is paid, and what may have to be for questions whose price is not known.
    spent  TEXT NOT NULL CHECK (spent GLOB '[0-9]*' AND spent NOT GLOB '*[^0-9.]*')
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_question (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    month       TEXT NOT NULL REFERENCES chat_month (month),
    merchant    TEXT NOT NULL CHECK (merchant <> ''),
    -- The highest price it can have, which counts until it is known.
    reserved    TEXT NOT NULL CHECK (reserved GLOB '[0-9]*' AND reserved NOT GLOB '*[^0-9.]*'),
    cost        TEXT CHECK (cost GLOB '[0-9]*' AND cost NOT GLOB '*[^0-9.]*'),
    model       TEXT,
    asked_at    INTEGER NOT NULL,
    settled_at  INTEGER,
    CHECK ((cost IS NULL) = (settled_at IS NULL))
) STRICT;
CREATE INDEX chat_question_by_month ON chat_question (month);
CREATE INDEX chat_question_open ON chat_question (asked_at) WHERE settled_at IS NULL;

CREATE TABLE chat_answer (
    merchant     TEXT PRIMARY KEY CHECK (merchant <> ''),
    -- None where it did not know either.
    category     INTEGER REFERENCES category (id),
    model        TEXT NOT NULL,
    answered_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_answer_by_category ON chat_answer (category);
