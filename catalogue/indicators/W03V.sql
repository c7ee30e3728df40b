-- Violations found by the inspections of the window: each kind once an inspection.
SELECT i.unit AS unit, i.id AS subject, i.id AS record, 1 AS num, NULL AS den, v.value AS by1
FROM site_inspection i
JOIN json_each(i.violations) v
WHERE i.on_date BETWEEN :t0 AND :t1
