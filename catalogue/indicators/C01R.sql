-- Children of C01 (num) over the number of children under 16 (den).
WITH population AS (
    -- the newest figures of each commune up to :t1: those of the whole commune, else the sum of its hamlets
    SELECT n.* FROM child_population n
    WHERE n.counted_on <= :t1
      AND n.year = (SELECT max(m.year) FROM child_population m WHERE m.unit = n.unit AND m.counted_on <= :t1)
      AND (n.hamlet IS NULL
           OR NOT EXISTS (SELECT 1 FROM child_population m
                          WHERE m.unit = n.unit AND m.year = n.year AND m.hamlet IS NULL AND m.counted_on <= :t1))
      AND NOT EXISTS (SELECT 1 FROM child_population m
                      WHERE m.unit = n.unit AND m.year = n.year AND m.hamlet IS n.hamlet AND m.counted_on <= :t1
                        AND (m.counted_on > n.counted_on OR (m.counted_on = n.counted_on AND m.id > n.id)))
)
SELECT c.unit AS unit, coalesce(pr.root, c.person) AS subject, c.id AS record, 1 AS num, 0 AS den
FROM child_case c
LEFT JOIN person_root pr ON pr.person = c.person
WHERE coalesce(c.at_risk, 0) = 0 AND c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on > :t1)
UNION ALL
SELECT n.unit, n.id, n.id, 0, n.total
FROM population n
