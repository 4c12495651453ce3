-- Where things come from: what an operation has taught can be taken back with it, and what was merged stays merged.

-- The pattern it has become one with, which goes on in its place.
ALTER TABLE pattern ADD COLUMN merged_into INTEGER REFERENCES pattern (id);
CREATE INDEX pattern_merged ON pattern (merged_into) WHERE merged_into IS NOT NULL;

-- The bulk operation that gave the category; none where anything else has since.
ALTER TABLE expense ADD COLUMN operation INTEGER REFERENCES bulk_operation (id);
CREATE INDEX expense_by_operation ON expense (operation) WHERE operation IS NOT NULL;
UPDATE expense SET operation = (
    SELECT max(bulk_operation.id) FROM bulk_item JOIN bulk_operation ON bulk_operation.id = bulk_item.operation
    WHERE bulk_item.expense = expense.id AND bulk_item.new_category = expense.category
        AND bulk_operation.done_at = expense.categorized_at AND bulk_operation.status = 'completed')
WHERE method IN ('bulk_manual', 'bulk_auto');

-- The operation that had given the category before.
ALTER TABLE bulk_item ADD COLUMN previous_operation INTEGER REFERENCES bulk_operation (id);
CREATE INDEX bulk_item_by_previous_operation ON bulk_item (previous_operation) WHERE previous_operation IS NOT NULL;

-- Whether the learned layer took it in at once.
ALTER TABLE bulk_operation ADD COLUMN taught INTEGER NOT NULL DEFAULT 0 CHECK (taught BETWEEN 0 AND 1);
UPDATE bulk_operation SET taught = 1 WHERE kind = 'apply';

-- Patterns that an operation made, as they were then; those that a person has put himself since are none of them.
CREATE TABLE bulk_pattern (
    operation      INTEGER NOT NULL REFERENCES bulk_operation (id),
    pattern        INTEGER NOT NULL REFERENCES pattern (id),
    weight         REAL NOT NULL,
    success_count  INTEGER NOT NULL,
    PRIMARY KEY (operation, pattern)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_pattern_by_pattern ON bulk_pattern (pattern);

-- The last bulk operation that was done when the model's expenses were read.
ALTER TABLE model ADD COLUMN through_operation INTEGER NOT NULL DEFAULT 0;
UPDATE model SET through_operation =
    coalesce((SELECT max(id) FROM bulk_operation WHERE done_at <= model.trained_at), 0);

-- Names of which nothing is left when they are normalised are no merchant's.
DELETE FROM preference WHERE context = 'merchant' AND value = '';
