-- Numbers only. Of a commune that counts: its newest count up to :t1. Of one that does not: the support cases open
-- at the end of :t1 of people who have not left sex work.
SELECT n.unit AS unit, n.id AS subject, n.id AS record, n.total AS num, NULL AS den
FROM sexwork_count n
WHERE n.counted_on <= :t1
  AND NOT EXISTS (SELECT 1 FROM sexwork_count m
                  WHERE m.unit = n.unit AND m.counted_on <= :t1
                    AND (m.counted_on > n.counted_on OR (m.counted_on = n.counted_on AND m.id > n.id)))
UNION ALL
SELECT x.unit, x.id, x.id, 1, NULL
FROM sexwork_case x
WHERE x.recorded_on <= :t1
  AND (x.closed_on IS NULL OR x.closed_on > :t1)
  AND (x.left_work_on IS NULL OR x.left_work_on > :t1)
  AND x.unit NOT IN (SELECT n.unit FROM sexwork_count n WHERE n.counted_on <= :t1)
