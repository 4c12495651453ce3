-- What is newer in the mirror of a clinic is told by the number of its reading, not by a clock, which may be set back.
-- And a clinic may have a capacity of its own.

-- Of the last reading that this sync began: of all syncs of a clinic the numbers rise in the order of the readings. 0 for
-- a sync from before they were counted.
ALTER TABLE schedule_sync ADD COLUMN reading INTEGER NOT NULL DEFAULT 0 CHECK (reading >= 0);
CREATE INDEX schedule_sync_by_reading ON schedule_sync (clinic, reading);

-- The reading in which the calendar said so; 0 for what was imported, or mirrored before readings were counted.
ALTER TABLE schedule_appointment ADD COLUMN reading INTEGER NOT NULL DEFAULT 0 CHECK (reading >= 0);
-- The last sync did not find it, nor could tell that it has not moved meanwhile.
ALTER TABLE schedule_appointment ADD COLUMN missing INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1));

-- What the operator says; else capacity is what the calendar says.
ALTER TABLE clinic_config ADD COLUMN own_capacity INTEGER CHECK (own_capacity > 0);
