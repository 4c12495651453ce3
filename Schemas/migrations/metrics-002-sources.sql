-- Instances of two services may have the same name: each is known by both. What a row holds is its snapshot's, whatever the
-- column beside it said.

CREATE TABLE source_new (
    service  TEXT NOT NULL CHECK (length(service) BETWEEN 1 AND 100),
    instance TEXT NOT NULL CHECK (length(instance) BETWEEN 1 AND 100),
    slot     INTEGER NOT NULL CHECK (slot >= 0),
    gone     INTEGER NOT NULL CHECK (gone = 0 OR gone = 1),
    -- In the order in which they went.
    changed  INTEGER NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (service, instance)
) STRICT, WITHOUT ROWID;

INSERT INTO source_new (service, instance, slot, gone, changed, snapshot)
SELECT COALESCE(json_extract(snapshot, '$.service'), service), instance, slot, gone, changed, snapshot FROM source;

DROP TABLE source;
ALTER TABLE source_new RENAME TO source;
