-- Children of C01 (num) over the number of children under 16 (den).
WITH population AS (
    -- the newest figures of each commune up to :t1: those of the whole commune, else the sum of its hamlets
    SELECT r.unit, r.id, r.total
    FROM (SELECT n.*, max(n.year) OVER (PARTITION BY n.unit) AS newest,
                 max(n.hamlet IS NULL) OVER (PARTITION BY n.unit, n.year) AS whole,
                 row_number() OVER (PARTITION BY n.unit, n.year, n.hamlet
                                    ORDER BY n.counted_on DESC, n.id DESC) AS place
          FROM child_population n WHERE n.counted_on <= :t1) r
    WHERE r.year = r.newest AND r.place = 1 AND (r.hamlet IS NULL OR NOT r.whole)
)
SELECT c.unit AS unit, coalesce(pr.root, c.person) AS subject, c.id AS record, 1 AS num, 0 AS den
FROM child_case c
LEFT JOIN person_root pr ON pr.person = c.person
WHERE coalesce(c.at_risk, 0) = 0 AND c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on > :t1)
UNION ALL
SELECT n.unit, n.id, n.id, 0, n.total
FROM population n
