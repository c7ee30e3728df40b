-- Activities, whenever they were.
SELECT a.unit AS unit, a.id AS subject, a.id AS record, 1 AS num, NULL AS den
FROM activity a
