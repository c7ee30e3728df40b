-- Plans due in the window (den), and of them those made by their day (num).
SELECT n.unit AS unit, n.id AS subject, n.id AS record, coalesce(n.made_on <= n.due_on, 0) AS num, 1 AS den
FROM child_plan n
WHERE n.due_on BETWEEN :t0 AND :t1
