-- Allocations of the year of :t1 (den), and of them those whose settlement was handed in, and not returned, by its
-- due day (num). The allocation's day comes first; where no day is set, none is late.
SELECT a.alloc_unit AS unit, a.id AS subject, a.id AS record,
       EXISTS (SELECT 1 FROM budget_settlement s
               WHERE s.allocation = a.id AND s.state IN ('submitted', 'approved') AND s.submitted_on <= :t1
                 AND coalesce(s.submitted_on <= coalesce(a.settle_due_on, s.due_on), 1)) AS num,
       1 AS den
FROM budget_allocation a
WHERE a.year = CAST(strftime('%Y', :t1) AS INTEGER)
