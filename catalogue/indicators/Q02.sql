-- Corrections noted by :t1 (num) of the reports handed in in the window (den).
SELECT r.unit AS unit, r.id AS subject, r.id AS record, 0 AS num, 1 AS den
FROM report r
WHERE r.submitted_on BETWEEN :t0 AND :t1
UNION ALL
SELECT r.unit, c.id, c.id, 1, 0
FROM correction c
JOIN report r ON r.id = c.report
WHERE r.submitted_on BETWEEN :t0 AND :t1 AND c.on_date BETWEEN r.submitted_on AND :t1
