-- Allocations of the year of :t1, counted by the unit that gets them.
SELECT a.alloc_unit AS unit, a.id AS subject, a.id AS record, a.amount AS num, NULL AS den,
       coalesce(a.model, '') AS by1
FROM budget_allocation a
WHERE a.year = CAST(strftime('%Y', :t1) AS INTEGER)
