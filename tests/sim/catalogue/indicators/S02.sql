-- Persons, each once.
SELECT p.unit AS unit, p.id AS subject, p.id AS record, 1 AS num, NULL AS den
FROM person p
