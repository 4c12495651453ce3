-- Which pool's processes registered a kind; null for a worker from outside.

ALTER TABLE kind ADD COLUMN pool TEXT;
