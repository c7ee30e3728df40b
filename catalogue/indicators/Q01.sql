-- Reports due in the window (den), and of them those handed in by their day (num).
SELECT r.unit AS unit, r.id AS subject, r.id AS record,
       coalesce(r.submitted_on <= r.due_on AND r.state NOT IN ('not_started', 'draft'), 0) AS num, 1 AS den
FROM report r
WHERE r.due_on BETWEEN :t0 AND :t1
