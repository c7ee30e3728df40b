-- Money spent by the settlements handed in, and not returned, by :t1 (num), of the allocations of its year (den).
SELECT a.alloc_unit AS unit, a.id AS subject, a.id AS record, 0 AS num, a.amount AS den
FROM budget_allocation a
WHERE a.year = CAST(strftime('%Y', :t1) AS INTEGER)
UNION ALL
SELECT a.alloc_unit, s.id, s.id, coalesce(s.spent, 0), 0
FROM budget_settlement s
JOIN budget_allocation a ON a.id = s.allocation
WHERE a.year = CAST(strftime('%Y', :t1) AS INTEGER) AND s.state IN ('submitted', 'approved') AND s.submitted_on <= :t1
