-- People newly recorded in the window: as the counts of the window say, or by the support cases of a commune
-- that does not count.
SELECT n.unit AS unit, n.id AS subject, n.id AS record, n.new_people AS num, NULL AS den
FROM sexwork_count n
WHERE n.counted_on BETWEEN :t0 AND :t1 AND n.new_people IS NOT NULL
UNION ALL
SELECT x.unit, x.id, x.id, 1, NULL
FROM sexwork_case x
WHERE x.recorded_on BETWEEN :t0 AND :t1
  AND x.unit NOT IN (SELECT n.unit FROM sexwork_count n WHERE n.counted_on <= :t1)
