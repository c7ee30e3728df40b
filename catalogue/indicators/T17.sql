-- Incidents of the window.
SELECT i.unit AS unit, i.id AS subject, i.id AS record, 1 AS num, NULL AS den, coalesce(i.kind, '') AS by1
FROM incident i
WHERE i.on_date BETWEEN :t0 AND :t1
