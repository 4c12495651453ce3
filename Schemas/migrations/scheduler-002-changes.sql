-- What is written down of a schedule after a wait for the runner holds only where nobody changed the schedule meanwhile: a
-- pause or another rule that was acknowledged stays.

-- Counts the writes that say where a schedule stands.
ALTER TABLE schedule ADD COLUMN revision INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0);

-- Counts the runs that were written down, so that each schedule's history is trimmed by its own.
ALTER TABLE schedule ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0 CHECK (recorded >= 0);
