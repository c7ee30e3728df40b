-- Children whose open case needs case management at the end of :t1 (den), and of them those with a plan that was
-- made and is not closed (num).
SELECT c.unit AS unit, coalesce(pr.root, c.person) AS subject, c.id AS record,
       coalesce(c.id IN (SELECT n.child_case FROM child_plan n
                         WHERE n.made_on <= :t1 AND (n.closed_on IS NULL OR n.closed_on > :t1)), 0) AS num,
       1 AS den
FROM child_case c
LEFT JOIN person_root pr ON pr.person = c.person
WHERE c.needs_plan = 1 AND c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on > :t1)
