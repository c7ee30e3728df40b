-- Orphans of both parents at the end of :t1 (den), and of them those who receive help (num).
SELECT c.unit AS unit, coalesce(pr.root, c.person) AS subject, c.id AS record,
       coalesce(c.receiving_help = 1 AND coalesce(c.help_since, '') <= :t1, 0) AS num, 1 AS den
FROM child_case c
LEFT JOIN person_root pr ON pr.person = c.person
WHERE (c.orphan = 'both' OR EXISTS (SELECT 1 FROM json_each(c.groups) g WHERE g.value = 'orphan_both'))
  AND c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on > :t1)
