-- Notices received in the window.
SELECT r.unit AS unit, r.id AS subject, r.id AS record, 1 AS num, NULL AS den, coalesce(r.channel, '') AS by1
FROM child_report r
WHERE r.received_on BETWEEN :t0 AND :t1
