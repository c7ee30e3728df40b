-- Rewards in the window.
SELECT r.unit AS unit, r.id AS subject, r.id AS record, 1 AS num, NULL AS den, coalesce(r.kind, '') AS by1
FROM reward r
WHERE r.on_date BETWEEN :t0 AND :t1
